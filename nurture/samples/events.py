"""What the sample customers bought and did, over four years up to today.

In:  the sample people, a day that counts as today, a seeded random generator.
Out: rows of the purchases file and of the activities file, oldest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from operator import itemgetter
from random import Random
from typing import NamedTuple

from nurture.samples.people import Habit, Person

YEARS_DAYS = 4 * 365
# Series of the fictional maker: linear guides, ball screws, bearings, couplings, seals, sensors.
PRODUCTS = (
    ("LG15-0400", 9_800),
    ("LG20-0600", 14_200),
    ("LG25-1000", 26_500),
    ("BS16-0500", 31_000),
    ("BS25-0900", 58_400),
    ("RB6204-ZZ", 420),
    ("RB6306-2RS", 880),
    ("RBC-40", 3_600),
    ("CP32-10x12", 2_450),
    ("CP50-19x24", 5_200),
    ("SL-35x52x7", 260),
    ("SL-80x100x10", 740),
    ("PS-M12-4", 6_300),
    ("PS-M18-8", 7_900),
    ("CM-200", 48_000),
)


class _Pattern(NamedTuple):
    """How often a habit buys, how many days ago the last time was, and how large an order is."""

    orders: tuple[int, int]
    last_days_ago: tuple[int, int]
    order_yen: tuple[int, int]


_PATTERNS: dict[Habit, _Pattern] = {
    "vip": _Pattern((14, 26), (2, 70), (180_000, 950_000)),
    "regular": _Pattern((5, 13), (3, 115), (18_000, 240_000)),
    "occasional": _Pattern((1, 4), (20, 420), (6_000, 120_000)),
    "dormant": _Pattern((2, 8), (95, 1_150), (8_000, 260_000)),
}

# What happens, how likely it is for one customer, how many days back, and the detail that is noted.
_ACTIVITIES = (
    ("webinar", 0.14, 330, ("直動案内の寿命計算入門", "停止時間を減らす予知保全", "クリーン環境の軸受選び")),
    ("catalogue", 0.16, 400, ("総合カタログ", "リニアガイド LG", "近接センサー PS")),
    ("inquiry", 0.09, 200, ("納期の確認", "特殊寸法の相談", "価格表の依頼", "図面データの依頼")),
    ("site_visit", 0.05, 300, ("工場見学", "技術打ち合わせ")),
)


def make_purchases(people: Sequence[Person], today: date, random: Random) -> list[dict[str, str]]:
    """Orders as rows: email, product, amount, currency, purchased_on, external_id."""
    orders = [order for person in people for order in _orders(person, today, random)]
    orders.sort(key=itemgetter("purchased_on", "email"))
    return [
        {**order, "external_id": f"SO-{order['purchased_on'][:4]}-{number:06d}"}
        for number, order in enumerate(orders, start=1)
    ]


def _orders(person: Person, today: date, random: Random) -> Iterator[dict[str, str]]:
    pattern = _PATTERNS.get(person.habit)
    if pattern is None:
        return
    last = random.randint(*pattern.last_days_ago)
    count = random.randint(*pattern.orders)
    days_ago = [last, *(random.randint(last, YEARS_DAYS) for _ in range(count - 1))]
    for age in days_ago:
        product, price = random.choice(PRODUCTS)
        quantity = max(1, round(random.uniform(*pattern.order_yen) / price))
        yield {
            "email": person.email,
            "product": product,
            "amount": str(price * quantity),
            "currency": "JPY",
            "purchased_on": _weekday(today - timedelta(days=age)).isoformat(),
        }


def make_activities(people: Sequence[Person], today: date, random: Random) -> list[dict[str, str]]:
    """What people did, as rows: email, activity, happened_at, detail, external_id."""
    rows = [row for person in people for row in _done(person, today, random)]
    rows.sort(key=itemgetter("happened_at", "email", "activity"))
    return [{**row, "external_id": f"ACT-{number:05d}"} for number, row in enumerate(rows, start=1)]


def _done(person: Person, today: date, random: Random) -> Iterator[dict[str, str]]:
    if person.habit == "fair":
        yield _activity(person, "fair_visit", person.cells["met_on"], person.cells["last_fair"], random)
    for kind, likelihood, span_days, details in _ACTIVITIES:
        if random.random() < likelihood:
            on = _weekday(today - timedelta(days=random.randint(1, span_days))).isoformat()
            yield _activity(person, kind, on, random.choice(details), random)


def _activity(person: Person, kind: str, on: str, detail: str, random: Random) -> dict[str, str]:
    at = f"{on}T{random.randint(9, 17):02d}:{random.randrange(60):02d}:00+09:00"
    return {"email": person.email, "activity": kind, "happened_at": at, "detail": detail}


def _weekday(day: date) -> date:
    """The day itself, or the Friday before it: nobody orders bearings on a Sunday."""
    return day - timedelta(days=max(0, day.weekday() - 4))
