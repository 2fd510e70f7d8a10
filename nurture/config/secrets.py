"""Secrets: from the environment, or from a key file that is made on first use.

The key file is `.nurture/key` in the workspace, mode 0600: one key per line in hex, newest
first. The first key signs, all of them verify, so a key is rotated by putting a line on top.
"""

from __future__ import annotations

import contextlib
import os
import secrets as entropy
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nurture.errors import Finding, InputError

KEY_BYTES = 32
NAMES = ("NURTURE_SECRET_KEY", "NURTURE_SMTP_PASSWORD", "NURTURE_WEB_PASSWORD", "NURTURE_DATABASE_PASSWORD")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must never be printed or committed; its repr says nothing."""

    keys: tuple[bytes, ...] = field(repr=False)
    smtp_password: str | None = field(default=None, repr=False)
    web_password: str | None = field(default=None, repr=False)
    database_password: str | None = field(default=None, repr=False)


def load_secrets(root: Path, environ: Mapping[str, str]) -> Secrets:
    """The secrets of a workspace; makes its key file if there is none yet.

    Raises:
        InputError: the key file can be read by others, or holds something else than keys.
    """
    from_environment = environ.get("NURTURE_SECRET_KEY")
    where = "NURTURE_SECRET_KEY" if from_environment else ".nurture/key"
    text = from_environment or _key_file(root)
    return Secrets(
        keys=_parsed(text, where),
        smtp_password=environ.get("NURTURE_SMTP_PASSWORD"),
        web_password=environ.get("NURTURE_WEB_PASSWORD"),
        database_password=environ.get("NURTURE_DATABASE_PASSWORD"),
    )


def _key_file(root: Path) -> str:
    path = root / ".nurture" / "key"
    try:
        if not path.exists():
            _make(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise InputError(
                Finding(str(path), "Others on this machine can read this key.", f"Run: chmod 600 {path}")
            )
        return path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        fix = "Make the folder writable, or set NURTURE_SECRET_KEY."
        raise InputError(
            Finding(str(path), f"The key file cannot be made or read: {error.strerror}.", fix)
        ) from None


def _make(path: Path) -> None:
    """Write a new key so that two processes starting at once end with the same one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"key.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(entropy.token_hex(KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    # A link fails when the name is taken: the first process wins and the other reads its key.
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def _parsed(text: str, where: str) -> tuple[bytes, ...]:
    keys = []
    for number, line in enumerate(text.split(), start=1):
        try:
            key = bytes.fromhex(line)
        except ValueError:
            key = b""
        if len(key) < 16:
            fix = "A key is at least 32 hex digits: openssl rand -hex 32 prints one."
            raise InputError(Finding(where, "This is not a key.", fix, number))
        keys.append(key)
    if not keys:
        raise InputError(Finding(where, "There is no key in it.", "Delete the file; a new one will be made."))
    return tuple(keys)
