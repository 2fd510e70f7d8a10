"""Signed tokens: the only names by which the outside world knows a delivery."""

from nurture.links.tokens import Purpose, Signer

__all__ = ["Purpose", "Signer"]
