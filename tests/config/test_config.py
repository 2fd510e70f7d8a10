"""The configuration: read, overridden from the environment, and refused with every finding at once."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from nurture.config import open_workspace
from nurture.errors import InputError, NotFound

SENDER = """
sender:
  name: テスト工業
  email: news@test.example
  postal_address: 東京都
  contact: https://test.example/
"""


def write(folder: Path, text: str) -> Path:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return folder


def findings(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        open_workspace(write(folder, text), environ or {})
    return [str(finding) for finding in caught.value.findings]


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    workspace = open_workspace(write(tmp_path, SENDER), {})
    config = workspace.config
    assert (config.database, config.broker, config.smtp.port) == ("sqlite:///nurture.db", "memory://", 2525)
    assert (str(workspace.zone), workspace.fiscal_month) == ("Asia/Tokyo", 4)
    assert workspace.shown(workspace.segments / "vip.yaml") == "segments/vip.yaml"


def test_a_folder_without_configuration_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no config\.yaml here\.\n  Go to the workspace folder"):
        open_workspace(tmp_path, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("workspace: {time_zone: Asia/Tokio}", '"workspace.time_zone": "Asia/Tokio" is not a time zone'),
        (
            "workspace: {time_zone: ../etc/passwd}",
            '"workspace.time_zone": "../etc/passwd" is not a time zone',
        ),
        ("workspace: {fiscal_year_starts: Apr}", '"workspace.fiscal_year_starts": Input should be'),
        (
            "workspace: {name: 12}",
            '"workspace.name": write text here; put quotes around a number or a date. It is now 12.',
        ),
        ("smtp: {prot: 25}", 'There is no key called "smtp.prot".\n  Did you mean "port"?'),
        ("smtp: {port: 0}", '"smtp.port": Input should be greater than or equal to 1. It is now 0.'),
        ("smtp: {password: x}", 'There is no key called "smtp.password".'),
        ("web: {public_url: 'javascript:alert(1)'}", '"web.public_url"'),
        (
            "web: {bind: 8000}",
            '"web.bind": write text here; put quotes around a number or a date. It is now 8000.',
        ),
        ("brand: {primary: red}", '"brand.primary": String should match pattern'),
        ("database: mysql://x/y", "This is not a database that nurture knows."),
        ("database: nonsense", "This is not a database that nurture knows."),
        ("database: 'sqlite://'", "This is not a database that nurture knows."),
        ("database: 'sqlite:///:memory:'", "This is not a database that nurture knows."),
        ("broker: amqp://x", '"broker": String should match pattern'),
        ("attributes: {machines: integer}", '"attributes.machines": Input should be'),
        ("leads: {rules: [{state: Hot, where: {}}]}", '"leads.rules.0.state": String should match pattern'),
        ("topics: [news]", '"topics": write keys and values under it'),
        ("smtp: 5", '"smtp": write keys and values under it. It is now 5.'),
    ],
)
def test_a_wrong_value_is_named_with_its_line(tmp_path: Path, text: str, expected: str) -> None:
    found = findings(tmp_path, f"{text}\n{SENDER}")
    assert len(found) == 1
    assert found[0].startswith("config.yaml, line 1\n  ")
    assert expected in found[0]


def test_an_address_with_a_line_break_never_becomes_a_header(tmp_path: Path) -> None:
    text = SENDER.replace("テスト工業", '"a\\r\\nBcc: x@y.example"')
    assert "line breaks" in findings(tmp_path, text)[0]


def test_every_mistake_is_found_at_once(tmp_path: Path) -> None:
    text = "smtp: {port: a}\nweb: {bind: x}\nnonsense: 1\n"
    places = [found.split("\n")[0] for found in findings(tmp_path, text)]
    assert places == ["config.yaml, line 1"] * 2 + ["config.yaml, line 2", "config.yaml, line 3"]


def test_the_environment_overrides_a_value(tmp_path: Path) -> None:
    environ = {
        "NURTURE_SMTP__PORT": "587",
        "NURTURE_SMTP__USER": "mailer",
        "NURTURE_BROKER": "redis://127.0.0.1:6379/0",
        "NURTURE_LEADS__RULES": "[{state: hot, where: {email: set}}]",
        "HOME": "/root",
    }
    config = open_workspace(write(tmp_path, "smtp: {port: 25}" + SENDER), environ).config
    assert (config.smtp.port, config.smtp.user, config.broker) == (587, "mailer", "redis://127.0.0.1:6379/0")
    assert [rule.state for rule in config.leads.rules] == ["hot"]


def test_a_wrong_value_from_the_environment_is_blamed_on_it(tmp_path: Path) -> None:
    found = findings(tmp_path, SENDER, {"NURTURE_SMTP__PORT": "many"})
    assert len(found) == 1
    assert found[0].startswith('environment, NURTURE_SMTP__PORT\n  "smtp.port": write a whole number')


def test_a_mistyped_variable_is_not_ignored(tmp_path: Path) -> None:
    assert findings(tmp_path, SENDER, {"NURTURE_SMPT__PORT": "25"})[0].startswith(
        "NURTURE_SMPT__PORT\n  No setting has this name.\n  Did you mean"
    )


def test_a_key_file_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    first = open_workspace(write(tmp_path, SENDER), {}).secrets
    again = open_workspace(tmp_path, {}).secrets
    key = tmp_path / ".nurture" / "key"
    assert first == again
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [len(one) for one in first.keys] == [32]


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    open_workspace(write(tmp_path, SENDER), {})
    (tmp_path / ".nurture" / "key").chmod(0o644)
    assert "Others on this machine can read this key" in findings(tmp_path, SENDER)[0]


@pytest.mark.parametrize("content", ["", "not hex", "abcd"])
def test_a_key_file_without_a_key_is_refused(tmp_path: Path, content: str) -> None:
    open_workspace(write(tmp_path, SENDER), {})
    (tmp_path / ".nurture" / "key").write_text(content)
    assert ".nurture/key" in findings(tmp_path, SENDER)[0]


def test_secrets_never_show(tmp_path: Path) -> None:
    environ = {"NURTURE_SMTP_PASSWORD": "hunter2", "NURTURE_SECRET_KEY": "ab" * 32}
    workspace = open_workspace(write(tmp_path, SENDER), environ)
    assert workspace.secrets.smtp_password == "hunter2"
    assert not (tmp_path / ".nurture").exists()
    assert "hunter2" not in repr(workspace)
    assert "\\xab" not in repr(workspace)
