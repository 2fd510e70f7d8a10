"""Encryption is what the settings say, or there is no sending; a login comes after it."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import trustme

from nurture.delivery import Outcome, SmtpTransport
from tests.delivery.emails import deliver_and_close, numbered
from tests.delivery.relay import PIPELINING, Relay, Said

WITH_TLS = (*PIPELINING, "STARTTLS")
WITH_AUTH = (*PIPELINING, "AUTH PLAIN LOGIN")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def server_side(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def run(relay: Relay, **settings: Any) -> list[Outcome]:
    async def story() -> list[Outcome]:
        async with relay:
            return await deliver_and_close(SmtpTransport(relay.settings(**settings)), numbered(3))

    return asyncio.run(story())


def refusal(outcomes: list[Outcome]) -> str:
    """The reason why nothing was offered."""
    assert [(outcome.state, outcome.offered) for outcome in outcomes] == [("deferred", False)] * 3
    return outcomes[0].reply


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_emails_go_encrypted_to_a_relay_whose_certificate_is_known(
    authority: trustme.CA, ca_file: Path, tls: str
) -> None:
    relay = Relay(WITH_TLS, tls=server_side(authority), implicit=tls == "implicit")
    outcomes = run(relay, tls=tls, ca_file=ca_file)
    assert [outcome.state for outcome in outcomes] == ["sent"] * 3
    assert len(relay.taken) == 3
    if tls == "starttls":
        assert [command.split()[0] for command in relay.commands[:4]] == ["EHLO", "STARTTLS", "EHLO", "MAIL"]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA, tls: str) -> None:
    relay = Relay(WITH_TLS, tls=server_side(authority), implicit=tls == "implicit")
    reason = refusal(run(relay, tls=tls))
    assert "cannot be trusted" in reason
    assert "smtp.ca_file" in reason
    assert not any(command.startswith("MAIL") for command in relay.commands)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_for_another_name_is_refused(authority: trustme.CA, ca_file: Path, tls: str) -> None:
    relay = Relay(WITH_TLS, tls=server_side(authority, "other.example"), implicit=tls == "implicit")
    assert "cannot be trusted" in refusal(run(relay, tls=tls, ca_file=ca_file))


def test_a_relay_that_does_not_offer_starttls_gets_nothing() -> None:
    relay = Relay(PIPELINING)
    assert "does not offer STARTTLS" in refusal(run(relay, tls="starttls"))
    assert [command.split()[0] for command in relay.commands] == ["EHLO"]


def test_a_relay_that_refuses_starttls_gets_nothing(authority: trustme.CA) -> None:
    def answer(said: Said) -> str | None:
        return "454 4.7.0 TLS not available" if said.verb == "STARTTLS" else None

    relay = Relay(WITH_TLS, answer, tls=server_side(authority))
    assert "would not start TLS: 454" in refusal(run(relay, tls="starttls"))
    assert [command.split()[0] for command in relay.commands] == ["EHLO", "STARTTLS"]


def test_replies_slipped_in_before_the_handshake_end_the_connection(
    authority: trustme.CA, ca_file: Path
) -> None:
    relay = Relay(WITH_TLS, tls=server_side(authority), after_starttls_reply=b"250 forged\r\n")
    assert "between the STARTTLS reply and the handshake" in refusal(
        run(relay, tls="starttls", ca_file=ca_file)
    )


def test_implicit_tls_to_a_relay_that_speaks_in_the_clear_gets_nothing() -> None:
    reason = refusal(run(Relay(PIPELINING), tls="implicit"))
    assert "Check smtp.tls and smtp.port" in reason


def test_what_was_offered_before_encryption_is_forgotten(authority: trustme.CA, ca_file: Path) -> None:
    class Changing(Relay):
        @property
        def offers(self) -> tuple[str, ...]:
            return ("STARTTLS", "CHUNKING") if "STARTTLS" not in self.commands else ()

        @offers.setter
        def offers(self, _: tuple[str, ...]) -> None:
            """The test decides by what has been said."""

    relay = Changing(tls=server_side(authority))
    outcomes = run(relay, tls="starttls", ca_file=ca_file)
    assert [outcome.state for outcome in outcomes] == ["sent"] * 3
    assert not any(command.startswith("BDAT") for command in relay.commands)


PLAIN_LOGIN = "AUTH PLAIN " + b64encode(b"\0nurture\0s3cret").decode()


def login(said: Said) -> str | None:
    """A relay that knows one user; it speaks the command dialogue of AUTH LOGIN too."""
    line = f"{said.verb} {said.argument}".strip()
    steps = {
        "AUTH LOGIN": "334 VXNlcm5hbWU6",
        b64encode(b"nurture").decode().upper(): "334 UGFzc3dvcmQ6",
        b64encode(b"s3cret").decode().upper(): "235 2.7.0 Ok",
        PLAIN_LOGIN: "235 2.7.0 Ok",
    }
    if said.verb == "AUTH" and line not in steps:
        return "535 5.7.8 Error: authentication failed"
    return steps.get(line)


@pytest.mark.parametrize("offer", ["AUTH PLAIN LOGIN", "AUTH LOGIN", "AUTH=LOGIN PLAIN"])
def test_the_login_is_plain_or_login_as_the_relay_offers(offer: str) -> None:
    relay = Relay((*PIPELINING, offer), login)
    outcomes = run(relay, user="nurture", password="s3cret")
    assert [outcome.state for outcome in outcomes] == ["sent"] * 3
    assert (PLAIN_LOGIN in relay.commands) == ("PLAIN" in offer)


def test_a_refused_password_is_told_without_showing_it() -> None:
    relay = Relay(WITH_AUTH, login)
    reason = refusal(run(relay, user="nurture", password="wr0ng"))
    assert "refused the user name or password (535 5.7.8" in reason
    assert "NURTURE_SMTP_PASSWORD" in reason
    assert "wr0ng" not in reason
    assert "wr0ng" not in repr(relay.settings(user="nurture", password="wr0ng"))


@pytest.mark.parametrize("offers", [PIPELINING, (*PIPELINING, "AUTH CRAM-MD5")])
def test_a_relay_without_a_way_to_log_in_gets_nothing(offers: tuple[str, ...]) -> None:
    relay = Relay(offers)
    assert "offers no way to log in" in refusal(run(relay, user="nurture", password="s3cret"))
    assert not any(command.startswith(("AUTH", "MAIL")) for command in relay.commands)


def test_the_login_follows_encryption(authority: trustme.CA, ca_file: Path) -> None:
    relay = Relay((*WITH_AUTH, "STARTTLS"), login, tls=server_side(authority))
    run(relay, tls="starttls", ca_file=ca_file, user="nurture", password="s3cret")
    assert [command.split()[0] for command in relay.commands[:5]] == [
        "EHLO",
        "STARTTLS",
        "EHLO",
        "AUTH",
        "MAIL",
    ]
