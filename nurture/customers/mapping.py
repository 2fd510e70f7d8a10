"""A mapping file: what the columns of a file mean, where their names do not say.

In:  YAML such as `columns: {社内番号: attributes.number, Fax: null}`.
Out: a Mapping, checked: every field it names exists. `draft` writes one to start from.
"""

from __future__ import annotations

import io
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from nurture.config.models import AttributeType
from nurture.customers.columns import FIELDS, PREFIXES, Columns, Kind, attribute_name
from nurture.documents import Document, read
from nurture.errors import Finding, InputError, OutsideError, did_you_mean


class _Attribute(BaseModel):
    model_config = ConfigDict(extra="forbid")

    attribute: str
    type: AttributeType = "text"


class _MappingFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Kind | None = None
    dates: Literal["dmy", "mdy"] | None = None
    columns: dict[str, str | _Attribute | None] = {}


@dataclass(frozen=True, slots=True)
class Mapping:
    """Column name -> field (None: do not import it); the types of attributes it declares by itself."""

    kind: Kind | None = None
    dates: Literal["dmy", "mdy"] | None = None
    columns: AbstractMapping[str, str | None] = field(default_factory=dict)
    types: AbstractMapping[str, str] = field(default_factory=dict)


def load_mapping(path: Path) -> Mapping:
    """The mapping in a YAML file.

    Raises:
        NotFound, InputError: no such file, or it names fields that are not there; all findings at once.
    """
    document = read(path)
    parsed = document.parse(_MappingFile)
    columns: dict[str, str | None] = {}
    types: dict[str, str] = {}
    findings = []
    for name, to in parsed.columns.items():
        if isinstance(to, _Attribute):
            attribute = attribute_name(to.attribute.removeprefix("attributes."))
            types[attribute] = to.type
            columns[name] = f"attributes.{attribute}"
        else:
            columns[name] = to
            findings += _wrong(document, name, to, parsed.kind)
    if findings:
        raise InputError(findings)
    return Mapping(parsed.kind, parsed.dates, columns, types)


def check_mapping(mapping: Mapping, head: tuple[str, ...], where: str) -> None:
    """See that the file has the columns that a mapping speaks of.

    Raises:
        InputError: it has not.
    """
    missing = [name for name in mapping.columns if name not in head]
    if missing:
        raise InputError(
            Finding(
                where, f'The mapping names a column "{name}" that is not there.', did_you_mean(name, head), 1
            )
            for name in missing
        )


def draft(columns: Columns) -> str:
    """A mapping file that says what is understood already; edit it, and import with --mapping.

    Columns that nothing is known of are attributes, with the type text.
    """
    fields = ", ".join(FIELDS[columns.kind])
    text = (
        f"# What the columns mean. Fields: {fields},\n"
        "# special_day.NAME, company_day.NAME, attributes.NAME (declared in config.yaml),\n"
        "# or null: not imported.\n"
        "# An attribute of your own: {attribute: name, type: text | number | date | boolean | list}\n"
    )
    buffer = io.StringIO()
    yaml = YAML()
    yaml.allow_unicode = True
    yaml.width = 110
    data: dict[str, object] = {"kind": columns.kind, "columns": {}}
    told: dict[str, object] = {}
    for column in columns.columns:
        name = (column.field or "").removeprefix("attributes.")
        own = name in columns.undeclared
        told[column.name] = {"attribute": name, "type": "text"} if own else column.field
    data["columns"] = told
    yaml.dump(data, buffer)
    return text + buffer.getvalue()


def write_draft(path: Path, columns: Columns) -> None:
    """Write the draft to a new file.

    Raises:
        InputError: there is one already.
        OutsideError: it cannot be written there.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(draft(columns))
    except FileExistsError:
        raise InputError(Finding(str(path), "This file is there already.", "Choose another name.")) from None
    except OSError as error:
        raise OutsideError(Finding(str(path), f"This file cannot be written: {error.strerror}.")) from None


def _wrong(document: Document, name: str, to: str | None, kind: Kind | None) -> list[Finding]:
    known = FIELDS[kind] if kind else tuple(dict.fromkeys(chain.from_iterable(FIELDS.values())))
    if to is None or to in known or (to.startswith(PREFIXES) and to.partition(".")[2].strip()):
        return []
    what = f'There is no field called "{to}".'
    return [document.finding(what, did_you_mean(to, known), ("columns", name))]
