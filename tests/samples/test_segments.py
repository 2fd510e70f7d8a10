"""The sample segments on the sample data: each has members, and just those whom its words mean.

What the words mean is written here once more, in plain Python over the CSV files.
"""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from nurture.config import Workspace
from nurture.customers import import_customers
from nurture.samples import SAMPLE_DAY, write_sample
from nurture.segments import load_segments, members, scope_for
from nurture.store import Store
from tests.conftest import make_workspace

REPOSITORY = Path(__file__).parents[2]
NOW = datetime(SAMPLE_DAY.year, SAMPLE_DAY.month, SAMPLE_DAY.day, 3, tzinfo=UTC)


@dataclass
class Reader:
    """A customer as the files tell of them."""

    cells: dict[str, str]
    bought: list[date] = field(default_factory=list)
    spent: Decimal = Decimal(0)

    @property
    def mailable(self) -> bool:
        consents = self.cells["consent_basis"] != "" and self.cells["opted_out"] == ""
        return consents and not self.competitor

    @property
    def competitor(self) -> bool:
        return self.cells["relation"] == "competitor"

    @property
    def founded_on(self) -> date | None:
        written = self.cells["company_founded_on"]
        return date.fromisoformat(written) if written else None


def readers(people: Path, purchases: Path) -> list[Reader]:
    with people.open(encoding="utf-8", newline="") as file:
        found = {row["email"]: Reader(row) for row in csv.DictReader(file)}
    with purchases.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["email"]].bought.append(date.fromisoformat(row["purchased_on"]))
            found[row["email"]].spent += Decimal(row["amount"])
    return list(found.values())


def meant(reader: Reader, today: date) -> set[str]:
    """The segments that a customer is in, by the descriptions of those segments."""
    if reader.competitor:
        return {"competitors"}
    if not reader.mailable:
        return set()
    found = {"customers"}
    last = max(reader.bought, default=None)
    if last is not None:
        ninety_days_ago = today - timedelta(days=90)
        found.add("dormant" if last <= ninety_days_ago else "active-buyers")
        if reader.spent >= 3_000_000 and last > today.replace(year=today.year - 1):
            found.add("vip")
        founded = reader.founded_on
        if founded is not None and founded.month == today.month and founded.year < today.year:
            found.add("founding-anniversary")
        if (
            reader.cells["birthday"][5:7] == f"{today.month:02d}"
            and reader.cells["birthday"] < str(today)[:7]
        ):
            found.add("birthday")
    met_on = reader.cells["met_on"]
    if last is None and met_on and date.fromisoformat(met_on) > today - timedelta(days=60):
        found.add("new-since-fair")
    return found


def sample_workspace(folder: Path) -> Workspace:
    shutil.copytree(REPOSITORY / "segments", folder / "segments")
    return make_workspace(folder, (REPOSITORY / "config.yaml").read_text(encoding="utf-8"))


def test_every_segment_has_the_members_that_its_description_promises(store: Store, tmp_path: Path) -> None:
    workspace = sample_workspace(tmp_path)
    sample = write_sample(tmp_path, SAMPLE_DAY)
    for path in (sample.customers, sample.purchases, sample.activities):
        report = import_customers(store, workspace, path, NOW)
        assert report.set_aside == 0
    expected: dict[str, set[str]] = {}
    for reader in readers(sample.customers, sample.purchases):
        for name in meant(reader, SAMPLE_DAY):
            expected.setdefault(name, set()).add(reader.cells["email"])
    with store.engine.connect() as connection:
        scope = scope_for(workspace, NOW)
        found = {
            name: {row["email"] for row in members(connection, segment, scope)}
            for name, segment in load_segments(workspace).items()
        }
    # Nothing has been sent yet, so nobody has left it unanswered.
    assert found.pop("win-back-unanswered") == set()
    assert found == expected
    assert min(len(emails) for emails in found.values()) > 10


def test_the_file_with_mistakes_is_imported_without_its_five_bad_rows(
    sqlite_store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "customers-with-mistakes.csv"
    path.write_bytes((REPOSITORY / "examples" / path.name).read_bytes())
    report = import_customers(sqlite_store, sample_workspace(tmp_path), path, NOW)
    assert (report.added, report.set_aside) == (3, 5)
    assert [reason.line for reason in report.reasons] == [3, 4, 5, 6, 8]
