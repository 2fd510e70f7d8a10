"""The guard of the console: lets in who belongs there.

In:  every request; only those under /console are looked at.
Out: the request passed on, or a page that says why not and what to do.

Without a password the console answers only to this machine itself: the server listens on loopback,
readers are told of loopback too, and the request names it (a page elsewhere that points its own
name at 127.0.0.1 gets nothing). With a password it wants a session.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nurture.config import Workspace
from nurture.errors import Finding, InputError
from nurture.web.session import COOKIE, Sessions
from nurture.web.site import PRIVATE, Site

LOGIN = "/console/login"
NAMES_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def check_bind(workspace: Workspace) -> None:
    """Refuse to listen beyond this machine without a password.

    Raises:
        InputError: `web.bind` is not loopback and NURTURE_WEB_PASSWORD is not set.
    """
    bind = workspace.config.web.bind
    if workspace.secrets.web_password or is_loopback(bind.rpartition(":")[0]):
        return
    raise InputError(
        workspace.document.finding(
            f"{bind} can be reached from other machines, and the console has no password.",
            "Set NURTURE_WEB_PASSWORD, or bind 127.0.0.1.",
            ("web", "bind"),
        )
        if "web" in (workspace.document.data or {})
        else Finding("web.bind", f"{bind} can be reached from other machines.", "Set NURTURE_WEB_PASSWORD.")
    )


def is_loopback(host: str | None) -> bool:
    """
    >>> is_loopback("127.0.0.1"), is_loopback("[::1]"), is_loopback("0.0.0.0"), is_loopback("sample.example")
    (True, True, False, False)
    """
    name = (host or "").strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Guard:
    """Stands before the console."""

    def __init__(self, app: ASGIApp, site: Site, sessions: Sessions | None) -> None:
        self._app = app
        self._site = site
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refused(Request(scope)) if is_console(scope) else None
        await (self._app if refused is None else refused)(scope, receive, send)

    def _refused(self, request: Request) -> Response | None:
        if request.method not in ("GET", "HEAD") and not came_from_here(request.headers):
            return PlainTextResponse("This form was sent from another site.\n", 403, PRIVATE)
        if self._sessions is None:
            return None if self._is_this_machine(request.headers) else self._locked()
        path = request.scope["path"]
        if path == LOGIN or self._sessions.is_open(request.cookies.get(COOKIE), self._site.now()):
            return None
        if path.endswith(".json"):
            return JSONResponse({"error": "log in first"}, 401, PRIVATE)
        query = request.scope["query_string"].decode("ascii", "replace")
        wanted = f"{path}?{query}" if query else path
        return RedirectResponse(f"{LOGIN}?next={quote(wanted, safe='')}", 303, PRIVATE)

    def _is_this_machine(self, headers: Headers) -> bool:
        web = self._site.workspace.config.web
        # Behind a proxy every request comes from this machine; its readers do not.
        proxied = any(name in headers for name in ("forwarded", "x-forwarded-for", "x-forwarded-host"))
        names = (_host_of(headers.get("host", "")), urlsplit(web.public_url).hostname)
        return not proxied and all(is_loopback(name) for name in names)

    def _locked(self) -> Response:
        text = (
            "The console has no password, so it answers only on this machine.\n\n"
            "Set NURTURE_WEB_PASSWORD and start nurture again, or open it by http://127.0.0.1 or\n"
            "http://localhost while `web.public_url` in config.yaml names this machine, too.\n"
        )
        return PlainTextResponse(text, 403, PRIVATE)


def is_console(scope: Scope) -> bool:
    """Whether a request is for the console: everything but what readers need."""
    if scope["type"] != "http":
        return False
    path: str = scope["path"]
    return path == "/console" or path.startswith("/console/")


def came_from_here(headers: Headers) -> bool:
    """Whether a form was sent by one of our own pages, as far as the browser says."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or (urlsplit(origin).netloc.lower() == headers.get("host", "").lower())


def safe_next(wanted: str) -> str:
    """Where to go after the login: a page of the console, and nowhere else.

    >>> safe_next("/console/leads?state=hot"), safe_next("//evil.example/console"), safe_next("/console/../x")
    ('/console/leads?state=hot', '/console', '/console')
    """
    ours = wanted == "/console" or wanted.startswith("/console/")
    plain = wanted.isascii() and wanted.isprintable() and not set(wanted) & set("\\ ") and ".." not in wanted
    return wanted if ours and plain else "/console"


def _host_of(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
