# ruff: noqa: E501  # examples read best on one line
"""The filters of our own, and what the documentation of functions promises."""

from __future__ import annotations

import doctest
import importlib
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateError

from nurture.templates.atena import atena
from nurture.templates.compile import KNOWN_NAMES
from nurture.templates.context import ACTIVITY, COMPANY, CUSTOMER, LISTS, PURCHASE, TOTALS
from nurture.templates.environment import TemplateEnvironment
from nurture.templates.source import Front

MODULES = ("addresses", "atena", "display", "elements", "text")


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_true(name: str) -> None:
    module = importlib.import_module(f"nurture.templates.{name}")
    assert doctest.testmod(module).failed == 0


ADDRESSED: list[tuple[dict[str, Any], str]] = [
    ({"family_name": "佐藤"}, "佐藤 様"),
    ({"family_name": "佐藤", "given_name": "花子様"}, "佐藤 花子 様"),
    ({"family_name": "佐藤", "title": "部長様"}, "部長　佐藤 様"),
    ({"family_name": "佐藤", "honorific": "先生"}, "佐藤 先生"),
    ({"family_name": "様"}, "様 様"),
    ({"company": {"name": "（株）髙島屋"}, "department": "購買部"}, "株式会社髙島屋　購買部　御中"),
    ({"company": {"name": "㍿ＡＢＣ"}, "family_name": "佐藤"}, "株式会社ＡＢＣ　佐藤 様"),
    ({"company": {"name": "山田(同)"}}, "山田合同会社　御中"),
    ({"company": None, "department": "購買部"}, "購買部　御中"),
    ({"company": None}, "ご担当者様"),
    ({"family_name": " \n ", "company": {"name": None}}, "ご担当者様"),
]


@pytest.mark.parametrize(("customer", "line"), ADDRESSED)
def test_the_first_line_of_a_letter_suits_whatever_is_known(customer: dict[str, Any], line: str) -> None:
    assert atena(customer) == line


def written(source: str, **names: Any) -> str:
    return TemplateEnvironment().from_string(source).render(**names)


@pytest.mark.parametrize(
    ("language", "line"),
    [("ja", "2026年11月21日 1,234.5 ￥1,200"), ("en", "November 21, 2026 1,234.5 ¥1,200"), ("zh-TW", "2026年11月21日 1,234.5 ¥1,200"), ("xx", "November 21, 2026 1,234.5 ¥1,200")],
)  # fmt: skip
def test_dates_and_numbers_are_written_in_the_language_of_the_email(language: str, line: str) -> None:
    source = "{{ day | date }} {{ 1234.5 | number }} {{ '1200' | money }}"
    assert written(source, day="2026-11-21", language=language) == line


def test_dates_may_be_dates_moments_or_text() -> None:
    source = "{{ a | date('M/d') }} {{ b | date('M/d') }} {{ c | date('M/d') }} {{ a | wareki }} {{ a | years(c) }}"
    day = date(2025, 11, 21)
    assert (
        written(source, a=day, b=datetime(2025, 11, 21, 9, 0, tzinfo=UTC), c="2026-11-20")
        == "11/21 11/21 11/20 令和7年11月21日 0"
    )


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' | date }}",
        "{{ none | date }}",
        "{{ 'x' | money }}",
        "{{ 1 | money([]) }}",
        "{{ true | number }}",
    ],
)
def test_what_is_no_date_or_number_is_an_error_that_keeps_the_value_to_itself(source: str) -> None:
    with pytest.raises(TemplateError) as caught:
        written(source)
    assert "'x'" not in str(caught.value) and '"x"' not in str(caught.value)


def test_a_missing_value_is_met_with_or_and_default() -> None:
    source = "{{ c.company.name or 'A' }}{{ c.company.name | default('B') }}{{ nothing | default('C') }}{% if c.company %}D{% endif %}"
    assert written(source, c={"company": None}) == "ABC"


def test_control_characters_of_a_value_are_dropped() -> None:
    assert written("{{ x }}", x="a\x00b\x1bc\td\ne\ud800") == "abc\td\ne"


def test_the_key_of_a_mapping_comes_before_its_methods() -> None:
    assert (
        written(
            "{{ x.items }}{% for k, v in y.items() %}{{ k }}{{ v }}{% endfor %}", x={"items": 3}, y={"a": 1}
        )
        == "3a1"
    )


def test_the_documentation_names_every_filter_name_and_key() -> None:
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    ours = {"atena", "date", "wareki", "years", "money", "number", "default"}
    keys = {field.alias or name for name, field in Front.model_fields.items()}
    names = {*CUSTOMER, *COMPANY, *TOTALS, *PURCHASE, *ACTIVITY, *LISTS, *KNOWN_NAMES}
    assert [word for word in sorted(ours | keys | names) if not re.search(rf"[`. ]{word}[`\"( ]", page)] == []
