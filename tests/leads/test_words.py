"""Reasons in words: short, in the language of sales, on one line whatever was typed."""

from __future__ import annotations

import doctest
from datetime import date

import pytest

from nurture.leads import words
from nurture.leads.words import Words, words_for

DAYS = [date(2026, 11, day) for day in (5, 3, 3)]


def test_the_examples_in_the_module_are_true() -> None:
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("language", "expected"),
    [("ja", "「a」を11月3日と11月5日にクリック"), ("en-GB", 'clicked "a" on 3 Nov and 5 Nov')],
)
def test_a_japanese_workspace_reads_japanese_and_every_other_english(language: str, expected: str) -> None:
    assert words_for(language).clicked("a", DAYS) == expected


def test_what_was_typed_over_lines_or_at_length_stays_one_short_line() -> None:
    told = Words(japanese=False).did("inquiry", "a\r\nb\t" + "c" * 500, DAYS)
    assert told == f"inquiry on 3 Nov and 5 Nov (a b {'c' * 55}…)"


def test_a_rule_without_a_name_is_called_by_its_state() -> None:
    told = [Words(japanese).rule("big", "") for japanese in (False, True)]
    assert told == ['meets the rule "big" (big)', "ルール「big」（big）に該当"]
