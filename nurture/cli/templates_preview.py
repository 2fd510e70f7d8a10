"""Show an email in a browser while it is being written: phone and desk width, text and source.

In:  a workspace, the name of an email, the context for a language.
Out: a page on loopback, rendered anew on each load; or files in a folder, for scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nurture.cli.output import message
from nurture.config import Workspace
from nurture.errors import Finding, NurtureError, OutsideError
from nurture.templates import Rendered, Renderer, compile_template, load_template

LOCAL = ("127.0.0.1", "localhost")
# The page runs no script, and the email in it may not either.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; frame-src 'self'"
STYLE = """
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: #1d2733; background: #e9ecef; }
header { padding: 14px 24px; background: #fff; border-bottom: 1px solid #cfd6dd; }
h1 { margin: 0; font-size: 18px; } header p { margin: 2px 0 0; color: #5a6673; }
main { display: flex; flex-wrap: wrap; gap: 24px; padding: 24px; align-items: flex-start; }
section { background: #fff; border-radius: 6px; padding: 12px; }
h2 { margin: 0 0 8px; font-size: 13px; color: #5a6673; }
iframe { border: 1px solid #cfd6dd; background: #fff; }
pre { margin: 0; width: 600px; max-height: 900px; overflow: auto; white-space: pre-wrap; font-size: 13px; }
nav a { margin-right: 12px; } .error { white-space: pre-wrap; color: #9b1c1c; }
"""


@dataclass(frozen=True)
class Preview:
    """An email that is being worked on; `context` gives the names it sees, for a language."""

    workspace: Workspace
    name: str
    context: Callable[[str], Mapping[str, Any]]

    def rendered(self) -> Iterator[Rendered]:
        """The email in each of its languages, from the files as they are now."""
        template = load_template(self.workspace, self.name)
        renderer = Renderer(compile_template(template, self.workspace, tracked=False))
        for language in template.variants:
            yield renderer.render(self.context(language), language=language)


def write_files(preview: Preview, folder: Path) -> Iterator[Path]:
    """Write `<name>.<language>.html` and `.txt` into a folder; the paths written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for rendered in preview.rendered():
            for suffix, content in (("html", rendered.html), ("txt", rendered.text)):
                path = folder / f"{preview.name}.{rendered.language}.{suffix}"
                path.write_text(content, encoding="utf-8")
                yield path
    except OSError as error:
        raise OutsideError(Finding(str(folder), f"This cannot be written: {error.strerror}.")) from None


def serve(preview: Preview, port: int, *, once: bool) -> None:
    """Serve the preview on loopback until Ctrl-C, or until it has been fetched once."""
    # A mistake that is there from the start is told on the command line, not in a browser.
    list(preview.rendered())
    try:
        server = _Server(preview, port)
    except OSError as error:
        where = f"127.0.0.1:{port}"
        what = f"The preview cannot listen here: {error.strerror}."
        raise OutsideError(Finding(where, what, "Take another: --port 0 finds one.")) from None
    with server:
        message(f"Preview of {preview.name}: http://127.0.0.1:{server.server_port}/  (Ctrl-C ends it)")
        while not (once and server.served):
            server.handle_request()


class _Server(HTTPServer):
    def __init__(self, preview: Preview, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.preview = preview
        self.served = False


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_GET(self) -> None:  # the name is the standard library's
        """Answer with the page; nothing else is served."""
        # Another site must not read the preview through a name of its own that points here.
        if (self.headers.get("Host") or "").split(":")[0] not in LOCAL:
            self.send_error(403)
            return
        url = urlsplit(self.path)
        if url.path != "/":
            self.send_error(404)
            return
        body = page(self.server.preview, parse_qs(url.query).get("language", [""])[0]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)
        self.server.served = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # http.server names it
        """Say nothing: the person at the keyboard knows what they load."""


def page(preview: Preview, language: str) -> str:
    """The page for one language of the email; what is wrong with it, if it cannot be rendered."""
    try:
        emails = {rendered.language: rendered for rendered in preview.rendered()}
    except NurtureError as error:
        return _framed(preview.name, "", f'<section class="error">{escape(str(error))}</section>')
    chosen = emails.get(language) or next(iter(emails.values()))
    links = " ".join(f'<a href="/?language={escape(one)}">{escape(one)}</a>' for one in emails)
    head = f"<p>{escape(chosen.subject)}</p><p>{escape(chosen.preheader)}</p><nav>{links}</nav>"
    frames = "".join(
        f'<section><h2>{width} px</h2><iframe sandbox srcdoc="{escape(chosen.html)}" '
        f'width="{width}" height="900"></iframe></section>'
        for width in (375, 1280)
    )
    texts = "".join(
        f"<section><h2>{title}</h2><pre>{escape(content)}</pre></section>"
        for title, content in (("Text", chosen.text), ("Source", chosen.html))
    )
    return _framed(preview.name, head, frames + texts)


def _framed(name: str, head: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title>'
        f"<style>{STYLE}</style></head><body><header><h1>{escape(name)}</h1>{head}</header>"
        f"<main>{body}</main></body></html>"
    )
