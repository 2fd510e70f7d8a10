"""Who may see the console: a password, a signed cookie, and not too many guesses.

In:  the password of the environment, cookies, guesses.
Out: yes or no.

The key of the cookie is made from the workspace key and the password: a new password ends every
session. A session also ends by itself, and at the press of "log out".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

COOKIE = "nurture_session"
LASTS = timedelta(hours=12)

# Wrong passwords from one network, and from all together, within the time of one window.
GUESSES, ALL_GUESSES = 5, 50
WINDOW = timedelta(minutes=5)
MAX_NETWORKS = 10_000
MAX_ENDED = 10_000

NONCE_BYTES = 12
TIME_BYTES = 8
SIGNATURE_BYTES = 32


class Sessions:
    """Makes and checks session cookies. Safe to use from threads."""

    def __init__(self, keys: tuple[bytes, ...], password: str) -> None:
        self._expected = _digest(password)
        self._keys = tuple(hmac.digest(key, b"nurture.session" + self._expected, "sha256") for key in keys)
        self._ended: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def is_password(self, guess: str) -> bool:
        return hmac.compare_digest(_digest(guess), self._expected)

    def begin(self, now: datetime) -> str:
        """The cookie of a new session."""
        until = int((now + LASTS).timestamp()).to_bytes(TIME_BYTES, "big")
        payload = until + secrets.token_bytes(NONCE_BYTES)
        signed = payload + hmac.digest(self._keys[0], payload, "sha256")
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode("ascii")

    def is_open(self, cookie: str | None, now: datetime) -> bool:
        """Whether a cookie is ours, of this password, not too old and not logged out."""
        payload = self._payload(cookie)
        if payload is None or payload in self._ended:
            return False
        return now.timestamp() < int.from_bytes(payload[:TIME_BYTES], "big")

    def end(self, cookie: str | None) -> None:
        """Log out: the cookie is worth nothing from now on."""
        payload = self._payload(cookie)
        if payload is not None:
            with self._lock:
                self._ended[payload] = None
                if len(self._ended) > MAX_ENDED:
                    self._ended.popitem(last=False)

    def _payload(self, cookie: str | None) -> bytes | None:
        try:
            raw = base64.urlsafe_b64decode((cookie or "") + "=" * (-len(cookie or "") % 4))
        except (binascii.Error, ValueError):
            return None
        if len(raw) != TIME_BYTES + NONCE_BYTES + SIGNATURE_BYTES:
            return None
        payload, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
        good = False
        for key in self._keys:
            good |= hmac.compare_digest(signature, hmac.digest(key, payload, "sha256"))
        return payload if good else None


class Guesses:
    """Counts wrong passwords, so that nobody tries them all."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, list[datetime]] = OrderedDict()
        self._all: list[datetime] = []
        self._lock = Lock()

    def seconds_to_wait(self, network: str, now: datetime) -> int:
        """0 when another guess is allowed, else how long until then."""
        with self._lock:
            mine = _recent(self._wrong.get(network, []), now)
            self._all = _recent(self._all, now)
            waits = [
                (times[-limit] + WINDOW - now).total_seconds()
                for times, limit in ((mine, GUESSES), (self._all, ALL_GUESSES))
                if len(times) >= limit
            ]
        return int(max(waits)) + 1 if waits else 0

    def wrong(self, network: str, now: datetime) -> None:
        with self._lock:
            self._wrong[network] = [*_recent(self._wrong.get(network, []), now), now][-GUESSES:]
            self._wrong.move_to_end(network)
            if len(self._wrong) > MAX_NETWORKS:
                self._wrong.popitem(last=False)
            self._all = [*_recent(self._all, now), now][-ALL_GUESSES:]


def _recent(times: list[datetime], now: datetime) -> list[datetime]:
    return [at for at in times if now - at < WINDOW]


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode("utf-8", "surrogatepass")).digest()
