"""What a filter can ask about: the fields of a customer, and the kinds of events with their own fields.

In:  the attributes that `config.yaml` declares.
Out: a FieldCatalogue, which finds a field by the name a marketer writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from nurture.config.models import AttributeType

Kind = Literal["text", "number", "amount", "day", "flag", "list"]
# Where the value stands: a column of a joined table, a JSON attribute, rows of special days, or a rule.
Place = Literal[
    "customer",
    "company",
    "totals",
    "lead",
    "attribute",
    "special_day",
    "company_special_day",
    "rule",
    "event",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a customer or of an event: its name in YAML, its kind, and where it stands.

    `column` is the column, attribute or special day that holds it. A number of `whole` things takes no
    fractions. `choices` are the only values it can have, where it has such. A `code` is a name that
    nurture itself writes, such as a campaign's: it is compared exactly. A `folded` text is kept in the
    store as it is compared, so that an index answers.
    """

    name: str
    kind: Kind
    place: Place
    column: str
    meaning: str
    choices: tuple[str, ...] = ()
    whole: bool = False
    code: bool = False
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of event: what a behaviour such as `bought` counts.

    `main` is the field that the shorthand means: `did: inquiry` is `did: {activity: inquiry}`.
    """

    name: str
    meaning: str
    main: str | None
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


DAY = Field("day", "day", "event", "day", "the day it happened")

BASES = ("opt_in", "business_card", "customer", "published")


def _event(
    name: str, kind: Kind, meaning: str, choices: tuple[str, ...] = (), column: str = "", code: bool = False
) -> Field:
    return Field(name, kind, "event", column or name, meaning, choices, code=code)


_CAMPAIGN = _event("campaign", "text", "the campaign it belongs to", code=True)
_TEMPLATE = _event("template", "text", "the email template", code=True)
_STEP = _event(
    "step", "text", "the step of the campaign: the template it sends", column="template", code=True
)
_TOPIC = _event("topic", "text", "the topic of the campaign", code=True)
_ACTIVITY = Field("activity", "text", "event", "kind", "the kind of activity", folded=True)
_DETAIL = _event("detail", "text", "what was noted about it")
_VALUE = _event("value", "amount", "the value that was noted")

SOURCES: Mapping[str, Source] = {
    source.name: source
    for source in (
        Source(
            "bought",
            "purchases",
            "product",
            (
                _event("product", "text", "what was bought"),
                _event("amount", "amount", "the price paid"),
                _event("currency", "text", "the currency of the amount"),
            ),
        ),
        Source(
            "did",
            "activities: inquiries, webinars, downloads, visits ...",
            "activity",
            (_ACTIVITY, _DETAIL, _VALUE),
        ),
        Source(
            "visited",
            'visits that the site reported (activities of the kind "visit")',
            "page",
            (_event("page", "text", "the page visited", column="detail"), _VALUE),
        ),
        Source(
            "answered",
            'answers to a question or a survey (activities of the kind "answer")',
            "answer",
            (_event("answer", "text", "the answer given", column="detail"), _VALUE),
        ),
        Source(
            "received",
            "emails that the relay took for the customer",
            "campaign",
            (_CAMPAIGN, _TEMPLATE, _STEP, _TOPIC),
        ),
        Source("bounced", "emails that came back", "campaign", (_CAMPAIGN, _TEMPLATE, _STEP, _TOPIC)),
        Source(
            "opened",
            "times a mail program fetched the pixel: machines do that too, so never build on it alone",
            "campaign",
            (_CAMPAIGN, _TEMPLATE, _STEP, _TOPIC),
        ),
        Source(
            "clicked",
            "clicks by people (those of mail scanners do not count)",
            "link",
            (
                _event("link", "text", "the address clicked; * stands for any characters", column="url"),
                _event("tag", "text", "the data-tag of the link"),
                _CAMPAIGN,
                _TEMPLATE,
                _STEP,
            ),
        ),
        Source(
            "consent",
            "reasons why we may mail the customer",
            None,
            (
                _event("basis", "text", "what it rests on", BASES, code=True),
                _event("valid", "flag", "neither withdrawn nor expired"),
                _event("withdrawn", "flag", "taken back by the customer"),
                _event("expired", "flag", "its last day is over, and it was not withdrawn"),
                _event("evidence", "text", "what proves it"),
                _event("expires_on", "day", "the last day it holds"),
            ),
        ),
        Source(
            "suppressed",
            "whether the address must never be mailed again",
            "reason",
            (_event("reason", "text", "why it must not", code=True),),
        ),
    )
}


def _customer(name: str, kind: Kind, meaning: str, column: str | None = None) -> Field:
    return Field(name, kind, "customer", column or name, meaning)


def _company(name: str, kind: Kind, meaning: str) -> Field:
    return Field(f"company.{name}", kind, "company", name, meaning)


def _total(name: str, kind: Kind, meaning: str) -> Field:
    return Field(name, kind, "totals", name, meaning, whole=kind == "number")


FIELDS: tuple[Field, ...] = (
    Field("email", "text", "customer", "email_key", "the address", folded=True),
    _customer("family_name", "text", "family name"),
    _customer("given_name", "text", "given name"),
    _customer("family_kana", "text", "family name in kana"),
    _customer("given_kana", "text", "given name in kana"),
    _customer("honorific", "text", "how the customer is addressed"),
    _customer("title", "text", "job title"),
    _customer("department", "text", "department"),
    _customer("phone", "text", "telephone"),
    _customer("locale", "text", "language of the reader"),
    _customer("time_zone", "text", "time zone of the reader"),
    _customer("owner", "text", "the sales rep in charge"),
    _customer("birthday", "day", "birthday"),
    _customer("tracking", "flag", "whether opens and clicks may be recorded"),
    _customer("paused_until", "day", "the day until which the reader wants no email"),
    _customer("added_on", "day", "the day the customer came into the store", "created_at"),
    _company("name", "text", "the company as it writes itself"),
    _company("industry", "text", "industry of the company"),
    _company("country", "text", "country of the company"),
    _company("stage", "text", "where the company stands with us"),
    _company("owner", "text", "the sales rep in charge of the company"),
    _company("founded_on", "day", "the day the company was founded"),
    _total("purchases", "number", "how many purchases"),
    _total("spent", "amount", "the sum of all purchases"),
    _total("first_purchase_on", "day", "the day of the first purchase"),
    _total("last_purchase_on", "day", "the day of the latest purchase"),
    _total("activities", "number", "how many activities"),
    _total("last_activity_on", "day", "the day of the latest activity"),
    Field(
        "emails_received",
        "number",
        "totals",
        "received",
        "how many emails the relay took for the customer",
        whole=True,
    ),
    _total("last_received_on", "day", "the day of the latest email"),
    _total("opens", "number", "how many opens, machines included"),
    _total("last_open_on", "day", "the day of the latest open"),
    _total("clicks", "number", "how many clicks by a person"),
    _total("last_click_on", "day", "the day of the latest click by a person"),
    _total("bounces", "number", "how many emails came back"),
    _total("last_bounce_on", "day", "the day the latest email came back"),
    Field("lead_state", "text", "lead", "state", "the lead state", code=True),
    Field("lead_since", "day", "lead", "since", "the day the lead state began"),
)

# Short names that a marketer may write for the full ones.
ALIASES: Mapping[str, str] = {
    "company": "company.name",
    "industry": "company.industry",
    "country": "company.country",
    "stage": "company.stage",
    "founded_on": "company.founded_on",
}

SPECIAL_DAYS = "special_days."
COMPANY_SPECIAL_DAYS = "company.special_days."
_ATTRIBUTE_KINDS: Mapping[AttributeType, Kind] = {
    "text": "text",
    "number": "number",
    "date": "day",
    "boolean": "flag",
    "list": "list",
}


@dataclass(frozen=True, slots=True)
class FieldCatalogue:
    """Everything a filter of one workspace may name. `segments` is None where they are not known."""

    fields: tuple[Field, ...]
    segments: tuple[str, ...] | None = None

    def find(self, name: str) -> Field | None:
        """The field of a name, its short name, or a special day of any name."""
        full = ALIASES.get(name, name)
        for prefix, place in ((COMPANY_SPECIAL_DAYS, "company_special_day"), (SPECIAL_DAYS, "special_day")):
            if full.startswith(prefix) and len(full) > len(prefix):
                day = full.removeprefix(prefix)
                return Field(full, "day", place, day, f'the special day "{day}"')  # type: ignore[arg-type]
        return next((field for field in self.fields if field.name == full), None)

    @property
    def names(self) -> list[str]:
        """Every name a condition may begin with, short names included."""
        return [field.name for field in self.fields] + list(ALIASES)


def field_catalogue(
    attributes: Mapping[str, AttributeType], segments: Sequence[str] | None = None
) -> FieldCatalogue:
    """The fields of a workspace that declares these attributes and has these segments."""
    declared = tuple(
        Field(f"attributes.{name}", _ATTRIBUTE_KINDS[kind], "attribute", name, f"declared as {kind}")
        for name, kind in attributes.items()
    )
    return FieldCatalogue(FIELDS + declared, None if segments is None else tuple(segments))
