"""Import a file of customers, purchases or activities.

In:  a store, a workspace, a path, the time.
Out: an ImportReport. Good rows are in the store, a batch to a transaction; bad rows are in the
     set-aside file. Importing the same file again changes nothing, so an import that was stopped is
     finished by running it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from babel.core import get_global
from sqlalchemy import Connection

from nurture.config import Workspace
from nurture.customers import dates
from nurture.customers.columns import Columns, Kind, read_columns, recognised
from nurture.customers.csv_source import CsvSource
from nurture.customers.report import SHOWN_REASONS, ImportReport, Reason
from nurture.customers.row_reader import Reading, RowReader
from nurture.customers.rows import ActivityRow, CustomerRow, PurchaseRow, Rejected
from nurture.customers.seen import Seen
from nurture.customers.set_aside import SetAside
from nurture.customers.sources import Record, Source, require_file
from nurture.customers.upsert import chunks, lock_imports
from nurture.customers.write_consents import write_refusals
from nurture.customers.write_customers import Written, write_customers
from nurture.customers.write_events import write_activities, write_purchases
from nurture.errors import Finding
from nurture.store import Store
from nurture.store.people import email_key

BATCH = 2000
# So many rows show how a file writes its dates.
SAMPLE_ROWS = 5000

# How many rows are done, and how many there are as far as that can be told.
Progress = Callable[[int, int | None], None]
Row = CustomerRow | PurchaseRow | ActivityRow


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the person at the keyboard says about a file; None: find out."""

    kind: Kind | None = None
    dates: dates.Order | None = None
    mapping: Mapping[str, str | None] | None = None
    dry_run: bool = False


@dataclass(slots=True)
class _Counts:
    """What has become of the rows so far."""

    written: Written = field(default_factory=Written)
    reasons: list[Reason] = field(default_factory=list)

    def add(self, batch: Written) -> None:
        for name in ("added", "changed", "unchanged", "repeated", "companies", "refused"):
            setattr(self.written, name, getattr(self.written, name) + getattr(batch, name))


def open_source(path: Path, where: str) -> Source:
    """The rows of a file.

    Raises:
        InputError: it is missing, empty, or nothing that we can read.
    """
    require_file(path, where)
    return CsvSource(path, where, recognised)


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
    where = str(path)
    source = open_source(path, where)
    columns = read_columns(source.head, workspace.config.attributes, where, options.kind, options.mapping)
    orders = _orders(source, columns, options.dates)
    reading = Reading(
        now,
        workspace.zone,
        columns,
        dict(workspace.config.attributes),
        path.name,
        orders,
        _currency(workspace.config.workspace.country),
    )
    aside = SetAside(path, source.head, workspace.root, enabled=not options.dry_run)
    counts = _Counts()
    with Seen() as seen:
        batches = _Batches(store, RowReader(reading), columns.kind, seen, now, options.dry_run)
        try:
            for records in chunks(source.records(), BATCH):
                _set_aside(aside, counts, records, batches.write(records, counts))
                if on_progress is not None:
                    on_progress(records[-1].line, source.shape.rows)
        finally:
            file = aside.close()
    return _report(where, source, columns, options, counts, aside, file, orders)


class _Batches:
    """Reads and writes one batch of records after another."""

    def __init__(
        self, store: Store, reader: RowReader, kind: Kind, seen: Seen, now: datetime, dry_run: bool
    ) -> None:
        self._store, self._reader, self._kind = store, reader, kind
        self._seen, self._now, self._dry_run = seen, now, dry_run

    def write(self, records: Sequence[Record], counts: _Counts) -> list[Rejected]:
        """Write what is good of the records, in one transaction; the others are the answer."""
        rows, rejected = self._read(records)
        with self._transaction() as connection:
            lock_imports(connection)
            written = self._write(connection, rows)
            refusals = {email_key(bad.refuses): (bad.refuses, bad.line) for bad in rejected if bad.refuses}
            written.refused += len(write_refusals(connection, refusals, self._now))
        counts.add(written)
        return [*rejected, *written.rejected]

    def _read(self, records: Sequence[Record]) -> tuple[list[Row], list[Rejected]]:
        read = {"customers": self._reader.customer, "purchases": self._reader.purchase}.get(
            self._kind, self._reader.activity
        )
        rows: list[Row] = []
        rejected: list[Rejected] = []
        for record in records:
            row = (
                Rejected(record.line, (record.problem,))
                if record.problem
                else read(record.line, record.cells)
            )
            if isinstance(row, Rejected):
                rejected.append(row)
            else:
                rows.append(row)
        return rows, rejected

    def _write(self, connection: Connection, rows: Sequence[Row]) -> Written:
        if self._kind == "purchases":
            purchases = [row for row in rows if isinstance(row, PurchaseRow)]
            return write_purchases(connection, purchases, self._seen, self._now)
        if self._kind == "activities":
            activities = [row for row in rows if isinstance(row, ActivityRow)]
            return write_activities(connection, activities, self._seen, self._now)
        customers = [row for row in rows if isinstance(row, CustomerRow)]
        distinct = list(dict.fromkeys(row.key for row in customers))
        times = self._seen.times(distinct)
        earlier = {key for key, before in zip(distinct, times, strict=True) if before}
        return write_customers(connection, customers, self._now, earlier)

    def _transaction(self) -> AbstractContextManager[Connection]:
        # A reading connection takes back what was written when it is closed: the dry form is the real one.
        return self._store.read() if self._dry_run else self._store.write()


def _set_aside(
    aside: SetAside, counts: _Counts, records: Sequence[Record], rejected: Sequence[Rejected]
) -> None:
    cells = {record.line: record.cells for record in records}
    for bad in sorted(rejected, key=lambda bad: bad.line):
        aside.add(bad.line, cells[bad.line], bad.reasons)
        if len(counts.reasons) < SHOWN_REASONS:
            counts.reasons.append(Reason(bad.line, " ".join(bad.reasons)))


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


def _currency(country: str) -> str:
    """The currency of a country today: what an amount without one is in."""
    for code, _start, end, tender in get_global("territory_currencies").get(country, []):
        if end is None and tender:
            return str(code)
    return "JPY"


def _report(
    where: str,
    source: Source,
    columns: Columns,
    options: ImportOptions,
    counts: _Counts,
    aside: SetAside,
    file: Path | None,
    orders: Mapping[str, dates.Order | None],
) -> ImportReport:
    written = counts.written
    return ImportReport(
        file=where,
        shape=source.shape,
        columns=columns,
        dry_run=options.dry_run,
        added=written.added,
        changed=written.changed,
        unchanged=written.unchanged,
        repeated=written.repeated,
        set_aside=aside.count,
        set_aside_file=file,
        companies=written.companies,
        refused=written.refused,
        reasons=tuple(counts.reasons),
        notes=tuple(_notes(where, columns)),
        orders={name: order for name, order in orders.items() if order},
    )


def _notes(where: str, columns: Columns) -> Iterator[Finding]:
    """What the person should know about the columns."""
    if columns.undeclared:
        names = ", ".join(columns.undeclared)
        yield Finding(
            where,
            f"Imported as text, because config.yaml does not declare them: {names}.",
            "Name them under `attributes:` in config.yaml with their type, and import again.",
            level="warning",
        )
    ignored = [
        column.name or f"number {column.index + 1}" for column in columns.columns if column.field is None
    ]
    ignored = [name for name in ignored if name not in ("line", "reason")]
    if ignored:
        yield Finding(where, f"Columns that were not imported: {', '.join(ignored)}.", level="warning")
