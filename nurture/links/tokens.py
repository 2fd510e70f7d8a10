"""Tokens: an id and a short signature, in URL-safe base64 without padding.

In:  a row id and what the token is for.
Out: about 20 characters that carry no personal data and cannot be guessed or altered.

The key of a purpose is derived from the workspace key, so a token for one purpose is worth nothing
for another. Tokens do not expire: an unsubscribe link in an old email must work (RFC 8058, CAN-SPAM).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import Literal

Purpose = Literal["delivery", "bounce", "message"]

# Written into addresses and message identifiers, whose case mail systems may change.
CASELESS: frozenset[Purpose] = frozenset({"bounce", "message"})

# 96 bits: a guess is right once in 10^28, and the link stays short.
SIGNATURE_BYTES = 12
MAX_TOKEN_CHARS = 40


class Signer:
    """Signs and verifies tokens; the first key signs, every key verifies."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("a signer needs at least one key")
        self._keys = tuple(keys)
        self._derived: dict[str, tuple[bytes, ...]] = {}

    def sign(self, purpose: Purpose, row_id: int) -> str:
        """The token of a row for a purpose; the same row always has the same token."""
        payload = _to_bytes(row_id)
        signature = _signature(self._keys_for(purpose)[0], payload)
        return _encode(purpose, signature + payload)

    def verify(self, purpose: Purpose, token: str) -> int | None:
        """The row id in a token, or None for anything that we did not sign for this purpose."""
        if not token.isascii() or len(token) > MAX_TOKEN_CHARS:
            return None
        raw = _decode(purpose, token)
        if raw is None:
            return None
        signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        good = False
        for key in self._keys_for(purpose):
            good |= hmac.compare_digest(signature, _signature(key, payload))
        if not good:
            return None
        row_id = int.from_bytes(payload, "big")
        # One row, one token: other spellings (unused bits of the last character, leading zeros) are refused.
        canonical = _encode(purpose, raw)
        return row_id if canonical == _folded(purpose, token) and _to_bytes(row_id) == payload else None

    def _keys_for(self, purpose: Purpose) -> tuple[bytes, ...]:
        derived = self._derived.get(purpose)
        if derived is None:
            salt = b"nurture." + purpose.encode()
            derived = tuple(hmac.digest(key, salt, "sha256") for key in self._keys)
            self._derived[purpose] = derived
        return derived


def _encode(purpose: Purpose, raw: bytes) -> str:
    if purpose in CASELESS:
        # Part of an address: mail systems may change its case, so it is written in one case only.
        return base64.b32encode(raw).rstrip(b"=").decode("ascii").lower()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(purpose: Purpose, token: str) -> bytes | None:
    try:
        if purpose in CASELESS:
            return base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _folded(purpose: Purpose, token: str) -> str:
    return token.lower() if purpose in CASELESS else token


def _signature(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, "sha256")[:SIGNATURE_BYTES]


def _to_bytes(row_id: int) -> bytes:
    if row_id < 0:
        raise ValueError("a row id is never negative")
    return row_id.to_bytes(max(1, (row_id.bit_length() + 7) // 8), "big")
