"""The gate: may this customer be mailed, and if not, why not.

One SQL expression over a customer's row. Planning counts with it, accepting writes with it, and the
claim asks it again just before sending, so that an opt-out in between is honoured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, false, func, literal, or_, select

from nurture.outbox.states import ACCEPTED_BY_RELAY
from nurture.store import tables as t

# Reasons as they stand in the rows and in JSON, and what they mean to a person.
REASONS: Mapping[str, str] = {
    "no_consent": "no valid consent is on record",
    "paused": "the reader paused all email",
    "topic_refused": "the reader switched this topic off",
    "frequency": "the reader's own limit of emails a month is reached",
    "suppressed:unsubscribed": "the reader unsubscribed",
    "suppressed:hard_bounce": "the address does not exist (hard bounce)",
    "suppressed:soft_bounces": "the address kept refusing email",
    "suppressed:complaint": "the reader reported an email as spam",
    "suppressed:manual": "the address was suppressed by hand",
    "suppressed:imported": "the address was on an imported list of refusals",
    "suppressed:erased": "the person asked to be erased",
}

FREQUENCY_WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Gate:
    """What the answer depends on besides the customer: the time, the day, and the topic of the run.

    `topic` may be a column, where rows of several runs are asked at once.
    """

    now: datetime
    today: date
    topic: str | ColumnElement[str] | None = None

    def refusal(self) -> ColumnElement[Any]:
        """The reason why the customer in `customers` may not be mailed, or NULL."""
        customer = t.customers.c
        suppressed = (
            select(t.suppressions.c.reason)
            .where(t.suppressions.c.address_hash == customer.address_hash)
            .correlate(t.customers)
            .scalar_subquery()
        )
        return case(
            (suppressed.is_not(None), literal("suppressed:").concat(suppressed)),
            (~self._consented(), literal("no_consent")),
            (customer.paused_until > self.today, literal("paused")),
            (self._topic_refused(), literal("topic_refused")),
            (self._frequency_reached(), literal("frequency")),
            else_=None,
        )

    def _consented(self) -> ColumnElement[bool]:
        consent = t.consents.c
        return (
            exists()
            .where(
                consent.customer_id == t.customers.c.id,
                consent.withdrawn_at.is_(None),
                or_(consent.expires_on.is_(None), consent.expires_on >= self.today),
            )
            .correlate(t.customers)
        )

    def _topic_refused(self) -> ColumnElement[bool]:
        if self.topic is None:
            return false()
        refusal = t.topic_refusals.c
        query = exists().where(refusal.customer_id == t.customers.c.id, refusal.topic == self.topic)
        return query.correlate_except(t.topic_refusals)

    def _frequency_reached(self) -> ColumnElement[bool]:
        delivery = t.deliveries.alias("earlier")
        received = (
            select(func.count())
            .select_from(delivery)
            .where(
                delivery.c.customer_id == t.customers.c.id,
                delivery.c.sent_at > self.now - FREQUENCY_WINDOW,
                delivery.c.state.in_(ACCEPTED_BY_RELAY),
            )
            .correlate(t.customers)
            .scalar_subquery()
        )
        limit = t.customers.c.max_per_month
        return and_(limit.is_not(None), received >= limit)


def in_words(reason: str) -> str:
    """A reason as a person reads it; one that is already in words comes back as it is.

    >>> in_words("paused")
    'the reader paused all email'
    """
    return REASONS.get(reason, reason)
