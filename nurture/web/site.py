"""The site: what every request handler shares, and how a page is made.

In:  the workspace, the store, the time.
Out: pages as responses, with the headers that keep readers safe and tokens from leaking.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse, Response

from nurture.config import Workspace
from nurture.links import Signer
from nurture.store import Store
from nurture.tracking.buffer import HitBuffer
from nurture.tracking.registry import Registry
from nurture.web.words import Words, words_for

HERE = Path(__file__).parent

# Nothing of a page with a token in its address may reach another site, a search engine or a cache.
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@dataclass(frozen=True)
class Site:
    """Everything a request handler needs. `mailbox` is the folder of the local mailbox, in the demo."""

    workspace: Workspace
    store: Store
    now: Callable[[], datetime]
    mailbox: Path | None = None
    signer: Signer = field(init=False)
    registry: Registry = field(init=False)
    buffer: HitBuffer = field(init=False)
    pages: jinja2.Environment = field(init=False)

    def __post_init__(self) -> None:
        parts = {
            "signer": Signer(self.workspace.secrets.keys),
            "registry": Registry(self.store),
            "buffer": HitBuffer(self.store, self.workspace),
            "pages": _environment(self.workspace),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    def delivery_of(self, token: str) -> int | None:
        """The delivery behind a token in an address; None for anything we did not sign."""
        return self.signer.verify("delivery", token)

    def words_for(self, locale: str | None) -> Words:
        """The words of the reader pages in the reader's language, else in the workspace's."""
        return words_for("reader", locale, self.workspace.config.workspace.language)

    def page(self, name: str, words: Words, status: int = 200, **values: Any) -> Response:
        """A page. Everything in `values` is escaped: it may come from strangers."""
        return self.respond(name, values | {"words": words}, status)

    def respond(self, name: str, values: Mapping[str, Any], status: int = 200) -> Response:
        html = self.pages.get_template(name).render(values)
        return HTMLResponse(html, status, headers=PRIVATE | {"Content-Security-Policy": PAGE_POLICY})

    def not_found(self) -> Response:
        """The one answer to unknown and malformed tokens, unknown links and unknown addresses."""
        return self.page("message.html", self.words_for(None), 404, title="gone_title", text="gone_text")

    def unavailable(self, locale: str | None = None) -> Response:
        """What a reader sees, at the very worst, while the database is away."""
        answer = self.page(
            "message.html", self.words_for(locale), 503, title="later_title", text="later_text"
        )
        answer.headers["Retry-After"] = "60"
        return answer

    def warm(self) -> None:
        """Fill the registry without making anybody wait for it."""
        threading.Thread(target=self._warm, name="registry-warm", daemon=True).start()

    def _warm(self) -> None:
        try:
            self.registry.warm()
        except Exception:  # only a head start: every click finds its link without it
            return


def _environment(workspace: Workspace) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def moment(at: datetime | None) -> str:
        """A moment as the people of this workspace read it."""
        return "" if at is None else at.astimezone(workspace.zone).strftime("%Y-%m-%d %H:%M")

    def day(on: date | None) -> str:
        return "" if on is None else on.isoformat()

    def number(value: float) -> str:
        return f"{value:,.0f}"

    def percent(share: float | None) -> str:
        return "–" if share is None else f"{share * 100:.1f} %"

    environment.filters.update(moment=moment, day=day, number=number, percent=percent)
    environment.globals.update(config=workspace.config, brand_name=_brand_name(workspace))
    return environment


def _brand_name(workspace: Workspace) -> str:
    return workspace.config.brand.name or workspace.config.sender.name
