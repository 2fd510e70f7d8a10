"""The folder of a local mailbox: emails kept as files, and read back.

In:  the bytes of an email and its envelope.
Out: `.eml` files that any mail program opens; entries for a list, and one email in full. What is read may
     come from anybody, so nothing in it is trusted to be well-formed.
"""

from __future__ import annotations

import contextlib
import email.errors
import email.policy
import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

from nurture.delivery.addresses import CONTROLS
from nurture.errors import Finding, NotFound

_ID = re.compile(r"\d{8}T\d{6}-\d{6}-[0-9a-f]{8}")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_TIME = "%Y%m%dT%H%M%S-%f"
# The old policy hands out every header as it stands; the new one raises for some malformed ones.
_POLICY = email.policy.compat32


@dataclass(frozen=True, slots=True)
class MailboxEntry:
    """One email in a list. `mail_from` and `rcpt_to` are the envelope's, the rest is from its headers."""

    id: str
    at: datetime
    mail_from: str
    rcpt_to: str
    sender: str
    subject: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class MailboxMail:
    """One email in full. `content` is what came over the wire, without what the mailbox put before it."""

    entry: MailboxEntry
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    content: bytes

    def header(self, name: str) -> str | None:
        """The first header of a name, decoded."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def keep(folder: Path, content: bytes, mail_from: str, rcpt_to: str, at: datetime) -> str:
    """Store an email and return its id; when this returns, it survives a power cut.

    The file appears under its name only once it is complete.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    mail_id = f"{at.astimezone(UTC).strftime(_TIME)}-{secrets.token_hex(4)}"
    draft = folder / f"{mail_id}.new"
    trace = f"Return-Path: <{_printable(mail_from)}>\r\nDelivered-To: {_printable(rcpt_to)}\r\n"
    try:
        with draft.open("xb") as file:
            file.write(trace.encode("utf-8", "replace") + content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / f"{mail_id}.eml")
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return mail_id


def count_mailbox(folder: Path) -> int:
    """How many emails the mailbox holds; 0 when there is none yet."""
    return len(_ids(folder))


def list_mailbox(folder: Path, *, limit: int | None = None, offset: int = 0) -> list[MailboxEntry]:
    """The emails of a mailbox, newest first; empty when there is no mailbox yet."""
    chosen = sorted(_ids(folder), reverse=True)[offset:][:limit]
    entries = (_listed(folder, mail_id) for mail_id in chosen)
    return [entry for entry in entries if entry is not None]


def read_mail(folder: Path, mail_id: str) -> MailboxMail:
    """One email.

    Raises:
        NotFound: the mailbox holds no email with this id.
    """
    path = folder / f"{mail_id}.eml"
    # Only what looks like one of our names is ever opened: ids come from the address bar.
    if not _ID.fullmatch(mail_id) or not path.is_file():
        raise NotFound(Finding("mailbox", "There is no such email in it.", "Go back to its list."))
    stored = path.read_bytes()
    message = BytesParser(policy=_POLICY).parsebytes(stored)
    return MailboxMail(
        entry=_entry(mail_id, message, len(stored)),
        headers=tuple((name, _decoded(str(value))) for name, value in message.raw_items()),
        text=_body(message, "text/plain"),
        html=_body(message, "text/html"),
        content=stored.split(b"\r\n", 2)[2],
    )


def _ids(folder: Path) -> list[str]:
    return [path.stem for path in folder.glob("*.eml") if _ID.fullmatch(path.stem)]


def _listed(folder: Path, mail_id: str) -> MailboxEntry | None:
    """One line of the list; None when the file has just been deleted."""
    path = folder / f"{mail_id}.eml"
    try:
        with path.open("rb") as file:
            message = BytesHeaderParser(policy=_POLICY).parse(file)
            return _entry(mail_id, message, os.fstat(file.fileno()).st_size)
    except FileNotFoundError:
        return None


def _entry(mail_id: str, message: Message, size_bytes: int) -> MailboxEntry:
    found: dict[str, str] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), str(value))
    return MailboxEntry(
        id=mail_id,
        at=datetime.strptime(mail_id.rpartition("-")[0], _TIME).replace(tzinfo=UTC),
        mail_from=_decoded(found.get("return-path", "")).strip("<>"),
        rcpt_to=_decoded(found.get("delivered-to", "")),
        sender=_decoded(found.get("from", "")),
        subject=_decoded(found.get("subject", "")),
        size_bytes=size_bytes,
    )


def _decoded(raw: str) -> str:
    """A header as people read it; what cannot be decoded is shown as it stands."""
    # Octets outside ASCII are UTF-8 where SMTPUTF8 was used; the parser hands them over as lone surrogates.
    value = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    value = _FOLD.sub("", value)
    try:
        decoded = str(make_header(decode_header(value))) if "=?" in value else value
    except (LookupError, UnicodeError, ValueError, email.errors.HeaderParseError):
        decoded = value
    return CONTROLS.sub(" ", decoded)


def _body(message: Message, content_type: str) -> str:
    """The first part of a type, as text; empty when there is none."""
    for part in message.walk():
        if part.get_content_type() == content_type and not part.is_multipart():
            payload = part.get_payload(decode=True)
            data = payload if isinstance(payload, bytes) else b""
            try:
                return data.decode(part.get_content_charset("utf-8"), "replace")
            except (LookupError, UnicodeError):
                return data.decode("utf-8", "replace")
    return ""


def _printable(address: str) -> str:
    return CONTROLS.sub("?", address)
