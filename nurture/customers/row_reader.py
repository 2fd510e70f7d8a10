"""Turn the cells of a row into values, and say everything that is wrong with it at once.

In:  the columns of a file, what the workspace counts as today, how its dates are written.
Out: a reader: cells in, a row or a Rejected out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import get_global

from nurture.clock import day as day_in_zone
from nurture.customers import cells, dates
from nurture.customers.cells import Unreadable, clean
from nurture.customers.columns import Column, Columns
from nurture.customers.company_names import match_key
from nurture.customers.rows import (
    ActivityRow,
    CompanyCells,
    ConsentCells,
    CustomerRow,
    PurchaseRow,
    Rejected,
)
from nurture.customers.words import BASES, MAIL_WORDS, OPT_OUT_WORDS, split_name
from nurture.filters.patterns import fold
from nurture.store.people import address_hash, email_key

# A cell that was read before is not read again; these columns seldom say the same twice.
CACHED_CELLS = 4096
_SELDOM_TWICE = frozenset(("email", "phone", "external_id", "happened_at", "full_name", "full_kana"))
# Orders are booked ahead, and webinars announced; a year beyond that is a typing mistake.
LONGEST_AHEAD = timedelta(days=366)
OLDEST_PERSON = 1900

_CURRENCIES = frozenset(get_global("all_currencies"))
_COMPANY_VALUES = {
    "industry": "industry",
    "company_founded_on": "founded_on",
    "company_country": "country",
    "company_stage": "stage",
    "company_owner": "owner",
    "company_display_name": "name",
}
_CONSENT = ("consent_basis", "consent_date", "consent_evidence", "consent_recorded_by", "consent_expires_on")
_NOT_VALUES = {
    *(
        "email",
        "company",
        "opted_out",
        "may_mail",
        "card_exchanged_on",
        "special_days",
        "full_name",
        "full_kana",
    ),
    *_COMPANY_VALUES,
    *_CONSENT,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a row is read against."""

    now: datetime
    zone: ZoneInfo
    columns: Columns
    attributes: dict[str, str]
    file_name: str
    orders: dict[str, dates.Order | None] = field(default_factory=dict)
    currency: str = "JPY"

    @property
    def today(self) -> date:
        return day_in_zone(self.now, self.zone)


Parse = Callable[[str], Any]


