"""List-Id and Feedback-ID: stable, coarse, and accepted by the wire builder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.delivery import WireBuilder
from nurture.delivery.identity import feedback_id, list_id


def test_the_identities_of_a_campaign() -> None:
    assert list_id("win-back", "sample.example") == "win-back.sample.example"
    assert feedback_id("win-back", "12", "first", "sample.example") == "win-back:12:first:sampleexample"


def test_names_that_lose_letters_stay_apart() -> None:
    assert list_id("創立記念日", "sample.example") != list_id("新製品", "sample.example")
    assert list_id("a b", "sample.example") != list_id("a-b", "sample.example")


@pytest.mark.parametrize(
    "domain", ["a.jp", "sample.example", "a-very-long-name-of-a-maker.example", "日本.example"]
)
def test_the_sender_has_5_to_15_characters(domain: str) -> None:
    sender = feedback_id("a", "b", "c", domain).rpartition(":")[2]
    assert 5 <= len(sender) <= 15
    assert sender.isascii()
    assert sender.isalnum()


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_any_name_gives_identities_that_can_stand_in_a_header(campaign: str, run: str, template: str) -> None:
    WireBuilder(
        from_name="",
        from_address="news@sample.example",
        list_id=list_id(campaign, "sample.example"),
        feedback_id=feedback_id(campaign, run, template, "sample.example"),
    )
