"""The pages behind the foot of every email: unsubscribe, preferences, view in browser.

In:  /u/<token>, /p/<token>, /v/<token>
Out: pages in the reader's language. The token is all the permission there is: no cookie, no login.

A GET never changes anything: mail scanners follow every link. A POST to /u/ unsubscribes (RFC 8058).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from nurture import clock
from nurture.tracking.consent import Reader, find_reader, save_wishes, unsubscribe
from nurture.tracking.hits import Hit, Kind, Recorded, record_hits
from nurture.web.asking import Asker, StoreAway, hit_from, keep, read_body
from nurture.web.forms import FREQUENCIES, BadForm, Offer, offer, read_fields, read_wishes
from nurture.web.site import PRIVATE, Site
from nurture.web.viewing import VIEW_POLICY, Viewer

ONE_CLICK = b"One-Click"


class ReaderPages:
    """The handlers; each knows its reader by the token in the address alone."""

    def __init__(self, site: Site, asker: Asker) -> None:
        self._site = site
        self._asker = asker
        self._viewer = Viewer(site)

    async def unsubscribe_page(self, request: Request) -> Response:
        """Ask; nothing changes before the button is pressed."""
        delivery_id = self._delivery_of(request)
        if delivery_id is None:
            return self._site.not_found()
        await self._keep_hit(request, "unsubscribe_page", delivery_id)
        try:
            reader = await self._reader(delivery_id)
        except StoreAway:
            # The button works without the store too, so the page does.
            return self._unsubscribe_page(request, None)
        return self._site.not_found() if reader is None else self._unsubscribe_page(request, reader)

    async def unsubscribe(self, request: Request) -> Response:
        """Unsubscribe, whatever the body says. The same answer however often it comes.

        RFC 8058: no redirect, no cookie. An opt-out that the store cannot take now is kept on disk,
        so it is never refused for our troubles.
        """
        delivery_id = self._delivery_of(request)
        if delivery_id is None:
            return self._site.not_found()
        body = await read_body(request)
        by_provider = body is not None and ONE_CLICK in body
        source = "one-click" if by_provider else "page"
        hit = hit_from(request.scope, "unsubscribe", delivery_id, self._site.now(), source=source)
        locale = None
        try:
            if (await self._asker.ask(lambda: self._record(hit))).foreign:
                return self._site.not_found()
            reader = None if by_provider else await self._reader(delivery_id)
            locale = reader.wishes.locale if reader else None
        except StoreAway:
            await keep(self._site.buffer, hit)
        if by_provider:
            return PlainTextResponse("Unsubscribed.\n", headers=PRIVATE)
        words = self._site.words_for(locale)
        return self._site.page("message.html", words, title="unsubscribed_title", text="unsubscribed_text")

    async def preferences(self, request: Request) -> Response:
        """What the reader receives now, as a form."""
        delivery_id = self._delivery_of(request)
        if delivery_id is None:
            return self._site.not_found()
        await self._keep_hit(request, "preferences_page", delivery_id)
        try:
            reader = await self._reader(delivery_id)
        except StoreAway:
            return self._site.unavailable()
        return self._site.not_found() if reader is None else self._form(request, reader)

    async def save_preferences(self, request: Request) -> Response:
        """Keep what the reader chose, or say what is wrong and change nothing."""
        delivery_id = self._delivery_of(request)
        if delivery_id is None:
            return self._site.not_found()
        try:
            reader = await self._reader(delivery_id)
            if reader is None:
                return self._site.not_found()
            body = await read_body(request)
            try:
                reader = await self._saved(delivery_id, reader, body)
            except BadForm as error:
                status = 413 if body is None else 400
                return self._form(request, reader, problem=error.key, status=status)
        except StoreAway:
            return self._site.unavailable()
        return self._form(request, reader, saved=True)

    async def view(self, request: Request) -> Response:
        """The email once more, as it was frozen for its run and with the reader's data of today."""
        delivery_id = self._delivery_of(request)
        if delivery_id is None:
            return self._site.not_found()
        await self._keep_hit(request, "view", delivery_id)
        try:
            html = await self._asker.ask(lambda: self._viewer.view(delivery_id))
        except StoreAway:
            return self._site.unavailable()
        if html is None:
            return self._site.not_found()
        headers = PRIVATE | {"Content-Security-Policy": VIEW_POLICY}
        return Response(html, media_type="text/html", headers=headers)

    def _delivery_of(self, request: Request) -> int | None:
        return self._site.delivery_of(request.path_params["token"])

    async def _keep_hit(self, request: Request, kind: Kind, delivery_id: int) -> None:
        await keep(self._site.buffer, hit_from(request.scope, kind, delivery_id, self._site.now()))

    async def _reader(self, delivery_id: int) -> Reader | None:
        def find() -> Reader | None:
            with self._site.store.read() as connection:
                return find_reader(connection, delivery_id)

        return await self._asker.ask(find)

    def _record(self, hit: Hit) -> Recorded:
        with self._site.store.write() as connection:
            return record_hits(connection, [hit], self._site.workspace.zone)

    async def _saved(self, delivery_id: int, reader: Reader, body: bytes | None) -> Reader:
        if body is None:
            raise BadForm("bad_form")
        fields = read_fields(body)
        stop = "stop" in fields
        wishes = reader.wishes if stop else read_wishes(fields, reader.wishes, self._offer(reader))
        now = self._site.now()

        def save() -> Reader | None:
            with self._site.store.write() as connection:
                if stop:
                    unsubscribe(connection, [delivery_id], now, "preferences")
                else:
                    save_wishes(connection, reader.customer_id, wishes, now)
                return find_reader(connection, delivery_id)

        return await self._asker.ask(save) or reader

    def _offer(self, reader: Reader) -> Offer:
        config = self._site.workspace.config
        today = clock.day(self._site.now(), self._site.workspace.zone)
        return offer(config.topics, config.workspace.language, reader.wishes.locale, today)

    def _unsubscribe_page(self, request: Request, reader: Reader | None) -> Response:
        words = self._site.words_for(reader.wishes.locale if reader else None)
        token = request.path_params["token"]
        done = reader is not None and reader.unsubscribed
        return self._site.page("unsubscribe.html", words, token=token, done=done)

    def _form(
        self, request: Request, reader: Reader, *, saved: bool = False, problem: str = "", status: int = 200
    ) -> Response:
        words = self._site.words_for(reader.wishes.locale)
        offered = self._offer(reader)
        return self._site.page(
            "preferences.html",
            words,
            status,
            token=request.path_params["token"],
            reader=reader,
            offered=offered,
            frequencies=sorted({*FREQUENCIES, *filter(None, [reader.wishes.max_per_month])}),
            topics=self._site.workspace.config.topics,
            chosen_locale=reader.wishes.locale or self._site.workspace.config.workspace.language,
            saved=saved,
            problem=problem,
        )
