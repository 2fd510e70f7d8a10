"""Before a send, everybody's email is rendered: who lacks what is told exactly."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Select, select

from nurture.config import Workspace
from nurture.errors import InputError
from nurture.store import Store
from nurture.store import tables as t
from nurture.templates import (
    AudienceReport,
    Renderer,
    check_audience,
    compile_template,
    contexts,
    load_template,
    recipient_urls,
)
from nurture.templates.audience import CHUNK
from tests.conftest import NOW
from tests.templates.test_source import column, write
from tests.world import customer

EVERYBODY: Select[Any] = select(t.customers.c.id).order_by(t.customers.c.id)


def surveyed(store: Store, workspace: Workspace) -> AudienceReport:
    compiled = compile_template(load_template(workspace, "hello"), workspace, tracked=True)
    with store.read() as connection:
        return check_audience(connection, workspace, compiled, EVERYBODY, audience="all", now=NOW)


def told(found: AudienceReport) -> list[tuple[int, str, int | None, str, str]]:
    return [
        (one.people, one.finding.where, one.finding.line, one.finding.what, one.finding.fix)
        for one in found.shortfalls
    ]


def test_people_who_lack_a_value_are_counted_by_line(store: Store, workspace: Workspace) -> None:
    write(workspace, "parts/title.mjml", "<mj-text>\n{{ customer.title }}</mj-text>", "")
    name = '<mj-text>{{ customer.family_name }}{{ customer.owner or "x" }}</mj-text>'
    write(workspace, "hello.mjml", column(name + '{% include "parts/title.mjml" %}'))
    with store.write() as connection:
        customer(connection, "a@x.example", family_name="佐藤", title="部長", locale="ja")
        customer(connection, "b@x.example", family_name="佐藤", locale="en")
        customer(connection, "c@x.example", family_name=" ")
    found = surveyed(store, workspace)
    assert (found.audience, found.people, found.held, found.languages) == ("all", 3, 2, {"ja": 3})
    assert told(found) == [
        (
            2,
            "templates/emails/parts/title.mjml",
            2,
            '2 of the 3 people in "all" lack "customer.title", and line 2 needs it.',
            'Give it a fallback: {{ customer.title or "…" }}',
        ),
        (
            1,
            "templates/emails/hello.mjml",
            7,
            '1 of the 3 people in "all" lacks "customer.family_name", and line 7 needs it.',
            'Give it a fallback: {{ customer.family_name or "…" }}',
        ),
    ]


def test_each_language_is_rendered_for_its_readers(store: Store, workspace: Workspace) -> None:
    write(workspace, "hello.mjml", column("<mj-text>{{ customer.email }}</mj-text>"))
    write(workspace, "hello.en.mjml", column("<mj-text>{{ customer.title }}</mj-text>"))
    with store.write() as connection:
        customer(connection, "a@x.example", locale="ja")
        customer(connection, "b@x.example", locale="en")
        customer(connection, "c@x.example", locale="en-GB")
    found = surveyed(store, workspace)
    assert found.languages == {"ja": 1, "en": 2}
    assert [(one.people, one.finding.where) for one in found.shortfalls] == [
        (2, "templates/emails/hello.en.mjml")
    ]


def test_whatever_else_would_hold_an_email_is_told_too(store: Store, workspace: Workspace) -> None:
    front = "---\nsubject: \"{{ customer.title or '' }}\"\npreheader: p\n---\n"
    write(workspace, "hello.mjml", column("<mj-text>{{ 1 // customer.purchases | length }}</mj-text>"), front)
    with store.write() as connection:
        customer(connection, "a@x.example")
    assert [one[3] for one in told(surveyed(store, workspace))] == [
        '1 of the 1 people in "all": It divides by zero.'
    ]
    write(workspace, "hello.mjml", column("<mj-text>x</mj-text>"), front)
    assert [one[3] for one in told(surveyed(store, workspace))] == [
        '1 of the 1 people in "all": The subject is empty for this customer.'
    ]


@pytest.mark.parametrize(
    "content",
    [
        "<mj-text>{{ customer.title }}</mj-text>",
        '<mj-text padding="{{ customer.given_name | length }}px">{{ customer.title }}</mj-text>',
        "<mj-text>{% set x = customer.title %}{% if customer.given_name %}{{ x }}{% endif %}</mj-text>",
        '<mj-text><a href="https://x.example/{{ customer.title }}">a</a></mj-text>',
    ],
)
@pytest.mark.parametrize("text", ["", 'text: "{{ customer.given_name }}"\n'])
def test_the_survey_holds_whom_rendering_refuses(
    sqlite_store: Store, workspace: Workspace, content: str, text: str
) -> None:
    front = f'---\nsubject: "{{{{ customer.family_name }}}}"\n{text}---\n'
    write(workspace, "hello.mjml", column(content), front)
    with sqlite_store.write() as connection:
        for number in range(8):
            names = [name if number & bit else None for name, bit in (("A", 1), ("B", 2), ("C", 4))]
            values: dict[str, Any] = dict(zip(("family_name", "given_name", "title"), names, strict=True))
            customer(connection, f"p{number}@x.example", **values)
    found = surveyed(sqlite_store, workspace)
    assert (found.people, found.held) == (8, refused(sqlite_store, workspace))


def refused(store: Store, workspace: Workspace) -> int:
    """How many people rendering itself refuses, one by one."""
    renderer = Renderer(compile_template(load_template(workspace, "hello"), workspace, tracked=True))
    held = 0
    with store.read() as connection:
        ids = list(connection.scalars(EVERYBODY))
        for context in contexts(connection, workspace, ids, now=NOW).values():
            try:
                renderer.render(context | recipient_urls("https://x.example", "t"), link_base="https://x")
            except InputError:
                held += 1
    return held


def test_an_audience_of_many_is_read_piece_by_piece(sqlite_store: Store, workspace: Workspace) -> None:
    write(workspace, "hello.mjml", column("<mj-text>{{ customer.email }}</mj-text>"))
    with sqlite_store.write() as connection:
        first = customer(connection, "p0@x.example", consent=False)
        row = dict(connection.execute(select(t.customers).where(t.customers.c.id == first)).one()._mapping)
        many = [
            row | {"id": first + n, "email_key": f"p{n}@x.example", "address_hash": f"{n:064x}"}
            for n in range(1, CHUNK + 2)
        ]
        connection.execute(t.customers.insert(), many)
    seen: list[int] = []
    compiled = compile_template(load_template(workspace, "hello"), workspace, tracked=True)
    with sqlite_store.read() as connection:
        found = check_audience(
            connection, workspace, compiled, EVERYBODY, audience="all", now=NOW, told=seen.append
        )
    assert (found.people, found.held, found.shortfalls) == (CHUNK + 2, 0, ())
    assert seen == [CHUNK, 2]


def test_nobody_is_no_problem(sqlite_store: Store, workspace: Workspace) -> None:
    write(workspace, "hello.mjml", column("<mj-text>x</mj-text>"))
    found = surveyed(sqlite_store, workspace)
    assert (found.people, found.held, found.shortfalls) == (0, 0, ())
