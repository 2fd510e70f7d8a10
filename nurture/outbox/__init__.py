"""The outbox: one durable row for every email owed, from acceptance to its end.

    accept   writes the rows of a run, once each; nothing else makes a delivery
    claim    takes a batch under a lease, and holds what may not be sent any more
    record   writes what became of the claimed ones, in groups
    sweep    takes back what a dead worker held, and settles doubts

In:  a connection inside a transaction, and the time.
Out: values; the rows are the truth, and the broker only ever carries their ids.
"""

from nurture.outbox.accept import Accepted, NewRun, StepEmail, accept
from nurture.outbox.claim import Batch, Claimed, claim
from nurture.outbox.record import Recorded, record, release
from nurture.outbox.sweep import Swept, sweep

__all__ = [
    "Accepted",
    "Batch",
    "Claimed",
    "NewRun",
    "Recorded",
    "StepEmail",
    "Swept",
    "accept",
    "claim",
    "record",
    "release",
    "sweep",
]
