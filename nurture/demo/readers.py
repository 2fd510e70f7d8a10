"""What becomes of emails in a mailbox: some readers open and click, a scanner follows everything.

In:  the emails of the local mailbox.
Out: real HTTP requests on their tracked links, as a browser and as a mail gateway would send them.
     Who does what is chosen by a seed, so a demo tells the same story each time.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

from lxml import html as markup

from nurture.delivery.mailbox_folder import MailboxMail

SEED = 11
OPENING = 0.35
CLICKING = 0.12
SCANNED = 0.10
LEAVING = 2

_BROWSER = {
    "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml",
    "Accept-Language": "ja,en;q=0.8",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-User": "?1",
}
_IMAGE_PROXY = {"User-Agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com)"}
_SCANNER = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/100.0"}


@dataclass(frozen=True, slots=True)
class Visits:
    """How many did what."""

    opened: int
    clicked: int
    scanned: int
    left: int


@dataclass(frozen=True, slots=True)
class _Opened:
    """An email taken apart: its tracked links in document order, its pixel, its unsubscribe address."""

    links: Sequence[str]
    pixel: str | None
    unsubscribe: str | None


def visit(emails: Sequence[MailboxMail], done: Callable[[], None]) -> Visits:
    """Let readers and a scanner loose on the emails; calls `done` after each email that was touched."""
    random = Random(SEED)  # noqa: S311  # a story, not a secret
    # Not the order of arrival, which differs from run to run.
    shuffled = random.sample(sorted(emails, key=lambda mail: mail.entry.rcpt_to), len(emails))
    scanned = shuffled[: round(len(shuffled) * SCANNED)]
    people = shuffled[len(scanned) :]
    opening = people[: round(len(people) * OPENING)]
    clicking = opening[: round(len(people) * CLICKING)]
    leaving = people[len(opening) : len(opening) + LEAVING]
    for mail in scanned:
        _scan(_taken_apart(mail))
        done()
    for mail in opening:
        _read(_taken_apart(mail), random.randint(1, 2) if mail in clicking else 0, random)
        done()
    for mail in leaving:
        _leave(_taken_apart(mail))
        done()
    return Visits(len(opening), len(clicking), len(scanned), len(leaving))


def touched(number: int) -> int:
    """How many of so many emails somebody will touch: the length of a progress bar."""
    scanned = round(number * SCANNED)
    return scanned + round((number - scanned) * OPENING) + LEAVING


def _taken_apart(mail: MailboxMail) -> _Opened:
    document = markup.document_fromstring(mail.html)
    links = [href for href in _attributes(document, "a", "href") if "/c/" in urlsplit(href).path]
    pixels = [src for src in _attributes(document, "img", "src") if "/o/" in urlsplit(src).path]
    header = mail.header("List-Unsubscribe")
    return _Opened(links, pixels[0] if pixels else None, header.strip("<> ") if header else None)


def _attributes(document: markup.HtmlElement, element: str, name: str) -> Iterator[str]:
    return (str(value) for node in document.iter(element) if (value := node.get(name)))


def _read(mail: _Opened, clicks: int, random: Random) -> None:
    if mail.pixel:
        _ask("GET", mail.pixel, _IMAGE_PROXY)
    for link in random.sample(mail.links, min(clicks, len(mail.links))):
        _ask("GET", link, _BROWSER)


def _scan(mail: _Opened) -> None:
    for link in mail.links:
        _ask("GET", link, _SCANNER)


def _leave(mail: _Opened) -> None:
    if mail.unsubscribe:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        _ask("POST", mail.unsubscribe, form, b"List-Unsubscribe=One-Click")


def _ask(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> None:
    """One request; redirects are not followed, because they lead out of this machine."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request(method, parts.path, body, dict(headers))
        connection.getresponse().read()
    finally:
        connection.close()
