"""What `config.yaml` may hold: one model per section, every key with its type and default.

The sample `config.yaml` at the top of the repository explains each key in place, and
`docs/configuration.md` lists them; a test holds the three equal.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Month = Literal[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
MONTHS: tuple[Month, ...] = Month.__args__  # type: ignore[attr-defined]  # the arguments of a Literal

AttributeType = Literal["text", "number", "date", "boolean", "list"]


def _one_line(value: str) -> str:
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise ValueError("this may not hold line breaks or other control characters")
    return value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'"{name}" is not a time zone; write one such as Asia/Tokyo') from None
    return name


def _address(value: str) -> str:
    try:
        validate_email(value, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(f'"{value}" is not an email address ({str(error).rstrip(".")})') from None
    return value


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write a full web address that starts with http:// or https://")
    return value.rstrip("/")


Line = Annotated[str, AfterValidator(_one_line)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_one_line), AfterValidator(_address)]
WebUrl = Annotated[str, AfterValidator(_one_line), AfterValidator(_web_url)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, values are fixed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WorkspaceSection(Section):
    """Who we are, and what a day is."""

    name: Line = "nurture"
    time_zone: Zone = "Asia/Tokyo"
    language: Language = "ja"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "JP"
    fiscal_year_starts: Month = "april"


class Sender(Section):
    """Who the email comes from; the law wants every line of it in the email."""

    name: Line
    email: Address
    reply_to: Address | None = None
    postal_address: Line
    contact: Line


class Brand(Section):
    """Colours and marks that every template sees as `brand`; further keys are the workspace's own."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: Line = ""
    logo_url: WebUrl | None = None
    site_url: WebUrl | None = None
    primary: Colour = "#1f4e79"
    accent: Colour = "#c8553d"
    text: Colour = "#222222"
    muted: Colour = "#5f6b76"
    background: Colour = "#f3f5f7"
    surface: Colour = "#ffffff"
    font: Line = "'Hiragino Sans', 'Yu Gothic', 'Noto Sans CJK JP', 'Noto Sans JP', Meiryo, Arial, sans-serif"


class Smtp(Section):
    """The relay that takes our email. The password comes from NURTURE_SMTP_PASSWORD only."""

    host: Line = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 2525
    tls: Literal["none", "starttls", "implicit"] = "none"
    user: Line | None = None
    connections: Annotated[int, Field(ge=1, le=200)] = 10
    ca_file: str | None = None
    helo: Line | None = None


class Web(Section):
    """Where the web part listens, and how readers reach it."""

    bind: Annotated[str, Field(pattern=r"^[^\s:]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$")] = "127.0.0.1:8000"
    public_url: WebUrl = "http://127.0.0.1:8000"


class Sending(Section):
    """How deliveries are claimed and when a campaign stops itself."""

    batch: Annotated[int, Field(ge=1, le=2000)] = 200
    lease_seconds: Annotated[int, Field(ge=10, le=86_400)] = 900
    max_attempts: Annotated[int, Field(ge=1, le=50)] = 8
    on_doubt: Literal["resend", "hold"] = "resend"
    bounce_domain: Line | None = None
    stop_at_failed_percent: Annotated[float, Field(gt=0, le=100)] = 5.0
    stop_after: Annotated[int, Field(ge=1)] = 100


class Tracking(Section):
    """How hits are told apart: people from mail scanners."""

    settle_minutes: Annotated[int, Field(ge=0, le=1440)] = 15
    instant_seconds: Annotated[float, Field(ge=0, le=60)] = 2.0
    burst_seconds: Annotated[float, Field(ge=0, le=600)] = 10.0


class LeadRule(Section):
    """A lead state, and the filter that puts a customer there. The first rule that is met wins."""

    state: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    name: Line = ""
    where: Any
    contact: bool = False


class Leads(Section):
    """The rules that make a lead, hottest first; an empty list means the built-in ones."""

    rules: tuple[LeadRule, ...] = ()


class Config(Section):
    """All of `config.yaml`."""

    workspace: WorkspaceSection = WorkspaceSection()
    sender: Sender
    brand: Brand = Brand()
    database: str = "sqlite:///nurture.db"
    broker: Annotated[str, Field(pattern=r"^(memory://|rediss?://.+|unix://.+)")] = "memory://"
    smtp: Smtp = Smtp()
    web: Web = Web()
    sending: Sending = Sending()
    tracking: Tracking = Tracking()
    topics: dict[str, Line] = {}
    attributes: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], AttributeType] = {}
    leads: Leads = Leads()
