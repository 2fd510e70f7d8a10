"""What each column of a file is taken for.

In:  the head of a file, the attributes that `config.yaml` declares.
Out: Columns: the kind of file, and a field for each column; an InputError when it cannot be imported.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nurture.customers.aliases import ALIASES
from nurture.customers.cells import Unreadable, clean
from nurture.errors import Finding, InputError, did_you_mean

Kind = Literal["customers", "purchases", "activities"]

_CUSTOMER = (
    *(
        "email",
        "family_name",
        "given_name",
        "full_name",
        "family_kana",
        "given_kana",
        "full_kana",
        "honorific",
    ),
    *("title", "department", "phone", "locale", "time_zone", "owner", "birthday"),
    *("company", "industry", "company_founded_on", "company_country", "company_stage", "company_owner"),
    "company_display_name",
    *("consent_basis", "consent_date", "consent_evidence", "consent_recorded_by", "consent_expires_on"),
    *("card_exchanged_on", "opted_out", "may_mail", "special_days"),
)
FIELDS: dict[Kind, tuple[str, ...]] = {
    "customers": _CUSTOMER,
    "purchases": ("email", "product", "amount", "currency", "purchased_on", "external_id"),
    "activities": ("email", "activity", "happened_at", "detail", "value", "external_id"),
}
REQUIRED: dict[Kind, tuple[str, ...]] = {
    "customers": ("email",),
    "purchases": ("email", "product", "purchased_on"),
    "activities": ("email", "activity", "happened_at"),
}
# Two columns that mean one of these are a question to the person: who knows which one holds the refusal?
UNIQUE = frozenset(("email", "opted_out", "may_mail", "consent_basis", "consent_date"))
# Fields of these forms take a name of their own: special_day.opening, attributes.machines.
PREFIXES = ("special_day.", "company_day.", "attributes.")
# A name is part of a sentence, and of an attribute's name.
MAX_NAME_CHARS = 200
# What a set-aside file has behind the columns of the file it came from.
SET_ASIDE_COLUMNS = ("line", "reason")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: where it stands, its name in the file, and its field (None: not imported)."""

    index: int
    name: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Columns:
    """All columns of a file. `undeclared` names attributes that config.yaml does not know."""

    kind: Kind
    columns: tuple[Column, ...]
    undeclared: tuple[str, ...] = ()

    def index_of(self, field: str) -> int | None:
        return next((column.index for column in self.columns if column.field == field), None)


def key(name: str) -> str:
    """A column name for comparing: one width and case, letters and digits only.

    >>> key("E-Mail"), key("氏名［姓］"), key("family_name")
    ('email', '氏名姓', 'familyname')
    """
    return "".join(char for char in unicodedata.normalize("NFKC", name).casefold() if char.isalnum())


def recognised(cells: Iterable[str]) -> int:
    """How many cells of a possible head name something that we know."""
    return sum(1 for cell in cells if len(cell) < 80 and _named(cell) is not None)


def read_columns(
    head: Sequence[str],
    attributes: Mapping[str, str],
    where: str,
    kind: Kind | None = None,
    mapping: Mapping[str, str | None] | None = None,
) -> Columns:
    """The columns of a file; `mapping` (column name -> field) goes before what the names suggest.

    Raises:
        InputError: no column holds the address, one is missing that this kind needs, or two are the same.
    """
    _check_names(head, where)
    mapping = mapping or {}
    chosen = [mapping[name] if name in mapping else _named(name) for name in head]
    kind = kind or _kind(field for field in chosen if field)
    fields = [
        field if name in mapping else _field(name, field, kind, attributes)
        for name, field in zip(head, chosen, strict=True)
    ]
    fields = _best_of_each(head, fields, kind, mapping)
    if tuple(head[-2:]) == SET_ASIDE_COLUMNS:
        fields[-2:] = [None, None]
    columns = tuple(
        Column(index, name, field) for index, (name, field) in enumerate(zip(head, fields, strict=True))
    )
    _check(columns, kind, where)
    undeclared = tuple(
        column.field.removeprefix("attributes.")
        for column in columns
        if kind == "customers" and column.field and column.field.startswith("attributes.")
        if column.field.removeprefix("attributes.") not in attributes
    )
    return Columns(kind, columns, undeclared)


