# ruff: noqa: S311  # made-up people need no cryptography
"""A small world of people for asking filters: plain values, and the same people in a store.

People are drawn from a seed, near the edges on purpose: blanks, the days on which a test changes its
answer, leap days, midnights, nobody's company, no events, several events in one second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from nurture.store import tables as t
from nurture.store import totals
from nurture.store.people import address_hash, email_key
from nurture.store.types import month_day

ZONE = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 2)
EDGES = (0, 1, 2, 6, 7, 8, 29, 30, 31, 32, 89, 90, 91, 92, 364, 365, 366, 730, 731)
WORDS = (
    "machinery",
    "Machinery",
    "MACHINERY",
    "automotive",
    "自動車",
    "Ｍａｃｈｉｎｅｒｙ",
    "100%",
    "a_b",
    "a!b",
)
AMOUNTS = tuple(map(Decimal, ("0.10", "0.20", "100", "99.99", "1200", "0")))
MORE_WORDS = (
    "é",
    "É",
    "ß",
    "price",
    "Price-List",
    "x*y",
    "x?y",
    "İ",
    "ｶﾀｶﾅ",
    "\\",
    "'",
    '"',
    "%",
    "_",
    "set",
)
TEXTS = WORDS + MORE_WORDS
URLS = (
    "https://x.example/price",
    "https://x.example/Price?a=1",
    "https://x.example/catalogue",
    "https://y.example/",
)
CAMPAIGNS = ("newsletter", "win-back", "Newsletter")


@dataclass
class Happening:
    """One event of any kind, its day as the store keeps it."""

    on: date
    at: datetime
    values: dict[str, Any] = field(default_factory=dict)


@dataclass
class Human:
    """One customer with everything that a filter may ask about."""

    id: int
    row: dict[str, Any]
    company: dict[str, Any] | None
    lead: dict[str, Any] | None = None
    special_days: list[tuple[str, date]] = field(default_factory=list)
    company_special_days: list[tuple[str, date]] = field(default_factory=list)
    events: dict[str, list[Happening]] = field(default_factory=dict)

    def happened(self, source: str) -> list[Happening]:
        return self.events.get(source, [])


def make_world(seed: int, size: int = 40, today: date = TODAY) -> list[Human]:
    """People of a seed; about every fourth has no company."""
    random = Random(seed)
    companies = [_company(random, number, today) for number in range(1, max(2, size // 5))]
    return [_human(random, number, companies, today) for number in range(1, size + 1)]


def day_near(random: Random, today: date) -> date:
    if random.random() < 0.75:
        return today + timedelta(days=random.choice(EDGES) * random.choice((-1, -1, -1, 1)))
    return date(random.randint(1995, 2028), random.randint(1, 12), random.randint(1, 28))


def birthday_near(random: Random, today: date) -> date:
    year = random.choice((1956, 1964, 1976, 1996, 2000, 2016, 2024))
    if random.random() < 0.3:
        return random.choice((date(year, 2, 28), date(year, 2, 29), date(year, 3, 1)))
    near = day_near(random, today)
    return near.replace(year=year, day=min(near.day, 28))


def moment_near(random: Random, today: date) -> datetime:
    """A moment, often the last or the first second of a day in Tokyo."""
    on = day_near(random, today)
    clock = random.choice(((0, 0, 0), (23, 59, 59), (9, 0, 0), (8, 59, 59), (14, 30, 0)))
    return datetime(on.year, on.month, on.day, *clock, tzinfo=ZONE).astimezone(UTC)


def _maybe(random: Random, value: Any, likelihood: float = 0.7) -> Any:
    return value if random.random() < likelihood else None


def _company(random: Random, number: int, today: date) -> dict[str, Any]:
    founded = _maybe(random, birthday_near(random, today))
    return {
        "id": number,
        "name": random.choice(TEXTS),
        "match_key": f"company-{number}",
        "industry": _maybe(random, random.choice(WORDS)),
        "country": _maybe(random, random.choice(("JP", "CN"))),
        "stage": _maybe(random, random.choice(("prospect", ""))),
        "owner": None,
        "founded_on": founded,
        "founded_md": month_day(founded),
        "attributes": {},
        "created_at": NOW,
        "updated_at": NOW,
    }


def _attributes(random: Random, today: date) -> dict[str, Any]:
    """Attributes as an import writes them, and some that are not what they were declared as."""
    near = day_near(random, today).isoformat()
    choices: dict[str, Sequence[Any]] = {
        "machine": (*TEXTS, "", 5, None, True),
        "machines": (0, 1, 2, 3, 0.1, -4, 12.5, "12", None, 10**30),
        "met_on": (near, near, near, "2024-02-29", "soon", "", 20240229, None),
        "dealer": (True, False, "true", 1, None),
        "interests": (
            ["bearings"],
            ["Bearings", "自動車"],
            ["100%", "price"],
            [],
            "bearings",
            [5, None],
            None,
        ),
    }
    return {name: random.choice(values) for name, values in choices.items() if random.random() < 0.75}


def _human(random: Random, number: int, companies: Sequence[dict[str, Any]], today: date) -> Human:
    email = f"{random.choice(('a', 'B', 'price', 'x_y'))}{number}@{random.choice(('x', 'Rival-1'))}.example"
    birthday = _maybe(random, birthday_near(random, today))
    company = _maybe(random, random.choice(companies), 0.75)
    row = {
        "id": number,
        "email": email,
        "email_key": email_key(email),
        "address_hash": address_hash(email),
        "family_name": _maybe(random, random.choice(TEXTS)),
        "title": _maybe(random, random.choice((*TEXTS, ""))),
        "department": _maybe(random, random.choice(TEXTS)),
        "locale": _maybe(random, random.choice(("ja", "en", "zh"))),
        "owner": _maybe(random, random.choice(("佐藤", "鈴木", "Sato"))),
        "birthday": birthday,
        "birthday_md": month_day(birthday),
        "company_id": company["id"] if company else None,
        "tracking": random.random() < 0.8,
        "paused_until": _maybe(random, day_near(random, today), 0.2),
        "attributes": _attributes(random, today),
        "created_at": moment_near(random, today),
        "updated_at": NOW,
    }
    human = Human(number, row, company)
    if random.random() < 0.5:
        state = random.choice(("hot", "warm", "dormant"))
        human.lead = {"state": state, "since": moment_near(random, today)}
    if random.random() < 0.5:
        human.special_days.append(("wedding", birthday_near(random, today)))
    if company is not None:
        at = birthday_near(Random(company["id"]), today)
        human.company_special_days += [("opening", at)] if company["id"] % 2 else []
    human.events = {source: _events(random, source, today) for source in _EVENTS}
    # An address is suppressed once, and a consent given once a day.
    del human.events["suppressed"][1:]
    human.events["consent"] = list({event.on: event for event in human.events["consent"]}.values())
    return human


def _events(random: Random, source: str, today: date) -> list[Happening]:
    if random.random() < 0.4:
        return []
    found = [_event(random, source, today) for _ in range(random.choice((1, 1, 2, 3, 6)))]
    if len(found) > 1 and random.random() < 0.5:
        # Two in the very same second.
        found[1].at, found[1].on = found[0].at, found[0].on
    return found


def _event(random: Random, source: str, today: date) -> Happening:
    at = moment_near(random, today)
    return Happening(at.astimezone(ZONE).date(), at, _EVENTS[source](random, today))


def _mail(random: Random, _today: date) -> dict[str, Any]:
    return {
        "campaign": random.choice(CAMPAIGNS),
        "template": random.choice(("news-1", "news-2")),
        "topic": random.choice(("news", None)),
    }


_EVENTS: dict[str, Any] = {
    "bought": lambda random, _today: {
        "product": random.choice(("LG20", "lg20", "LG25-1000", "軸受", "a_b", "100%")),
        "amount": random.choice(AMOUNTS),
        "currency": random.choice(("JPY", "USD")),
    },
    "did": lambda random, _today: {
        "activity": random.choice(("inquiry", "webinar", "visit", "answer")),
        "detail": random.choice((None, "価格表の依頼", "/price", "")),
        "value": random.choice((None, Decimal(5), Decimal("0.50"))),
    },
    "received": _mail,
    "bounced": _mail,
    "opened": _mail,
    "clicked": lambda random, today: (
        _mail(random, today) | {"link": random.choice(URLS), "tag": random.choice((None, "price"))}
    ),
    "consent": lambda random, today: {
        "basis": random.choice(("opt_in", "business_card", "customer")),
        "expires_on": _maybe(random, day_near(random, today), 0.4),
        "withdrawn_at": _maybe(random, moment_near(random, today), 0.2),
        "evidence": _maybe(random, random.choice(TEXTS)),
    },
    "suppressed": lambda random, _today: {"reason": random.choice(("unsubscribed", "hard_bounce"))},
}


def insert_world(connection: Connection, people: Sequence[Human]) -> None:
    """Write people and their events into an empty store."""
    companies = {human.company["id"]: human.company for human in people if human.company}
    _insert(connection, t.companies, companies.values())
    _insert(connection, t.customers, [human.row for human in people])
    leads = [
        {"customer_id": human.id, "contact": False, "reasons": [], "judged_at": NOW} | human.lead
        for human in people
        if human.lead
    ]
    _insert(connection, t.lead_states, leads)
    _insert(connection, t.special_days, _special_days(people))
    _Writer(connection, people).write()
    # About every fifth customer has no row of totals, as one who was never counted.
    ids = [human.id for human in people if human.id % 5 or any(human.events.values())]
    totals.refresh(connection, ids, ["purchases", "activities", "opens", "clicks"])


def _special_days(people: Sequence[Human]) -> list[dict[str, Any]]:
    found: dict[tuple[int | None, int | None, str], date] = {}
    for human in people:
        found |= {(human.id, None, name): day for name, day in human.special_days}
        found |= {(None, human.row["company_id"], name): day for name, day in human.company_special_days}
    columns = ("customer_id", "company_id", "name", "day", "md")
    return [dict(zip(columns, (*key, day, month_day(day)), strict=True)) for key, day in found.items()]


def _insert(connection: Connection, table: Any, rows: Any) -> None:
    rows = list(rows)
    if rows:
        connection.execute(insert(table), rows)


class _Writer:
    """Writes events; emails get the run, the email and the link that they need."""

    def __init__(self, connection: Connection, people: Sequence[Human]) -> None:
        self.connection = connection
        self.people = people
        self.runs: dict[tuple[str, str | None], int] = {}
        self.templates: dict[str, int] = {"news-1": 0, "news-2": 1}
        self.number = 0

    def write(self) -> None:
        for human in self.people:
            for source in _EVENTS:
                for event in human.happened(source):
                    self.number += 1
                    getattr(self, source)(human, event)

    def bought(self, human: Human, event: Happening) -> None:
        self.add(t.purchases, human, purchased_on=event.on, external_id=str(self.number), **event.values)

    def did(self, human: Human, event: Happening) -> None:
        values = {**event.values, "kind": event.values["activity"]}
        del values["activity"]
        moments = {"happened_at": event.at, "happened_on": event.on}
        self.add(t.activities, human, external_id=str(self.number), data={}, **moments, **values)

    def consent(self, human: Human, event: Happening) -> None:
        self.add(t.consents, human, given_on=event.on, **event.values)

    def suppressed(self, human: Human, event: Happening) -> None:
        row = {"address_hash": human.row["address_hash"], "at": event.at, "reason": event.values["reason"]}
        self.connection.execute(insert(t.suppressions).values(row))

    def received(self, human: Human, event: Happening) -> int:
        return self.delivery(human, event, "sent")

    def bounced(self, human: Human, event: Happening) -> int:
        return self.delivery(human, event, "bounced")

    def opened(self, human: Human, event: Happening) -> None:
        self.hit(human, event, "open")

    def clicked(self, human: Human, event: Happening) -> None:
        hit, delivery, run = self.hit(human, event, "click")
        values = event.values
        row = {
            "hit_id": hit,
            "delivery_id": delivery,
            "customer_id": human.id,
            "run_id": run,
            "campaign": values["campaign"],
            "template": values["template"],
            "url": values["link"],
            "tag": values["tag"],
            "at": event.at,
            "happened_on": event.on,
        }
        self.connection.execute(insert(t.clicks).values(row))

    def hit(self, human: Human, event: Happening, kind: str) -> tuple[int, int, int]:
        # The email it came from is not counted as received: it is still on its way.
        delivery = self.delivery(human, event, "sending")
        run = self.run(event.values)
        row = {
            "uid": str(self.number),
            "delivery_id": delivery,
            "run_id": run,
            "customer_id": human.id,
            "kind": kind,
        }
        row |= {"at": event.at, "happened_on": event.on, "method": "GET", "headers": {}}
        hit = self.connection.execute(insert(t.hits).values(row).returning(t.hits.c.id)).scalar_one()
        return int(hit), delivery, run

    def delivery(self, human: Human, event: Happening, state: str) -> int:
        run = self.run(event.values)
        row = {
            "run_id": run,
            "step": self.templates[event.values["template"]],
            "customer_id": human.id,
            "occurrence": str(self.number),
            "state": state,
            "due_at": event.at,
            "accepted_at": event.at,
            "sent_at": event.at,
            "attempts": 1,
        }
        found = self.connection.execute(insert(t.deliveries).values(row).returning(t.deliveries.c.id))
        return int(found.scalar_one())

    def run(self, values: dict[str, Any]) -> int:
        key = (values["campaign"], values["topic"])
        if key not in self.runs:
            row = {"campaign": key[0], "occurrence": str(len(self.runs)), "state": "running", "topic": key[1]}
            row |= {
                "on_doubt": "resend",
                "definition": {},
                "content_hash": "",
                "due_at": NOW,
                "accepted_at": NOW,
            }
            found = self.connection.execute(insert(t.runs).values(row).returning(t.runs.c.id))
            self.runs[key] = int(found.scalar_one())
            for template, step in self.templates.items():
                email = {"run_id": self.runs[key], "step": step, "template": template, "compiled": {}}
                self.connection.execute(insert(t.run_emails).values(email))
        return self.runs[key]

    def add(self, table: Any, human: Human, **values: Any) -> None:
        self.connection.execute(insert(table).values(customer_id=human.id, created_at=NOW, **values))
