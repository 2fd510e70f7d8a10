"""Tokens: what we signed is known again, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.links import Purpose, Signer

SIGNER = Signer([b"k" * 32])
IDS = st.integers(min_value=0, max_value=2**63 - 1)
PURPOSES: st.SearchStrategy[Purpose] = st.sampled_from(["delivery", "bounce"])


@given(IDS, PURPOSES)
def test_a_token_gives_back_its_row(row_id: int, purpose: Purpose) -> None:
    assert SIGNER.verify(purpose, SIGNER.sign(purpose, row_id)) == row_id


@given(IDS, PURPOSES, st.data())
def test_a_changed_character_is_refused(row_id: int, purpose: Purpose, data: st.DataObject) -> None:
    token = SIGNER.sign(purpose, row_id)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    changed = token[:at] + other + token[at + 1 :]
    same = changed.lower() == token if purpose == "bounce" else changed == token
    assert SIGNER.verify(purpose, changed) == (row_id if same else None)


@given(st.text(max_size=60), PURPOSES)
def test_anything_else_is_refused(text: str, purpose: Purpose) -> None:
    assert SIGNER.verify(purpose, text) is None


@given(IDS)
def test_a_token_for_one_purpose_is_worth_nothing_for_another(row_id: int) -> None:
    assert SIGNER.verify("bounce", SIGNER.sign("delivery", row_id)) is None


def test_a_bounce_token_survives_a_change_of_case() -> None:
    """Mail systems may rewrite the local part of an address."""
    token = SIGNER.sign("bounce", 123_456)
    assert SIGNER.verify("bounce", token.upper()) == 123_456


def test_old_keys_still_verify_and_the_first_one_signs() -> None:
    rotated = Signer([b"n" * 32, b"k" * 32])
    assert rotated.verify("delivery", SIGNER.sign("delivery", 7)) == 7
    assert SIGNER.verify("delivery", rotated.sign("delivery", 7)) is None


def test_a_token_is_short_enough_for_a_link() -> None:
    assert len(SIGNER.sign("delivery", 10_000_000)) <= 22


def test_a_signer_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Signer([])
