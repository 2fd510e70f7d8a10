"""The wire builder: from what was rendered to what an SMTP server is given.

In:  once per run, the sender's and the campaign's identity; per recipient, address, subject and bodies.
Out: OutgoingEmail values. `email.message.EmailMessage` builds 290 messages a second, so the fixed fields are
     written once here and the rest is filled in; a property test holds the result equal to what the standard
     library reads back.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from nurture.delivery.addresses import wire_address
from nurture.delivery.headers import address_field, checked, text_field
from nurture.delivery.parts import part
from nurture.delivery.transport import OutgoingEmail
from nurture.errors import Finding, InputError

# A field that must stay on one line stays far below the 998 characters a line may have.
LONGEST_URL = 900
LONGEST_MESSAGE_ID = 250

_URL = re.compile(r"https?://[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.\[\]:_-]+>")
_IDENTITY = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_FEEDBACK = re.compile(r"[^\s:,]*(?::[^\s:,]*){2}:[A-Za-z0-9_.-]{5,15}")


class WireBuilder:
    """Builds the emails of one run (and one language: the sender's name may depend on it)."""

    def __init__(
        self,
        *,
        from_name: str,
        from_address: str,
        reply_to: str | None = None,
        list_id: str | None = None,
        list_name: str = "",
        feedback_id: str | None = None,
    ) -> None:
        """Write the fields that all emails of the run share.

        `list_id` is the bare identifier (`news.sample.example`, see `identity.list_id`), `feedback_id` as in
        `identity.feedback_id`; both are optional.

        Raises:
            InputError: a value cannot stand in its header.
        """
        self._from = address_field("From", from_name, wire_address(from_address, "From"))
        fixed = []
        if reply_to:
            fixed.append(address_field("Reply-To", "", wire_address(reply_to, "Reply-To")))
        if list_id is not None:
            if not _IDENTITY.fullmatch(list_id) or len(list_id) > LONGEST_MESSAGE_ID:
                raise _refused(
                    "List-Id", f'"{list_id}" is not a list identifier such as news.sample.example.'
                )
            fixed.append(address_field("List-Id", list_name, list_id if list_name else f"<{list_id}>"))
        if feedback_id is not None:
            if not feedback_id.isascii() or not _FEEDBACK.fullmatch(feedback_id) or len(feedback_id) > 200:
                raise _refused("Feedback-ID", f'"{feedback_id}" does not have the form a:b:c:SenderId.')
            fixed.append(f"Feedback-ID: {checked(feedback_id, 'Feedback-ID')}\r\n")
        fixed.append("MIME-Version: 1.0\r\n")
        self._fixed = "".join(fixed)

    def build(
        self,
        *,
        delivery_id: int,
        mail_from: str,
        to_address: str,
        subject: str,
        html: str,
        text: str,
        message_id: str,
        date: datetime,
        to_name: str = "",
        unsubscribe_url: str | None = None,
    ) -> OutgoingEmail:
        """One email. `message_id` (with its angle brackets) and `date` (aware) are those of the delivery,
        equal on every attempt; the same values always give the same bytes.

        `mail_from` is the return path, empty for the null one. With `unsubscribe_url` the email carries both
        one-click headers of RFC 8058, each on one line.

        Raises:
            InputError: a value cannot stand in its header; this email must not go out.
        """
        rcpt_to = wire_address(to_address, "To")
        if not _MESSAGE_ID.fullmatch(message_id) or len(message_id) > LONGEST_MESSAGE_ID:
            raise _refused("Message-ID", "It does not have the form <name@domain>.")
        if date.tzinfo is None:
            raise ValueError("the date of an email needs a time zone")
        head = (
            f"{self._from}{address_field('To', to_name, rcpt_to)}{text_field('Subject', subject)}"
            f"Date: {_date(date, date.utcoffset())}\r\nMessage-ID: {message_id}\r\n"
            f"{_unsubscribe(unsubscribe_url)}{self._fixed}"
        )
        parts = (part("plain", text), part("html", html))
        return OutgoingEmail(
            delivery_id=delivery_id,
            mail_from=wire_address(mail_from, "Return-Path") if mail_from else "",
            rcpt_to=rcpt_to,
            head=head.encode(),
            boundary=_boundary(message_id, parts[0].body, parts[1].body),
            parts=parts,
        )


@lru_cache(maxsize=1024)
def _date(date: datetime, offset: timedelta | None) -> str:  # noqa: ARG001  # equal moments, told apart
    # The deliveries of a run are accepted together, so most of them share their date.
    return format_datetime(date)


def _unsubscribe(url: str | None) -> str:
    if url is None:
        return ""
    if not _URL.fullmatch(url) or len(url) > LONGEST_URL:
        raise _refused("List-Unsubscribe", "The unsubscribe address is not a plain web address.")
    # RFC 8058; never folded, because folding broke DKIM signatures in practice.
    return f"List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def _boundary(message_id: str, *bodies: bytes) -> bytes:
    """A boundary that no body holds; the same email gets the same one on every attempt.

    `=_` cannot occur in base64 or quoted-printable, so only bodies that go as they are can hold it.
    """
    seed = message_id
    while True:
        boundary = b"=_" + hashlib.sha256(seed.encode("ascii")).hexdigest()[:32].encode("ascii")
        if not any(boundary in body for body in bodies):
            return boundary
        seed = boundary.decode("ascii")


def _refused(where: str, what: str) -> InputError:
    return InputError(Finding(where, what, "Correct it where it comes from; the email is not sent as it is."))
