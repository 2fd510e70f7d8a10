"""One customer on one page of the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nurture.cli.output import message, table

# As many of each kind as a page holds; --json has them all.
SHOWN = 10
_EVENTS = (
    ("purchases", ("purchased_on", "product", "amount", "currency", "external_id")),
    ("activities", ("happened_on", "kind", "detail", "value")),
    ("deliveries", ("campaign", "run", "state", "reason", "sent_at", "address")),
    ("clicks", ("at", "campaign", "url")),
    ("lead_changes", ("at", "old_state", "new_state", "reasons")),
)


def print_card(card: Mapping[str, Any]) -> None:
    """Who it is, whether we may write, and what happened lately."""
    parts = {name: value for name, value in card.items() if not isinstance(value, (dict, list))}
    _pairs("customer", parts)
    _pairs("attributes", card["attributes"])
    company = dict(card["company"] or {})
    days = [*card["special_days"], *company.pop("special_days", ())]
    company |= company.pop("attributes", {})
    _pairs("company", company)
    _rows("special days", ("name", "day"), days)
    consent = ("basis", "given_on", "evidence", "recorded_by", "expires_on", "withdrawn_at")
    _rows("consents", consent, card["consents"])
    _pairs("suppression", card["suppression"] or {})
    _rows("refused topics", ("topic", "at"), card["refused_topics"])
    _pairs("totals", card["totals"] or {})
    _pairs("lead", card["lead"] or {})
    for name, columns in _EVENTS:
        _rows(name.replace("_", " "), columns, card[name])


def _pairs(title: str, values: Mapping[str, Any]) -> None:
    """A table of what is known; what is not known takes no room."""
    rows = [(name, _text(value)) for name, value in values.items() if value not in (None, "", [], {})]
    if rows:
        table((title, ""), rows)
        message("")


def _rows(title: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    named = (f"{title}: {columns[0]}", *columns[1:])
    table(named, [[_text(row[column]) for column in columns] for row in rows[:SHOWN]])
    if len(rows) > SHOWN:
        message(f"{SHOWN} of {len(rows):,} {title}; all of them: --json")
    message("")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
