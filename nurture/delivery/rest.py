"""Rest: how long to leave a relay alone that cannot be reached.

The rows stay due; nothing is claimed while we rest, so an outage costs no attempts and no log storm.
"""

from __future__ import annotations

import threading

from nurture import clock

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0


class Rest:
    """Doubles from a second to a minute while the trouble lasts; over with the first success."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds = 0.0
        self._until = 0.0
        self.reason: str | None = None

    @property
    def resting(self) -> bool:
        """Whether the relay is to be left alone just now."""
        return clock.monotonic_seconds() < self._until

    def longer(self, reason: str) -> None:
        """The relay could not be reached. Several threads that find out together count once."""
        with self._lock:
            self.reason = reason
            if not self.resting:
                self._seconds = min(max(self._seconds * 2, FIRST_SECONDS), LONGEST_SECONDS)
                self._until = clock.monotonic_seconds() + self._seconds

    def over(self) -> None:
        """The relay answers."""
        with self._lock:
            self._seconds, self._until, self.reason = 0.0, 0.0, None
