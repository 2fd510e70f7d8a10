"""`nurture reports`: what happened in a campaign, and which of its links were followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nurture.cli.app import Session, json_option, pass_session
from nurture.cli.output import message, print_json, table
from nurture.outbox.gate import REASONS
from nurture.reports import CampaignReport, Figure, LinkReport, campaign_report, link_report
from nurture.spreadsheet import new_csv, write_csv
from nurture.tracking import judge_all

Command = TypeVar("Command", bound=Callable[..., Any])

FIGURE_COLUMNS = ("figure", "count", "share", "of", "of_count", "reliable", "note")
LINK_COLUMNS = (
    "step",
    "slot",
    "label",
    "tag",
    "url",
    "personal",
    "clicks",
    "people",
    "share",
    "machine_hits",
    "undecided_hits",
)


@click.group("reports")
def group() -> None:
    """What happened: campaigns and their links."""


def report_options(command: Command) -> Command:
    """The campaign, one of its runs, and the form of the answer."""
    csv_file = click.option(
        "--csv", "csv_file", type=click.Path(path_type=Path, dir_okay=False), help="Write a CSV file instead."
    )
    run = click.option("--run", "occurrence", metavar="RUN", help="One run only, such as 2026-11.")
    return click.argument("campaign")(run(csv_file(json_option(command))))


@group.command("campaign", epilog="Example: nurture reports campaign newsletter --json")
@report_options
@pass_session
def campaign_command(
    session: Session, campaign: str, occurrence: str | None, csv_file: Path | None, as_json: bool
) -> None:
    """What became of a campaign's emails, and what people did with them.

    Every share says of what. Clicks are those of people; what mail scanners requested stands apart.
    Requests that still wait for a verdict are judged first.
    """
    judge_all(session.store, session.workspace, session.now)
    with session.store.read() as connection:
        report = campaign_report(connection, session.workspace, campaign, session.now, occurrence)
    if csv_file is not None:
        _saved(csv_file, FIGURE_COLUMNS, _campaign_rows(report))
    if as_json:
        print_json(report.as_json())
    elif csv_file is None:
        show_campaign(report)


@group.command("links", epilog="Example: nurture reports links newsletter --csv links.csv")
@report_options
@pass_session
def links_command(
    session: Session, campaign: str, occurrence: str | None, csv_file: Path | None, as_json: bool
) -> None:
    """Every link of a campaign's emails: clicks by people, how many people, and hits by machines."""
    judge_all(session.store, session.workspace, session.now)
    with session.store.read() as connection:
        report = link_report(connection, session.workspace, campaign, session.now, occurrence)
    if csv_file is not None:
        rows = [[getattr(link, column) for column in LINK_COLUMNS] for link in report.links]
        _saved(csv_file, LINK_COLUMNS, rows)
    if as_json:
        print_json(report.as_json())
    elif csv_file is None:
        _show_links(report)


def _saved(path: Path, columns: tuple[str, ...], rows: list[list[Any]]) -> None:
    with new_csv(path) as file:
        write_csv(file, columns, rows)
    message(f"{path}: {len(rows)} rows.")


def show_campaign(report: CampaignReport) -> None:
    for run in report.runs:
        state = f"{run.state}: {run.reason}" if run.reason else run.state
        click.echo(f"{report.campaign}, run {run.occurrence}: {state}")
    if not report.runs:
        click.echo(f"{report.campaign} has not been started. nurture campaigns start {report.campaign}")
        return
    table(
        ("", "count", "share", "of", ""),
        [
            (_words(figure.name), figure.count, _percent(figure.share), _denominator(figure), figure.note)
            for figure in report.figures
        ],
    )
    hits = report.hits
    click.echo(
        f"Clicks by people: {report.clicks}. Requests on links: {hits.total} "
        f"(people {hits.human}, machines {hits.machine}, not decided {hits.undecided})."
    )
    for title, reasons in (("Held", report.held), ("Failed or bounced", report.failed)):
        for reason, number in reasons.items():
            click.echo(f"{title}: {number} because {REASONS.get(reason, reason)}")


def _show_links(report: LinkReport) -> None:
    rows = [
        (
            link.label or link.url,
            link.tag,
            link.clicks,
            link.people,
            _percent(link.share),
            link.machine_hits,
            link.undecided_hits,
            f"{link.url} (personal)" if link.personal else link.url,
        )
        for link in report.links
    ]
    table(("link", "tag", "clicks", "people", "share", "machines", "undecided", "address"), rows)
    click.echo(f"Shares are of {report.reached} people reached.")


def _campaign_rows(report: CampaignReport) -> list[list[Any]]:
    """The figures as rows of FIGURE_COLUMNS, then a row for each reason an email was held or failed."""
    figures = [
        [figure.name, figure.count, figure.share, figure.of, figure.of_count, figure.reliable, figure.note]
        for figure in (*report.figures, *report.traffic)
    ]
    reasons = [
        [f"{state}: {reason}", number, None, "planned", report.planned, True, REASONS.get(reason, "")]
        for state, counted in (("held", report.held), ("failed", report.failed))
        for reason, number in counted.items()
    ]
    return figures + reasons


def _words(name: str) -> str:
    return name.replace("_", " ")


def _denominator(figure: Figure) -> str:
    return f"{figure.of_count} {figure.of}" if figure.of else ""


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
