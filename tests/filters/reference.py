"""The grammar's meaning a third time: naive, over raw YAML data and raw people, sharing no code with nurture.

It knows no tree, no ranges and no SQL. It lists days and counts on fingers where nurture computes.
"""

from __future__ import annotations

import fnmatch
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise, product
from typing import Any

from tests.filters.reference_days import DAY, Days, listed
from tests.filters.world import Happening, Human

LOWER = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
CODES = {"campaign", "template", "step", "topic", "basis", "reason", "lead_state"}
TOTALS = {
    "purchases": ("bought", len),
    "activities": ("did", len),
    "opens": ("opened", len),
    "clicks": ("clicked", len),
    "spent": ("bought", lambda events: sum((event.values["amount"] for event in events), Decimal(0))),
    "first_purchase_on": ("bought", lambda events: min((event.on for event in events), default=None)),
    "last_purchase_on": ("bought", lambda events: max((event.on for event in events), default=None)),
    "last_activity_on": ("did", lambda events: max((event.on for event in events), default=None)),
    "last_click_on": ("clicked", lambda events: max((event.on for event in events), default=None)),
}
BEHAVIOURS = {
    "bought", "did", "visited", "answered", "received", "bounced", "opened", "clicked", "consent",
    "suppressed",
}  # fmt: skip
OTHERS = {
    "sequence", "sample", "top", "rfm", "company.anyone", "company.nobody", "company.colleague",
    "company.customers",
}  # fmt: skip
MAIN = {
    "bought": "product", "did": "activity", "visited": "page", "answered": "answer", "received": "campaign",
    "bounced": "campaign", "opened": "campaign", "clicked": "link", "suppressed": "reason",
}  # fmt: skip


