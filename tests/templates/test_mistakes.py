"""Mistakes in MJML are told with the file and line where they were made, and the nearest right name."""

from __future__ import annotations

import pytest

from nurture.config import Workspace
from nurture.errors import Finding, InputError
from nurture.templates import compile_template, load_template
from nurture.templates.attributes import ATTRIBUTES
from nurture.templates.elements import PARENTS
from nurture.templates.reachable import oddities
from tests.templates.test_source import column, write

Told = tuple[str, int | None, str, str]


def told(one: Finding) -> Told:
    return one.where.removeprefix("templates/emails/"), one.line, one.what, one.fix


def odd(workspace: Workspace) -> list[Told]:
    template = load_template(workspace, "hello")
    source = template.variants[template.default_language].source
    return [told(one) for one in oddities(template.folder, source)]


def refused(workspace: Workspace) -> list[Told]:
    with pytest.raises(InputError) as error:
        compile_template(load_template(workspace, "hello"), workspace, tracked=False)
    return [told(one) for one in error.value.findings]


def test_every_element_has_its_attributes() -> None:
    assert set(ATTRIBUTES) == set(PARENTS)


def test_an_unknown_attribute_is_told_with_the_nearest_name(workspace: Workspace) -> None:
    write(workspace, "hello.mjml", column('<mj-text\n  colour="red">x</mj-text>'))
    what = '<mj-text> has no attribute "colour": it does nothing.'
    assert odd(workspace) == [("hello.mjml", 8, what, 'Did you mean "color"?')]


@pytest.mark.parametrize(
    "content",
    [
        '<mj-text css-class="a" mj-class="b" padding-top="1px" color="{{ customer.email }}">x</mj-text>',
        '<mj-button href="https://x.example/" data-tag="price" inner-padding="1px">x</mj-button>',
        '<mj-raw><table bgcolor="red" whatever="1"></table></mj-raw>',
        '<mj-text><p data-anything="1" colour="red">x</p></mj-text>',
    ],
)
def test_known_attributes_values_and_html_are_let_through(workspace: Workspace, content: str) -> None:
    write(workspace, "hello.mjml", column(content))
    assert odd(workspace) == []


def test_layouts_parts_and_macros_are_read_too(workspace: Workspace) -> None:
    base = "<mjml>\n<mj-body bg='red'>{% block content %}{% endblock %}\n{% include 'parts/foot.mjml' %}"
    write(workspace, "layouts/base.mjml", base + "</mj-body></mjml>", "")
    write(workspace, "parts/foot.mjml", "\n<mj-column>\n</mj-column>", "")
    macro = "{% macro button(text) %}\n<mj-button hrf='https://x'>{{ text }}</mj-button>{% endmacro %}"
    write(workspace, "parts/ui.mjml", macro, "")
    content = '{% extends "layouts/base.mjml" %}{% import "parts/ui.mjml" as ui %}{% block content %}'
    section = "<mj-section><mj-column>{{ ui.button('Go') }}</mj-column></mj-section>"
    write(workspace, "hello.mjml", f"{content}{section}{{% endblock %}}")
    assert sorted(odd(workspace)) == [
        (
            "layouts/base.mjml",
            2,
            '<mj-body> has no attribute "bg": it does nothing.',
            "Known: background-color, css-class, data-tag, data-track, mj-class, width.",
        ),
        (
            "parts/foot.mjml",
            2,
            "<mj-column> does not belong into <mj-body>.",
            "Put it into <mj-group> or <mj-section>.",
        ),
        (
            "parts/ui.mjml",
            2,
            '<mj-button> has no attribute "hrf": it does nothing.',
            'Did you mean "href"?',
        ),
    ]


def test_an_unknown_element_of_a_macro_is_told_where_the_macro_stands(workspace: Workspace) -> None:
    macro = "{% macro note(text) %}\n\n<mj-txt>{{ text }}</mj-txt>{% endmacro %}"
    write(workspace, "parts/ui.mjml", macro, "")
    write(workspace, "hello.mjml", '{% import "parts/ui.mjml" as ui %}' + column("{{ ui.note('x') }}"))
    what = "There is no MJML element <mj-txt>."
    assert refused(workspace) == [("parts/ui.mjml", 3, what, 'Did you mean "mj-text"?')]


def test_an_unknown_element_of_an_included_part_is_told_there(workspace: Workspace) -> None:
    write(workspace, "parts/foot.mjml", "\n<mj-buton>x</mj-buton>", "")
    write(workspace, "hello.mjml", column('<mj-text>x</mj-text>{% include "parts/foot.mjml" %}'))
    what = "There is no MJML element <mj-buton>."
    assert refused(workspace) == [("parts/foot.mjml", 2, what, 'Did you mean "mj-button"?')]


def test_all_mistakes_are_told_at_once(workspace: Workspace) -> None:
    write(workspace, "hello.mjml", column("<mj-txt>a</mj-txt>\n<mj-include path='x' />\n<mj-text>"))
    assert [one[1] for one in refused(workspace)] == [7, 8, 9]
