"""The leads as sales sees them: hottest first, each with its reasons.

In:  states that `judge_leads` has written.
Out: Lead values; one customer's LeadHistory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from nurture.config import Workspace
from nurture.errors import Finding, InputError, NotFound, did_you_mean
from nurture.leads.rules import load_rules
from nurture.leads.words import words_for
from nurture.store import tables as t
from nurture.store.people import email_key


@dataclass(frozen=True, slots=True)
class Lead:
    """A customer in a lead state. `state_name` is what people call it; `last_on` the last sign of life."""

    customer_id: int
    email: str
    name: str
    company: str | None
    title: str | None
    phone: str | None
    owner: str | None
    state: str
    state_name: str
    contact: bool
    since: datetime
    judged_at: datetime
    last_on: date | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeadChange:
    """One change of state; None is "no lead"."""

    at: datetime
    old_state: str | None
    new_state: str | None
    reasons: tuple[str, ...]


def list_leads(
    connection: Connection,
    workspace: Workspace,
    *,
    state: str | None = None,
    owner: str | None = None,
    everyone: bool = False,
    limit: int | None = None,
) -> list[Lead]:
    """Leads, those of the first rule first, and in it those who did something last.

    Without a state: those whom sales should contact, or `everyone` who is in a state. The owner is
    that of the customer, else that of the company.

    Raises:
        InputError: no rule gives that state, or nobody has that owner.
    """
    order = _order(workspace, connection)
    if state is not None and state not in order:
        fix = did_you_mean(state, list(order))
        raise InputError(Finding("leads", f'There is no lead state called "{state}".', fix))
    query = _leads(order)
    if state is not None:
        query = query.where(t.lead_states.c.state == state)
    elif not everyone:
        query = query.where(t.lead_states.c.contact)
    if owner is not None:
        _check_owner(connection, owner)
        query = query.where(_owner() == owner)
    names = _state_names(workspace)
    return [_lead(row, names) for row in connection.execute(query.limit(limit))]


def find_lead(connection: Connection, workspace: Workspace, email: str) -> Lead | None:
    """The lead with an address; None when that customer is in no state.

    Raises:
        NotFound: there is no such customer.
    """
    key = email_key(email)
    if connection.scalar(select(t.customers.c.id).where(t.customers.c.email_key == key)) is None:
        raise NotFound(Finding(email, "There is no customer with this address.", "nurture customers list"))
    row = connection.execute(_leads({}).where(t.customers.c.email_key == key)).one_or_none()
    return None if row is None else _lead(row, _state_names(workspace))


def lead_changes(connection: Connection, customer_id: int) -> list[LeadChange]:
    """How a customer's state changed, newest first."""
    columns = t.lead_changes.c
    rows = connection.execute(
        select(columns.at, columns.old_state, columns.new_state, columns.reasons)
        .where(columns.customer_id == customer_id)
        .order_by(columns.at.desc(), columns.id.desc())
    )
    return [LeadChange(at, old, new, tuple(reasons)) for at, old, new, reasons in rows]


def _state_names(workspace: Workspace) -> dict[str, str]:
    """What people call each state; of several rules for one state the first says."""
    words = words_for(workspace.config.workspace.language)
    return {rule.state: words.state(rule.state, rule.name) for rule in reversed(load_rules(workspace))}


def _order(workspace: Workspace, connection: Connection) -> dict[str, int]:
    """States by rank: those of the rules in their order, then states of rules that are gone."""
    states = [rule.state for rule in load_rules(workspace)]
    states += connection.scalars(select(t.lead_states.c.state).distinct()).all()
    return {state: rank for rank, state in enumerate(dict.fromkeys(states))}


def _owner() -> Any:
    return func.coalesce(t.customers.c.owner, t.companies.c.owner)


def _last_on() -> Any:
    """The later of the last click and the last activity; NULL where there is neither."""
    click, activity = t.totals.c.last_click_on, t.totals.c.last_activity_on
    later = or_(click.is_(None), activity >= click)
    return case((and_(activity.is_not(None), later), activity), else_=click)


def _leads(order: dict[str, int]) -> Select[Any]:
    lead, customer = t.lead_states.c, t.customers.c
    ranks = [(lead.state == state, rank) for state, rank in order.items()]
    rank = case(*ranks, else_=len(order)) if ranks else lead.state
    return (
        select(
            customer.id,
            customer.email,
            customer.family_name,
            customer.given_name,
            customer.title,
            customer.phone,
            customer.locale,
            t.companies.c.name.label("company"),
            _owner().label("owner"),
            lead.state,
            lead.contact,
            lead.since,
            lead.judged_at,
            lead.reasons,
            _last_on().label("last_on"),
        )
        .select_from(
            t.lead_states.join(t.customers, customer.id == lead.customer_id)
            .outerjoin(t.companies, t.companies.c.id == customer.company_id)
            .outerjoin(t.totals, t.totals.c.customer_id == customer.id)
        )
        .order_by(rank, _last_on().desc().nulls_last(), lead.since.desc(), customer.id)
    )


def _check_owner(connection: Connection, owner: str) -> None:
    """An owner nobody has is a mistyped name, not an empty list."""
    known: Sequence[str] = [
        name
        for table in (t.customers, t.companies)
        for name in connection.scalars(select(table.c.owner).distinct())
        if name
    ]
    if owner not in known:
        fix = did_you_mean(owner, sorted(set(known)))
        raise InputError(Finding("leads", f'Nobody has the owner "{owner}".', fix))


def _lead(row: Any, names: dict[str, str]) -> Lead:
    return Lead(
        customer_id=row.id,
        email=row.email,
        name=_name(row.family_name, row.given_name, row.locale),
        company=row.company,
        title=row.title,
        phone=row.phone,
        owner=row.owner,
        state=row.state,
        state_name=names.get(row.state, row.state),
        contact=row.contact,
        since=row.since,
        judged_at=row.judged_at,
        last_on=row.last_on,
        reasons=tuple(row.reasons),
    )


def _name(family: str | None, given: str | None, locale: str | None) -> str:
    """Family name first where that is the custom, given name first elsewhere.

    >>> _name("佐藤", "花子", "ja"), _name("Smith", "Anna", "en-GB"), _name(None, "Anna", None)
    ('佐藤 花子', 'Anna Smith', 'Anna')
    """
    family_first = (locale or "ja").split("-")[0] in ("ja", "zh", "ko", "vi", "hu")
    parts = (family, given) if family_first else (given, family)
    return " ".join(part for part in parts if part)
