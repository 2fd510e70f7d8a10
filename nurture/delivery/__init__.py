"""Delivery: emails in wire form, and the ways they leave.

In:  what was rendered for a recipient.
Out: Outcome values: what the relay said to each email.
"""

from nurture.delivery.memory import MemoryTransport
from nurture.delivery.open import open_transport
from nurture.delivery.smtp import SmtpTransport
from nurture.delivery.smtp_settings import SmtpSettings
from nurture.delivery.transport import Outcome, OutgoingEmail, Transport
from nurture.delivery.wire import WireBuilder

__all__ = [
    "MemoryTransport",
    "Outcome",
    "OutgoingEmail",
    "SmtpSettings",
    "SmtpTransport",
    "Transport",
    "WireBuilder",
    "open_transport",
]
