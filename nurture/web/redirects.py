"""Tracked links and open pixels: plain ASGI, because every reader of every email comes through here.

In:  /c/<token>/<key> and /o/<token>.gif
Out: a redirect to where the link leads and nowhere else, or one transparent pixel; a hit, kept first.

A reader never sees an error for what is our trouble: with the database away and nothing in memory,
the redirect goes to the company's home page and the hit is still kept.
"""

from __future__ import annotations

import base64
from urllib.parse import quote, urlsplit

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from nurture.tracking.registry import Found
from nurture.web.asking import Asker, StoreAway, hit_from, keep
from nurture.web.site import PRIVATE, Site

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")

# What may stand in an address as it is; everything else is percent-encoded, line breaks included.
URL_SAFE = ":/?#[]@!$&'()*+,;=%~-._"


class Click:
    """`/c/<token>/<key>`"""

    def __init__(self, site: Site, asker: Asker) -> None:
        self._site = site
        self._asker = asker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        method = scope["method"]
        if method not in ("GET", "HEAD", "OPTIONS"):
            return not_allowed("GET, HEAD")
        parameters = scope["path_params"]
        delivery_id = self._site.delivery_of(parameters["token"])
        if delivery_id is None:
            return self._site.not_found()
        key = parameters["key"]
        found = await self._found(delivery_id, key)
        if found is not None and location(found.url) is None:
            return self._site.not_found()
        await keep(self._site.buffer, hit_from(scope, "click", delivery_id, self._site.now(), key))
        if method == "OPTIONS":
            # Kept all the same: only programs ask like this.
            return not_allowed("GET, HEAD")
        target = location(found.url if found else self._site.workspace.config.brand.site_url)
        return self._site.unavailable() if target is None else redirect(target)

    async def _found(self, delivery_id: int, key: str) -> Found | None:
        """Where the link leads; None when the store is away and memory does not know."""
        known = self._site.registry.recall(delivery_id, key)
        if known is not None:
            return known
        try:
            return await self._asker.ask(lambda: self._site.registry.find(delivery_id, key))
        except StoreAway:
            return None


class Pixel:
    """`/o/<token>.gif`"""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return not_allowed("GET, HEAD")
        delivery_id = self._site.delivery_of(scope["path_params"]["token"])
        if delivery_id is None:
            return self._site.not_found()
        await keep(self._site.buffer, hit_from(scope, "open", delivery_id, self._site.now()))
        return Response(PIXEL, media_type="image/gif", headers=PRIVATE)


def location(url: str | None) -> str | None:
    """An address as it may stand in a Location header; None for what leads to no web page.

    >>> location("https://sample.example/価格?q=a b")
    'https://sample.example/%E4%BE%A1%E6%A0%BC?q=a%20b'
    >>> location("javascript:alert(1)") is None
    True
    """
    if url is None:
        return None
    encoded = quote(url.strip(), safe=URL_SAFE)
    try:
        parts = urlsplit(encoded)
    except ValueError:
        return None
    return encoded if parts.scheme.lower() in ("http", "https") and parts.netloc else None


def redirect(target: str) -> Response:
    return Response(status_code=302, headers=PRIVATE | {"Location": target})


def not_allowed(methods: str) -> Response:
    return Response("Method not allowed.\n", 405, PRIVATE | {"Allow": methods}, media_type="text/plain")
