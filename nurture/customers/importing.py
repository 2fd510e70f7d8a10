"""Import a file of customers, purchases or activities.

In:  a store, a workspace, a path, the time.
Out: an ImportReport. Good rows are in the store, a batch to a transaction; bad rows are in the
     set-aside file. An import that was stopped goes on where it was when it is run again, and
     importing a whole file again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from babel.core import get_global

from nurture.config import Workspace
from nurture.customers import dates
from nurture.customers.batches import Batches
from nurture.customers.columns import SET_ASIDE_COLUMNS, Columns, Kind, read_columns
from nurture.customers.counts import Counts
from nurture.customers.journal import Journal, open_journal
from nurture.customers.mapping import Mapping, check_mapping
from nurture.customers.open_source import open_source
from nurture.customers.report import SHOWN_REASONS, ImportReport, Reason
from nurture.customers.row_reader import Reading, RowReader
from nurture.customers.set_aside import SetAside
from nurture.customers.sources import Record, Source
from nurture.customers.upsert import chunks
from nurture.customers.write_customers import Written
from nurture.errors import Finding
from nurture.store import Store

BATCH = 2000
# So many rows show how a file writes its dates.
SAMPLE_ROWS = 5000

# How many lines are done, and how many there are as far as that can be told.
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the person at the keyboard says about a file; None: find out."""

    kind: Kind | None = None
    dates: dates.Order | None = None
    mapping: Mapping | None = None
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that has been looked at: what its columns are taken for, how it writes its dates."""

    where: str
    source: Source
    columns: Columns
    attributes: dict[str, str]
    orders: dict[str, dates.Order | None]


def look_at(workspace: Workspace, path: Path, options: ImportOptions) -> Opened:
    """What an import will make of a file; nothing is written.

    Raises:
        InputError: it cannot be imported at all.
    """
    where = printable(path)
    source = open_source(path, where)
    mapping = options.mapping or Mapping()
    check_mapping(mapping, source.head, where)
    attributes = {**workspace.config.attributes, **mapping.types}
    kind = options.kind or mapping.kind
    columns = read_columns(source.head, attributes, where, kind, mapping.columns)
    return Opened(
        where, source, columns, attributes, _orders(source, columns, options.dates or mapping.dates)
    )


def import_customers(
    store: Store,
    workspace: Workspace,
    path: Path,
    now: datetime,
    options: ImportOptions | None = None,
    on_progress: Progress | None = None,
) -> ImportReport:
    """Import a file; what it holds (customers, purchases, activities) shows in its head.

    `on_progress` is told, after each batch, how many lines of the file are done, of how many.

    Raises:
        InputError: the file cannot be imported at all; nothing is written.
    """
    options = options or ImportOptions()
    opened = look_at(workspace, path, options)
    reader = RowReader(_reading(workspace, opened, path, now))
    aside = SetAside(path, opened.source.head, workspace.root, enabled=not options.dry_run)
    journals = workspace.root / ".nurture" / "imports"
    about = f"{store.engine.url!r} {opened.columns!r} {opened.orders!r}"
    finished = False
    try:
        with open_journal(journals, path, about, options.dry_run) as journal:
            batches = Batches(store, reader, opened.columns.kind, journal, now, options.dry_run)
            counts = _so_far(journal, batches, aside)
            for records in chunks(_after(opened.source, counts.line), BATCH):
                _count(counts, aside, records, batches.write(records))
                journal.keep(counts.state())
                if on_progress is not None:
                    on_progress(counts.line, opened.source.shape.rows)
            finished = True
    finally:
        file = aside.close(finished)
    return _report(opened, options, counts, aside.count, file)


def _so_far(journal: Journal, batches: Batches, aside: SetAside) -> Counts:
    """Where to begin: after what an import of this file did that was stopped, if that still stands."""
    counts = Counts.of(journal.state())
    if batches.fits(counts.proof) and aside.go_on(counts.aside):
        return counts
    journal.forget()
    return Counts()


def _after(source: Source, line: int) -> Iterator[Record]:
    """The records behind a line: where an import that was stopped goes on."""
    return (record for record in source.records() if record.line > line)


def _count(counts: Counts, aside: SetAside, records: Sequence[Record], written: Written) -> None:
    cells = {record.line: record.cells for record in records}
    for bad in written.rejected:
        aside.add(bad.line, cells[bad.line], bad.reasons)
        if len(counts.reasons) < SHOWN_REASONS:
            counts.reasons.append(Reason(bad.line, " ".join(bad.reasons)))
    counts.add(written, records[-1].line, aside.kept())


def _reading(workspace: Workspace, opened: Opened, path: Path, now: datetime) -> Reading:
    currency = _currency(workspace.config.workspace.country)
    return Reading(
        now, workspace.zone, opened.columns, opened.attributes, printable(path.name), opened.orders, currency
    )


def _orders(source: Source, columns: Columns, said: dates.Order | None) -> dict[str, dates.Order | None]:
    """For each column that may hold dates: which number of 01/02/2026 is the day."""
    fields = {
        column.index: column.field
        for column in columns.columns
        if column.field and _may_hold_dates(column.field)
    }
    if said is not None or not fields:
        return {name: said for name in fields.values() if name}
    sample = list(islice(source.records(), SAMPLE_ROWS))
    return {
        name: dates.order_of(record.cells[index] for record in sample if index < len(record.cells))
        for index, name in fields.items()
        if name
    }


def _may_hold_dates(name: str) -> bool:
    return name.startswith(("special_day.", "company_day.", "attributes.")) or name.endswith(
        ("_on", "_date", "_at", "birthday")
    )


def printable(path: Path | str) -> str:
    """A path as text; a name that is not UTF-8 (Linux allows it) would break whatever shows or stores it."""
    return str(path).encode("utf-8", "replace").decode()


def _currency(country: str) -> str:
    """The currency of a country today: what an amount without one is in."""
    for code, _start, end, tender in get_global("territory_currencies").get(country, []):
        if end is None and tender:
            return str(code)
    return "JPY"


def _report(
    opened: Opened, options: ImportOptions, counts: Counts, set_aside: int, file: Path | None
) -> ImportReport:
    return ImportReport(
        file=opened.where,
        shape=opened.source.shape,
        columns=opened.columns,
        dry_run=options.dry_run,
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        repeated=counts.repeated,
        set_aside=set_aside,
        set_aside_file=file,
        companies=counts.companies,
        refused=counts.refused,
        resumed_at=counts.resumed_at,
        reasons=tuple(counts.reasons),
        notes=tuple(_notes(opened, options.mapping or Mapping())),
        orders={name: order for name, order in opened.orders.items() if order},
    )


def _notes(opened: Opened, mapping: Mapping) -> Iterator[Finding]:
    """What the person should know about the columns."""
    columns = opened.columns
    if columns.undeclared:
        names = ", ".join(columns.undeclared)
        what = f"Imported as text, because config.yaml does not declare them: {names}."
        fix = "Name them under `attributes:` in config.yaml with their type, and import again."
        yield Finding(opened.where, what, fix, level="warning")
    ignored = [column.name or f"number {column.index + 1}" for column in columns.columns if not column.field]
    ignored = [name for name in ignored if name not in (*SET_ASIDE_COLUMNS, *mapping.columns)]
    if ignored:
        what = f"Columns that were not imported: {', '.join(ignored)}."
        yield Finding(opened.where, what, level="warning")
