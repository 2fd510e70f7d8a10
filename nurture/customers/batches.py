"""Read and write the records of a file, a batch to a transaction.

In:  records, a reader of rows.
Out: what became of each batch: counts, and the rows that could not be imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, select

from nurture.customers.columns import Kind
from nurture.customers.journal import Journal
from nurture.customers.row_reader import RowReader
from nurture.customers.rows import ActivityRow, CustomerRow, PurchaseRow, Rejected
from nurture.customers.sources import Record
from nurture.customers.upsert import lock_imports
from nurture.customers.write_consents import write_refusals
from nurture.customers.write_customers import Written, write_customers
from nurture.customers.write_events import write_activities, write_purchases
from nurture.store import Store
from nurture.store import tables as t
from nurture.store.people import email_key

_TABLES = {"customers": t.customers, "purchases": t.purchases, "activities": t.activities}
Row = CustomerRow | PurchaseRow | ActivityRow


class Batches:
    """Writes one batch of records after another."""

    def __init__(
        self, store: Store, reader: RowReader, kind: Kind, journal: Journal, now: datetime, dry_run: bool
    ) -> None:
        self._store, self._reader, self._kind = store, reader, kind
        self._journal, self._now, self._dry_run = journal, now, dry_run

    def write(self, records: Sequence[Record]) -> Written:
        """Write what is good of the records, in one transaction; the others are in `rejected`."""
        rows, rejected = self._read(records)
        with self._transaction() as connection:
            lock_imports(connection)
            written = self._write(connection, rows)
            # A refusal is heard even when the rest of its row is wrong.
            refusals = {email_key(bad.refuses): (bad.refuses, bad.line) for bad in rejected if bad.refuses}
            written.refused += len(write_refusals(connection, refusals, self._now))
            written.proof = self._newest(connection)
        written.rejected = sorted([*rejected, *written.rejected], key=lambda bad: bad.line)
        return written

    def fits(self, proof: str | None) -> bool:
        """Whether this is the store that an earlier import wrote into."""
        if proof is None:
            return True
        with self._store.read() as connection:
            return self._newest(connection, int(proof.split(" ")[0])) == proof

    def _newest(self, connection: Connection, row_id: int | None = None) -> str | None:
        """The newest row of what we import (or the one with an id), in a form to recognise it by."""
        table = _TABLES[self._kind]
        statement = select(table.c.id, table.c.created_at).order_by(table.c.id.desc()).limit(1)
        if row_id is not None:
            statement = statement.where(table.c.id == row_id)
        row = connection.execute(statement).one_or_none()
        return None if row is None else f"{row[0]} {row[1].isoformat()}"

    def _read(self, records: Sequence[Record]) -> tuple[list[Row], list[Rejected]]:
        readers = {"customers": self._reader.customer, "purchases": self._reader.purchase}
        read = readers.get(self._kind, self._reader.activity)
        rows: list[Row] = []
        rejected: list[Rejected] = []
        for record in records:
            if record.problem:
                rejected.append(Rejected(record.line, (record.problem,)))
                continue
            row = read(record.line, record.cells)
            if isinstance(row, Rejected):
                rejected.append(row)
            else:
                rows.append(row)
        return rows, rejected

    def _write(self, connection: Connection, rows: Sequence[Row]) -> Written:
        if self._kind == "purchases":
            purchases = [row for row in rows if isinstance(row, PurchaseRow)]
            return write_purchases(connection, purchases, self._journal, self._now)
        if self._kind == "activities":
            activities = [row for row in rows if isinstance(row, ActivityRow)]
            return write_activities(connection, activities, self._journal, self._now)
        customers = [row for row in rows if isinstance(row, CustomerRow)]
        distinct = list(dict.fromkeys(row.key for row in customers))
        times = self._journal.times(distinct)
        earlier = {key for key, before in zip(distinct, times, strict=True) if before}
        return write_customers(connection, customers, self._now, earlier)

    def _transaction(self) -> AbstractContextManager[Connection]:
        # A reading connection takes back what was written when it is closed: the dry form is the real one.
        return self._store.read() if self._dry_run else self._store.write()
