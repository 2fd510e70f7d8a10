# ruff: noqa: E501  # templates read best on one line
"""The promise: the fast way and the plain one give the document that Jinja, MJML and premailer give."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nurture.errors import InputError
from nurture.templates import CompiledEmail, Renderer, compile_with, load_file
from nurture.templates.compiled import WAYS, Way
from tests.templates.made import contexts, files
from tests.templates.reference import meaning, parsed


def compiled(sources: dict[str, str], brand: dict[str, Any], ways: Collection[Way] = WAYS) -> CompiledEmail:
    with TemporaryDirectory() as folder:
        for name, source in sources.items():
            (Path(folder) / name).write_text(source, encoding="utf-8")
        template = load_file(Path(folder) / "email.mjml")
        return compile_with(template, {"brand": brand}, tracked=False, name_language=False, ways=ways)


def assert_all_agree(sources: dict[str, str], those: list[dict[str, Any]]) -> str:
    """Render each way that is right for the template, compare with the meaning; the way that was chosen."""
    chosen = assert_agrees(sources, those)
    if chosen != "refused":
        for way in WAYS[1:]:
            assert assert_agrees(sources, those, (way,)) in (way, "plain")
    return chosen


def assert_agrees(sources: dict[str, str], those: list[dict[str, Any]], ways: Collection[Way] = WAYS) -> str:
    """Render for each context, compare with the meaning; the way that was chosen."""
    expected = [meaning(sources, context) for context in those]
    try:
        email = compiled(sources, those[0]["brand"], ways)
    except InputError:
        assert expected == [None] * len(those)
        return "refused"
    renderer = Renderer(CompiledEmail.from_json(email.to_json()))
    # Twice, for what was compiled for one context is used again for the next.
    for context, html in 2 * list(zip(those, expected, strict=True)):
        try:
            got = renderer.render(context).html
        except InputError:
            assert html is None
            continue
        assert html is not None
        assert parsed(got) == parsed(html)
    return email.way


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(sources=files(), those=st.lists(contexts(), min_size=2, max_size=2))
def test_any_template_renders_to_what_it_means(sources: dict[str, str], those: list[dict[str, Any]]) -> None:
    assert_all_agree(sources, those)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(sources=files(), those=st.lists(contexts(), min_size=2, max_size=2))
def test_any_template_renders_to_what_it_means_at_length(
    sources: dict[str, str], those: list[dict[str, Any]]
) -> None:
    assert_all_agree(sources, those)


def email(body: str, head: str = "") -> dict[str, str]:
    return {"email.mjml": f"<mjml>{head}<mj-body>{body}</mj-body></mjml>"}


def column(content: str) -> str:
    return f"<mj-section><mj-column>{content}</mj-column></mj-section>"


NAMES: dict[str, Any] = {
    "a": "<b>値　\\",
    "n": 3,
    "flag": True,
    "items": [{"name": "x"}, {"name": "<y>"}],
    "person": {"name": "n", "title": ""},
    "brand": {"name": "B", "colour": "#102030", "list": [1, 2]},
}
OTHER = {**NAMES, "flag": False, "items": [], "n": 0, "a": ""}

# Every column width that is used brings a rule into the head: here it is there whatever happens below.
REST = column("<mj-text>rest</mj-text>")
STREAMED = {
    "values in text": column("<mj-text>{{ a }}{{ n }}</mj-text>"),
    "a condition in text": column("<mj-text>x{% if flag %}y{% else %}<b>z</b>{% endif %}</mj-text>"),
    "a loop over sections": REST
    + "{% for i in items %}"
    + column("<mj-text>{{ i.name }}</mj-text>")
    + "{% endfor %}",
    "a loop over rows": column(
        "<mj-table>{% for i in items %}<tr><td>{{ i.name }}</td></tr>{% endfor %}</mj-table>"
    ),
    "a condition around content": column("{% if flag %}<mj-text>x</mj-text>{% endif %}<mj-divider />"),
    "a value in an alt text": column('<mj-image src="https://x.example/i.png" alt="{{ a }}" />'),
    "a condition in a title": column('<mj-text><b title="{% if flag %}y{% endif %}">x</b></mj-text>'),
    "a link of the customer": column(
        '<mj-button href="https://x.example/{{ n }}?a=1&amp;b={{ a }}">x</mj-button>'
    ),
    "colours of the brand": column(
        '<mj-text color="{{ brand.colour }}" padding="{{ brand.list[0] }}px">x</mj-text>'
    ),
    "columns by what is known": "<mj-section>{% for one in brand.list %}<mj-column><mj-text>{{ one }}</mj-text>"
    "</mj-column>{% endfor %}</mj-section>",
    "a macro with known arguments": "{% macro m(w) %}<mj-section><mj-column><mj-text>{{ w }}</mj-text></mj-column>"
    '</mj-section>{% endmacro %}{{ m("x") }}',
    "white space control": column("<mj-text> x {%- if flag -%} y {%- endif %} z </mj-text>"),
    "text that looks like Jinja": column(
        "<mj-text>{% raw %}{{ x }}{% endraw %} {# note #} {{ '{{' }}</mj-text>"
    ),
    "set, with and loop variables": column(
        "<mj-text>{% set x = n %}{% for i in items %}{{ loop.index }}{{ x }}{% endfor %}"
        "{% with y = a %}{{ y }}{% endwith %}</mj-text>"
    ),
}
VARIANTS = {
    "a condition around a column": "<mj-section>{% if flag %}<mj-column></mj-column>{% endif %}"
    "<mj-column><mj-text>x</mj-text></mj-column></mj-section>",
    "a loop over columns": "<mj-section>{% for i in items %}<mj-column><mj-text>x</mj-text></mj-column>"
    "{% endfor %}</mj-section>",
    "a width of the customer": '<mj-section><mj-column width="{{ n }}0%"><mj-text>x</mj-text></mj-column></mj-section>',
    "a padding of the customer": column('<mj-text padding="{{ n }}px">x</mj-text>'),
    "markup of the customer": column("<mj-text>{{ a | safe }}x</mj-text>"),
    "a class of the customer": column('<mj-text><p class="c{{ n }}">x</p></mj-text>'),
    "an attribute by condition": column('<mj-text><p {% if flag %}class="k"{% endif %}>x</p></mj-text>'),
    "a value in a comment": column("<mj-text>x<!-- {{ n }} --></mj-text>"),
    "branches that open and close": "{% if flag %}<mj-section>{% else %}<mj-section padding='1px'>{% endif %}"
    "<mj-column><mj-text>x</mj-text></mj-column></mj-section>",
    "a file chosen by the customer": "{% include 'f' ~ n ~ '.mjml' ignore missing %}"
    + column("<mj-text>x</mj-text>"),
}


@pytest.mark.parametrize("body", STREAMED.values(), ids=STREAMED.keys())
def test_what_leaves_the_layout_alone_is_streamed_and_right(body: str) -> None:
    assert assert_all_agree(email(body), [NAMES, OTHER]) == "streamed"


@pytest.mark.parametrize("body", VARIANTS.values(), ids=VARIANTS.keys())
def test_what_decides_the_layout_is_compiled_for_each_layout_and_right(body: str) -> None:
    safe = {**NAMES, "a": "<i>v</i>"}
    assert assert_all_agree(email(body), [safe, {**OTHER, "a": "v"}]) == "variants"


@pytest.mark.parametrize(
    "style",
    [
        "p:first-child { color: red }",
        "b + i { color: red }",
        ".k { color: {{ n }} }",
        "{% if flag %}p { }{% endif %}",
    ],
)
def test_style_sheets_that_depend_on_the_customer_are_compiled_for_each_layout(style: str) -> None:
    head = f"<mj-head><mj-style>{style}</mj-style></mj-head>"
    body = column("<mj-text>{% if flag %}<b>x</b>{% endif %}<p>y</p><i>z</i></mj-text>")
    assert assert_all_agree(email(body, head), [NAMES, OTHER]) == "variants"


def test_layouts_blocks_super_and_includes_are_one_template() -> None:
    sources = {
        "email.mjml": '{% extends "base.mjml" %}{% set word = "w" %}{% block title %}[{{ super() }}]{% endblock %}'
        "{% block body %}"
        + column("<mj-text>{{ word }}{% include 'piece.mjml' %}</mj-text>")
        + "{% endblock %}",
        "base.mjml": "<mjml><mj-head><mj-title>{% block title %}{{ a }}{% endblock %}</mj-title></mj-head>"
        "<mj-body>{% block body %}{% endblock %}{% include 'foot.mjml' %}{% include 'foot.mjml' %}</mj-body></mjml>",
        "piece.mjml": "{% set word = n %}({{ word }})",
        "foot.mjml": column("<mj-text>{% if flag %}{{ n }}{% endif %}{{ word }}</mj-text>"),
    }
    assert assert_all_agree(sources, [NAMES, OTHER]) == "streamed"


def test_what_an_include_sets_does_not_leave_it() -> None:
    sources = email(column("<mj-text>{% set word = 'out' %}{% include 'piece.mjml' %}{{ word }}</mj-text>"))
    sources["piece.mjml"] = "{% set word = a %}{{ word }}"
    assert assert_all_agree(sources, [NAMES, OTHER]) == "streamed"


def test_characters_that_the_compiler_spoils_come_through() -> None:
    spoiled = "全角　空白\u00a0と❤️と\\と\u200d\nxqu41q"
    body = column(f'<mj-image src="https://x.example/i.png" alt="{spoiled}" /><mj-text>{spoiled}</mj-text>')
    names = {**NAMES, "a": "x"}
    html = Renderer(compiled(email(body), NAMES["brand"])).render(names).html
    assert html.replace("&nbsp;", "\u00a0").count(spoiled) == 2
