"""MJML to HTML: the compiler's own weaknesses never reach an email, nor a user."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.errors import InputError
from nurture.templates import pipeline
from nurture.templates.markup import read

FRAME = "<mjml><mj-body><mj-section><mj-column>{}</mj-column></mj-section></mj-body></mjml>"
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='<>&"'), min_size=1, max_size=20
)


@given(TEXT)
def test_the_compiler_sees_ascii_only_and_every_character_comes_through(text: str) -> None:
    content = (
        f'<!-- {text} --><mj-image src="https://x.example/i.png" alt="a{text}" /><mj-raw>({text})</mj-raw>'
    )
    mjml = FRAME.format(content)
    assert pipeline.protected(read(mjml)).isascii()
    html = pipeline.compiled(mjml)
    assert f'alt="a{text}"' in html and f"({text})" in html


def test_a_compiler_that_gives_up_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):  # as Rust calls it
        pass

    def panicking(*_args: Any, **_named: Any) -> str:
        raise PanicException("start byte index 12 is not a char boundary")

    monkeypatch.setattr(pipeline, "mjml2html", panicking)
    with pytest.raises(InputError) as refused:
        pipeline.to_html(FRAME.format("<mj-text>x</mj-text>"), "templates/emails/x.mjml")
    assert [(one.where, one.what) for one in refused.value.findings] == [
        ("templates/emails/x.mjml", "The MJML compiler gave up on this.")
    ]


def test_an_interruption_is_no_mistake_of_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_args: Any, **_named: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "mjml2html", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pipeline.to_html(FRAME.format(""))