class RowReader:
    """Reads the rows of one file."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._today = reading.today
        self._parsers = [
            (column, column.index, column.field, self._cached(column))
            for column in reading.columns.columns
            if column.field is not None
        ]
        fields = [field for _, _, field, _ in self._parsers]
        self._attributes = [
            (field, field.removeprefix("attributes.")) for field in fields if field.startswith("attributes.")
        ]
        self._has_days = any(field.startswith(("special_day", "company_day.")) for field in fields)

    def customer(self, line: int, row: Sequence[str]) -> CustomerRow | Rejected:
        found, reasons = self._cells(row)
        opted_out = self._opted_out(found)
        if "email" not in found and not any('"email"' in reason for reason in reasons):
            reasons.append("There is no email address in this row.")
        consents = self._consents(found, line, reasons)
        if reasons:
            refuses = found.get("email") if opted_out else None
            return Rejected(line, tuple(reasons), refuses)
        return CustomerRow(
            line,
            found["email"],
            email_key(found["email"]),
            address_hash(found["email"]),
            _person_values(found),
            self._attributes_of(found),
            _company(found, self._has_days),
            consents,
            opted_out,
            _days(found, "special_day.") if self._has_days else {},
        )

    def purchase(self, line: int, row: Sequence[str]) -> PurchaseRow | Rejected:
        found, reasons = self._cells(row)
        self._require(found, reasons, ("email", "product", "purchased_on"))
        if reasons:
            return Rejected(line, tuple(reasons))
        return PurchaseRow(
            line,
            email_key(found["email"]),
            found["product"],
            found.get("amount", Decimal(0)),
            found.get("currency", self._reading.currency),
            found["purchased_on"],
            found.get("external_id"),
        )

    def activity(self, line: int, row: Sequence[str]) -> ActivityRow | Rejected:
        found, reasons = self._cells(row)
        self._require(found, reasons, ("email", "activity", "happened_at"))
        if reasons:
            return Rejected(line, tuple(reasons))
        return ActivityRow(
            line,
            email_key(found["email"]),
            # Kept folded, as filters compare it, so that an index answers "did: inquiry".
            fold(found["activity"]),
            found["happened_at"],
            day_in_zone(found["happened_at"], self._reading.zone),
            found.get("detail"),
            found.get("value"),
            self._attributes_of(found),
            found.get("external_id"),
        )

    def _cells(self, row: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
        """The values of the cells that are not empty, and what is wrong with the others."""
        found: dict[str, Any] = {}
        reasons: list[str] = []
        for column, index, name, parse in self._parsers:
            cell = row[index] if index < len(row) else ""
            if not cell:
                continue
            try:
                value = parse(cell)
            except Unreadable as error:
                reasons.append(f"{_called(column)}: {error}.")
            else:
                if value is not None:
                    found[name] = value
        return found, reasons

    def _cached(self, column: Column) -> Parse:
        """From the text of a cell to a value, None for an empty one; what was read before is remembered."""
        parse = self._parser(column)

        def read(cell: str) -> Any:
            text = clean(cell)
            return parse(text) if text else None

        return read if column.field in _SELDOM_TWICE else lru_cache(CACHED_CELLS)(read)

    def _attributes_of(self, found: dict[str, Any]) -> dict[str, Any]:
        return {name: found[field] for field, name in self._attributes if field in found}

    def _require(self, found: dict[str, Any], reasons: list[str], fields: Sequence[str]) -> None:
        for name in fields:
            if name not in found and not any(f'"{name}"' in reason for reason in reasons):
                reasons.append(f'"{name}" is empty.')

    def _parser(self, column: Column) -> Parse:
        name = column.field or ""
        order = self._reading.orders.get(name)
        if name.startswith("attributes."):
            return self._attribute_parser(name.removeprefix("attributes."), order)
        if name.startswith(("special_day.", "company_day.")):
            return lambda cell: dates.day(cell, order)
        if name in ("birthday",):
            return lambda cell: self._past(dates.day_of_year(cell, order), cell, OLDEST_PERSON)
        if name in ("company_founded_on", "consent_date", "card_exchanged_on"):
            return lambda cell: self._past((dates.day(cell, order), 0), cell)[0]
        if name == "consent_expires_on":
            return lambda cell: dates.day(cell, order)
        if name == "purchased_on":
            return lambda cell: self._not_far_ahead(dates.day(cell, order), cell)
        if name == "happened_at":
            return lambda cell: self._moment(cell, order)
        return _PARSERS.get(name, cells.line)

    def _attribute_parser(self, name: str, order: dates.Order | None) -> Parse:
        if self._reading.columns.kind == "activities":
            return str
        match self._reading.attributes.get(name, "text"):
            case "number":
                return _plain_number
            case "date":
                return lambda cell: dates.day(cell, order).isoformat()
            case "boolean":
                return cells.flag
            case "list":
                return cells.items
            case _:
                return str

    def _past(self, value: tuple[date | None, int], cell: str, oldest: int = 1) -> tuple[date | None, int]:
        on = value[0]
        # A day's grace: the person who wrote it may live where it is tomorrow already.
        if on is not None and on > self._today + timedelta(days=1):
            raise Unreadable(f'"{cells.shown(cell)}" lies in the future')
        if on is not None and on.year < oldest:
            raise Unreadable(f'"{cells.shown(cell)}" lies before {oldest}')
        return value

    def _not_far_ahead(self, on: date, cell: str) -> date:
        if on > self._today + LONGEST_AHEAD:
            raise Unreadable(f'"{cells.shown(cell)}" lies more than a year ahead')
        return on

    def _moment(self, cell: str, order: dates.Order | None) -> datetime:
        at = dates.moment(cell, self._reading.zone, order)
        # The day is that of the workspace zone, and the calendar must have one there.
        if at.year < OLDEST_PERSON:
            raise Unreadable(f'"{cells.shown(cell)}" lies before {OLDEST_PERSON}')
        self._not_far_ahead(at.date(), cell)
        return at

    def _opted_out(self, found: dict[str, Any]) -> bool:
        return bool(found.get("opted_out", False)) or found.get("may_mail", True) is False

    def _consents(self, found: dict[str, Any], line: int, reasons: list[str]) -> tuple[ConsentCells, ...]:
        evidence = found.get("consent_evidence") or f"{self._reading.file_name}, line {line}"
        by, until = found.get("consent_recorded_by"), found.get("consent_expires_on")
        consents = []
        basis, given_on = found.get("consent_basis"), found.get("consent_date")
        if (basis is None) != (given_on is None) and not any('"consent_' in reason for reason in reasons):
            there, missing = ("basis", "date") if basis else ("date", "basis")
            reasons.append(
                f'"consent_{there}" is given and "consent_{missing}" is not; a consent needs both.'
            )
        elif basis is not None and given_on is not None:
            consents.append(ConsentCells(basis, given_on, evidence, by, until))
        exchanged = found.get("card_exchanged_on")
        if exchanged is not None and not any(
            (c.basis, c.given_on) == ("business_card", exchanged) for c in consents
        ):
            consents.append(ConsentCells("business_card", exchanged, evidence, by, None))
        return tuple(consents)


def _called(column: Column) -> str:
    """A column as a reason names it: by its field, and by its name in the file where that differs."""
    name = (column.field or "").removeprefix("attributes.")
    return f'"{name}"' if name == column.name else f'"{name}" ({column.name})'


def _person_values(found: dict[str, Any]) -> dict[str, Any]:
    """The columns of the customers table that this row has something to say about."""
    values = {name: value for name, value in found.items() if name not in _NOT_VALUES and "." not in name}
    if "birthday" in values:
        values["birthday"], values["birthday_md"] = values["birthday"]
    for whole, family, given in (
        ("full_name", "family_name", "given_name"),
        ("full_kana", "family_kana", "given_kana"),
    ):
        if whole in found and family not in values and given not in values:
            values |= split_name(found[whole], family, given)
    return values


def _company(found: dict[str, Any], has_days: bool) -> CompanyCells | None:
    if "company" not in found:
        return None
    values = {column: found[name] for name, column in _COMPANY_VALUES.items() if name in found}
    if "founded_on" in values:
        values["founded_md"] = values["founded_on"].month * 100 + values["founded_on"].day
    days = _days(found, "company_day.") if has_days else {}
    return CompanyCells(match_key(found["company"]), found["company"], values, days)


def _days(found: dict[str, Any], prefix: str) -> dict[str, date]:
    days = {name.removeprefix(prefix): on for name, on in found.items() if name.startswith(prefix)}
    return (found.get("special_days", {}) | days) if prefix == "special_day." else days


def _basis(cell: str) -> str:
    basis = BASES.get(cells.narrow(cell).casefold())
    if basis is None:
        raise Unreadable(
            f'"{cells.shown(cell)}" is no basis of consent: opt_in, business_card, customer or published'
        )
    return basis


def _opt_out(cell: str) -> bool:
    word = cells.narrow(cell).casefold()
    return OPT_OUT_WORDS[word] if word in OPT_OUT_WORDS else cells.flag(cell)


def _may_mail(cell: str) -> bool:
    word = cells.narrow(cell).casefold()
    return MAIL_WORDS[word] if word in MAIL_WORDS else cells.flag(cell)


def _plain_number(cell: str) -> int | float:
    value = cells.number(cell)
    return int(value) if value == value.to_integral_value() else float(value)


def _currency(cell: str) -> str:
    code = cells.narrow(cell).upper()
    if code not in _CURRENCIES:
        raise Unreadable(f'"{cells.shown(cell)}" is not a currency such as JPY')
    return code


def _special_days(cell: str) -> dict[str, date]:
    """`opening: 2001-04-01; 移転: 2015-10-01`: names and days; a day without a name is "holiday"."""
    days: dict[str, date] = {}
    for number, item in enumerate(cells.items(cell)):
        name, colon, on = item.replace("：", ":").rpartition(":")
        name = cells.line(name.strip()) if colon else "holiday" if number == 0 else f"holiday {number + 1}"
        days[name] = dates.day(on.strip())
    return days


_PARSERS: dict[str, Parse] = {
    "email": cells.address,
    "family_kana": cells.narrow,
    "given_kana": cells.narrow,
    "full_kana": cells.narrow,
    "phone": cells.narrow,
    "locale": cells.language,
    "time_zone": cells.zone,
    "consent_basis": _basis,
    "opted_out": _opt_out,
    "may_mail": _may_mail,
    "special_days": _special_days,
    "amount": cells.amount,
    "value": cells.amount,
    "currency": _currency,
    "activity": cells.identifier,
    "external_id": cells.identifier,
    "detail": str,
}
