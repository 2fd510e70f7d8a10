"""Decide where every customer stands for sales, and why.

In:  the rules, what customers did and bought, the time.
Out: rows of `lead_states`, and a row of `lead_changes` for each customer whose state became another.

All customers are judged by one statement per rule; only those whom sales should contact are looked at
one by one, in groups, to put their reasons into words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateTable, DropTable

from nurture.config import Workspace
from nurture.filters import Scope, explain, load_people, select_customers
from nurture.leads.evidence import reasons_for
from nurture.leads.rules import Rule, always_met, load_rules, met_conditions
from nurture.leads.words import Words, words_for
from nurture.segments import scope_for
from nurture.store import tables as t
from nurture.store.types import Json, RowId

# How many customers are put into words at a time.
GROUP = 500
# Any number will do, as long as every judge takes the same one.
LOCK = 7_305_518_022
MAX_CONDITIONS = 3
# `judged_at` of a state that nobody needs to act on may lag behind by this much: a million rows are
# not written anew each time somebody clicks.
FRESH = timedelta(hours=1)

# Where a judgement is put together: everyone who is in a state, before anything is compared.
_judged = Table(
    "judged_leads",
    MetaData(),
    Column("customer_id", RowId, primary_key=True, autoincrement=False),
    Column("rule", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("contact", Boolean, nullable=False),
    Column("reasons", Json, nullable=False),
    prefixes=["TEMPORARY"],
)


@dataclass(frozen=True, slots=True)
class JudgedLeads:
    """What judging did: customers in each state, in the order of the rules, and how many changed."""

    states: dict[str, int]
    changed: int


def judge_leads(connection: Connection, workspace: Workspace, now: datetime) -> JudgedLeads:
    """Judge every customer as of `now`. Judging twice at the same time changes nothing the second time.

    `since` of a state is the time it was first found, and stays while the state does.

    Raises:
        InputError: a rule or a segment it names is wrong.
    """
    rules = load_rules(workspace)
    scope = scope_for(workspace, now)
    words = words_for(workspace.config.workspace.language)
    if connection.dialect.name == "postgresql":
        # Two judges at once would both find, and both write down, the same change.
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    connection.execute(CreateTable(_judged))
    _judge(connection, rules, scope, words)
    _put_into_words(connection, rules, scope, words)
    changed = _write_changes(connection, now)
    _write_states(connection, now)
    found = connection.execute(select(_judged.c.state, func.count()).group_by(_judged.c.state))
    counts = {state: int(number) for state, number in found}
    connection.execute(DropTable(_judged))
    return JudgedLeads({rule.state: counts.get(rule.state, 0) for rule in rules}, changed)


def _judge(connection: Connection, rules: Sequence[Rule], scope: Scope, words: Words) -> None:
    """Put everyone who meets a rule into the judgement, with the reasons that all under it share.

    One statement per rule, each for those whom no rule before it took: a CASE over all of them would
    be asked again wherever the databases write it out, and could use no index.
    """
    taken = exists().where(_judged.c.customer_id == t.customers.c.id)
    columns = ["customer_id", "rule", "state", "contact", "reasons"]
    for number, rule in enumerate(rules):
        shared = [*_conditions(rule), words.rule(rule.state, rule.name)]
        met = select_customers(rule.filter, scope).where(~taken)
        same = (number, rule.state, rule.contact, literal(shared, Json))
        connection.execute(insert(_judged).from_select(columns, met.add_columns(*map(_constant, same))))


def _constant(value: Any) -> Any:
    return value if isinstance(value, ColumnElement) else literal(value)


def _conditions(rule: Rule) -> list[str]:
    return list(always_met(rule.filter))[:MAX_CONDITIONS]


def _put_into_words(connection: Connection, rules: Sequence[Rule], scope: Scope, words: Words) -> None:
    """Give everyone whom sales should contact reasons of their own."""
    statement = (
        update(_judged)
        .where(_judged.c.customer_id == bindparam("who"))
        .values(reasons=bindparam("why", type_=Json))
    )
    for group in _groups(connection):
        reasons = reasons_for(connection, list(group), scope.today, words)
        # A rule may rest on something else than actions, such as money spent: then its conditions tell.
        silent = [customer_id for customer_id, told in reasons.items() if not told]
        for number, rule in enumerate(rules):
            mine = [customer_id for customer_id in silent if group[customer_id] == number]
            reasons |= _conditions_met(connection, rule, mine, scope)
        rows = []
        for customer_id, told in reasons.items():
            rule = rules[group[customer_id]]
            rows.append({"who": customer_id, "why": [*told, words.rule(rule.state, rule.name)]})
        connection.execute(statement, rows)


def _conditions_met(
    connection: Connection, rule: Rule, customer_ids: Sequence[int], scope: Scope
) -> dict[int, list[str]]:
    """The conditions of a rule that each customer meets, with what was found."""
    people = load_people(connection, customer_ids, scope, rule.filter) if customer_ids else {}
    found = {who: explain(rule.filter, scope, person) for who, person in people.items()}
    return {who: list(met_conditions(one))[:MAX_CONDITIONS] for who, one in found.items()}


def _groups(connection: Connection) -> Iterator[dict[int, int]]:
    """Those to contact, a few hundred at a time: customer to the number of the rule that is met."""
    columns, last = _judged.c, 0
    while True:
        rows = connection.execute(
            select(columns.customer_id, columns.rule)
            .where(columns.contact, columns.customer_id > last)
            .order_by(columns.customer_id)
            .limit(GROUP)
        ).all()
        if not rows:
            return
        last = rows[-1][0]
        yield dict(map(tuple, rows))


def _write_changes(connection: Connection, now: datetime) -> int:
    """One row for each customer whose state became another, began, or ended."""
    old, new = t.lead_states, _judged
    columns = ["customer_id", "old_state", "new_state", "reasons", "at"]
    at = literal(now, t.lead_changes.c.at.type)
    nothing = literal([], Json)
    began_or_changed = (
        select(new.c.customer_id, old.c.state, new.c.state, new.c.reasons, at)
        .select_from(new.outerjoin(old, old.c.customer_id == new.c.customer_id))
        .where(or_(old.c.state.is_(None), old.c.state != new.c.state))
    )
    ended = select(old.c.customer_id, old.c.state, literal(None, Text), nothing, at).where(_gone())
    return sum(
        connection.execute(
            insert(t.lead_changes).from_select(columns, query),
            # SQLAlchemy counts the rows of an INSERT only when it is asked to.
            execution_options={"preserve_rowcount": True},
        ).rowcount
        for query in (began_or_changed, ended)
    )


def _gone() -> Any:
    return ~exists().where(_judged.c.customer_id == t.lead_states.c.customer_id)


def _write_states(connection: Connection, now: datetime) -> None:
    """Make the states those of the judgement; a row in which nothing is new is left alone for a while."""
    connection.execute(delete(t.lead_states).where(_gone()))
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    at = literal(now, t.lead_states.c.since.type)
    new, old = _judged.c, t.lead_states.c
    query = select(new.customer_id, new.state, new.contact, new.reasons, at, at).where(
        or_(
            new.contact,
            ~exists().where(
                and_(
                    old.customer_id == new.customer_id,
                    old.state == new.state,
                    old.contact == new.contact,
                    old.reasons == new.reasons,
                    old.judged_at > now - FRESH,
                )
            ),
        )
    )
    columns = ["customer_id", "state", "contact", "reasons", "since", "judged_at"]
    statement = dialect.insert(t.lead_states).from_select(columns, query)
    newer = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[old.customer_id],
            set_={
                "state": newer.state,
                "contact": newer.contact,
                "reasons": newer.reasons,
                "since": case((old.state == newer.state, old.since), else_=newer.since),
                "judged_at": newer.judged_at,
            },
        )
    )
