"""The rules: ours are valid everywhere, and what put someone in is told without what did not."""

from __future__ import annotations

import pytest

from nurture.config import Workspace
from nurture.documents import parse_text
from nurture.filters import Condition, Explanation, field_catalogue, parse_filter
from nurture.leads.rules import always_met, load_rules, met_conditions


def test_our_rules_are_valid_and_hottest_first(workspace: Workspace) -> None:
    found = [(rule.state, rule.contact) for rule in load_rules(workspace)]
    assert found == [
        ("hot", True),
        ("warm", True),
        ("cooling", True),
        ("active", False),
        ("dormant", False),
    ]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{owner: set, spent: 5}", ["owner: set", "spent: 5"]),
        ("{all: [{owner: set}, {any: [{spent: 5}, {spent: 6}]}]}", ["owner: set"]),
        ("{not: {owner: set}}", []),
    ],
)
def test_only_what_everyone_in_a_rule_meets_is_a_reason_for_everyone(where: str, expected: list[str]) -> None:
    document = parse_text(f"where: {where}", "x.yaml")
    assert list(always_met(parse_filter(document, ("where",), field_catalogue({})))) == expected


def test_what_is_below_a_not_or_below_an_unmet_group_is_no_reason() -> None:
    lines = (
        Condition("all of", True, "3 of 3 met", 0),
        Condition("any of", True, "1 of 2 met", 1),
        Condition("all of", False, "1 of 2 met", 2),
        Condition("a", True, "1", 3),
        Condition("b", False, "2", 3),
        Condition("c", True, "3", 2),
        Condition("not", True, "it is not met", 1),
        Condition("any of", False, "0 of 1 met", 2),
        Condition("d", True, "4", 3),
        Condition("e", True, "5", 1),
    )
    assert list(met_conditions(Explanation(True, lines))) == ["c → 3", "e → 5"]
