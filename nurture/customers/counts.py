"""What has become of the rows of a file so far, in a form that survives a stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nurture.customers.report import Reason
from nurture.customers.write_customers import Written

_NAMES = ("added", "changed", "unchanged", "repeated", "companies", "refused")


@dataclass(slots=True)
class Counts:
    """The rows done so far. `line` is the last line that is done, `aside` how far the set-aside file is.

    `proof` names the newest row of the store after the last batch: a store that does not have it is
    another store, and an import into it begins anew.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    companies: int = 0
    refused: int = 0
    line: int = 0
    resumed_at: int | None = None
    aside: Mapping[str, Any] | None = None
    proof: str | None = None
    reasons: list[Reason] = field(default_factory=list)

    def add(self, batch: Written, line: int, aside: Mapping[str, Any] | None) -> None:
        """Count a batch that ends with a line."""
        for name in _NAMES:
            setattr(self, name, getattr(self, name) + getattr(batch, name))
        self.line, self.aside, self.proof = line, aside, batch.proof

    def state(self) -> dict[str, Any]:
        """All of it as plain values."""
        reasons = [[reason.line, reason.reason] for reason in self.reasons]
        counted = {name: getattr(self, name) for name in _NAMES}
        return {**counted, "line": self.line, "aside": self.aside, "proof": self.proof, "reasons": reasons}

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Counts:
        """What `state` was; without one, nothing has been counted."""
        if state is None:
            return cls()
        counted = {name: int(state[name]) for name in _NAMES}
        reasons = [Reason(line, reason) for line, reason in state["reasons"]]
        line = int(state["line"])
        return cls(
            **counted,
            line=line,
            resumed_at=line + 1,
            aside=state["aside"],
            proof=state["proof"],
            reasons=reasons,
        )
