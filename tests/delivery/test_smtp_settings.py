"""The relay's settings are checked before the first connection is tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from nurture.config import Workspace, open_workspace
from nurture.delivery import SmtpSettings, SmtpTransport, open_transport
from nurture.delivery.smtp_settings import smtp_settings
from nurture.errors import InputError
from tests.conftest import CONFIG


def with_smtp(folder: Path, smtp: str, **environ: str) -> Workspace:
    (folder / "config.yaml").write_text(f"{CONFIG}\nsmtp: {smtp}\n", encoding="utf-8")
    return open_workspace(folder, environ)


def test_the_settings_of_a_workspace(tmp_path: Path) -> None:
    smtp = "{host: mail.test.example, port: 587, tls: starttls, user: nurture, connections: 3, helo: a.b}"
    found = smtp_settings(with_smtp(tmp_path, smtp, NURTURE_SMTP_PASSWORD="s3cret"))
    assert found == SmtpSettings(
        host="mail.test.example",
        port=587,
        tls="starttls",
        user="nurture",
        password="s3cret",
        connections=3,
        helo="a.b",
    )
    assert "s3cret" not in repr(found)
    assert found.place == "mail.test.example:587"


def test_the_transport_of_a_workspace_is_smtp(workspace: Workspace) -> None:
    transport = open_transport(workspace)
    assert isinstance(transport, SmtpTransport)
    assert transport.settings == SmtpSettings()


@pytest.mark.parametrize(
    ("smtp", "password", "said"),
    [
        ("{user: nurture}", "", "Set NURTURE_SMTP_PASSWORD."),
        ("{host: mail.test.example, user: nurture}", "s3cret", "in the clear"),
        ("{helo: not a name}", "", '"not a name" is not a host name.'),
        ("{host: 日本.example}", "", '"日本.example" is not a host name.'),
        ("{tls: starttls, ca_file: missing.pem}", "", "cannot be read as certificates"),
        ("{tls: implicit, ca_file: config.yaml}", "", "cannot be read as certificates"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_place_and_fix(
    tmp_path: Path, smtp: str, password: str, said: str
) -> None:
    workspace = with_smtp(tmp_path, smtp, **({"NURTURE_SMTP_PASSWORD": password} if password else {}))
    with pytest.raises(InputError) as caught:
        open_transport(workspace)
    assert said in str(caught.value)
    assert str(caught.value).startswith("config.yaml")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", '"::1"', '"[::1]"'])
def test_a_login_in_the_clear_may_stay_on_this_machine(tmp_path: Path, host: str) -> None:
    smtp = f"{{host: {host}, user: nurture}}"
    settings = smtp_settings(with_smtp(tmp_path, smtp, NURTURE_SMTP_PASSWORD="s3cret"))
    assert settings.host in ("localhost", "127.0.0.1", "::1")
    assert settings.place.endswith(":2525")
