"""Two customers who do not exist: one who has everything, one who has nothing.

In:  the workspace, which declares the attributes; the day.
Out: contexts as `nurture.templates.context` makes them, for previews without a customer, for checks, and
     for comparing the ways of rendering.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from nurture.config import Workspace
from nurture.templates.context import ACTIVITY, COMPANY, CUSTOMER, PURCHASE, TOTALS, recipient_urls

SAMPLE_TOKEN = "preview"  # noqa: S105  # no secret: it opens nothing


def full_context(workspace: Workspace, today: date, language: str | None = None) -> dict[str, Any]:
    """A customer who has a value in every field."""
    customer: dict[str, Any] = dict.fromkeys(CUSTOMER, None)
    customer |= {
        "email": "hanako.sato@yamada.example",
        "family_name": "佐藤",
        "given_name": "花子",
        "family_kana": "サトウ",
        "given_kana": "ハナコ",
        "honorific": "様",
        "title": "部長",
        "department": "生産技術部",
        "phone": "052-000-0000",
        "locale": language or workspace.config.workspace.language,
        "time_zone": workspace.config.workspace.time_zone,
        "owner": "鈴木",
        "birthday": date(1980, 2, 29),
        "tracking": True,
        "attributes": _attributes(workspace, today),
        "company": _company(workspace, today),
        "purchases": [_purchase(today, number) for number in range(3)],
        "activities": [_activity(today, number) for number in range(2)],
        "special_days": {"founded_on": date(1976, today.month, 1)},
    }
    customer |= dict.fromkeys(TOTALS, today - timedelta(days=30)) | {"spent": Decimal(360_000)}
    return {"customer": customer, "today": today, **_pages(workspace)}


def sparse_context(workspace: Workspace, today: date, language: str | None = None) -> dict[str, Any]:
    """A customer of whom only the address is known."""
    customer: dict[str, Any] = {**dict.fromkeys(CUSTOMER), **dict.fromkeys(TOTALS)}
    customer |= {
        "email": "info@kaisha.example",
        "locale": language,
        "tracking": True,
        "attributes": dict.fromkeys(workspace.config.attributes),
        "company": None,
        "purchases": [],
        "activities": [],
        "special_days": {},
    }
    return {"customer": customer, "today": today, **_pages(workspace)}


def _pages(workspace: Workspace) -> dict[str, str]:
    return recipient_urls(workspace.config.web.public_url, SAMPLE_TOKEN)


def _attributes(workspace: Workspace, today: date) -> dict[str, Any]:
    values = {"text": "サンプル", "number": 3, "date": today, "boolean": True, "list": ["サンプル"]}
    return {name: values[kind] for name, kind in workspace.config.attributes.items()}


def _company(workspace: Workspace, today: date) -> dict[str, Any]:
    company: dict[str, Any] = dict.fromkeys(COMPANY, "サンプル")
    return company | {
        "name": "株式会社山田製作所",
        "country": "JP",
        "founded_on": date(1976, today.month, 1),
        "attributes": _attributes(workspace, today),
    }


def _purchase(today: date, number: int) -> dict[str, Any]:
    values = (f"LG{25 + number}", Decimal(120_000), "JPY", today - timedelta(days=30 + number))
    return dict(zip(PURCHASE, values, strict=True))


def _activity(today: date, number: int) -> dict[str, Any]:
    return dict(zip(ACTIVITY, ("inquiry", today - timedelta(days=number), "サンプル", None), strict=True))
