"""What a mistake in a filter is answered with: place, words, and what to write instead; all at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nurture.documents import Document, parse_text
from nurture.errors import InputError
from nurture.filters import Filter, Scope, compile_filter, field_catalogue, parse_filter
from nurture.filters.fields import SOURCES
from nurture.filters.parse import LOGIC, OTHERS
from nurture.filters.periods import parse_period
from tests.filters.world import NOW, ZONE

CATALOGUE = field_catalogue({"machine": "text", "machines": "number", "met_on": "date"}, ["dormant", "vip"])


def parse(text: str) -> Filter:
    return parse_filter(parse_text(text, "segments/x.yaml"), ("where",), CATALOGUE)


def findings(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(InputError) as caught:
        parse(text)
    return [(each.line, each.what, each.fix.splitlines()[0]) for each in caught.value.findings]


@pytest.mark.parametrize(
    ("where", "what", "fix"),
    [
        ("emial: x", 'There is no field called "emial".', 'Did you mean "email"?'),
        ("attributes.mashine: x", 'There is no attribute called "mashine".', None),
        ("segment: dorment", 'There is no segment called "dorment".', 'Did you mean "dormant"?'),
        ("industry: {conains: x}", '"company.industry" is text; it has no operator "conains".', None),
        ("spent: {starts_with: 3}", '"spent" is an amount; it has no operator "starts_with".', None),
        ("industry: 5", "This must be text, and it is the number 5.", "Put quotes around it."),
        ("industry: [a, null]", "This must be text, and it is empty.", "Put quotes around it."),
        ("industry: []", "This list is empty.", "Write at least one value."),
        ('industry: ""', "This text is empty.", 'To ask for blanks, write "not set".'),
        ('industry: "a\\0b"', "This text holds control characters.", "Take them out."),
        ("spent: '3,000'", 'This must be a number, and it is the text "3,000".', None),
        ("spent: .nan", "This must be a number, and it is the number nan.", None),
        ("spent: 1.005", "An amount has at most two decimals.", "Leave out the others."),
        ("spent: 1e300", "This number is too large to mean anything here.", "Write a smaller one."),
        ("purchases: 1.5", "This counts things, so it must be a whole number.", "Leave out the fraction."),
        ("purchases: {between: [5, 1]}", "The first number is larger than the second.", None),
        ("purchases: {between: 5}", "This needs two values, the lower one first.", None),
        ("tracking: yes please", 'This must be true or false, and it is the text "yes please".', None),
        ("birthday: soon", "This is not a day: soon.", None),
        ("birthday: 2026-02-30", "This is not a day: 2026-02-30.", None),
        ("birthday: 2026-04-01T10:00:00", "This is not a day: 2026-04-01T10:00:00.", None),
        ("birthday: {in_the_last: 90}", "This is not a length of time: 90.", None),
        ("birthday: {in_the_last: 9999 years}", "This is not a length of time: 9999 years.", None),
        ("birthday: {in_the_last: 24 hours}", "This is not a length of time: 24 hours.", None),
        ("birthday: {between: [2026-05-01, 2026-04-01]}", "The first day is later than the second.", None),
        ("birthday: {anniversary: {nth: 10}}", 'An anniversary needs either "on" or "within_next".', None),
        ("birthday: {anniversary: {on: today, nth: 0}}", '"nth" must be from 1 to 300.', None),
        ("birthday: {anniversary: {on: today, leap_day: x}}", 'There is no choice for leap_day called "x".', None),  # noqa: E501
        ("birthday: {anniversary: {within_next: 2 years}}", "This must be a length of time of up to a year.", None),  # noqa: E501
        ("bought: {prodct: x}", '"bought" has no key "prodct".', 'Did you mean "product"?'),
        ("bought: {times: {not_in: [1]}}", "A count is never blank.", None),
        ("bought: {sum: {product: 1}}", 'There is no sum of "product" here.', None),
        ("bought: {first: {within: 1 day}, latest: {within: 1 day}}", "Only one of first and latest can be asked here.", None),  # noqa: E501
        ("clicked: {sum: {amount: 1}}", 'There is no sum of "amount" here.', "Count them with times."),
        ("consent: maybe", 'There is no state of consent called "maybe".', None),
        ("consent: {basis: optin}", 'There is no basis called "optin".', 'Did you mean "opt_in"?'),
        ("any: {industry: x}", "Here must be a list of conditions.", None),
        ("not: [industry: x, locale: ja]", "It is not clear which of these must not be met.", None),
        ("{5: x}", "This key must be text, and it is the number 5.", None),
        ("sequence: [did: x]", "A sequence is a list of 2 to 6 steps.", None),
        ("sequence: [{did: x, within: 1 day}, did: y]", "Nothing comes before the first step.", None),
        ("sequence: [did: x, {did: y, within: 1 month}]", "How long a month is depends on the month.", None),
        ("sequence: [did: x, bought: {times: 2}]", "A step is one event: it cannot be counted, added up, picked or missing.", None),  # noqa: E501
        ("sample: 0%", "A sample is a percentage above 0 and up to 100.", None),
        ("sample: .nan", "A sample is a percentage above 0 and up to 100.", None),
        ("top: {count: 0, by: spent}", "The count must be from 1 to 1,000,000.", None),
        ("top: {count: 5, by: title}", 'There is no number to rank by called "title".', None),
        ("rfm: {within: 1 year}", "Ask for at least one of recency, frequency and monetary.", None),
        ("company.customers: {not_in: [1]}", "This number is never blank.", None),
        ('email: {matches: "*a*b*c*d*e*f*g*h*i*"}', "A pattern has at most 8 stars.", "Write a simpler one."),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_what_to_write_instead(where: str, what: str, fix: str | None) -> None:
    found = findings(f"where:\n  {where}")
    assert found[0][:2] == (2, what)
    assert found[0][2] == fix if fix else found[0][2]


@pytest.mark.parametrize("where", ["{}", "nobody", "null", "5", "2026-04-01"])
def test_what_is_no_condition_at_all_is_answered_with_an_example(where: str) -> None:
    what, fix = "Here must be keys and values.", "Write a condition such as: industry: machinery"
    assert findings(f"where: {where}") == [(1, what, fix)]


def test_no_two_things_have_one_name() -> None:
    names = [*CATALOGUE.names, *SOURCES, *LOGIC, *OTHERS]
    assert sorted(names) == sorted(set(names))


def test_all_mistakes_of_a_filter_come_at_once_each_on_its_own_line() -> None:
    text = "where:\n  all:\n    - emial: x\n    - spent: lots\n    - any:\n        - segment: nobody\n"
    assert [line for line, _, _ in findings(text)] == [3, 4, 6]


def test_a_filter_nested_without_end_is_refused() -> None:
    text = "where: " + "{not: " * 45 + "{industry: x}" + "}" * 45
    assert findings(text)[0][1] == "This nests more than 40 levels deep."


def test_a_filter_that_stands_in_itself_is_refused() -> None:
    assert findings("where: &a\n  not: *a\n")[0][1] == "Here must be keys and values."


def test_a_filter_written_a_thousand_times_over_by_aliases_is_refused() -> None:
    lines = ["a0: &a0 {industry: x}"]
    lines += [f"a{n}: &a{n} {{all: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 6)]
    text = "\n".join([*lines, "where: *a5"])
    assert findings(text)[0][1] == "There are more than 500 conditions."


def test_segments_that_multiply_each_other_are_refused_before_the_database_sees_them() -> None:
    names = [f"s{number}" for number in range(12)]
    catalogue = field_catalogue({}, names)

    def doubled(number: int) -> Filter:
        inner = f"s{number - 1}"
        text = f"all: [segment: {inner}, segment: {inner}]" if number else "industry: x"
        return parse_filter(parse_text(text, "x"), (), catalogue)

    segments = {name: doubled(number) for number, name in enumerate(names)}
    with pytest.raises(InputError, match="more than 500 conditions"):
        compile_filter(segments["s11"], Scope(NOW, ZONE, 4, segments))


KEYS = [
    "all",
    "any",
    "not",
    "industry",
    "spent",
    "birthday",
    "bought",
    "times",
    "within",
    "is",
    "in",
    "between",
    "anniversary",
    "on",
    "nth",
    "sequence",
    "top",
    "count",
    "by",
    "sample",
    "rfm",
    "did",
    "company.anyone",
    "company.customers",
    "consent",
    "sum",
    "latest",
    "amount",
    "segment",
    "x",
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates()
WORDS = st.datetimes() | st.sampled_from(["today", "90 days", "set", "everyone", "*", "10%", "never"])
NAMES = st.sampled_from(KEYS) | st.integers() | st.none()


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)


yaml_values: st.SearchStrategy[Any] = st.recursive(SCALARS | WORDS, grown, max_leaves=12)


@settings(max_examples=300, deadline=None)
@given(yaml_values)
def test_whatever_stands_in_a_file_is_read_or_refused_with_findings(data: Any) -> None:
    try:
        found = parse_filter(Document("x.yaml", {"where": data}), ("where",), CATALOGUE)
    except InputError as error:
        assert all(each.what for each in error.findings)
    else:
        segments = {"dormant": parse("where: everyone"), "vip": parse("where: everyone")}
        compile_filter(found, Scope(NOW, ZONE, 4, segments))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20))
def test_no_text_breaks_the_reading_of_a_day(text: str) -> None:
    parse_period(text)
