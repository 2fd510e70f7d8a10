"""The rules that make a lead: those of config.yaml, or the ones that come with nurture.

In:  the workspace.
Out: Rule values in order. The first rule that a customer meets decides the state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from nurture.config import Workspace
from nurture.config.models import Leads
from nurture.documents import Document, parse_text
from nurture.errors import Finding, InputError
from nurture.filters import Explanation, Filter, parse_filter
from nurture.filters.tree import All, Behaviour, FieldTest, SegmentRef
from nurture.segments import catalogue

DEFAULT_RULES = "default_rules.yaml"


@dataclass(frozen=True, slots=True)
class Rule:
    """A lead state and who is in it. `contact`: sales should call them, so each gets reasons in words."""

    state: str
    name: str
    contact: bool
    filter: Filter


def load_rules(workspace: Workspace) -> tuple[Rule, ...]:
    """The rules of a workspace, in the order in which they are asked.

    Raises:
        InputError: a rule is wrong; all findings at once, each with its line in config.yaml.
    """
    leads, document = workspace.config.leads, workspace.document
    at: tuple[str, ...] = ("leads", "rules")
    if not leads.rules:
        document, at = default_rules(), ("rules",)
        leads = document.parse(Leads)
    fields = catalogue(workspace)
    rules, findings = [], list[Finding]()
    for index, rule in enumerate(leads.rules):
        try:
            found = parse_filter(document, (*at, index, "where"), fields)
        except InputError as error:
            findings.extend(error.findings)
        else:
            rules.append(Rule(rule.state, rule.name, rule.contact, found))
    if findings:
        raise InputError(findings)
    return tuple(rules)


def default_rules() -> Document:
    """The rules that come with nurture, as the file they stand in."""
    text = files(__package__).joinpath(DEFAULT_RULES).read_text(encoding="utf-8")
    return parse_text(text, DEFAULT_RULES)


def always_met(found: Filter) -> Iterator[str]:
    """The conditions that everyone in a filter meets, as they are written."""
    if isinstance(found, All):
        for part in found.parts:
            yield from always_met(part)
    elif isinstance(found, FieldTest | Behaviour | SegmentRef) and found.text:
        yield found.text


def met_conditions(explanation: Explanation) -> Iterator[str]:
    """The conditions that put one customer into a filter, each with the value that was found.

    What stands below a `not` or below something that is not met is no reason for anything.
    """
    left_at: int | None = None
    lines = explanation.conditions
    for number, line in enumerate(lines):
        if left_at is not None and line.depth > left_at:
            continue
        left_at = None
        if not line.met or line.condition == "not":
            left_at = line.depth
        elif number + 1 == len(lines) or lines[number + 1].depth <= line.depth:
            yield f"{line.condition} → {line.found}" if line.found else line.condition
