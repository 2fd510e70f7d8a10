"""Three customers as a template sees them: one of whom we know everything, one of whom we know an address,
and one whose every field is an attack."""

from __future__ import annotations

from datetime import date
from typing import Any

TODAY = date(2026, 11, 24)
HOSTILE = "<b onclick=alert(1)>{{ 7*7 }}{% raw %}\r\nBcc: all@rival.example\r\n\u202e𠮷\"'&"

Context = dict[str, Any]

_ATTRIBUTES = ("machine_type", "machines", "last_fair", "met_on", "relation")
_KNOWN = {
    "ja": ("渡辺", "恵", "㈱青葉山精機", "生産技術部", "課長", "佐藤 健一"),
    "en": ("O'Brien", "Emma", "Larkfield Motion Systems Ltd", "Purchasing", "Senior Buyer", "Daniel Wong"),
    "zh": ("欧阳", "丽华", "苏州云帆精密机械有限公司", "采购部", "经理", "陈 静怡"),
}


def context(kind: str, language: str) -> Context:
    """What a template sees when it is rendered for one of the three."""
    customer = {"full": full, "sparse": sparse, "hostile": hostile}[kind](language)
    pages = "https://news.sample.example"
    return {
        "customer": customer,
        "today": TODAY,
        "unsubscribe_url": f"{pages}/u/TOKEN",
        "preferences_url": f"{pages}/p/TOKEN",
        "view_url": f"{pages}/v/TOKEN",
        "open_url": f"{pages}/o/TOKEN.gif",
    }


def full(language: str) -> Context:
    family_name, given_name, company, department, title, owner = _KNOWN[language]
    return _customer(
        family_name=family_name,
        given_name=given_name,
        title=title,
        department=department,
        owner=owner,
        locale=language,
        birthday=date(1984, 11, 24),
        company={"name": company, "industry": "packaging", "founded_on": date(1966, 11, 24)},
        attributes={
            "machine_type": "包装機",
            "machines": 3,
            "last_fair": None,
            "met_on": None,
            "relation": None,
        },
        purchases=[
            _purchase("LG25-1000", 212_000, date(2026, 9, 3)),
            _purchase("SL-35x52x7", 26_000, date(2026, 6, 12)),
            _purchase("RB6204-ZZ", 42_000, date(2026, 2, 20)),
            _purchase("CM-200", 96_000, date(2025, 11, 5)),
        ],
        activities=[_activity("webinar", date(2027, 1, 28), "停止時間を減らす予知保全")],
    )


def sparse(_language: str) -> Context:
    return _customer()


def hostile(_language: str) -> Context:
    return _customer(
        family_name=HOSTILE,
        given_name=HOSTILE,
        title=HOSTILE,
        department=HOSTILE,
        owner=HOSTILE,
        locale=HOSTILE,
        birthday=date(1984, 2, 29),
        company={"name": HOSTILE, "industry": HOSTILE, "founded_on": date(1966, 2, 28)},
        attributes=dict.fromkeys(_ATTRIBUTES, HOSTILE),
        purchases=[_purchase(HOSTILE, 1, date(2026, 9, 3))],
        activities=[_activity(HOSTILE, date(2026, 9, 3), HOSTILE)],
    )


def _customer(**known: Any) -> Context:
    blank = dict.fromkeys(
        (
            *("family_name", "given_name", "family_kana", "given_kana", "honorific", "title", "department"),
            *("owner", "locale", "phone", "birthday"),
        )
    )
    nothing: Context = {
        "company": None,
        "attributes": dict.fromkeys(_ATTRIBUTES),
        "purchases": [],
        "activities": [],
    }
    return {"email": "reader@mail.example", "tracking": True, **blank, **nothing, **known}


def _purchase(product: str, amount: int, on: date) -> Context:
    return {"product": product, "amount": amount, "currency": "JPY", "purchased_on": on}


def _activity(kind: str, on: date, detail: str) -> Context:
    return {"kind": kind, "happened_on": on, "detail": detail, "value": None}
