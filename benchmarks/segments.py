"""How long segments take, beside SQL written by hand for the same question on the same database.

    python benchmarks/segments.py                          # SQLite, 50,000 customers
    python benchmarks/segments.py --customers 1000000      # the size of the goal
    python benchmarks/segments.py --database postgresql+psycopg://user@host/empty_database

The store is generated from a seed: five customers a company, five purchases and ten activities a
customer, one click. Each question is asked `--rounds` times in turn with its hand-written twin, after
one round that counts for nothing; medians are printed, and their ratio. Both must count the same.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, func, insert, literal, select, text

from nurture.documents import parse_text
from nurture.filters import Scope, field_catalogue, load_person, parse_filter, select_customers
from nurture.filters.explain import explain
from nurture.store import Store
from nurture.store import tables as t
from nurture.store.engine import make_engine
from nurture.store.migrate import upgrade
from nurture.store.people import address_hash
from nurture.store.types import month_day

ZONE = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
INDUSTRIES = ("machinery", "automotive", "food", "medical", "construction", "logistics", "printing", "energy")
KINDS = ("visit", "visit", "visit", "webinar", "inquiry", "catalogue", "answer")
BATCH = 20_000
CATALOGUE = field_catalogue({"machine": "text", "machines": "number"}, ["rivals"])
RIVALS = 'email: {matches: "*@rival-*.example"}'


class Question(NamedTuple):
    """A segment in YAML, and the same question as somebody would have written it in SQL."""

    name: str
    yaml: str
    sql: str


CUSTOMERS = "SELECT count(*) FROM customers c"
COMPANY = "JOIN companies k ON k.id = c.company_id"
TOTALS = "JOIN totals s ON s.customer_id = c.id"
VALID = (
    "EXISTS (SELECT 1 FROM consents o WHERE o.customer_id = c.id AND o.withdrawn_at IS NULL"
    " AND (o.expires_on IS NULL OR o.expires_on >= '2026-11-02'))"
)
QUESTIONS = (
    Question(
        "industry is one of two",
        "industry: [machinery, automotive]",
        f"{CUSTOMERS} {COMPANY} WHERE k.industry IN ('machinery', 'automotive')",
    ),
    Question(
        "dormant, with consent",
        "all: [last_purchase_on: {at_least_ago: 90 days}, consent: valid]",
        f"{CUSTOMERS} {TOTALS} WHERE s.last_purchase_on <= '2026-08-04' AND {VALID}",
    ),
    Question(
        "spent much, and lately",
        "{spent: {at_least: 500000}, last_purchase_on: {in_the_last: 30 days}}",
        f"{CUSTOMERS} {TOTALS} WHERE s.spent >= 50000000"
        " AND s.last_purchase_on > '2026-10-03' AND s.last_purchase_on <= '2026-11-02'",
    ),
    Question(
        "company founded this day of the year",
        "company.founded_on: {anniversary: today}",
        f"{CUSTOMERS} {COMPANY} WHERE k.founded_md = 1102 AND k.founded_on < '2026-01-01'",
    ),
    Question(
        "bought a product within a year",
        'bought: {product: "LG*", within: 1 year}',
        f"{CUSTOMERS} WHERE EXISTS (SELECT 1 FROM purchases p WHERE p.customer_id = c.id"
        " AND p.product LIKE 'LG%' AND p.purchased_on > '2025-11-02' AND p.purchased_on <= '2026-11-02')",
    ),
    Question(
        "never asked anything",
        "did: {activity: inquiry, times: 0}",
        f"{CUSTOMERS} WHERE NOT EXISTS (SELECT 1 FROM activities a WHERE a.customer_id = c.id"
        " AND a.kind = 'inquiry')",
    ),
    Question(
        "visited on three days of the last 90",
        "visited: {days: {at_least: 3}, within: 90 days}",
        "SELECT count(*) FROM (SELECT a.customer_id FROM activities a WHERE a.kind = 'visit'"
        " AND a.happened_on > '2026-08-04' AND a.happened_on <= '2026-11-02'"
        " GROUP BY a.customer_id HAVING count(DISTINCT a.happened_on) >= 3) x",
    ),
    Question(
        "bought for much within a year",
        "bought: {within: 1 year, sum: {amount: {at_least: 300000}}}",
        "SELECT count(*) FROM (SELECT p.customer_id FROM purchases p WHERE p.purchased_on > '2025-11-02'"
        " AND p.purchased_on <= '2026-11-02' GROUP BY p.customer_id HAVING sum(p.amount) >= 30000000) x",
    ),
    Question(
        "clicked the price list twice, no rival",
        'all: [clicked: {link: "*price*", times: {at_least: 2}, within: 1 year}, not: {segment: rivals}]',
        f"{CUSTOMERS} WHERE c.id IN (SELECT k.customer_id FROM clicks k WHERE k.url LIKE '%price%'"
        " AND k.happened_on > '2025-11-02' AND k.happened_on <= '2026-11-02'"
        " GROUP BY k.customer_id HAVING count(*) >= 2) AND c.email_key NOT LIKE '%@rival-%.example'",
    ),
    Question(
        "a webinar, then a purchase in 30 days",
        "sequence: [did: webinar, {bought: ever, within: 30 days}]",
        f"{CUSTOMERS} WHERE EXISTS (SELECT 1 FROM activities a JOIN purchases p"
        " ON p.customer_id = a.customer_id AND p.purchased_on >= a.happened_on"
        " AND p.purchased_on <= {plus30} WHERE a.customer_id = c.id AND a.kind = 'webinar')",
    ),
    Question(
        "someone at the company asked lately",
        "company.anyone: {did: {activity: inquiry, within: 30 days}}",
        f"{CUSTOMERS} WHERE c.company_id IN (SELECT d.company_id FROM customers d JOIN activities a"
        " ON a.customer_id = d.id WHERE a.kind = 'inquiry' AND a.happened_on > '2026-10-03'"
        " AND a.happened_on <= '2026-11-02')",
    ),
    Question(
        "nested: consent, and any of three, and no rival",
        """
        all:
          - consent: valid
          - not: {segment: rivals}
          - any:
              - company.industry: food
              - bought: {within: 90 days, times: {at_least: 2}}
              - did: {activity: inquiry, within: 90 days}
        """,
        f"{CUSTOMERS} LEFT {COMPANY} WHERE {VALID} AND c.email_key NOT LIKE '%@rival-%.example'"
        " AND (k.industry = 'food' OR c.id IN (SELECT p.customer_id FROM purchases p"
        " WHERE p.purchased_on > '2026-08-04' AND p.purchased_on <= '2026-11-02'"
        " GROUP BY p.customer_id HAVING count(*) >= 2)"
        " OR EXISTS (SELECT 1 FROM activities a WHERE a.customer_id = c.id AND a.kind = 'inquiry'"
        " AND a.happened_on > '2026-08-04' AND a.happened_on <= '2026-11-02'))",
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=50_000)
    parser.add_argument("--database", help="an empty one; by default SQLite in a temporary folder")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{folder}/nurture.db"
        store = Store(make_engine(url))
        upgrade(store.engine)
        took = timed(lambda: fill(store, options.customers))
        print(f"{options.customers:,} customers on {store.dialect}, made in {took:.0f} s")
        compare(store, options.rounds)
        show_explain(store)
        store.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process: {peak_mb:.0f} MB")


def compare(store: Store, rounds: int) -> None:
    scope = Scope(NOW, ZONE, 4, {"rivals": parse_filter(parse_text(RIVALS, "rivals"), (), CATALOGUE)})
    plus30 = "date(a.happened_on, '+30 days')" if store.dialect == "sqlite" else "a.happened_on + 30"
    ratios = []
    print(f"{'question':<50} {'members':>9} {'nurture':>9} {'by hand':>9} {'ratio':>6}")
    for question in QUESTIONS:
        filter_ = parse_filter(parse_text(question.yaml, question.name), (), CATALOGUE)
        ours = select(func.count()).select_from(select_customers(filter_, scope).subquery())
        theirs = text(question.sql.replace("{plus30}", plus30))
        with store.read() as connection:
            counts = {connection.scalar(ours), connection.scalar(theirs)}
            if len(counts) != 1:
                sys.exit(f"{question.name}: not the same question, {counts}")
            times: tuple[list[float], list[float]] = ([], [])
            for _ in range(rounds):
                for statement, taken in zip((ours, theirs), times, strict=True):
                    taken.append(timed(partial(connection.scalar, statement)))
        mine, hand = (statistics.median(taken) for taken in times)
        ratios.append(mine / hand)
        shown = f"{mine * 1000:>6.0f} ms {hand * 1000:>6.0f} ms {mine / hand:>6.2f}"
        print(f"{question.name:<50} {counts.pop():>9,} {shown}")
    print(f"median ratio {statistics.median(ratios):.2f}, worst {max(ratios):.2f}")


def show_explain(store: Store) -> None:
    filter_ = parse_filter(parse_text(QUESTIONS[-1].yaml, "explain"), (), CATALOGUE)
    scope = Scope(NOW, ZONE, 4, {"rivals": parse_filter(parse_text(RIVALS, "rivals"), (), CATALOGUE)})
    with store.read() as connection:

        def explained(who: int) -> None:
            explain(filter_, scope, load_person(connection, who, scope, filter_))

        times = [timed(partial(explained, who)) for who in range(1, 102)]
    print(f"explain, the nested question: {statistics.median(times[1:]) * 1000:.1f} ms for one person")


def timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def fill(store: Store, customers: int) -> None:
    """A store of so many customers, the same for the same number."""
    random = Random(customers)
    with store.write() as connection:
        _add(connection, t.companies, _companies(random, customers // 5))
    for start in range(1, customers + 1, BATCH):
        numbers = range(start, min(start + BATCH, customers + 1))
        with store.write() as connection:
            _add(connection, t.customers, _customers(random, numbers, customers // 5))
            _add(connection, t.consents, _consents(random, numbers))
            _add(connection, t.purchases, _purchases(random, numbers))
            _add(connection, t.activities, _activities(random, numbers))
    with store.write() as connection:
        _add_clicks(connection, random, customers)
        _add_totals(connection)
        connection.execute(text("ANALYZE"))


def _add(connection: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    connection.execute(insert(table), list(rows))


def _companies(random: Random, count: int) -> Iterator[dict[str, Any]]:
    for number in range(1, count + 1):
        founded = date(random.randint(1950, 2015), random.randint(1, 12), random.randint(1, 28))
        yield {
            "id": number,
            "name": f"会社{number}",
            "match_key": str(number),
            "industry": random.choice(INDUSTRIES),
            "founded_on": founded,
            "founded_md": month_day(founded),
            "attributes": {},
            "created_at": NOW,
            "updated_at": NOW,
        }


def _customers(random: Random, numbers: range, companies: int) -> Iterator[dict[str, Any]]:
    for number in numbers:
        email = f"p{number}@{'rival-1' if number % 50 == 0 else f'k{number % companies}'}.example"
        yield {
            "id": number,
            "email": email,
            "email_key": email,
            "address_hash": address_hash(email),
            "company_id": random.randint(1, companies),
            "locale": "ja",
            "tracking": True,
            "attributes": {"machine": random.choice(("NC旋盤", "press")), "machines": random.randint(0, 9)},
            "created_at": NOW,
            "updated_at": NOW,
        }


def _consents(random: Random, numbers: range) -> Iterator[dict[str, Any]]:
    for number in numbers:
        if random.random() < 0.9:
            row = {"customer_id": number, "basis": "customer", "given_on": date(2025, 1, 1)}
            yield row | {"withdrawn_at": NOW if random.random() < 0.1 else None, "created_at": NOW}


def _day(random: Random) -> date:
    """A day of the last four years, the late ones likelier."""
    return TODAY - timedelta(days=int(1460 * random.random() ** 2))


def _purchases(random: Random, numbers: range) -> Iterator[dict[str, Any]]:
    for number in numbers:
        for count in range(random.choice((0, 2, 4, 6, 13))):
            yield {
                "customer_id": number,
                "product": random.choice(("LG15", "LG20", "BS16", "RB62", "CP32", "SL35")),
                "amount": random.randint(1_000, 200_000),
                "currency": "JPY",
                "purchased_on": _day(random),
                "external_id": str(count),
                "created_at": NOW,
            }


def _activities(random: Random, numbers: range) -> Iterator[dict[str, Any]]:
    for number in numbers:
        for count in range(random.choice((0, 5, 10, 25))):
            on = _day(random)
            yield {
                "customer_id": number,
                "kind": random.choice(KINDS),
                "happened_at": datetime(on.year, on.month, on.day, 3, tzinfo=UTC),
                "happened_on": on,
                "data": {},
                "external_id": str(count),
                "created_at": NOW,
            }


def _add_clicks(connection: Connection, random: Random, customers: int) -> None:
    """One click a customer on average; each needs the email and the hit it came from."""
    run = {"id": 1, "campaign": "news", "occurrence": "1", "state": "finished", "on_doubt": "resend"}
    run |= {"definition": {}, "content_hash": "", "due_at": NOW, "accepted_at": NOW}
    connection.execute(insert(t.runs), run)
    for start in range(1, customers + 1, BATCH):
        clicks = []
        for number in range(start, min(start + BATCH, customers + 1)):
            owner, on = random.randint(1, customers), _day(random)
            at = datetime(on.year, on.month, on.day, 3, tzinfo=UTC)
            common = {"id": number, "customer_id": owner, "run_id": 1}
            clicks.append((common, at, on, random.choice(("price", "catalogue", "case"))))
        sent = {"step": 0, "state": "sent", "attempts": 1}
        connection.execute(
            insert(t.deliveries),
            [
                common
                | sent
                | {"occurrence": str(common["id"]), "due_at": at, "accepted_at": at, "sent_at": at}
                for common, at, _, _ in clicks
            ],
        )
        got = {"kind": "click", "method": "GET", "headers": {}}
        connection.execute(
            insert(t.hits),
            [
                common
                | got
                | {"uid": str(common["id"]), "delivery_id": common["id"], "at": at, "happened_on": on}
                for common, at, on, _ in clicks
            ],
        )
        led = {"campaign": "news", "template": "news"}
        connection.execute(
            insert(t.clicks),
            [
                common
                | led
                | {"hit_id": common["id"], "delivery_id": common["id"], "at": at, "happened_on": on}
                | {"url": f"https://x.example/{page}"}
                for common, at, on, page in clicks
            ],
        )


def _add_totals(connection: Connection) -> None:
    """All totals at once; day by day the store keeps them with `nurture.store.totals`."""
    bought = t.purchases.c
    zero = ("activities", "received", "opens", "clicks", "bounces")
    sums = (
        select(
            t.customers.c.id,
            func.count(bought.id),
            func.coalesce(func.sum(bought.amount), 0),
            func.max(bought.purchased_on),
        )
        .select_from(t.customers.outerjoin(t.purchases, bought.customer_id == t.customers.c.id))
        .group_by(t.customers.c.id)
    )
    columns = ["customer_id", "purchases", "spent", "last_purchase_on"]
    connection.execute(
        insert(t.totals).from_select([*columns, *zero], sums.add_columns(*(literal(0) for _ in zero)))
    )


if __name__ == "__main__":
    main()