@dataclass
class Reference(Days):
    """Answers one question: is this human in this filter, asked at this moment?"""

    segments: Mapping[str, Any]
    people: list[Human]

    def holds(self, data: Any, human: Human) -> bool:
        if data == "everyone":
            return True
        if isinstance(data, list):
            return all(self.holds(part, human) for part in data)
        return all(self.key(key, value, human) for key, value in data.items())

    def key(self, key: str, value: Any, human: Human) -> bool:
        if key == "all":
            return self.holds(value, human)
        if key == "any":
            return any(self.holds(part, human) for part in value)
        if key == "none":
            return not any(self.holds(part, human) for part in value)
        if key == "not":
            return not self.holds(value, human)
        if key == "segment":
            names = value if isinstance(value, list) else [value]
            return any(self.holds(self.segments[name], human) for name in names)
        if key in OTHERS:
            return self.others(key, value, human)
        if key in BEHAVIOURS:
            return self.behaviour(key, value, human)
        return self.field(key, value, human)

    # Other people, and events in their order

    def others(self, key: str, value: Any, human: Human) -> bool:
        if key == "sequence":
            return self.sequence(value, human)
        if key == "top":
            return human.id in self.top(value)
        if key == "rfm":
            return self.rfm(value, human)
        if key == "sample":
            prime, number = 2**31 - 1, human.id
            seed = zlib.crc32(str(value["seed"]).encode()) if isinstance(value, dict) else 0
            percent = value["percent"] if isinstance(value, dict) else float(value.rstrip("%"))
            mixed = (number * 48271 + seed) % prime
            return (mixed**2 + number) % prime % 10000 < percent * 100
        company = human.row["company_id"]
        people = [each for each in self.people if company is not None and each.row["company_id"] == company]
        if key == "company.customers":
            return bool(people) and self.tests(value, [len(people)])
        if key == "company.colleague":
            people = [each for each in people if each.id != human.id]
        return any(self.holds(value, each) for each in people) is (key != "company.nobody")

    def sequence(self, steps: list[dict[str, Any]], human: Human) -> bool:
        """Tries every choice of one event per step."""
        choices = []
        for step in steps:
            ((name, asked),) = [(key, value) for key, value in step.items() if key != "within"]
            events = [(name, number, each) for number, each in enumerate(self.happened(name, human))]
            choices.append([each for each in events if self.fits(name, asked, each[2])])
        limits = [step.get("within") for step in steps[1:]]
        return any(
            all(self.later(*pair, limit) for pair, limit in zip(pairwise(chosen), limits, strict=True))
            for chosen in product(*choices)
        )

    def fits(self, name: str, asked: Any, event: Happening) -> bool:
        return self.event(name, asked, event) if isinstance(asked, dict) else self.short(name, asked, [event])

    def later(self, first: Any, second: Any, limit: str | None) -> bool:
        before, after = self.on(first[0], first[2]), self.on(second[0], second[2])
        if limit is not None:
            number, unit = limit.split()
            if after > before + int(number) * (7 if unit.startswith("week") else 1) * DAY:
                return False
        if {first[0], second[0]} & {"bought", "consent"}:
            return after >= before and first[:2] != second[:2]
        return bool(second[2].at > first[2].at)

    def top(self, asked: dict[str, Any]) -> list[int]:
        places = []
        for human in self.people:
            value = self.value(asked["by"], human)
            counted = asked["by"] in TOTALS and not asked["by"].endswith("_on")
            if value is None or (counted and value == 0) or not self.holds(asked.get("among", []), human):
                continue
            places.append((value if not isinstance(value, date) else value.toordinal(), -human.id))
        return [-number for _, number in sorted(places, reverse=True)[: asked["count"]]]

    def rfm(self, asked: dict[str, Any], human: Human) -> bool:
        values = {}
        for each in self.people:
            bought = [x for x in each.happened("bought") if self.day("within", asked["within"], x.on)]
            if bought:
                amounts = [event.values["amount"] for event in bought]
                days = max(event.on for event in bought).toordinal()
                values[each.id] = {"recency": days, "frequency": len(bought), "monetary": sum(amounts)}
        if human.id not in values:
            return False
        for name in ("recency", "frequency", "monetary"):
            behind = sum(each[name] < values[human.id][name] for each in values.values())
            if name in asked and not self.tests(asked[name], [1 + behind * 5 // len(values)]):
                return False
        return True

    # Fields

    def field(self, name: str, asked: Any, human: Human) -> bool:
        if "special_days." in name:
            days = human.company_special_days if name.startswith("company.") else human.special_days
            found: list[Any] = [day for each, day in days if each == name.split("special_days.")[1]]
        else:
            value = self.value(name, human)
            found = [] if value is None or value in ("", []) else [value]
        return self.tests(asked, found, name in CODES)

    def value(self, name: str, human: Human) -> Any:
        if name in TOTALS:
            source, fold = TOTALS[name]
            return fold(human.happened(source))
        if name.startswith("attributes."):
            return self.attribute(name.removeprefix("attributes."), human)
        if name in ("industry", "company.industry"):
            return human.company["industry"] if human.company else None
        if name.startswith("company."):
            return human.company[name.removeprefix("company.")] if human.company else None
        if name == "email":
            return human.row["email"].lower()
        if name == "added_on":
            return human.row["created_at"].astimezone(self.zone).date()
        if name == "lead_state":
            return human.lead["state"] if human.lead else None
        if name == "lead_since":
            return human.lead["since"].astimezone(self.zone).date() if human.lead else None
        return human.row.get(name)

    @staticmethod
    def attribute(name: str, human: Human) -> Any:
        value = human.row["attributes"].get(name)
        if name == "machine":
            return value if isinstance(value, str) else None
        if name == "machines":
            return Decimal(str(value)) if type(value) in (int, float) else None
        if name == "met_on":
            dated = isinstance(value, str) and re.fullmatch(r"\d\d\d\d-\d\d-\d\d", value)
            return date.fromisoformat(value) if dated else None
        if name == "dealer":
            return value if type(value) is bool else None
        return [each for each in value if type(each) is str] or None if type(value) is list else None

    # Tests: `found` holds the values there are, none for a blank.

    def tests(self, asked: Any, found: list[Any], code: bool = False, pattern: bool = False) -> bool:
        if isinstance(asked, dict):
            return all(self.test(operator, operand, found, code) for operator, operand in asked.items())
        if asked in ("set", "not set"):
            return bool(found) is (asked == "set")
        if pattern and any(sign in str(asked) for sign in "*?"):
            return self.test("matches", asked, found, code)
        return self.test("in", asked, found, code)

    def test(self, operator: str, operand: Any, found: list[Any], code: bool) -> bool:
        operator = operator.replace(" ", "_")
        if operator == "is_not":
            return not self.test("is", operand, found, code)
        if operator.startswith("not_"):
            return not self.test(operator.removeprefix("not_"), operand, found, code)
        if operator == "set":
            return bool(found) is operand
        return any(self.passes(operator, operand, value, code) for value in found)

    def passes(self, operator: str, operand: Any, value: Any, code: bool) -> bool:
        if isinstance(value, bool):
            return value is operand
        if isinstance(value, date):
            return self.day(operator, operand, value)
        if isinstance(value, (int, Decimal)):
            return self.number(operator, operand, Decimal(value))
        operands = listed(operand)
        if isinstance(value, list):
            has = [each.translate(LOWER) in [item.translate(LOWER) for item in value] for each in operands]
            return all(has) if operator == "has_all" else any(has)
        return any(self.text(operator, each, value, code) for each in operands)

    @staticmethod
    def text(operator: str, operand: str, value: str, code: bool) -> bool:
        if operator in ("is", "in") and code:
            return value == operand
        small, asked = value.translate(LOWER), operand.translate(LOWER)
        if operator in ("is", "in"):
            return small == asked
        if operator == "contains":
            return asked in small
        if operator == "starts_with":
            return small.startswith(asked)
        if operator == "ends_with":
            return small.endswith(asked)
        return fnmatch.fnmatchcase(small, asked.replace("[", "[[]"))

    @staticmethod
    def number(operator: str, operand: Any, value: Decimal) -> bool:
        if operator in ("is", "in"):
            return value in [
                Decimal(str(each)) for each in (operand if isinstance(operand, list) else [operand])
            ]
        if operator == "between":
            return Decimal(str(operand[0])) <= value <= Decimal(str(operand[1]))
        bound = Decimal(str(operand))
        return {
            "at_least": value >= bound,
            "at_most": value <= bound,
            "more_than": value > bound,
            "less_than": value < bound,
        }[operator]

    # Behaviours

    def behaviour(self, name: str, asked: Any, human: Human) -> bool:
        events = list(enumerate(self.happened(name, human)))
        if not isinstance(asked, dict):
            return self.short(name, asked, [event for _, event in events])
        special = {"times", "days", "sum", "average", "minimum", "maximum", "first", "latest"}
        own = {key: value for key, value in asked.items() if key not in special}
        found = [(at, event) for at, event in events if self.event(name, own, event)]
        count, days = len(found), len({self.on(name, event) for _, event in found})
        answers = []
        if "times" in asked:
            answers.append(self.tests(asked["times"], [count]))
        if "days" in asked:
            answers.append(self.tests(asked["days"], [days]))
        for fold in ("sum", "average", "minimum", "maximum"):
            for field, test in asked.get(fold, {}).items():
                values = [event.values[field] for _, event in found if event.values[field] is not None]
                answers.append(self.tests(test, folded(fold, values)))
        for pick in ("first", "latest"):
            if pick in asked:
                ordered = sorted(found, key=lambda each: (self.order(name, each[1]), each[0]))
                one = ordered[0 if pick == "first" else -1][1] if ordered else None
                answers.append(one is not None and self.event(name, asked[pick], one))
        return all(answers) if answers else count > 0

    @staticmethod
    def order(name: str, event: Happening) -> Any:
        return event.on if name in ("bought", "consent") else event.at

    def short(self, name: str, asked: Any, events: list[Happening]) -> bool:
        if asked in ("ever", True):
            return bool(events)
        if asked in ("never", False) or (name == "consent" and asked == "none"):
            return not events
        if name == "consent":
            return any(self.event(name, {asked: True}, event) for event in events)
        return any(self.event(name, {MAIN[name]: asked}, event) for event in events)

    def happened(self, name: str, human: Human) -> list[Happening]:
        if name in ("visited", "answered"):
            kind = {"visited": "visit", "answered": "answer"}[name]
            return [event for event in human.happened("did") if event.values["activity"] == kind]
        return human.happened(name)

    def event(self, name: str, asked: dict[str, Any], event: Happening) -> bool:
        on = self.on(name, event)
        return all(self.condition(name, key, value, event, on) for key, value in asked.items())

    def on(self, name: str, event: Happening) -> date:
        moments = name in ("received", "bounced", "suppressed")
        return event.at.astimezone(self.zone).date() if moments else event.on

    def condition(self, name: str, key: str, asked: Any, event: Happening, on: date) -> bool:
        names = {"step": "template", "page": "detail", "answer": "detail"}
        if name == "consent" and key in ("valid", "withdrawn", "expired"):
            gone = event.values["withdrawn_at"] is not None
            last = event.values["expires_on"]
            over = last is not None and last < self.today
            state = {"valid": not gone and not over, "withdrawn": gone, "expired": over and not gone}[key]
            return self.tests(asked, [state])
        if names.get(key, key) in event.values and not (key == "since" or key == "before"):
            value = event.values[names.get(key, key)]
            found = [] if value is None or value == "" else [value]
            return self.tests(asked, found, key in CODES, pattern=True)
        return self.test(key, asked, [on], code=False)


def folded(fold: str, values: list[Decimal]) -> list[Any]:
    if fold == "sum":
        return [sum(values, Decimal(0))]
    if not values:
        return []
    if fold == "average":
        return [sum(values, Decimal(0)) / len(values)]
    return [min(values) if fold == "minimum" else max(values)]
