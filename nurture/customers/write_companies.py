"""Find or make the companies that a batch of rows names.

In:  CompanyCells values, a connection inside a transaction.
Out: the id of each company by its key. The first spelling of a name is kept for display; others are
     noted under the attribute `spellings`, for `nurture customers hygiene`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from nurture.customers.rows import CompanyCells
from nurture.customers.upsert import found_by, ids_by, insert_or_update
from nurture.customers.write_days import replace_days
from nurture.store import tables as t

_VALUES = ("industry", "country", "stage", "owner", "founded_on", "founded_md")
# More spellings than this of one name tell nobody anything new.
MAX_SPELLINGS = 20
# Set once someone has said which name to show (the column company_display_name).
NAME_CHOSEN = "name_chosen"


@dataclass(frozen=True, slots=True)
class Companies:
    """Ids by match key, how many companies are new, and the keys of those that changed."""

    ids: Mapping[str, int]
    added: int
    changed: Set[str]


def write_companies(connection: Connection, cells: Sequence[CompanyCells], now: datetime) -> Companies:
    """The companies of a batch, with what the rows say about them written down."""
    if not cells:
        return Companies({}, 0, frozenset())
    columns = (
        t.companies.c[name] for name in ("id", "match_key", "name", *_VALUES, "attributes", "created_at")
    )
    statement = select(*columns).with_for_update()
    rows = found_by(connection, statement, t.companies.c.match_key, (cell.key for cell in cells))
    known = {row.match_key: dict(row._mapping) for row in rows}
    merged: dict[str, dict[str, Any]] = {}
    days: dict[str, dict[str, date]] = {}
    for cell in cells:
        before = merged.get(cell.key) or known.get(cell.key)
        merged[cell.key] = _merged(before, cell, now)
        if cell.days:
            days[cell.key] = days.get(cell.key, {}) | dict(cell.days)
    changed = [values for key, values in merged.items() if values != known.get(key)]
    _write(connection, changed, now)
    ids = {key: int(values["id"]) for key, values in known.items()}
    ids |= ids_by(connection, t.companies, "match_key", [key for key in merged if key not in known])
    moved = replace_days(connection, "company_id", {ids[key]: named for key, named in days.items()})
    touched = {str(values["match_key"]) for values in changed} | {key for key in days if ids[key] in moved}
    return Companies(ids, sum(1 for key in merged if key not in known), touched & known.keys())


def _merged(before: Mapping[str, Any] | None, cell: CompanyCells, now: datetime) -> dict[str, Any]:
    if before is None:
        blank = dict.fromkeys(_VALUES)
        return {
            "match_key": cell.key,
            "name": cell.name,
            "attributes": {},
            "created_at": now,
            **blank,
            **cell.values,
        }
    values = {**before, **cell.values}
    if "name" in cell.values:
        values["attributes"] = {**values["attributes"], NAME_CHOSEN: True}
    spellings = values["attributes"].get("spellings", [])
    if (
        cell.name not in (before["name"], values["name"])
        and cell.name not in spellings
        and len(spellings) < MAX_SPELLINGS
    ):
        values["attributes"] = {**values["attributes"], "spellings": [*spellings, cell.name]}
    return values


def _write(connection: Connection, changed: Sequence[Mapping[str, Any]], now: datetime) -> None:
    names = ("match_key", "name", *_VALUES, "attributes", "created_at")
    rows = [{name: values[name] for name in names} | {"updated_at": now} for values in changed]
    rows.sort(key=lambda row: str(row["match_key"]))
    insert_or_update(
        connection, t.companies, rows, ["match_key"], ["name", *_VALUES, "attributes", "updated_at"]
    )
