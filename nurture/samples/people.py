"""The fictional customers of the sample workspace.

In:  the sample companies, a day that counts as today, a seeded random generator.
Out: Person values: what one line of the customers file says, and how the person buys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Literal, TypeVar

from nurture.samples import names_abroad as abroad
from nurture.samples import names_ja as ja
from nurture.samples.companies import OWNERS_JA, Company
from nurture.samples.names_ja import Name

PEOPLE = 1200
WITHOUT_COMPANY = 36
FAIR_DAYS_AGO = 38

# How a person buys: a few buy most of it, many have stopped, some never began.
Habit = Literal["vip", "regular", "occasional", "dormant", "prospect", "fair"]
HABITS: dict[Habit, int] = {
    "vip": 6,
    "regular": 26,
    "occasional": 20,
    "dormant": 26,
    "prospect": 14,
    "fair": 8,
}
MACHINES = (
    "射出成形機",
    "マシニングセンタ",
    "搬送ロボット",
    "包装機",
    "検査装置",
    "塗布装置",
    "洗浄機",
    "印刷機",
)

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Person:
    """One customer: the cells of the customers file by column, and the buying habit behind them."""

    email: str
    language: str
    habit: Habit
    cells: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Tongue:
    """Where the names, departments and titles of one language come from."""

    families: Sequence[Name]
    given: Sequence[Name]
    departments: Sequence[str]
    titles: Sequence[str]
    directors: Sequence[tuple[str, str]]


_TONGUES = {
    "ja": _Tongue(ja.FAMILIES, ja.GIVEN, ja.DEPARTMENTS, ja.TITLES, ja.DIRECTORS),
    "zh": _Tongue(
        abroad.ZH_FAMILIES, abroad.ZH_GIVEN, abroad.ZH_DEPARTMENTS, abroad.ZH_TITLES, abroad.ZH_DIRECTORS
    ),
    "en": _Tongue(
        abroad.EN_FAMILIES, abroad.EN_GIVEN, abroad.EN_DEPARTMENTS, abroad.EN_TITLES, abroad.EN_DIRECTORS
    ),
}


def make_people(companies: Sequence[Company], today: date, random: Random) -> list[Person]:
    """Twelve hundred customers with distinct addresses; every company has at least one."""
    taken: set[str] = set()
    employers = _employers(companies, random)
    return [_person(at, employer, today, random, taken) for at, employer in enumerate(employers)]


def _employers(companies: Sequence[Company], random: Random) -> Iterator[Company | None]:
    """Who each customer works for: small companies have one contact, large ones a dozen."""
    weights = [random.paretovariate(1.6) for _ in companies]
    rest = PEOPLE - WITHOUT_COMPANY - len(companies)
    extra = random.choices(range(len(companies)), weights=[min(weight, 8) for weight in weights], k=rest)
    counts = [1] * len(companies)
    for at in extra:
        counts[at] += 1
    for company, count in zip(companies, counts, strict=True):
        yield from [company] * count
    yield from [None] * WITHOUT_COMPANY


def _person(at: int, company: Company | None, today: date, random: Random, taken: set[str]) -> Person:
    language = company.language if company else random.choice(("ja", "ja", "ja", "en", "zh"))
    tongue = _TONGUES[language]
    family, given = _ranked(tongue.families, random), _ranked(tongue.given, random)
    email = _address(family, given, company, random, taken)
    habit = random.choices(list(HABITS), weights=list(HABITS.values()))[0]
    meeting = _meeting(habit, today, random)
    department, title = (
        random.choice(tongue.directors)
        if random.random() < 0.08
        else (random.choice(tongue.departments), random.choice(tongue.titles))
    )
    cells = {
        "email": email,
        "family_name": family.written,
        "given_name": given.written,
        "family_kana": family.kana,
        "given_kana": given.kana,
        **_work(company, department, title),
        **_place(at, language, random),
        "birthday": _birthday(random),
        "owner": company.owner if company else random.choice((*OWNERS_JA, "")),
        **_consent(habit, meeting, today, random),
        **_noted(habit, company, random),
        **meeting,
    }
    return Person(email, language, habit, cells)


def _work(company: Company | None, department: str, title: str) -> dict[str, str]:
    if company is None:
        return {"company": "", "industry": "", "company_founded_on": "", "department": "", "title": ""}
    return {
        "company": company.name,
        "industry": company.industry,
        "company_founded_on": company.founded_on.isoformat(),
        "department": department,
        "title": title,
    }


def _place(at: int, language: str, random: Random) -> dict[str, str]:
    """Locale, time zone and a telephone number from a range that is not in use."""
    if language == "ja":
        locale = "" if at % 11 == 5 else "ja-JP"
        phone = (
            f"0{random.choice((3, 6))}-0000-{random.randrange(10_000):04d}" if random.random() < 0.7 else ""
        )
        return {"phone": phone, "locale": locale, "time_zone": "" if at % 3 else "Asia/Tokyo"}
    if language == "zh":
        phone = f"+86 21 0000 {random.randrange(10_000):04d}"
        return {
            "phone": phone,
            "locale": "zh-TW" if random.random() < 0.1 else "zh-CN",
            "time_zone": "Asia/Shanghai",
        }
    locale, zone, number = random.choice(abroad.EN_PLACES)
    return {"phone": number.format(random.randrange(100)), "locale": locale, "time_zone": zone}


def _birthday(random: Random) -> str:
    """Most people never tell; one in forty of those who do was born on a leap day, so that it is met."""
    if random.random() < 0.75:
        return ""
    if random.random() < 0.025:
        return "1984-02-29"
    return (date(1962, 1, 1) + timedelta(days=random.randrange(40 * 365))).isoformat()


def _consent(habit: Habit, meeting: dict[str, str], today: date, random: Random) -> dict[str, str]:
    """The basis on which we may write, and the few whom we may not."""
    weights = {"prospect": (50, 32, 0, 12, 6), "fair": (0, 1, 0, 0, 0)}.get(habit, (38, 22, 34, 2, 4))
    basis = random.choices(("opt_in", "business_card", "customer", "published", ""), weights=weights)[0]
    given_on = (today - timedelta(days=random.randint(120, 1700))).isoformat()
    if basis == "business_card" and meeting["met_on"]:
        given_on = meeting["met_on"]
    refused = basis != "" and habit != "fair" and random.random() < 0.045
    return {
        "consent_basis": basis,
        "consent_date": given_on if basis else "",
        "consent_evidence": _evidence(basis, meeting),
        "opted_out": "yes" if refused else "",
    }


def _evidence(basis: str, meeting: dict[str, str]) -> str:
    """Where the consent came from, as the person who recorded it would note it."""
    if basis == "business_card" and meeting["last_fair"]:
        return f"名刺交換（展示会 {meeting['last_fair']}）"
    return {
        "opt_in": "ウェブフォーム",
        "business_card": "名刺交換（訪問）",
        "customer": "取引開始時の書面",
        "published": "会社サイトの公表アドレス",
    }.get(basis, "")


def _noted(habit: Habit, company: Company | None, random: Random) -> dict[str, str]:
    """Declared attributes: what our reps wrote down about the customer's machines."""
    noted = company is not None and habit != "fair" and random.random() < 0.55
    return {
        "machine_type": random.choice(MACHINES) if noted else "",
        "machines": str(int(random.paretovariate(1.1)) + 1) if noted else "",
        "relation": "competitor" if company is not None and company.competitor else "",
    }


