"""Who a campaign is to the mailbox providers: its List-Id and its Feedback-ID.

In:  names of campaigns and templates, the sender's domain.
Out: identifiers that stay the same for as long as the names do, and never tell one recipient from another.
"""

from __future__ import annotations

import hashlib
import re

from nurture.delivery.addresses import ascii_domain

_OTHER = re.compile(r"[^a-z0-9]+")
LONGEST_SLUG = 40


def list_id(campaign: str, sender_domain: str) -> str:
    """The RFC 2919 identifier of a campaign's list.

    >>> list_id("win-back", "sample.example")
    'win-back.sample.example'
    """
    return f"{slug(campaign)}.{ascii_domain(sender_domain)}"


def feedback_id(campaign: str, run: str, template: str, sender_domain: str) -> str:
    """The Feedback-ID of a run: three coarse names, then the sender in 5 to 15 characters as Gmail wants it.

    >>> feedback_id("win-back", "12", "win-back-1", "sample.example")
    'win-back:12:win-back-1:sampleexample'
    """
    sender = _OTHER.sub("", ascii_domain(sender_domain).lower())
    if not 5 <= len(sender) <= 15:
        sender = sender[:7] + _digest(sender_domain)
    return f"{slug(campaign)}:{slug(run)}:{slug(template)}:{sender}"


def slug(name: str) -> str:
    """A name in a-z, 0-9 and hyphens; one that loses something on the way gets a mark of its own.

    >>> slug("win-back")
    'win-back'
    >>> slug("周年")
    'ed4c31c0'
    """
    kept = _OTHER.sub("-", name.lower()).strip("-")
    if kept == name and len(kept) <= LONGEST_SLUG:
        return kept
    return f"{kept[:LONGEST_SLUG]}-{_digest(name)}".strip("-")


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
