"""Write the sample customers, purchases and activities as CSV files.

In:  a folder, and the day that counts as today.
Out: `customers.csv`, `purchases.csv`, `activities.csv`; the same bytes for the same day.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from nurture.samples.companies import make_companies
from nurture.samples.events import make_activities, make_purchases
from nurture.samples.people import make_people

SEED = 20_190_401
# The day of the files in `examples/`; a demo passes the day on which it runs.
SAMPLE_DAY = date(2026, 11, 20)

CUSTOMER_COLUMNS = (
    *("email", "family_name", "given_name", "family_kana", "given_kana"),
    *("company", "industry", "company_founded_on", "department", "title", "phone"),
    *(
        "locale",
        "time_zone",
        "birthday",
        "owner",
        "consent_basis",
        "consent_date",
        "consent_evidence",
        "opted_out",
    ),
    *("machine_type", "machines", "last_fair", "met_on", "relation"),
)
PURCHASE_COLUMNS = ("email", "product", "amount", "currency", "purchased_on", "external_id")
ACTIVITY_COLUMNS = ("email", "activity", "happened_at", "detail", "external_id")


@dataclass(frozen=True, slots=True)
class Sample:
    """Where the files are, and how many rows each holds."""

    customers: Path
    purchases: Path
    activities: Path
    counts: Mapping[str, int]


def write_sample(folder: Path, today: date) -> Sample:
    """Make the sample files in a folder (it is made too); what is there is replaced.

    Days are counted back from `today`, so that there are dormant, active and new customers
    whenever it runs. People and companies stay the same from day to day; only their days move.
    """
    # Each kind has a generator of its own: more purchases must not rename a customer.
    people = make_people(make_companies(Random(SEED)), today, Random(SEED + 1))  # noqa: S311 - not a secret
    purchases = make_purchases(people, today, Random(SEED + 2))  # noqa: S311
    activities = make_activities(people, today, Random(SEED + 3))  # noqa: S311
    folder.mkdir(parents=True, exist_ok=True)
    sample = Sample(
        folder / "customers.csv",
        folder / "purchases.csv",
        folder / "activities.csv",
        {"customers": len(people), "purchases": len(purchases), "activities": len(activities)},
    )
    _write(sample.customers, CUSTOMER_COLUMNS, [person.cells for person in people])
    _write(sample.purchases, PURCHASE_COLUMNS, purchases)
    _write(sample.activities, ACTIVITY_COLUMNS, activities)
    return sample


def _write(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
