"""The local mailbox in the console: what the demo sent, as its readers would see it.

In:  the folder of a local mailbox.
Out: a list, and each email as HTML (in a frame where nothing runs), as text and as it came.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from nurture.delivery.mailbox_folder import count_mailbox, list_mailbox, read_mail
from nurture.web.site import PRIVATE

PAGE_SIZE = 50

# The email is somebody's text: it is drawn, and nothing in it runs, not even inside its frame.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; font-src https:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)

PIXEL = re.compile(r"<img\b[^>]*/o/[\w-]+\.gif[^>]*>")

Page = Callable[..., Response]


class MailboxPages:
    """The handlers."""

    def __init__(self, folder: Path, page: Page) -> None:
        self._folder = folder
        self._page = page

    def list(self, request: Request) -> Response:
        """The newest emails, a page at a time."""
        try:
            number = max(1, int(request.query_params.get("page", "1")))
        except ValueError:
            number = 1
        total = count_mailbox(self._folder)
        entries = list_mailbox(self._folder, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
        pages = max(1, -(-total // PAGE_SIZE))
        return self._page("mailbox.html", "mailbox", entries=entries, total=total, number=number, pages=pages)

    def mail(self, request: Request) -> Response:
        mail = read_mail(self._folder, request.path_params["id"])
        return self._page("mail.html", "mailbox", mail=mail, entry=mail.entry)

    def html(self, request: Request) -> Response:
        """The HTML part, for the frame."""
        mail = read_mail(self._folder, request.path_params["id"])
        headers = PRIVATE | {"Content-Security-Policy": FRAME_POLICY}
        # Whoever looks at it here is not its reader: that must not count as an open.
        unseen = PIXEL.sub("", mail.html)
        return Response(unseen.encode("utf-8", "replace"), media_type="text/html", headers=headers)

    def source(self, request: Request) -> Response:
        """What came over the wire, as text."""
        mail = read_mail(self._folder, request.path_params["id"])
        headers = PRIVATE | {"Content-Security-Policy": "default-src 'none'; sandbox"}
        return Response(mail.content, media_type="text/plain; charset=utf-8", headers=headers)
