# ruff: noqa: E501  # templates read best on one line
"""Template files: what is found, what is refused, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from nurture.config import Workspace
from nurture.errors import Finding, InputError, NotFound
from nurture.templates import Renderer, compile_template, full_context, load_template, template_names
from tests.conftest import NOW

HEAD = "---\nsubject: こんにちは\npreheader: p\n---\n"


def column(content: str) -> str:
    return (
        f"<mjml>\n<mj-body><mj-section><mj-column>\n{content}\n</mj-column></mj-section></mj-body></mjml>\n"
    )


def write(workspace: Workspace, name: str, body: str, front: str = HEAD) -> None:
    path = workspace.templates / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(front + body, encoding="utf-8")


def findings(workspace: Workspace, name: str = "hello") -> list[Finding]:
    with pytest.raises(InputError) as caught:
        template = load_template(workspace, name)
        renderer = Renderer(compile_template(template, workspace, tracked=False))
        renderer.render(full_context(workspace, NOW.date()))
    return list(caught.value.findings)


def test_layouts_parts_and_variants_are_not_emails_of_their_own(workspace: Workspace) -> None:
    for name in ("b.mjml", "a.mjml", "a.en.mjml", "layouts/base.mjml", "parts/foot.mjml"):
        write(workspace, name, column("<mj-text>x</mj-text>"))
    assert template_names(workspace) == ["a", "b"]
    assert sorted(load_template(workspace, "a").variants) == ["en", "ja"]


def test_a_mistyped_name_is_answered_with_the_nearest(workspace: Workspace) -> None:
    write(workspace, "newsletter.mjml", column("<mj-text>x</mj-text>"))
    with pytest.raises(NotFound) as caught:
        load_template(workspace, "newsleter")
    assert caught.value.findings == (
        Finding(
            "templates/emails/newsleter.mjml",
            'There is no email called "newsleter".',
            'Did you mean "newsletter"?',
        ),
    )


@pytest.mark.parametrize("name", ["../config", "a/b", "", "x\0", ".", "layouts/base"])
def test_a_name_never_leads_out_of_the_folder(workspace: Workspace, name: str) -> None:
    with pytest.raises(NotFound):
        load_template(workspace, name)


def test_readers_get_their_language_its_main_form_or_the_default(workspace: Workspace) -> None:
    for name, word in (("hello.mjml", "ja"), ("hello.en.mjml", "en"), ("hello.zh.mjml", "zh")):
        write(workspace, name, column(f"<mj-text>{word}</mj-text>"))
    renderer = Renderer(compile_template(load_template(workspace, "hello"), workspace, tracked=False))
    asked = ["ja", "en", "en-GB", "EN_us", "zh-Hant-TW", "fr", None, "", "x" * 999]
    given = [renderer.render({}, language=language).language for language in asked]
    assert given == ["ja", "en", "en", "en", "zh", "ja", "ja", "ja", "ja"]


def test_every_mistake_of_the_front_matter_is_told_in_every_language(workspace: Workspace) -> None:
    write(workspace, "hello.mjml", "", "---\nsubjet: x\npreheader: 3\n---\n")
    write(workspace, "hello.en.mjml", "", "---\nsubject: x\nlanguage: zh\n---\n")
    assert [(one.where, one.line, one.what) for one in findings(workspace)] == [
        ("templates/emails/hello.mjml", 2, 'There is no key called "subjet".'),
        (
            "templates/emails/hello.mjml",
            3,
            '"preheader": write text here; put quotes around a number or a date. It is now 3.',
        ),
        ("templates/emails/hello.en.mjml", 3, 'The file name says "en" and its front matter says "zh".'),
    ]


WRONG = {
    "an unknown element": ("<mj-txt>x</mj-txt>", 7, "There is no MJML element <mj-txt>."),
    "an element left open": ("<mj-text>x", 7, "<mj-text> is never closed."),
    "a lone angle bracket": ("<mj-text>\na < b</mj-text>", 8, "A lone < is not allowed in MJML."),
    "a value without quotes": ('<mj-text\ncolor=red>x</mj-text>', 8, 'The value of "color" in <mj-text> has no quotes.'),
    "an unknown filter": ("<mj-text>\n{{ today | dat }}</mj-text>", 8, 'There is no filter called "dat".'),
    "an unclosed statement": ("<mj-text>{% if today %}</mj-text>", None, None),
    "an unknown name": ("<mj-text>\n{{\n custmer.email }}</mj-text>", 9, 'There is no name "custmer" here (in custmer.email).'),
    "an unknown field": ("<mj-text>{{ customer.emial }}</mj-text>", 7, 'There is no "emial" in it. Did you mean "email"? (in customer.emial).'),
    "a missing file": ("<mj-text>x</mj-text>\n{% include 'parts/fot.mjml' %}", 8, 'There is no file "parts/fot.mjml".'),
    "a script address": ('<mj-text>\n<a href="javascript:x">x</a></mj-text>', 8, "An address may not start with javascript:"),
    "an escape switched off": ("<mj-text>{% autoescape false %}x{% endautoescape %}</mj-text>", 7, "Escaping cannot be switched off: remove {% autoescape %}."),
}  # fmt: skip


@pytest.mark.parametrize(("content", "line", "what"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_told_with_its_file_and_line(
    workspace: Workspace, content: str, line: int | None, what: str | None
) -> None:
    write(workspace, "parts/foot.mjml", "<mj-text>x</mj-text>", front="")
    write(workspace, "hello.mjml", column(content))
    found = findings(workspace)[0]
    assert found.where == "templates/emails/hello.mjml"
    if what is not None:
        assert (found.line, found.what) == (line, what)


def test_a_mistake_in_a_part_is_told_with_the_file_of_the_part(workspace: Workspace) -> None:
    write(workspace, "parts/foot.mjml", "<mj-text>\n\n{{ sendr.name }}</mj-text>", front="")
    write(workspace, "layouts/base.mjml", column("{% block body %}{% endblock %}"), front="")
    body = '{% extends "layouts/base.mjml" %}{% block body %}{% include "parts/foot.mjml" %}{% endblock %}'
    write(workspace, "hello.mjml", body)
    found = findings(workspace)[0]
    assert (found.where, found.line) == ("templates/emails/parts/foot.mjml", 3)


def test_a_file_that_includes_itself_is_refused(workspace: Workspace) -> None:
    write(workspace, "parts/a.mjml", '{% include "parts/b.mjml" %}', front="")
    write(workspace, "parts/b.mjml", '{% include "parts/a.mjml" %}', front="")
    write(workspace, "hello.mjml", column('{% include "parts/a.mjml" %}'))
    assert "include itself" in findings(workspace)[0].what


def test_an_empty_value_asks_for_a_fallback_at_its_place(workspace: Workspace) -> None:
    write(
        workspace,
        "hello.mjml",
        column("<mj-text>x</mj-text>\n<mj-text>{{ customer.company.name }}様</mj-text>"),
    )
    renderer = Renderer(compile_template(load_template(workspace, "hello"), workspace, tracked=False))
    with pytest.raises(InputError) as caught:
        renderer.render({"customer": {"company": None}})
    assert caught.value.findings == (
        Finding(
            "templates/emails/hello.mjml",
            '"customer.company.name" is empty for this customer, and this line needs one.',
            'Give it a fallback: {{ customer.company.name or "…" }}',
            8,
        ),
    )


def test_a_windows_file_with_a_byte_order_mark_is_read(workspace: Workspace) -> None:
    path: Path = workspace.templates / "hello.mjml"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + column("<mj-text>x</mj-text>")).replace("\n", "\r\n").encode())
    assert load_template(workspace, "hello").variants["ja"].front.subject == "こんにちは"
