"""Send one test email: the same renderer, wire form and relay as every other email."""

from __future__ import annotations

import asyncio
from datetime import datetime

from nurture.config import Workspace
from nurture.delivery.open import open_transport
from nurture.delivery.transport import Outcome, OutgoingEmail
from nurture.delivery.wire import WireBuilder
from nurture.errors import Finding, OutsideError
from nurture.templates import Rendered


def send_test(
    workspace: Workspace, rendered: Rendered, to: str, unsubscribe_url: str, at: datetime, mark: str
) -> Outcome:
    """Send a rendered email to an address; the outcome, which is always `sent`.

    Raises:
        InputError: the address or a header cannot be written.
        OutsideError: the relay did not take it; its words are told.
    """
    sender = workspace.config.sender
    builder = WireBuilder(
        from_name=rendered.from_name or sender.name,
        from_address=rendered.from_email or sender.email,
        reply_to=rendered.reply_to or sender.reply_to,
    )
    email = builder.build(
        delivery_id=0,
        mail_from=sender.email,
        to_address=to,
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        message_id=f"<test.{mark}@{sender.email.rpartition('@')[2]}>",
        date=at.replace(microsecond=0).astimezone(workspace.zone),
        unsubscribe_url=unsubscribe_url,
    )
    outcome = asyncio.run(_delivered(workspace, email))
    if outcome.state != "sent":
        smtp = workspace.config.smtp
        what = f"The relay {smtp.host}:{smtp.port} did not take the email: {outcome.reply}"
        fix = "The smtp part of config.yaml says where the relay is and how to speak to it."
        raise OutsideError(Finding("config.yaml, smtp", what, fix))
    return outcome


async def _delivered(workspace: Workspace, email: OutgoingEmail) -> Outcome:
    transport = open_transport(workspace)
    try:
        outcomes = [outcome async for outcome in transport.deliver([email])]
    finally:
        await transport.close()
    return outcomes[0]
