"""The tables that a filter speaks of: a customer, the company, the totals and the lead state."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.sql import visitors

from nurture.filters.fields import Place
from nurture.store import tables as t


@dataclass(frozen=True, slots=True)
class Audience:
    """One customer's row and the rows that belong to it, under names of their own."""

    customers: FromClause
    companies: FromClause
    totals: FromClause
    lead_states: FromClause

    def joined(
        self, condition: ColumnElement[Any] | None = None, certain: Set[Place] = frozenset()
    ) -> FromClause:
        """The customers with all that belongs to them, or with what a condition needs of it.

        `certain` are places without which the condition cannot be met. They are joined inside, so that
        the database may begin with them.
        """
        needed = None if condition is None else set(_tables(condition))
        found = self.customers
        joins: tuple[tuple[Place, FromClause, ColumnElement[bool]], ...] = (
            ("company", self.companies, self.companies.c.id == self.customers.c.company_id),
            ("totals", self.totals, self.totals.c.customer_id == self.customers.c.id),
            ("lead", self.lead_states, self.lead_states.c.customer_id == self.customers.c.id),
        )
        for place, table, on in joins:
            if needed is None or table in needed:
                # Outer as a rule: a customer without a company or a purchase is still asked.
                found = found.join(table, on, isouter=place not in certain)
        return found


AUDIENCE = Audience(t.customers, t.companies, t.totals, t.lead_states)


def another_audience() -> Audience:
    """The same tables once more, for asking about other customers beside the one at hand."""
    return Audience(t.customers.alias(), t.companies.alias(), t.totals.alias(), t.lead_states.alias())


def audience_from() -> FromClause:
    """What to select from when a compiled filter stands in a statement of one's own."""
    return AUDIENCE.joined()


def _tables(condition: ColumnElement[Any]) -> Iterator[Any]:
    for element in visitors.iterate(condition):
        table = getattr(element, "table", None)
        if table is not None:
            yield table
