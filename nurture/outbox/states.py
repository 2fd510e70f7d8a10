"""The states of a delivery and of a run, and what each means for what may happen next.

queued -> sending -> sent -> (delivered | bounced | complained)
              |
              +--> held(reason), deferred(until), failed(reason), in_doubt, cancelled
"""

from __future__ import annotations

DELIVERY_STATES = (
    "queued",
    "sending",
    "sent",
    "delivered",
    "bounced",
    "complained",
    "held",
    "deferred",
    "failed",
    "in_doubt",
    "cancelled",
)

# Waiting for their time: a claim may take them.
WAITING = ("queued", "deferred")

# The relay took responsibility, whatever came back later.
ACCEPTED_BY_RELAY = ("sent", "delivered", "bounced", "complained")

# A run ends when none of its deliveries is in one of these.
UNFINISHED = ("queued", "sending", "deferred")

RUN_STATES = ("running", "paused", "stopped", "finished", "cancelled")
