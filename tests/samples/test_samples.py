"""The sample data: the same for the same day, plausible, and nobody who exists."""

from __future__ import annotations

import csv
import functools
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from nurture.samples import (
    ACTIVITY_COLUMNS,
    CUSTOMER_COLUMNS,
    PURCHASE_COLUMNS,
    SAMPLE_DAY,
    Sample,
    write_sample,
)

REPOSITORY = Path(__file__).parents[2]
DAYS = (date(2026, 11, 20), date(2027, 1, 1), date(2028, 2, 29), date(2026, 8, 31))


SampleOf = Callable[[date], Sample]


@pytest.fixture(scope="module")
def sample_of(tmp_path_factory: pytest.TempPathFactory) -> SampleOf:
    """The sample of a day, made once."""
    return functools.cache(lambda day: write_sample(tmp_path_factory.mktemp(str(day)), day))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


def test_the_same_day_gives_the_same_bytes(tmp_path: Path) -> None:
    write_sample(tmp_path / "one", SAMPLE_DAY)
    write_sample(tmp_path / "two", SAMPLE_DAY)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_the_files_in_examples_are_those_of_the_sample_day(tmp_path: Path) -> None:
    write_sample(tmp_path, SAMPLE_DAY)
    written = files(tmp_path)
    assert {name: (REPOSITORY / "examples" / name).read_bytes() for name in written} == written


def test_people_keep_their_names_from_day_to_day(sample_of: SampleOf) -> None:
    kept = ("email", "family_name", "given_name", "company", "company_founded_on", "owner")
    people = [
        [tuple(row[column] for column in kept) for row in rows(sample_of(day).customers)] for day in DAYS
    ]
    assert people == [people[0]] * len(DAYS)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_there_are_twelve_hundred_people_in_three_hundred_companies(sample_of: SampleOf, day: date) -> None:
    sample = sample_of(day)
    customers, purchases, activities = map(rows, (sample.customers, sample.purchases, sample.activities))
    assert sample.counts == {
        "customers": len(customers),
        "purchases": len(purchases),
        "activities": len(activities),
    }
    assert len(customers) == 1200
    assert len({row["company"] for row in customers} - {""}) == 300
    assert tuple(customers[0]) == CUSTOMER_COLUMNS
    assert tuple(purchases[0]) == PURCHASE_COLUMNS
    assert tuple(activities[0]) == ACTIVITY_COLUMNS


def test_every_address_is_distinct_and_under_the_domain_reserved_for_examples(sample_of: SampleOf) -> None:
    addresses = [row["email"] for row in rows(sample_of(SAMPLE_DAY).customers)]
    assert len({address.lower() for address in addresses}) == len(addresses)
    assert [one for one in addresses if not one.endswith(".example") or not one.isascii() or " " in one] == []


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_nothing_happens_after_today_or_more_than_four_years_before(sample_of: SampleOf, day: date) -> None:
    sample = sample_of(day)
    bought = [date.fromisoformat(row["purchased_on"]) for row in rows(sample.purchases)]
    done = [date.fromisoformat(row["happened_at"][:10]) for row in rows(sample.activities)]
    # A Sunday's order moves to the Friday before it.
    assert min(bought) >= day - timedelta(days=4 * 365 + 2)
    assert max(bought) <= day
    assert max(done) <= day


def test_events_name_a_known_customer_and_have_an_identifier_of_their_own(sample_of: SampleOf) -> None:
    sample = sample_of(SAMPLE_DAY)
    known = {row["email"] for row in rows(sample.customers)}
    for events in (rows(sample.purchases), rows(sample.activities)):
        assert {row["email"] for row in events} <= known
        assert Counter(row["external_id"] for row in events).most_common(1)[0][1] == 1


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_kind_of_customer_is_there_on_every_day(sample_of: SampleOf, day: date) -> None:
    """Counted from the files alone, so that a mistake in the filters cannot hide one in the data."""
    sample = sample_of(day)
    customers = rows(sample.customers)
    last: dict[str, str] = {}
    for row in rows(sample.purchases):
        last[row["email"]] = max(row["purchased_on"], last.get(row["email"], ""))
    limit = (day - timedelta(days=90)).isoformat()
    counts = {
        "dormant": sum(on <= limit for on in last.values()),
        "active": sum(on > limit for on in last.values()),
        "never bought": len(customers) - len(last),
        "founded this month": sum(row["company_founded_on"][5:7] == f"{day:%m}" for row in customers),
        "met since the fair": sum(
            row["met_on"] > (day - timedelta(days=60)).isoformat() for row in customers
        ),
        "opted out": sum(row["opted_out"] == "yes" for row in customers),
        "no consent": sum(not row["consent_basis"] for row in customers),
        "no company": sum(not row["company"] for row in customers),
        "born on a leap day": sum(row["birthday"].endswith("-02-29") for row in customers),
        "competitors": sum(row["relation"] == "competitor" for row in customers),
        "no locale": sum(not row["locale"] for row in customers),
    }
    assert {kind: count for kind, count in counts.items() if count < 3} == {}


def test_most_read_japanese_some_chinese_some_english(sample_of: SampleOf) -> None:
    customers = rows(sample_of(SAMPLE_DAY).customers)
    languages = Counter(row["locale"][:2] or "ja" for row in customers)
    assert languages["ja"] > 800
    assert languages["zh"] > 100
    assert languages["en"] > 80
    assert sum(languages.values()) == 1200


def test_all_four_bases_of_consent_are_met_and_each_has_its_date(sample_of: SampleOf) -> None:
    customers = rows(sample_of(SAMPLE_DAY).customers)
    bases = {row["consent_basis"] for row in customers}
    assert bases == {"opt_in", "business_card", "customer", "published", ""}
    assert [
        row["email"] for row in customers if bool(row["consent_basis"]) != bool(row["consent_date"])
    ] == []
