"""The guard: stop a run by itself when too much of it fails, with a reason a marketer can read."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from nurture.config.models import Sending
from nurture.outbox.states import ACCEPTED_BY_RELAY
from nurture.store import tables as t


def stop_if_failing(connection: Connection, run_id: int, limits: Sending) -> bool:
    """Stop the run when more than its limit of the emails tried so far were refused for good."""
    delivery = t.deliveries.c
    tried = func.count()
    failed = func.count().filter(delivery.state == "failed")
    query = select(tried, failed).where(
        delivery.run_id == run_id, delivery.state.in_((*ACCEPTED_BY_RELAY, "failed"))
    )
    number, bad = connection.execute(query).one()
    if number < limits.stop_after or bad * 100 <= limits.stop_at_failed_percent * number:
        return False
    reason = (
        f"{bad:,} of the first {number:,} emails were refused for good; "
        f"the limit is {limits.stop_at_failed_percent:g} %"
    )
    stopped = connection.execute(
        update(t.runs)
        .where(t.runs.c.id == run_id, t.runs.c.state == "running")
        .values(state="stopped", reason=reason)
    )
    return stopped.rowcount == 1
