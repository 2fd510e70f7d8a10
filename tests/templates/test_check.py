# templates read best on one line
"""A check finds what would embarrass us, and lets through what is good."""

from __future__ import annotations

from nurture.config import Workspace
from nurture.templates import check_template, load_template
from nurture.templates.check import report
from tests.conftest import NOW
from tests.templates.test_source import column, write

FOOT = (
    "<mj-text>{{ sender.name }} {{ sender.postal_address }} {{ sender.contact }} "
    '<a href="{{ unsubscribe_url }}">配信停止</a></mj-text>'
)


def found(
    workspace: Workspace, content: str, front: str = "---\nsubject: s\npreheader: p\n---\n"
) -> list[tuple[str, str]]:
    write(workspace, "hello.mjml", column(content), front)
    return [(one.level, one.what) for one in check_template(load_template(workspace, "hello"), workspace)]


def test_a_complete_email_has_no_findings(workspace: Workspace) -> None:
    assert found(workspace, f"<mj-text>{{{{ customer | atena }}}}</mj-text>{FOOT}") == []


def test_what_the_law_wants_is_missed_in_both_parts(workspace: Workspace) -> None:
    missing = (
        "no link to unsubscribe",
        "no name of the sender",
        "no postal address",
        "nowhere to complain or ask",
    )
    expected = {
        ("error", f"There is {what} in the {part} part.") for what in missing for part in ("HTML", "text")
    }
    assert set(found(workspace, "<mj-text>x</mj-text>")) == expected


def test_what_is_worth_a_look_is_a_warning(workspace: Workspace) -> None:
    content = (
        '<mj-image src="https://x.example/i.png" /><mj-text><a href="www.x.example">a</a>'
        f"{{{{ customer.family_name }}}} 様</mj-text>{FOOT}"
    )
    assert found(workspace, content, f"---\nsubject: {'x' * 80}\n---\n") == [
        ("warning", "The subject has 80 characters; phones show about 30 to 40."),
        ("warning", "There is no preheader: inboxes will show the first words of the email."),
        ("warning", "The picture https://x.example/i.png has no alt text."),
        ("warning", 'The address "www.x.example" has no https:// in front.'),
        ("warning", '"customer.family_name" is empty for this customer, and this line needs one.'),
    ]


def test_a_bare_honorific_and_a_dead_link_are_found(workspace: Workspace) -> None:
    content = f'<mj-text>{{{{ customer.family_name or "" }}}} 様 <a href="https://x/">x</a></mj-text>{FOOT}'
    assert found(workspace, content) == [
        ("error", 'The address https://x/ of the link "x" leads nowhere.'),
        ("warning", "For a customer without a name, 様 stands alone."),
    ]


def test_the_way_its_reason_and_the_speed_are_told(workspace: Workspace) -> None:
    write(
        workspace,
        "hello.mjml",
        column(f'<mj-text padding="{{{{ customer.purchases | length }}}}px">x</mj-text>{FOOT}'),
    )
    told = report(load_template(workspace, "hello"), workspace, NOW)
    (speed,) = told.speeds
    assert speed.way == "variants"
    assert 'line 7, decides "padding" of <mj-text> for each customer' in speed.reason
    assert speed.per_second > 0


def test_every_value_without_a_fallback_is_told_at_once(workspace: Workspace) -> None:
    part = "<mj-text>{{ customer.title }}</mj-text>"
    write(workspace, "parts/title.mjml", part, "")
    values = "<mj-text>{{ customer.family_name }}\n{{ customer.company.name }}</mj-text>"
    content = values + '{% include "parts/title.mjml" %}' + FOOT
    write(workspace, "hello.mjml", column(content))
    told = check_template(load_template(workspace, "hello"), workspace)
    assert [(one.where, one.line, one.fix) for one in told] == [
        ("templates/emails/hello.mjml", 7, 'Give it a fallback: {{ customer.family_name or "…" }}'),
        ("templates/emails/hello.mjml", 8, 'Give it a fallback: {{ customer.company.name or "…" }}'),
        ("templates/emails/parts/title.mjml", 1, 'Give it a fallback: {{ customer.title or "…" }}'),
    ]