def _meeting(habit: Habit, today: date, random: Random) -> dict[str, str]:
    """When and at which fair we first met, if we did; fairs are twice a year."""
    if habit == "fair":
        met = today - timedelta(days=random.choice((FAIR_DAYS_AGO, FAIR_DAYS_AGO - 1, FAIR_DAYS_AGO - 2)))
    elif random.random() < 0.3:
        met = today - timedelta(days=FAIR_DAYS_AGO + 183 * random.randint(1, 7))
    else:
        return {"last_fair": "", "met_on": ""}
    season = "春" if met.month in range(3, 9) else "秋"
    return {"last_fair": f"{met.year}年{season} 名古屋", "met_on": met.isoformat()}


def _ranked(items: Sequence[Item], random: Random) -> Item:
    """An item of a list whose first items are the most common, roughly as names are."""
    return random.choices(items, weights=[1 / (rank + 8) for rank in range(len(items))])[0]


def _address(family: Name, given: Name, company: Company | None, random: Random, taken: set[str]) -> str:
    """A distinct address in one of the usual forms, at the domain of the company."""
    domain = (
        company.domain if company else random.choice(("mail.example", "post.example", "freelance.example"))
    )
    last, first = (name.latin.replace(" ", "") for name in (family, given))
    forms = [f"{last}", f"{first[0]}.{last}", f"{first}.{last}", f"{last}.{first}", f"{first[0]}{last}"]
    # A company keeps to one form; its own name decides which.
    start = sum(map(ord, domain)) % len(forms)
    for local in (forms[start], f"{first}.{last}", *(f"{first}.{last}{n}" for n in range(2, 99))):
        email = f"{local}@{domain}"
        if email not in taken:
            taken.add(email)
            return email
    raise AssertionError(f"more than a hundred people called {first} {last} at {domain}")
