# ruff: noqa: E501  # templates read best on one line
"""The variants way: one compilation for each layout, and nobody's values in anybody else's email."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nurture.errors import InputError
from nurture.templates import CompiledEmail, Renderer, compile_with, load_file
from nurture.templates.capture import capturable
from nurture.templates.compiled import Way
from nurture.templates.regions import NotCapturable
from nurture.templates.skeletons import Cache, CacheCount

SECTION = "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
# A column that only some get decides the widths of all.
COLUMNS = "<mj-section>{% if wide %}<mj-column><mj-text>{{ a }}</mj-text></mj-column>{% endif %}<mj-column><mj-text>{{ b }}</mj-text></mj-column></mj-section>"


def renderer(folder: Path, body: str, front: str = "", tracked: bool = False) -> Renderer:
    """Renders a template in the way `variants`, from its frozen form."""
    (folder / "email.mjml").write_text(f"{front}<mjml><mj-body>{body}</mj-body></mjml>", encoding="utf-8")
    ways: tuple[Way, ...] = ("variants",)
    email = compile_with(load_file(folder / "email.mjml"), {}, tracked=tracked, ways=ways)
    assert email.way == "variants"
    return Renderer(CompiledEmail.from_json(email.to_json()))


def compilations(folder: Path, body: str, names: list[dict[str, Any]]) -> int:
    """How many layouts these customers bring about."""
    found = renderer(folder, body)
    for one in names:
        found.render(one)
    return found.layouts().misses


def test_customers_who_differ_in_values_alone_share_one_layout(tmp_path: Path) -> None:
    found = renderer(tmp_path, COLUMNS)
    for number in range(10):
        html = found.render({"wide": True, "a": f"<a{number}>", "b": f"b{number}"}).html
        assert f"&lt;a{number}&gt;" in html and f"b{number}" in html
    assert found.layouts() == CacheCount(hits=9, misses=1, size=1, most=256)
    assert "b99" in found.render({"wide": False, "a": "x", "b": "b99"}).html
    assert found.layouts() == CacheCount(hits=9, misses=2, size=2, most=256)


@pytest.mark.parametrize(
    ("body", "layouts"),
    [
        (SECTION.format("{{ a }}"), 1),
        (SECTION.format('<a href="https://x.example/{{ a }}" title="{{ a }}">x</a>'), 1),
        (SECTION.format('<b class="{{ a }}">x</b>'), 3),
        (SECTION.format("<!-- {{ a }} -->x"), 3),
        ('<mj-section padding="{{ a }}px"><mj-column></mj-column></mj-section>', 3),
        ("{% macro m(v) %}" + SECTION.format("{{ v }}") + "{% endmacro %}{{ m(a) }}", 1),
        ("{% macro m(v) %}" + SECTION.format("{{ v }}") + "{% endmacro %}{% set x = m(a) %}{{ x }}", 3),
        ("{% macro m() %}<mj-section><mj-column>{{ caller() }}</mj-column></mj-section>{% endmacro %}{% call m() %}<mj-text>{{ a }}</mj-text>{% endcall %}", 1),
        ("{% macro m() %}<mj-section><mj-column>{{ caller() | trim }}</mj-column></mj-section>{% endmacro %}{% call m() %}<mj-text>{{ a }}</mj-text>{% endcall %}", 3),
        (SECTION.format("{% set x %}{{ a }}{% endset %}{{ x }}"), 1),
        (SECTION.format("{% filter replace('1', '2') %}{{ a }}{% endfilter %}"), 1),
        (SECTION.format("{{ ('<i>' ~ a ~ '</i>') | safe }}"), 3),
    ],
)  # fmt: skip
def test_only_values_that_no_layout_depends_on_are_taken_out(tmp_path: Path, body: str, layouts: int) -> None:
    assert compilations(tmp_path, body, [{"a": value} for value in ("1", "21", "3")]) == layouts


def test_a_value_that_is_blank_belongs_to_the_layout(tmp_path: Path) -> None:
    names = [{"a": value} for value in ("x", "", " ", "y", "")]
    assert compilations(tmp_path, SECTION.format("{{ a }}"), names) == 3


def test_a_kept_result_can_be_compared_and_cut(tmp_path: Path) -> None:
    body = SECTION.format(
        "{% set x %}{{ a }}{% endset %}{% if x == 'Sato' %}yes{% endif %}{{ x | length }}{{ x[:2] }}"
    )
    assert "yes4Sa" in renderer(tmp_path, body).render({"a": "Sato"}).html


def test_what_looks_like_a_mark_is_text(tmp_path: Path) -> None:
    body = SECTION.format("{{ a }}|{{ b }}|{{ '\\x022\\x03' }}|{{ '\\x022\\x03' | safe }}|xqp1q")
    html = renderer(tmp_path, body).render({"a": "xqp2q", "b": "\x021\x03"}).html
    assert "xqp2q|1|2|2|xqp1q" in html


def test_subject_preheader_text_and_pixel_come_as_in_every_way(tmp_path: Path) -> None:
    front = "---\nsubject: Hello {{ a }}\npreheader: For {{ b }}\n---\n"
    found = renderer(tmp_path, COLUMNS, front, tracked=True)
    names = {"wide": True, "a": "A & <A>", "b": "B　B", "open_url": "https://x.example/o.gif"}
    rendered = found.render(names)
    assert (rendered.subject, rendered.preheader, rendered.way) == ("Hello A & <A>", "For B B", "variants")
    assert rendered.text == "A & <A>\nB　B\n"
    assert rendered.html.count("For B B") == 1
    assert rendered.html.index("o.gif") < rendered.html.index("</body>")


def test_an_empty_value_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        renderer(tmp_path, COLUMNS).render({"wide": True, "a": None, "b": "b"})
    assert refused.value.findings[0].what == '"a" is empty for this customer, and this line needs one.'


def test_mjml_that_only_some_customers_break_is_told(tmp_path: Path) -> None:
    body = (
        "{% if wide %}<mj-section>{% endif %}<mj-column><mj-text>{{ a }}</mj-text></mj-column></mj-section>"
    )
    found = renderer(tmp_path, body)
    assert "x" in found.render({"wide": True, "a": "x"}).html
    for _ in range(2):
        with pytest.raises(InputError) as refused:
            found.render({"wide": False, "a": "x"})
        assert refused.value.findings[0].what == "</mj-section> closes nothing that is open here."


def test_an_endless_template_ends_here_too(tmp_path: Path) -> None:
    body = SECTION.format(
        "{% for i in range(99999) %}{% for j in range(99999) %}{{ a }}{% endfor %}{% endfor %}"
    )
    with pytest.raises(InputError):
        renderer(tmp_path, body).render({"a": "x"})


def test_threads_share_the_layouts(tmp_path: Path) -> None:
    found = renderer(tmp_path, COLUMNS)

    def html(number: int) -> bool:
        return f"b{number}<" in found.render({"wide": number % 2, "a": "a", "b": f"b{number}"}).html

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(html, range(200)))
    count = found.layouts()
    assert (count.hits + count.misses, count.size) == (200, 2)


def test_a_cache_forgets_what_was_used_longest_ago() -> None:
    cache: Cache[str, str] = Cache(most=2)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert cache.get(key, lambda key=key: (key.upper(), 1)) == key.upper()  # type: ignore[misc]
    assert cache.count() == CacheCount(hits=2, misses=4, size=2, most=2)


def test_a_cache_keeps_no_more_characters_than_it_may() -> None:
    cache: Cache[int, int] = Cache(most=100, most_chars=10)
    for number in range(5):
        cache.get(number, lambda: (1, 4))
    assert cache.count().size == 2
    cache.get(9, lambda: (1, 99))
    assert cache.count().size == 1


@pytest.mark.parametrize(
    "sources",
    [
        {"html": "{% block b %}{{ a }}{% endblock %}{% set x = self.b() %}"},
        {"html": "{% extends 'base' %}{% block b %}{{ super() | upper }}{% endblock %}", "base": "{% block b %}{{ a }}{% endblock %}"},
        {"html": "{% filter upper %}{% include name %}{% endfilter %}"},
        {"html": "{% import 'ui' as ui %}{% set x = [ui] %}", "ui": "{% macro m(a) %}{{ a }}{% endmacro %}"},
    ],
)  # fmt: skip
def test_output_that_is_used_as_a_value_is_left_to_the_plain_way(sources: dict[str, str]) -> None:
    with pytest.raises(NotCapturable):
        capturable(sources)


def test_a_macro_under_another_name_is_the_same_macro() -> None:
    ui = "{% macro m(a) %}{{ a }}{% endmacro %}"
    used = "{% from 'ui' import m as n %}{{ n(1) }}{{ n(2) | upper }}"
    assert {"m", "n"} <= capturable({"html": used, "ui": ui}).closed
    assert not {"m", "n"} & capturable({"html": used.replace(" | upper", ""), "ui": ui}).closed
