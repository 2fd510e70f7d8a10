"""`nurture campaigns`: what goes out, to how many, and where it stands."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import click
from rich.console import Console
from rich.live import Live
from rich.table import Table

from nurture.campaigns import (
    Campaign,
    CampaignStatus,
    campaign_names,
    campaign_status,
    cancel,
    load_campaign,
    pause,
    plan_campaign,
    resume,
    start_campaign,
)
from nurture.campaigns.spec import campaign_path
from nurture.cli.app import Session, json_option, pass_session
from nurture.cli.output import counted, message, print_json, table
from nurture.errors import Finding, InputError
from nurture.outbox.gate import in_words
from nurture.templates import check_template, load_template

# The states that every status answers with, in the order of a delivery's life.
COUNTED = ("queued", "sending", "sent", "held", "deferred", "failed", "in_doubt")
# Whoever watches looks at the rows again this often.
WATCH_SECONDS = 0.5
SHOWN_DOUBTS = 20


@click.group(
    "campaigns",
    epilog=(
        "\b\n"
        "Examples:\n"
        "  nurture campaigns plan newsletter\n"
        "  nurture campaigns start newsletter\n"
        "  nurture campaigns status newsletter --watch"
    ),
)
def group() -> None:
    """Campaigns: plan, start, pause, follow."""


@group.command("list", epilog="Example: nurture campaigns list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """Every campaign with its audience and where it stands."""
    workspace = session.workspace
    found = [load_campaign(workspace, name) for name in campaign_names(workspace)]
    with session.store.read() as connection:
        rows = [(one, campaign_status(connection, one.name, session.now, one)) for one in found]
    if as_json:
        print_json([_listed(campaign, status) for campaign, status in rows])
        return
    table(
        ("campaign", "name", "audience", "state", "sent", "starts by itself"),
        (
            (
                one.name,
                one.title,
                one.audience,
                status.state,
                status.counts["sent"],
                one.at.astimezone(workspace.zone).strftime("%Y-%m-%d %H:%M") if one.at else "",
            )
            for one, status in rows
        ),
    )


@group.command(epilog="\b\nExamples:\n  nurture campaigns check\n  nurture campaigns check newsletter")
@click.argument("names", nargs=-1)
@pass_session
def check(session: Session, names: tuple[str, ...]) -> None:
    """Check campaigns (all of them, or those named) with their segments and emails."""
    workspace = session.workspace
    findings: list[Finding] = []
    chosen = names or tuple(campaign_names(workspace))
    for name in chosen:
        try:
            for step in load_campaign(workspace, name).steps:
                findings += check_template(load_template(workspace, step), workspace)
        except InputError as error:
            findings += error.findings
    distinct = list(dict.fromkeys(findings))
    for finding in distinct:
        if finding.level == "warning":
            message(f"warning: {finding}\n")
    errors = [finding for finding in distinct if finding.level == "error"]
    if errors:
        raise InputError(errors)
    message(f"{counted(len(chosen), 'campaign')} checked: no errors.")


@group.command(epilog="Example: nurture campaigns plan newsletter")
@click.argument("name")
@json_option
@pass_session
def plan(session: Session, name: str, as_json: bool) -> None:
    """Who would be mailed if the campaign started now, and who held, and why. Nothing is written."""
    campaign = load_campaign(session.workspace, name)
    with session.store.read() as connection:
        planned = plan_campaign(connection, session.workspace, campaign, session.now)
    if as_json:
        print_json({"campaign": name, "owed": planned.owed, "held": dict(planned.held)})
        return
    if planned.accepted:
        message(f"This run of {name} has been started already; nothing more is owed.")
        message(f"Look at it: nurture campaigns status {name}")
        return
    click.echo(f"{campaign.title} would go to {counted(planned.owed, 'customer')}.")
    _print_reasons("held", planned.held)


@group.command(
    epilog=(
        "\b\n"
        "Examples:\n"
        "  nurture campaigns start newsletter\n"
        "  nurture campaigns start newsletter --run 2026-12"
    )
)
@click.argument("name")
@click.option(
    "--run", "occurrence", metavar="RUN", help="Start another run under this name, such as 2026-12."
)
@click.option("--dry-run", is_flag=True, help="Only plan; the same as `campaigns plan`.")
@json_option
@click.pass_context
def start(context: click.Context, name: str, occurrence: str | None, dry_run: bool, as_json: bool) -> None:
    """Accept a run: one row for everyone in the audience. Workers send it. Starting twice accepts once."""
    session = context.ensure_object(Session)
    if dry_run:
        context.invoke(plan, name=name, as_json=as_json)
        return
    campaign = load_campaign(session.workspace, name)
    if occurrence is not None:
        _check_occurrence(occurrence)
    accepted = start_campaign(session.store, session.workspace, campaign, session.now, occurrence)
    if as_json:
        answer = {"campaign": name, "run": accepted.run_id, "new": accepted.new}
        print_json(answer | {"owed": accepted.owed, "held": dict(accepted.held)})
        return
    if not accepted.new:
        message(f"This run of {name} had been started before; nothing was added.")
        message(f"For another run: nurture campaigns start {name} --run RUN")
        return
    click.echo(f"{campaign.title}: {counted(accepted.owed, 'email')} accepted.")
    _print_reasons("held", accepted.held)
    message("`nurture up` or any running worker sends them.")


def _check_occurrence(name: str) -> None:
    """Refuse the name of a run that could not be typed or shown again."""
    if not re.fullmatch(r"[\w.:+-]{1,64}", name):
        fix = "Write up to 64 letters, digits, dots and hyphens, such as 2026-12."
        raise InputError(Finding("--run", "This cannot name a run.", fix))


@group.command("pause", epilog="Example: nurture campaigns pause newsletter")
@click.argument("name")
@pass_session
def pause_(session: Session, name: str) -> None:
    """Send nothing more until `resume`."""
    campaign_path(session.workspace, name)
    with session.store.write() as connection:
        pause(connection, name)
    message(f"{name} is paused. Go on with: nurture campaigns resume {name}")


@group.command("resume", epilog="Example: nurture campaigns resume newsletter")
@click.argument("name")
@pass_session
def resume_(session: Session, name: str) -> None:
    """Go on where a paused or stopped campaign was."""
    campaign_path(session.workspace, name)
    with session.store.write() as connection:
        resume(connection, name)
    message(f"{name} is running.")


@group.command("cancel", epilog="Example: nurture campaigns cancel newsletter --yes")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def cancel_(session: Session, name: str, yes: bool) -> None:
    """Send nothing more in this run, ever."""
    campaign_path(session.workspace, name)
    if not yes:
        click.confirm(f"Cancel what {name} has not sent yet?", abort=True, err=True)
    with session.store.write() as connection:
        number = cancel(connection, name, session.now)
    message(f"{name} is cancelled; {counted(number, 'email')} will not be sent.")


@group.command(
    epilog=(
        "\b\nExamples:\n  nurture campaigns status newsletter\n  nurture campaigns status newsletter --watch"
    )
)
@click.argument("name")
@click.option("--watch", is_flag=True, help="Follow it until it ends.")
@json_option
@pass_session
def status(session: Session, name: str, watch: bool, as_json: bool) -> None:
    """Where a campaign stands: counts by state, rate, and why anything is held, deferred or in doubt."""
    campaign = load_campaign(session.workspace, name)
    if watch and not as_json:
        _watch(session, campaign)
        return
    found = _status(session, campaign)
    if as_json:
        print_json(_as_json(found))
    else:
        Console().print(_drawn(campaign, found))
        _print_doubts(found)


def _status(session: Session, campaign: Campaign) -> CampaignStatus:
    with session.store.read() as connection:
        return campaign_status(connection, campaign.name, session.now, campaign)


def _watch(session: Session, campaign: Campaign) -> None:
    with Live(console=Console(), refresh_per_second=4) as live:
        while True:
            found = _status(session, campaign)
            live.update(_drawn(campaign, found))
            if found.state != "running":
                return
            time.sleep(WATCH_SECONDS)


def _drawn(campaign: Campaign, found: CampaignStatus) -> Table:
    grid = Table("state", "emails", "why", title=f"{campaign.title}: {found.state}", title_justify="left")
    for state, number in found.counts.items():
        if number or state in COUNTED[:3]:
            grid.add_row(state, f"{number:,}", "")
        for reason, of_these in found.reasons.get(state, {}).items():
            grid.add_row("", f"{of_these:,}", in_words(reason))
    notes = [found.reason or ""]
    if found.rate and found.state == "running":
        left = found.seconds_left or 0.0
        notes.append(f"{found.rate:,.0f} emails a second, {left:,.0f} s left")
    if found.next_due_at and found.counts["deferred"]:
        notes.append(f"next try of a deferred email: {found.next_due_at:%Y-%m-%d %H:%M:%S} UTC")
    grid.caption = "\n".join(note for note in notes if note)
    return grid


def _print_doubts(found: CampaignStatus) -> None:
    if found.doubts:
        table(
            ("delivery", "attempt", "address", "noticed (UTC)", "cause", "resolution"),
            (
                (
                    doubt.delivery_id,
                    doubt.attempt,
                    doubt.email,
                    f"{doubt.noticed_at:%Y-%m-%d %H:%M:%S}",
                    doubt.cause,
                    doubt.resolution or "open",
                )
                for doubt in found.doubts[:SHOWN_DOUBTS]
            ),
            title=f"In-doubt ledger: {counted(found.doubts_total, 'email')} that may have gone out or not",
        )
        if found.doubts_total > SHOWN_DOUBTS:
            message(f"These are the newest {SHOWN_DOUBTS}; --json lists up to {len(found.doubts):,}.")


def _as_json(found: CampaignStatus) -> dict[str, object]:
    return {
        "campaign": found.campaign,
        "state": found.state,
        "run": found.run_id,
        "occurrence": found.occurrence,
        "reason": found.reason,
        "counts": dict(found.counts),
        "reasons": {state: dict(reasons) for state, reasons in found.reasons.items()},
        "rate": round(found.rate, 1),
        "doubts_total": found.doubts_total,
        "doubts": [
            {
                "delivery": doubt.delivery_id,
                "attempt": doubt.attempt,
                "email": doubt.email,
                "cause": doubt.cause,
                "noticed_at": doubt.noticed_at,
                "resolution": doubt.resolution,
            }
            for doubt in found.doubts
        ],
    }


def _listed(campaign: Campaign, status: CampaignStatus) -> dict[str, object]:
    return {
        "campaign": campaign.name,
        "name": campaign.title,
        "audience": campaign.audience,
        "state": status.state,
        "at": campaign.at,
        "counts": dict(status.counts),
    }


def _print_reasons(state: str, reasons: Mapping[str, int]) -> None:
    for reason, number in reasons.items():
        click.echo(f"  {number:,} {state}: {in_words(reason)}")
