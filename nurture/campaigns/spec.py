"""What a campaign file says: audience, trigger, steps.

In:  `campaigns/<name>.yaml`.
Out: a Campaign, its references to segments, templates and topics checked; or every finding at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from nurture.config import Workspace
from nurture.documents import Document, parse_text, read, read_text
from nurture.errors import Finding, InputError, NotFound, did_you_mean
from nurture.segments import load_segment, segment_names
from nurture.templates import template_names

Place = tuple[str | int, ...]

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _moment(value: object) -> object:
    """`2026-12-01 10:00`, with or without seconds and zone; a bare date says no time and is refused."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}[ T]\d{1,2}:\d{2}.*", value.strip()):
        try:
            return datetime.fromisoformat(re.sub(r"([ T])(\d):", r"\g<1>0\2:", value.strip()))
        except ValueError:
            pass
    raise ValueError('write a date and a time such as "2026-12-01 10:00"')


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Trigger(_Keys):
    """When a campaign starts by itself."""

    at: Annotated[datetime, BeforeValidator(_moment)]


class SendStep(_Keys):
    """Send one email to everyone in the audience."""

    send: str


class CampaignFile(_Keys):
    """The keys of a campaign file."""

    name: str = ""
    description: str = ""
    topic: str | None = None
    audience: str
    exclude: tuple[str, ...] = ()
    trigger: Trigger | None = None
    steps: Annotated[tuple[SendStep, ...], Field(min_length=1, max_length=1)]
    on_doubt: Literal["resend", "hold"] | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign whose references all exist. `at` is when it starts by itself, in UTC."""

    name: str
    title: str
    description: str
    topic: str | None
    audience: str
    exclude: tuple[str, ...]
    at: datetime | None
    steps: tuple[str, ...]
    on_doubt: str
    definition: Mapping[str, Any]

    @property
    def occurrence(self) -> str:
        """What names the run that is due: its time, or "1" for a campaign that is started by hand."""
        return occurrence_at(self.at) if self.at else "1"


def campaign_names(workspace: Workspace) -> list[str]:
    """The names of all campaign files, in order."""
    return sorted(path.stem for path in workspace.campaigns.glob("*.yaml") if path.is_file())


def load_campaign(workspace: Workspace, name: str) -> Campaign:
    """The campaign of a name.

    Raises:
        NotFound: there is no such file; names the nearest.
        InputError: unknown keys, wrong values, references to nothing; all at once.
    """
    path = campaign_path(workspace, name)
    document = read(path, workspace.shown(path))
    keys = _parsed(workspace, document)
    return Campaign(
        name=name,
        title=keys.name or name,
        description=keys.description,
        topic=keys.topic,
        audience=keys.audience,
        exclude=keys.exclude,
        at=_in_utc(keys.trigger, workspace),
        steps=tuple(step.send for step in keys.steps),
        on_doubt=keys.on_doubt or workspace.config.sending.on_doubt,
        definition=keys.model_dump(mode="json"),
    )


def occurrence_at(at: datetime) -> str:
    """What names the run that starts at a time."""
    return at.astimezone(UTC).isoformat()


def scheduled_at(workspace: Workspace, name: str) -> datetime | None:
    """When a campaign starts by itself, in UTC; None when it does not, or when its file is broken.

    Cheap enough to ask every second: an unchanged file is not parsed again.
    """
    path = workspace.campaigns / f"{name}.yaml"
    try:
        trigger = _written_trigger(read_text(path), workspace.shown(path))
    except InputError:
        return None
    return _in_utc(trigger, workspace)


@lru_cache(maxsize=512)
def _written_trigger(text: str, where: str) -> Trigger | None:
    data = parse_text(text, where).data
    written = data.get("trigger") if isinstance(data, Mapping) else None
    try:
        return Trigger.model_validate(written) if written is not None else None
    except ValidationError:
        return None


def campaign_path(workspace: Workspace, name: str) -> Path:
    """Where a campaign's file lies.

    Raises:
        NotFound: no campaign has this name.
    """
    path = workspace.campaigns / f"{name}.yaml"
    if not NAME.fullmatch(name) or not path.is_file():
        known = campaign_names(workspace)
        fix = did_you_mean(name, known) or "There are no campaigns in this workspace yet."
        raise NotFound(Finding(f"campaigns/{name}.yaml", f'There is no campaign called "{name}".', fix))
    return path


def _in_utc(trigger: Trigger | None, workspace: Workspace) -> datetime | None:
    if trigger is None:
        return None
    at = trigger.at
    return (at if at.tzinfo else at.replace(tzinfo=workspace.zone)).astimezone(UTC)


def _parsed(workspace: Workspace, document: Document) -> CampaignFile:
    """The keys of the file; wrong keys and names of nothing are told together."""
    references = _missing_references(workspace, document)
    try:
        keys = document.parse(CampaignFile)
    except InputError as error:
        raise InputError([*error.findings, *references]) from None
    if references:
        raise InputError(references)
    return keys


def _missing_references(workspace: Workspace, document: Document) -> list[Finding]:
    known = {
        "segment": segment_names(workspace),
        "template": template_names(workspace),
        "topic": list(workspace.config.topics),
    }
    named = _names(document.data) if isinstance(document.data, Mapping) else []
    findings = []
    for place, kind, name in named:
        if name not in known[kind]:
            what = f'There is no {kind} called "{name}".'
            findings.append(document.finding(what, did_you_mean(name, known[kind]), place))
        elif kind == "segment":
            findings += _findings_of_segment(workspace, document, place, name)
    return findings


def _names(data: Mapping[str, Any]) -> list[tuple[Place, str, str]]:
    """The names in a file, wherever something of the right shape stands: place, kind, name."""
    excluded, steps = data.get("exclude"), data.get("steps")
    found: list[tuple[Place, str, object]] = [
        (("audience",), "segment", data.get("audience")),
        (("topic",), "topic", data.get("topic")),
    ]
    if isinstance(excluded, Sequence) and not isinstance(excluded, str):
        found += [(("exclude", at), "segment", name) for at, name in enumerate(excluded)]
    if isinstance(steps, Sequence):
        for at, step in enumerate(steps):
            if isinstance(step, Mapping):
                found.append((("steps", at, "send"), "template", step.get("send")))
    return [(place, kind, name) for place, kind, name in found if isinstance(name, str)]


def _findings_of_segment(workspace: Workspace, document: Document, place: Place, name: str) -> list[Finding]:
    try:
        load_segment(workspace, name)
    except InputError as error:
        here = document.finding(f'The segment "{name}" has mistakes of its own.', "See below.", place)
        return [here, *error.findings]
    return []
