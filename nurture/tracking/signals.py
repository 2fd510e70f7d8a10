"""What one hit tells by itself: signs of a mail scanner, and signs of a person.

In:  a SeenHit, the moment its email was taken by the relay, and the rules.
Out: signs, each with its reason in words. Nothing is decided here; `verdicts` weighs them together.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

# Programs that say who they are: link scanners, previews, crawlers, HTTP libraries, headless browsers.
# CUBOT is a make of phones, not a robot.
ROBOT = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scanner|headless|phantomjs|preview|prefetch|monitor"
    r"|barracuda|proofpoint|mimecast|safelinks|defender|forcepoint|symantec|messagelabs|trendmicro|fortinet"
    r"|sophos|zscaler|bluecoat|ironport|cloudmark|mailscanner|virustotal|urlscan"
    r"|imageproxy|mailproxy|facebookexternalhit|whatsapp"
    r"|^(curl|wget|java|ruby|perl|php|lwp|node|axios|got|okhttp|apache-httpclient|libwww|python|go-http|aiohttp|httpx)\b",
    re.IGNORECASE,
)

# Behind a proxy that does not pass the reader's address on, every hit seems to come from one of these:
# there a shared network says nothing.
OWN_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of `tracking` in config.yaml."""

    instant: timedelta
    burst: timedelta
    settle: timedelta


@dataclass(frozen=True, slots=True)
class SeenHit:
    """A hit as the judge sees it. `slot` and `tag` are those of its link; None for a page."""

    id: int
    kind: str
    at: datetime
    happened_on: date
    method: str
    user_agent: str
    network: str
    headers: Mapping[str, str] = field(default_factory=dict)
    slot: int | None = None
    tag: str | None = None

    @property
    def source(self) -> tuple[str, str]:
        """Where it came from, as far as one can tell: network and program."""
        return self.network, self.user_agent

    @property
    def target(self) -> int | str:
        """What it was on: a place in the email, or a page."""
        return self.kind if self.slot is None else self.slot

    @property
    def is_legal(self) -> bool:
        """Whether it was on what scanners follow and people seldom do: opt-out, preferences, legal pages."""
        return self.kind != "click" or self.tag in ("legal", "privacy", "terms", "unsubscribe")


def scanner_signs(hit: SeenHit, sent_at: datetime | None, rules: Rules) -> list[str]:
    """Reasons, if any, why this hit alone is a machine's. Each of them suffices."""
    signs = []
    if hit.method != "GET":
        signs.append(f"a {hit.method} request: browsers of people send GET")
    if _is_prefetch(hit.headers):
        signs.append("fetched ahead of any click (prefetch)")
    if ROBOT.search(hit.user_agent):
        signs.append(f"the program says it is one: {_short(hit.user_agent)}")
    if not hit.user_agent:
        signs.append("the program does not say what it is")
    if sent_at is not None and hit.at < sent_at:
        signs.append("before the relay had confirmed the email")
    elif sent_at is not None and hit.at - sent_at <= rules.instant:
        signs.append(f"{(hit.at - sent_at).total_seconds():.1f} s after the relay had taken the email")
    return signs


def is_started_by_a_person(hit: SeenHit) -> bool:
    """Whether the browser says that a person started this navigation (Fetch Metadata)."""
    return hit.headers.get("sec-fetch-user") == "?1" and hit.headers.get("sec-fetch-mode") == "navigate"


def has_telling_network(hit: SeenHit) -> bool:
    """Whether its network can be told from others: not our own proxy's, and known at all."""
    try:
        network = ipaddress.ip_network(hit.network)
    except ValueError:
        return False
    return not any(
        network.version == own.version and network.subnet_of(own)  # type: ignore[arg-type]  # same version
        for own in OWN_NETWORKS
    )


def _is_prefetch(headers: Mapping[str, str]) -> bool:
    said = " ".join(headers.get(name, "") for name in ("purpose", "x-purpose", "x-moz", "sec-purpose"))
    return any(word in said.lower() for word in ("prefetch", "prerender", "preview"))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
