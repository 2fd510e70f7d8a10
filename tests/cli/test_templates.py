# templates read best on one line
"""`nurture templates`: the contract of its JSON, and commands that end with words, never with a traceback."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from nurture.cli.app import Root, Session
from nurture.cli.templates import group
from nurture.config import Workspace, open_workspace
from nurture.delivery.mailbox import LocalMailbox
from nurture.store import open_store
from tests.templates.test_check import FOOT
from tests.templates.test_source import column, write
from tests.world import customer

root = Root("nurture", commands=[group])


def run(folder: Path, *arguments: str) -> Result:
    session = Session(folder)
    try:
        return CliRunner().invoke(root, ["templates", *arguments], obj=session)
    finally:
        session.close()


def answer(folder: Path, *arguments: str) -> Any:
    result = run(folder, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def hello(workspace: Workspace) -> Workspace:
    """A workspace with one good email in two languages."""
    body = column(
        f'<mj-text>{{{{ customer.family_name or "皆" }}}}さん <a href="https://x.example/">x</a></mj-text>{FOOT}'
    )
    write(workspace, "hello.mjml", body)
    write(
        workspace, "hello.en.mjml", body.replace("さん", " san"), "---\nsubject: Hello\npreheader: p\n---\n"
    )
    return workspace


def test_list_names_every_email_with_its_languages(hello: Workspace) -> None:
    assert answer(hello.root, "list") == [
        {"template": "hello", "subject": "こんにちは", "languages": ["en", "ja"], "description": None}
    ]


def test_render_answers_with_the_keys_that_scripts_rely_on(hello: Workspace) -> None:
    store = open_store(hello)
    with store.write() as connection:
        customer(connection, "a@x.example", family_name="佐藤", locale="en")
    store.close()
    told = answer(hello.root, "render", "hello", "--customer", "a@x.example")
    assert {"subject", "html", "text", "way"} <= set(told)
    assert (told["subject"], told["way"], told["language"]) == ("Hello", "streamed", "en")
    assert "佐藤 san" in told["html"] and told["text"].startswith("佐藤 san x (https://x.example/)\n")
    assert (
        answer(hello.root, "render", "hello", "--customer", "a@x.example", "--language", "ja")["subject"]
        == "こんにちは"
    )


def test_render_takes_a_file_and_a_context_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "piece.mjml").write_text("{{ who }}")
    (tmp_path / "a.mjml").write_text(column('<mj-text>{% include "piece.mjml" %} {{ brand.name }}</mj-text>'))
    (tmp_path / "c.json").write_text('{"who": "<b>", "brand": {"name": "B"}}')
    told = answer(
        tmp_path, "render", "--file", str(tmp_path / "a.mjml"), "--context", str(tmp_path / "c.json")
    )
    assert (told["subject"], told["text"], told["way"]) == ("", "<b> B\n", "streamed")
    assert "&lt;b&gt; B" in told["html"]


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ("[1]", "must be a JSON object"),
        ("{", "This is not JSON"),
        ("{}", 'There is no name "who"'),
        ("[" * 100_000, "JSON"),
    ],
)
def test_a_wrong_context_is_told_in_words(tmp_path: Path, context: str, words: str) -> None:
    (tmp_path / "a.mjml").write_text(column("<mj-text>{{ who }}</mj-text>"))
    (tmp_path / "c.json").write_text(context)
    result = run(
        tmp_path, "render", "--file", str(tmp_path / "a.mjml"), "--context", str(tmp_path / "c.json")
    )
    assert result.exit_code == 1
    assert words in result.stderr


def test_wrong_usage_ends_with_2_and_a_wrong_name_with_1(hello: Workspace) -> None:
    assert run(hello.root, "render", "hello").exit_code == 2
    assert run(hello.root, "render", "--file", "x.mjml", "--customer", "y").exit_code == 2
    assert run(hello.root, "render", "helo", "--customer", "a@x.example").exit_code == 1
    assert run(hello.root, "render", "hello", "--customer", "nobody@x.example").exit_code == 1
    assert run(hello.root, "check", "helo").exit_code == 1


def test_check_tells_way_reason_and_speed_and_fails_on_errors(hello: Workspace) -> None:
    told = answer(hello.root, "check")
    assert [one["template"] for one in told] == ["hello"]
    assert {(one["language"], one["way"]) for one in told[0]["languages"]} == {
        ("ja", "streamed"),
        ("en", "streamed"),
    }
    write(hello, "bad.mjml", column("<mj-txt>x</mj-txt>"))
    result = run(hello.root, "check")
    assert result.exit_code == 1
    assert "templates/emails/bad.mjml, line 7" in result.stderr
    result = run(hello.root, "check", "bad", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)[0]["findings"][0]["what"] == "There is no MJML element <mj-txt>."


@pytest.fixture
def people(hello: Workspace) -> Workspace:
    """Three people, two of them in the segment `named`."""
    hello.segments.mkdir(exist_ok=True)
    (hello.segments / "named.yaml").write_text("where: {family_name: set}\n", encoding="utf-8")
    with closing(open_store(hello)) as store, store.write() as connection:
        customer(connection, "a@x.example", family_name="佐藤", title="部長")
        customer(connection, "b@x.example", family_name="鈴木")
        customer(connection, "c@x.example")
    return hello


def test_check_renders_for_an_audience(people: Workspace) -> None:
    (told,) = answer(people.root, "check", "hello", "--audience", "named")
    audience = told["audience"]
    assert audience.pop("seconds") > 0
    assert audience == {
        "segment": "named",
        "people": 2,
        "held": 0,
        "languages": {"ja": 2},
        "layouts": {"ja": {"hits": 0, "misses": 0, "size": 0, "most": 256}},
        "lacking": [],
    }


def test_check_ends_with_an_error_when_somebody_in_the_audience_lacks_a_value(people: Workspace) -> None:
    write(people, "bare.mjml", column(f"<mj-text>{{{{ customer.title }}}}</mj-text>{FOOT}"))
    result = run(people.root, "check", "bare", "--audience", "named")
    assert result.exit_code == 1
    line = '1 of the 2 people in "named" lacks "customer.title", and line 7 needs it.'
    assert line in result.stderr and 'Give it a fallback: {{ customer.title or "…" }}' in result.stderr
    assert '2 people in "named"' in result.stderr and "1 would be held" in result.stderr
    (told,) = json.loads(run(people.root, "check", "bare", "--audience", "named", "--json").stdout)
    assert [(one["people"], one["what"]) for one in told["audience"]["lacking"]] == [(1, line)]


def test_an_audience_needs_an_email_and_a_segment_that_exist(people: Workspace) -> None:
    assert run(people.root, "check", "--audience", "named").exit_code == 2
    missing = run(people.root, "check", "hello", "--audience", "namd")
    assert missing.exit_code == 1 and '"named"' in missing.output


def test_show_lists_the_links_of_every_language(hello: Workspace) -> None:
    told = answer(hello.root, "show", "hello")
    assert [[link["url"] for link in one["links"]] for one in told["variants"]] == [
        ["https://x.example/"]
    ] * 2
    assert run(hello.root, "show", "hello").exit_code == 0


def test_preview_writes_files_for_scripts(hello: Workspace, tmp_path: Path) -> None:
    result = run(hello.root, "preview", "hello", "--output", str(tmp_path / "out"))
    assert result.exit_code == 0
    names = ["hello.en.html", "hello.en.txt", "hello.ja.html", "hello.ja.txt"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetched(port: int, host: str) -> tuple[int, str]:
    """One request to the preview, made once it listens."""
    for _ in range(200):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/?language=en", headers={"Host": host})
        except ConnectionRefusedError:
            threading.Event().wait(0.05)
            continue
        response = connection.getresponse()
        return response.status, response.read().decode()
    raise AssertionError("the preview does not listen")


def test_preview_serves_one_page_on_loopback_and_to_nobody_elses_name(hello: Workspace) -> None:
    port = free_port()
    serving = threading.Thread(
        target=run, args=(hello.root, "preview", "hello", "--port", str(port), "--once")
    )
    serving.start()
    assert fetched(port, "evil.example")[0] == 403
    status, page = fetched(port, f"127.0.0.1:{port}")
    serving.join(30)
    assert status == 200 and not serving.is_alive()
    assert "sandbox srcdoc=" in page and "san" in page and '<a href="/?language=ja">' in page


@pytest.mark.slow
def test_send_test_goes_through_the_relay(hello: Workspace, tmp_path: Path) -> None:
    mailbox = LocalMailbox(tmp_path / "mailbox", "127.0.0.1", 0)
    mailbox.start()
    try:
        workspace = open_workspace(hello.root, {})
        environ = f"smtp: {{host: 127.0.0.1, port: {mailbox.port}}}\n"
        path = workspace.root / "config.yaml"
        path.write_text(path.read_text(encoding="utf-8") + environ, encoding="utf-8")
        told = answer(hello.root, "send-test", "hello", "--to", "me@x.example", "--language", "en")
        assert (told["to"], told["state"], told["code"]) == ("me@x.example", "sent", 250)
        assert len(list(mailbox.emails())) == 1
    finally:
        mailbox.stop()
    result = run(hello.root, "send-test", "hello", "--to", "me@x.example")
    assert result.exit_code == 3
    assert "did not take the email" in result.stderr
    assert run(hello.root, "send-test", "hello", "--to", "no address").exit_code == 1


def test_every_command_has_an_example() -> None:
    assert all("Example" in (command.epilog or "") for command in group.commands.values())
    assert isinstance(group, click.Group)
