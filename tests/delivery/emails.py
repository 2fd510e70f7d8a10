"""Emails to deliver in tests, and a short way to deliver them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from nurture.delivery import Outcome, OutgoingEmail, Transport, WireBuilder

DATE = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)

BUILDER = WireBuilder(from_name="テスト工業", from_address="news@test.example")


def email(
    delivery_id: int = 1,
    to: str = "hanako@customer.example",
    *,
    html: str = "<p>こんにちは</p>",
    text: str = "こんにちは",
    mail_from: str = "b+1@bounce.test.example",
) -> OutgoingEmail:
    return BUILDER.build(
        delivery_id=delivery_id,
        mail_from=mail_from,
        to_address=to,
        subject="お知らせ",
        html=html,
        text=text,
        message_id=f"<{delivery_id}@test.example>",
        date=DATE,
    )


def numbered(count: int) -> list[OutgoingEmail]:
    """Emails 1 to `count`, each to an address of its own."""
    return [email(number, f"c{number}@customer.example") for number in range(1, count + 1)]


async def deliver(transport: Transport, emails: Iterable[OutgoingEmail]) -> list[Outcome]:
    """All outcomes, by delivery; the transport stays open."""
    outcomes = [outcome async for outcome in transport.deliver(list(emails))]
    return sorted(outcomes, key=lambda outcome: outcome.delivery_id)


async def deliver_and_close(transport: Transport, emails: Iterable[OutgoingEmail]) -> list[Outcome]:
    try:
        return await deliver(transport, emails)
    finally:
        await transport.close()
