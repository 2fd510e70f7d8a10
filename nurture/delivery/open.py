"""The transport of a workspace.

In:  a Workspace.
Out: the Transport that its `config.yaml` asks for.
"""

from __future__ import annotations

from nurture.config import Workspace
from nurture.delivery.smtp import SmtpTransport
from nurture.delivery.smtp_settings import smtp_settings
from nurture.delivery.transport import Transport


def open_transport(workspace: Workspace) -> Transport:
    """The way emails leave this workspace; nothing is connected yet.

    Raises:
        InputError: the `smtp` section of `config.yaml` cannot work; all findings at once.
    """
    return SmtpTransport(smtp_settings(workspace))
