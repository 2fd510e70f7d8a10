"""The app: every route of the web part in one list.

In:  a workspace and its store.
Out: a Starlette app. Readers' addresses at the top, the console under /console.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from nurture import clock
from nurture.config import Workspace
from nurture.errors import NotFound, NurtureError, OutsideError
from nurture.store import Store
from nurture.web.asking import Asker
from nurture.web.console import console_routes
from nurture.web.guard import LOGIN, Guard
from nurture.web.login import Login
from nurture.web.reader_pages import ReaderPages
from nurture.web.redirects import Click, Pixel
from nurture.web.session import Sessions
from nurture.web.site import HERE, PRIVATE, Site

log = logging.getLogger("nurture.web")


def create_app(
    workspace: Workspace,
    store: Store,
    *,
    now: Callable[[], datetime] = clock.now,
    mailbox: Path | None = None,
) -> Starlette:
    """The web part of a workspace. `mailbox` is the folder of a local mailbox that the console shows."""
    site = Site(workspace, store, now, mailbox)
    password = workspace.secrets.web_password
    sessions = Sessions(workspace.secrets.keys, password) if password else None
    app = Starlette(
        routes=[*reader_routes(site), *shared_routes(site), *console(site, sessions)],
        middleware=[Middleware(Guard, site=site, sessions=sessions)],
        exception_handlers={
            404: _not_found,
            405: _not_allowed,
            NotFound: _not_found,
            NurtureError: _told,
            Exception: _failed,
        },
        lifespan=_lifespan,
    )
    # The answer would repeat whatever name the request gave this machine.
    app.router.redirect_slashes = False
    app.state.site = site
    return app


def reader_routes(site: Site) -> list[Route]:
    """What the links in emails lead to."""
    asker = Asker()
    pages = ReaderPages(site, asker)
    return [
        Route("/c/{token}/{key}", Click(site, asker)),
        Route("/o/{token}.gif", Pixel(site)),
        Route("/u/{token}", pages.unsubscribe_page, methods=["GET"]),
        Route("/u/{token}", pages.unsubscribe, methods=["POST"]),
        Route("/p/{token}", pages.preferences, methods=["GET"]),
        Route("/p/{token}", pages.save_preferences, methods=["POST"]),
        Route("/v/{token}", pages.view, methods=["GET"]),
    ]


def shared_routes(site: Site) -> list[Route | Mount]:
    """What belongs to nobody in particular."""

    async def home(_request: Request) -> Response:
        return RedirectResponse("/console", 302, PRIVATE)

    async def robots(_request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    async def brand(_request: Request) -> Response:
        colours = site.pages.get_template("brand.css").render()
        return Response(colours, media_type="text/css", headers={"Cache-Control": "max-age=300"})

    return [
        Route("/", home),
        Route("/robots.txt", robots),
        Route("/static/brand.css", brand),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]


def console(site: Site, sessions: Sessions | None) -> list[Route]:
    """Everything under /console; `Guard` stands before it."""

    async def home(_request: Request) -> Response:
        return RedirectResponse("/console", 302, PRIVATE)

    routes = [*console_routes(site), Route("/console/", home, methods=["GET"])]
    if sessions is not None:
        login = Login(site, sessions)
        routes += [
            Route(LOGIN, login.page, methods=["GET"]),
            Route(LOGIN, login.log_in, methods=["POST"]),
            Route("/console/logout", login.log_out, methods=["POST"]),
        ]
    return routes


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    site: Site = app.state.site
    site.buffer.start()
    site.warm()
    yield
    site.buffer.stop()


async def _not_found(request: Request, _error: Exception) -> Response:
    site: Site = request.app.state.site
    return site.not_found()


async def _not_allowed(_request: Request, error: Exception) -> Response:
    headers = error.headers if isinstance(error, HTTPException) else None
    return PlainTextResponse("Method not allowed.\n", 405, {**PRIVATE, **(headers or {})})


async def _told(_request: Request, error: Exception) -> Response:
    """A NurtureError in words: the reader's pages have answers of their own, this is for the console."""
    status = 503 if isinstance(error, OutsideError) else 400
    return PlainTextResponse(f"{error}\n", status, PRIVATE)


async def _failed(request: Request, error: Exception) -> Response:
    log.error("a request failed: %s %s", request.method, type(error).__name__)
    site: Site = request.app.state.site
    return site.unavailable()
