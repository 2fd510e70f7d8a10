"""Log in and out of the console.

In:  a password in a form.
Out: a session cookie that scripts cannot read and other sites cannot make a browser send.
"""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from nurture.tracking.hits import network_of
from nurture.web.asking import read_body
from nurture.web.guard import safe_next
from nurture.web.session import COOKIE, LASTS, Guesses, Sessions
from nurture.web.site import PRIVATE, Site
from nurture.web.words import words_for

log = logging.getLogger("nurture.web")


class Login:
    """The handlers of /console/login and /console/logout."""

    def __init__(self, site: Site, sessions: Sessions) -> None:
        self._site = site
        self._sessions = sessions
        self._guesses = Guesses()

    async def page(self, request: Request) -> Response:
        return self._page(safe_next(request.query_params.get("next", "")))

    async def log_in(self, request: Request) -> Response:
        """Begin a session, or say that the password is wrong; after some wrong ones, wait."""
        body = await read_body(request)
        try:
            fields = parse_qs((body or b"").decode("utf-8"), max_num_fields=10)
        except ValueError:
            fields = {}
        wanted = safe_next(fields.get("next", [""])[0])
        network = network_of(request.client.host) if request.client else ""
        now = self._site.now()
        if wait := self._guesses.seconds_to_wait(network, now):
            answer = self._page(wanted, "too_many_guesses", 429)
            answer.headers["Retry-After"] = str(wait)
            return answer
        if not self._sessions.is_password(fields.get("password", [""])[0]):
            self._guesses.wrong(network, now)
            log.warning("a wrong password for the console came from %s", network or "somewhere")
            return self._page(wanted, "wrong_password", 403)
        answer = RedirectResponse(wanted, 303, PRIVATE)
        answer.set_cookie(
            COOKIE,
            self._sessions.begin(now),
            max_age=int(LASTS.total_seconds()),
            path="/console",
            secure=urlsplit(self._site.workspace.config.web.public_url).scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the session, here and on whatever machine the cookie was copied to."""
        self._sessions.end(request.cookies.get(COOKIE))
        answer = RedirectResponse("/console/login", 303, PRIVATE)
        answer.delete_cookie(COOKIE, path="/console")
        return answer

    def _page(self, wanted: str, problem: str = "", status: int = 200) -> Response:
        words = words_for("console", self._site.workspace.config.workspace.language)
        return self._site.page("login.html", words, status, wanted=wanted, problem=problem)
