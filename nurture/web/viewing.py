"""View in browser: the email of a delivery, rendered again.

In:  a delivery id.
Out: its HTML, by the same renderer that made the email; None when there is nothing to show.
"""

from __future__ import annotations

from threading import Lock

from sqlalchemy import Connection

from nurture.delivery.kit import Kit, Kits
from nurture.errors import InputError
from nurture.store import tables as t
from nurture.store.totals import insert_ignoring
from nurture.templates import Rendered, contexts, recipient_urls
from nurture.tracking.consent import Reader, find_reader
from nurture.web.site import Site

# The email is shown, and nothing in it runs: no script, no form, no frame around it.
VIEW_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline' https:; font-src https:; img-src http: https: data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)


class Viewer:
    """Renders emails again; keeps the last few ready."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kits = Kits(site.workspace)
        self._lock = Lock()

    def view(self, delivery_id: int) -> str | None:
        """The HTML of a delivery's email, its links tracked as in the email itself."""
        with self._site.store.read() as connection:
            reader = find_reader(connection, delivery_id)
            kit = None if reader is None else self._kit(connection, reader)
            rendered = None
            if reader is not None and kit is not None:
                rendered = self._rendered(connection, kit, reader, delivery_id)
        if kit is None or rendered is None:
            return None
        # Personal links that led elsewhere when the email was sent must lead somewhere too.
        personal = [kit.personal_link(key, url) for key, url in rendered.personal_links.items()]
        if personal:
            with self._site.store.write() as connection:
                connection.execute(insert_ignoring(connection, t.links), personal)
        return rendered.html

    def _kit(self, connection: Connection, reader: Reader) -> Kit | None:
        try:
            with self._lock:
                return self._kits.get(connection, reader.run_id, reader.step)
        except ValueError:
            # Frozen by a version of nurture whose form this one does not know.
            return None

    def _rendered(
        self, connection: Connection, kit: Kit, reader: Reader, delivery_id: int
    ) -> Rendered | None:
        workspace = self._site.workspace
        needs = kit.compiled.needs
        found = contexts(connection, workspace, [reader.customer_id], now=self._site.now(), needs=needs)
        context = found.get(reader.customer_id)
        if context is None:
            return None
        token = self._site.signer.sign("delivery", delivery_id)
        public_url = workspace.config.web.public_url
        tracked = context["customer"].get("tracking", True)
        try:
            return kit.renderer.render(
                {**context, **recipient_urls(public_url, token)},
                language=reader.wishes.locale,
                link_base=f"{public_url}/c/{token}" if tracked else None,
            )
        except InputError:
            # The customer's data has changed so that this email cannot be made for them any more.
            return None
