"""How long it takes to render an email of this repository for everybody, before anyone gets it.

    .venv/bin/python benchmarks/audience.py [--people 100000] [--template newsletter]
        [--database postgresql+psycopg://user@host/empty_database]

What `nurture templates check NAME --audience SEGMENT` does after its other checks: read everybody's data,
render subject, HTML and text of each, count who lacks what. The people are made from a seed: three of four
have a company, two of three a name, half of them purchases. Memory is that of the whole process.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Table, insert, select

from nurture.config import open_workspace
from nurture.store import Store
from nurture.store import tables as t
from nurture.store.engine import make_engine
from nurture.store.migrate import upgrade
from nurture.store.people import address_hash
from nurture.templates import check_audience, compile_template, load_template

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
COMPANIES = 1_000
BATCH = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--template", default="newsletter")
    parser.add_argument("--database", help="an empty one; by default SQLite in a temporary folder")
    options = parser.parse_args()
    workspace = open_workspace(Path(__file__).parent.parent, environ={})
    compiled = compile_template(load_template(workspace, options.template), workspace, tracked=True)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(make_engine(options.database or f"sqlite:///{folder}/nurture.db"))
        upgrade(store.engine)
        fill(store, options.people)
        before_mb = peak_mb()
        everybody = select(t.customers.c.id).order_by(t.customers.c.id)
        started, used = time.perf_counter(), time.process_time()
        with store.read() as connection:
            found = check_audience(connection, workspace, compiled, everybody, audience="everybody", now=NOW)
        took, used = time.perf_counter() - started, time.process_time() - used
        print(f"{options.template}, {compiled.way}, {found.people:,} people on {store.dialect}: {took:.1f} s")
        print(f"processor time {used:.1f} s, {found.people / used:,.0f} people a second and core")
        print(f"memory: {before_mb:.0f} MB before, {peak_mb():.0f} MB at most")
        print(
            f"{found.held:,} would be held; {', '.join(one.finding.what for one in found.shortfalls) or '-'}"
        )
        store.close()


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fill(store: Store, people: int) -> None:
    random = Random(20261102)  # the same people every time
    makers: tuple[tuple[Table, int, Callable[[Random, int], dict[str, Any]]], ...] = (
        (t.companies, COMPANIES, company),
        (t.customers, people, customer),
        (t.purchases, people // 2, purchase),
    )
    for table, number, make in makers:
        for rows in batches(number, partial(make, random)):
            with store.write() as connection:
                connection.execute(insert(table), rows)


def batches(number: int, make: Callable[[int], dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(1, number + 1, BATCH):
        yield [make(key) for key in range(start, min(start + BATCH, number + 1))]


def company(random: Random, key: int) -> dict[str, Any]:
    founded = date(random.randint(1950, 2015), random.randint(1, 12), random.randint(1, 28))
    made = {"id": key, "name": f"会社{key}", "match_key": str(key), "founded_on": founded, "attributes": {}}
    return made | {"industry": "machinery", "created_at": NOW, "updated_at": NOW}


def customer(random: Random, key: int) -> dict[str, Any]:
    email = f"p{key}@k{key % COMPANIES}.example"
    named = random.random() < 2 / 3
    return {
        "id": key,
        "email": email,
        "email_key": email,
        "address_hash": address_hash(email),
        "company_id": random.randint(1, COMPANIES) if random.random() < 3 / 4 else None,
        "family_name": f"佐藤{key % 100}" if named else None,
        "given_name": "花子" if named else None,
        "title": "部長" if random.random() < 0.2 else None,
        "locale": random.choice(("ja", "ja", "ja", "en", "zh")),
        "tracking": True,
        "attributes": {},
        "created_at": NOW,
        "updated_at": NOW,
    }


def purchase(random: Random, key: int) -> dict[str, Any]:
    return {
        "customer_id": key * 2,
        "product": random.choice(("LG15", "LG20", "BS16")),
        "amount": random.randint(1_000, 200_000),
        "currency": "JPY",
        "purchased_on": TODAY - timedelta(days=random.randint(0, 900)),
        "external_id": str(key),
        "created_at": NOW,
    }


if __name__ == "__main__":
    main()
