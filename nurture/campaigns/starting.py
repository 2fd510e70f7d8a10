"""Start a campaign: compile its emails, freeze them with the definition, and accept the run.

What a run sends is what its files said when it started; later edits concern later runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nurture import clock
from nurture.campaigns.planning import audience_of
from nurture.campaigns.spec import Campaign
from nurture.config import Workspace
from nurture.errors import Finding, InputError
from nurture.outbox import Accepted, NewRun, StepEmail, accept
from nurture.store import Store
from nurture.templates import CompiledEmail, check_template, compile_template, load_template


def start_campaign(
    store: Store,
    workspace: Workspace,
    campaign: Campaign,
    now: datetime,
    occurrence: str | None = None,
    *,
    allow_empty: bool = False,
) -> Accepted:
    """Accept a run of the campaign; returns when every delivery is a row. Starting twice accepts once.

    Raises:
        InputError: an email has errors (the findings of `nurture templates check`), or nobody is in the
            audience and `allow_empty` does not say that this is fine.
    """
    run = new_run(workspace, campaign, now, occurrence)
    audience = audience_of(workspace, campaign, now)
    with store.write() as connection:
        accepted = accept(connection, run, audience, now=now, today=clock.day(now, workspace.zone))
        if accepted.new and not accepted.owed and not accepted.held and not allow_empty:
            # Raised inside the transaction: a run without anybody would only use up its name.
            fix = f"See who is in it: nurture segments count {campaign.audience}"
            raise InputError(Finding(campaign.name, "Nobody is in the audience; nothing was started.", fix))
        return accepted


def new_run(workspace: Workspace, campaign: Campaign, now: datetime, occurrence: str | None = None) -> NewRun:
    """The run that starting would accept, with its emails compiled."""
    emails = [
        _step_email(workspace, campaign, step, template) for step, template in enumerate(campaign.steps)
    ]
    return NewRun(
        campaign=campaign.name,
        occurrence=occurrence or campaign.occurrence,
        definition=campaign.definition,
        content_hash=_content_hash(campaign.definition, [email.compiled for email in emails]),
        topic=campaign.topic,
        on_doubt=campaign.on_doubt,
        due_at=max(now, campaign.at) if campaign.at else now,
        emails=emails,
    )


def _step_email(workspace: Workspace, campaign: Campaign, step: int, name: str) -> StepEmail:
    template = load_template(workspace, name)
    errors = [finding for finding in check_template(template, workspace) if finding.level == "error"]
    if errors:
        raise InputError(errors)
    known = {"name": campaign.name, "title": campaign.title, "topic": campaign.topic}
    compiled = compile_template(template, workspace, tracked=True, campaign=known)
    return StepEmail(step, name, compiled.to_json(), _links(compiled))


def _links(compiled: CompiledEmail) -> list[dict[str, Any]]:
    """The links whose address is the same for everyone; personal ones are added when they are sent."""
    return [
        {"key": str(link.slot), "slot": link.slot, "url": link.url, "tag": link.tag, "label": link.label}
        for variant in compiled.variants.values()
        for link in variant.links
        if link.url is not None
    ]


def _content_hash(definition: Mapping[str, Any], emails: list[Mapping[str, Any]]) -> str:
    content = json.dumps([definition, emails], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
