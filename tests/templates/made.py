# ruff: noqa: E501  # templates read best on one line
"""Templates made at random: control flow wherever a marketer might put it, and where none would."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

Draw = st.DrawFn

NASTY = [
    "<b>x</b>",
    "A & B",
    'say "hi"',
    "it's",
    "{{ 7*7 }}",
    "{% raw %}",
    "　全角　",
    "値",
    "𠮷❤️",
    "a\\nb",
    "%}",
    "  two  ends ",
    "xqp1q",
]
WORDS = st.sampled_from(["x", "Hello", "こんにちは", "1 &amp; 2", "50%", "a#}b", "{ c }"])
EXPRESSIONS = st.sampled_from(
    [
        *("{{ a }}", "{{ n }}", "{{ person.name }}", "{{ a | upper }}", '{{ person.title or "T" }}'),
        *(
            "{{ items | length }}",
            '{{ a ~ "-" ~ n }}',
            "{{- a -}}",
            '{{ "y" if flag else "z" }}',
            "{{ brand.name }}",
        ),
        *("{{ items[0].name if items else a }}", '{{ [a, a] | join("/") }}', "{{ a | e }}"),
    ]
)
QUESTIONS = st.sampled_from(
    [
        "flag",
        "not flag",
        "items",
        "n > 2",
        "person.title",
        "a == brand.name",
        "brand.name",
        "brand.none",
        "true",
    ]
)
LOOPS = st.sampled_from(["item in items", "item in items if item.on", "item in brand.list", "item in [1, 2]"])


@st.composite
def contexts(draw: Draw) -> dict[str, Any]:
    text = st.one_of(st.sampled_from(NASTY), st.text("abc <&>'\"あ　", max_size=6))
    items = draw(
        st.lists(st.builds(lambda name, on: {"name": name, "on": on}, text, st.booleans()), max_size=3)
    )
    return {
        "a": draw(text),
        "n": draw(st.integers(0, 5)),
        "flag": draw(st.booleans()),
        "person": {"name": draw(text), "title": draw(st.sampled_from(["", "部長"]))},
        "items": items,
        "brand": {"name": "Brand", "none": "", "list": ["p", "q"], "colour": "#123456"},
    }


@st.composite
def flowing(draw: Draw, inner: st.SearchStrategy[str], chance: int = 3) -> str:
    """Something, perhaps with a statement around it."""
    body = draw(inner)
    kind = draw(st.integers(0, 6 + chance))
    if kind == 0:
        return f"{{% if {draw(QUESTIONS)} %}}{body}{{% endif %}}"
    if kind == 1:
        return f"{{% if {draw(QUESTIONS)} %}}{body}{{% elif {draw(QUESTIONS)} %}}{draw(inner)}{{% else %}}{draw(inner)}{{% endif %}}"
    if kind == 2:
        return f"{{% for {draw(LOOPS)} %}}{body}{{% else %}}{draw(inner)}{{% endfor %}}"
    if kind == 3:
        return f"{{%- for {draw(LOOPS)} -%}} {body} {{{{ loop.index }}}} {{%- endfor -%}}"
    if kind == 4:
        return f"{{% with v = n %}}{body}{{% endwith %}}"
    if kind == 5:
        return f"{{% set w = n %}}{body}"
    return body


@st.composite
def inlines(draw: Draw, risky: bool, depth: int = 0) -> str:
    """What stands in the text of an element."""
    kind = draw(st.integers(0, 11 if depth < 2 else 3))
    inner = inlines(risky, depth + 1)
    if kind <= 1:
        return draw(WORDS)
    if kind <= 3:
        return draw(EXPRESSIONS)
    if kind == 4:
        return f"<b>{draw(inner)}</b>"
    if kind == 5:
        return f'<a href="https://x.example/{{{{ n }}}}?b=1&amp;c=2" title="{draw(EXPRESSIONS)}">{draw(inner)}</a>'
    if kind == 6:
        return f'<a class="k" href="https://x.example/y">{draw(inner)}</a>'
    if kind == 7:
        colours = ["red", "{{ brand.colour }}", "#{{ n }}{{ n }}{{ n }}"]
        colour = draw(st.sampled_from(colours if risky else colours[:2]))
        return f'<span style="color:{colour}">{draw(inner)}</span>'
    if kind == 8:
        pieces = [
            '{% include "piece.mjml" %}',
            "{{ shout(a) }}",
            "{# note #}",
            "{{ bold(a) }}",
            "{{ a | safe }}",
        ]
        return draw(st.sampled_from(pieces if risky else pieces[:3]))
    if kind == 9:
        return "{% raw %}{{ raw }}{% endraw %}{% filter upper %}{{ a }}x{% endfilter %}"
    if kind == 10:
        return "{% set kept %}{{ a }}!{% endset %}{{ kept }}"
    return draw(flowing(inner, chance=0))


@st.composite
def contents(draw: Draw, risky: bool, depth: int = 0) -> str:
    """What stands in a column."""
    kind = draw(st.integers(0, 8))
    words = inlines(risky)
    if kind <= 2:
        extras = ["", ' css-class="k"', ' color="{{ brand.colour }}"', ' padding="{{ n }}px"']
        extra = draw(st.sampled_from(extras if risky else extras[:3]))
        return f"<mj-text{extra}>{draw(words)}{draw(words)}</mj-text>"
    if kind == 3:
        return f'<mj-button href="https://x.example/{draw(st.sampled_from(["", "{{ n }}"]))}">{draw(words)}</mj-button>'
    if kind == 4:
        return f'<mj-image src="https://x.example/i.png" alt="{draw(EXPRESSIONS)}　x" />'
    if kind == 5:
        row = st.builds(lambda one, two: f"<tr><td>{one}</td><td>{two}</td></tr>", words, words)
        return f"<mj-table>{draw(flowing(row, chance=0))}{draw(row)}</mj-table>"
    if kind == 6:
        lone = ["<mj-divider />", '<mj-spacer height="{{ n }}0px" />', "<!-- {{ a }} -->"]
        return draw(st.sampled_from(lone if risky else lone[:1]))
    if kind == 7 and risky:
        return f'<mj-text><p {{% if flag %}}class="k"{{% endif %}}>{draw(words)}</p></mj-text>'
    return draw(flowing(contents(risky, depth + 1), chance=0)) if depth < 2 else "<mj-divider />"


@st.composite
def columns(draw: Draw, risky: bool) -> str:
    widths = ["", "", ' width="50%"', ' width="{{ n }}0%"']
    width = draw(st.sampled_from(widths if risky else widths[:3]))
    return f"<mj-column{width}>{''.join(draw(st.lists(contents(risky), max_size=3)))}</mj-column>"


@st.composite
def sections(draw: Draw, risky: bool, depth: int = 0) -> str:
    kind = draw(st.integers(0, 8))
    if kind == 0 and depth < 2:
        inner = draw(st.lists(flowing(sections(risky, depth + 1)), min_size=1, max_size=2))
        return f"<mj-wrapper>{''.join(inner)}</mj-wrapper>"
    if kind == 1:
        pieces = [
            '{% include "section.mjml" %}',
            '{{ ui.part("x") }}',
            "{{ block_of(a) }}",
            "{{ ui.part(a) if flag else block_of(n) }}",
            "{% call framed(a) %}<mj-text>{{ n }} {{ person.name }}</mj-text>{% endcall %}",
            "{% set whole = block_of(a) %}{{ whole }}",
            "{% set whole %}{{ block_of(a) }}{% endset %}{{ whole if whole != '' else '' }}",
            "{% filter trim %} {{ block_of(a) }} {% endfilter %}",
            "{% for item in items recursive %}{{ block_of(item.name) }}{% if item.on %}{{ loop([]) }}{% endif %}{% endfor %}",
        ]
        return draw(st.sampled_from(pieces if risky else pieces[:2]))
    if kind == 2:
        return f"<mj-hero>{draw(contents(risky))}</mj-hero>"
    colours = ["", ' background-color="{{ brand.colour }}"', ' css-class="c{{ n }}"']
    colour = draw(st.sampled_from(colours if risky else colours[:2]))
    column = flowing(columns(risky), chance=8) if risky else columns(risky)
    inner = draw(st.lists(column, min_size=1, max_size=3))
    return f"<mj-section{colour}>{''.join(inner)}</mj-section>"


TAME_HEADS = 3
HEADS = [
    "",
    "<mj-head><mj-title>{{ a }} t</mj-title><mj-preview>p {{ n }}</mj-preview></mj-head>",
    "<mj-head><mj-style>.k { color: red !important } @media (max-width: 9px) { .k { color: blue } }</mj-style></mj-head>",
    "<mj-head><mj-style>tr:first-child td { color: red } td + td { color: green }</mj-style></mj-head>",
    "<mj-head><mj-style>.k { color: {{ brand.colour }} } .c{{ n }} { padding: 1px }</mj-style></mj-head>",
    '<mj-head><mj-attributes><mj-text color="{{ brand.colour }}" />{% if flag %}<mj-all padding="1px" />{% endif %}'
    "</mj-attributes></mj-head>",
    "<mj-head>{% set headed = n %}<mj-style>a { color: red }</mj-style></mj-head>",
]
MACROS = (
    "{% macro shout(word) %}{{ word | upper }}!{% endmacro %}"
    "{% macro bold(word) %}<b>{{ word }}</b>{% endmacro %}"
    "{% macro block_of(word) %}<mj-section><mj-column><mj-text>{{ word }}</mj-text></mj-column></mj-section>{% endmacro %}"
    "{% macro framed(word) %}<mj-section><mj-column><mj-text>{{ word }}</mj-text>{{ caller() }}</mj-column></mj-section>{% endmacro %}"
)
DEFINED = re.compile(r"\b(shout|bold|block_of|framed|ui)\b(?!\.mjml)")
UI = "{% macro part(word) %}<mj-section><mj-column><mj-text>{{ word }}</mj-text></mj-column></mj-section>{% endmacro %}"
SECTION = "{% set inside = a %}<mj-section><mj-column><mj-text>{{ inside }} {{ n }}</mj-text></mj-column></mj-section>"


@st.composite
def files(draw: Draw) -> dict[str, str]:
    """The files of a template whose entry is `email.mjml`."""
    # Half of the templates leave the layout alone, so that the fast way is tried often enough.
    risky = draw(st.booleans())
    body = "".join(draw(st.lists(flowing(sections(risky)), min_size=1, max_size=3)))
    head = draw(st.sampled_from(HEADS if risky else HEADS[:TAME_HEADS]))
    uses = f'{MACROS}{{% import "ui.mjml" as ui %}}'
    found = {
        "piece.mjml": "{% if flag %}({{ a }}){% endif %}",
        "section.mjml": SECTION,
        "ui.mjml": UI,
    }
    if draw(st.booleans()):
        return {**found, "email.mjml": f"{uses}<mjml>{head}<mj-body>{body}</mj-body></mjml>"}
    base = (
        f"<mjml>{head}<mj-body>{{% block top %}}{draw(sections(risky))}{{% endblock %}}"
        "{% if flag %}{% block middle %}{% endblock %}{% endif %}{% block end %}{% endblock %}</mj-body></mjml>"
    )
    top = draw(st.sampled_from(["{{ super() }}", ""]))
    email = (
        f'{{% extends "base.mjml" %}}{uses}{{% block top %}}{top}{body}{{% endblock %}}'
        f"{{% block end %}}{draw(sections(risky))}{{% endblock %}}"
    )
    return {
        **found,
        # A name that two files define is not known before the rendering: here each file has its own.
        "base.mjml": DEFINED.sub(r"base_\1", uses + base),
        "email.mjml": email,
    }