def _check_names(head: Sequence[str], where: str) -> None:
    """See that the names of the columns are text that can be shown and kept.

    Raises:
        InputError: one is not.
    """
    findings = []
    for number, name in enumerate(head, start=1):
        try:
            clean(name)
        except Unreadable as error:
            findings.append(Finding(where, f"The name of column {number} {error}.", "", 1))
        if len(name) > MAX_NAME_CHARS:
            what = f"The name of column {number} is longer than {MAX_NAME_CHARS} characters."
            findings.append(Finding(where, what, "Is the head missing? The first line names the columns.", 1))
    if findings:
        raise InputError(findings)


def attribute_name(name: str) -> str:
    """The name of an attribute as config.yaml writes it.

    >>> attribute_name("Last Fair"), attribute_name("備考")
    ('last_fair', '備考')
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W]+", "_", text).strip("_")


def _named(name: str) -> str | None:
    """The field that a column name stands for, None if it is none of ours."""
    if name.startswith(PREFIXES):
        # A head that is no text is refused in words by _check_names; here it is only looked at.
        return clean(name) if name.isprintable() else name
    field, _ = ALIASES.get(key(name), (None, 0))
    return field


def _kind(fields: Iterable[str]) -> Kind:
    present = set(fields)
    for kind in ("purchases", "activities"):
        if set(REQUIRED[kind]) <= present:
            return kind
    return "customers"


def _field(name: str, field: str | None, kind: Kind, attributes: Mapping[str, str]) -> str | None:
    if not name.strip():
        return None
    known = attribute_name(name)
    if kind == "customers" and known in attributes and known not in _CUSTOMER:
        # What this company declares goes before what the word means elsewhere.
        return f"attributes.{known}"
    if field is not None and (field in FIELDS[kind] or (kind == "customers" and field.startswith(PREFIXES))):
        return field
    if kind == "purchases":
        return None
    return f"attributes.{known}" if known else None


def _best_of_each(
    head: Sequence[str], fields: Sequence[str | None], kind: Kind, mapping: Mapping[str, str | None]
) -> list[str | None]:
    """Where several names mean one field, the best name has it; the others are attributes of their own."""
    taken: dict[str, tuple[int, int]] = {}
    for index, (name, field) in enumerate(zip(head, fields, strict=True)):
        rank = -1 if name in mapping else ALIASES.get(key(name), ("", 0))[1]
        if field is not None and rank < taken.get(field, (rank + 1, 0))[0]:
            taken[field] = (rank, index)
    kept: list[str | None] = []
    for index, (name, field) in enumerate(zip(head, fields, strict=True)):
        if (
            field is None
            or field in UNIQUE
            or name in mapping
            or taken[field][1] == index
            or (field.startswith("attributes.") and field == f"attributes.{attribute_name(name)}")
        ):
            kept.append(field)
        else:
            kept.append(_field(name, None, kind, {}))
    return kept


def _check(columns: Sequence[Column], kind: Kind, where: str) -> None:
    present = Counter(column.field for column in columns if column.field)
    names = [column.name for column in columns if column.name]
    findings = []
    for field in REQUIRED[kind]:
        if field not in present:
            fix = f"{did_you_mean(field, names)} The columns of this file: {', '.join(names[:20]) or 'none'}."
            findings.append(
                Finding(
                    where, f'No column is called "{field}", and a file of {kind} needs one.', fix.strip(), 1
                )
            )
    for field, count in present.items():
        if count > 1:
            twice = ", ".join(f'"{column.name}"' for column in columns if column.field == field)
            findings.append(
                Finding(where, f'{count} columns mean "{field}": {twice}.', "Keep one of them.", 1)
            )
    for column in columns:
        if column.field and column.field not in FIELDS[kind] and not column.field.startswith(PREFIXES):
            what = f'"{column.name}" is mapped to "{column.field}", which a file of {kind} does not have.'
            findings.append(Finding(where, what, did_you_mean(column.field, FIELDS[kind]), 1))
    if findings:
        raise InputError(findings)
