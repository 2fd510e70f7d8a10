"""How to reach the relay.

In:  the `smtp` section of `config.yaml`, and the password from the environment.
Out: SmtpSettings, checked before the first connection is tried.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nurture.config import Workspace
from nurture.errors import Finding, InputError

Tls = Literal["none", "starttls", "implicit"]

_HELO = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Za-z.:]+\]")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the relay may take, in seconds.

    `final_seconds` is the wait for the reply to the final dot. RFC 5321 section 4.5.3.2.6 asks for 10
    minutes: giving up earlier makes emails arrive twice. The others may be shorter, because nothing is at
    risk by then.
    """

    connect_seconds: float = 30
    greeting_seconds: float = 60
    command_seconds: float = 120
    final_seconds: float = 600


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One relay, and how to talk to it. `helo` None means the name or address of this machine."""

    host: str = "127.0.0.1"
    port: int = 2525
    tls: Tls = "none"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    connections: int = 10
    ca_file: Path | None = None
    helo: str | None = None
    timeouts: Timeouts = Timeouts()

    @property
    def place(self) -> str:
        """`mail.sample.example:587`"""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext | None:
        """What certificates are checked with, None without TLS.

        Raises:
            InputError: `ca_file` cannot be read or holds no certificate.
        """
        if self.tls == "none":
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ValueError):
            raise InputError(
                Finding(
                    "config.yaml, smtp.ca_file",
                    f"{self.ca_file} cannot be read as certificates in PEM form.",
                    "Name a file with the certificate of the authority that signed the relay's own.",
                )
            ) from None


def smtp_settings(workspace: Workspace) -> SmtpSettings:
    """The settings of a workspace.

    Raises:
        InputError: they contradict each other, or would send a password in the clear; all findings at once.
    """
    smtp = workspace.config.smtp
    password = workspace.secrets.smtp_password
    findings = []

    def refuse(key: str, what: str, fix: str) -> None:
        findings.append(workspace.document.finding(what, fix, ("smtp", key)))

    if smtp.user is not None and not password:
        refuse("user", "There is a user name for the relay and no password.", "Set NURTURE_SMTP_PASSWORD.")
    if smtp.user is not None and smtp.tls == "none" and not _loopback(smtp.host):
        refuse(
            "tls",
            "The password would cross the network in the clear.",
            "Set smtp.tls to starttls or implicit.",
        )
    if smtp.helo is not None and not _HELO.fullmatch(smtp.helo):
        refuse(
            "helo",
            f'"{smtp.helo}" is not a host name.',
            "Write the name of this machine, or leave it out.",
        )
    if not smtp.host.isascii() or not smtp.host or " " in smtp.host:
        refuse("host", f'"{smtp.host}" is not a host name.', "Write the name or the address of the relay.")
    if findings:
        raise InputError(findings)
    settings = SmtpSettings(
        host=smtp.host.strip("[]"),
        port=smtp.port,
        tls=smtp.tls,
        user=smtp.user,
        password=password,
        connections=smtp.connections,
        ca_file=workspace.root / smtp.ca_file if smtp.ca_file else None,
        helo=smtp.helo,
    )
    settings.tls_context()
    return settings


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
