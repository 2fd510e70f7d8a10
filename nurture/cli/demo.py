"""`nurture demo`: the main job, end to end, on the sample workspace."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import click
from rich.progress import Progress

from nurture import clock
from nurture.campaigns import campaign_status, load_campaign, start_campaign
from nurture.cli.app import Session, pass_session
from nurture.cli.leads import show_lead
from nurture.cli.output import message, progress, table
from nurture.cli.reports import show_campaign
from nurture.cli.run import stop_signals
from nurture.config import Workspace
from nurture.customers import import_customers
from nurture.delivery.mailbox import LocalMailbox
from nurture.delivery.workforce import Workforce
from nurture.demo.readers import Visits, touched, visit
from nurture.demo.workspace import free_port, make_workspace
from nurture.engine import tick
from nurture.engine.scheduler import Scheduler
from nurture.errors import Finding, OutsideError
from nurture.leads import list_leads
from nurture.reports import campaign_report
from nurture.samples import write_sample
from nurture.segments import load_segment, member_count, segment_names
from nurture.store import Store, open_store
from nurture.web.server import serve

CAMPAIGN = "newsletter"
# The progress bar is drawn anew this often while the workers send.
POLL_SECONDS = 0.1
SHOWN_LEADS = 12
# A request sooner than this after sending is taken for a machine's, and rightly so.
READING_SECONDS = 3.0
SENDING_SECONDS = 120.0


@click.command(epilog="\b\nExamples:\n  nurture demo\n  nurture demo --once")
@click.option("--once", is_flag=True, help="End after the report, without serving the console.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".demo"),
    show_default=True,
    help="Where to make the demo's workspace.",
)
@pass_session
def demo(session: Session, once: bool, folder: Path) -> None:
    """Do the main job on the sample workspace, for real: import, select, send, click, report.

    Nothing leaves this machine. The demo makes a workspace of its own, and then serves its console.
    """
    host = "127.0.0.1"
    config = session.workspace.config
    web_port = free_port(host, int(config.web.bind.rpartition(":")[2]))
    smtp_port = free_port(host, config.smtp.port)
    workspace = make_workspace(
        session.workspace, folder.absolute(), smtp_port=smtp_port, bind=f"{host}:{web_port}"
    )
    mailbox_folder = workspace.root / "mailbox"
    with LocalMailbox(mailbox_folder, host, smtp_port) as mailbox, stop_signals() as stopped:
        store = open_store(workspace)
        try:
            _main_job(workspace, store, mailbox, stopped, once)
        finally:
            store.close()
    program = "nurture" if shutil.which("nurture") else sys.argv[0]
    again = f"{program} --workspace {folder} web --mailbox {mailbox_folder}"
    message(f"Everything is in {folder}. To look again: {again}")


def _main_job(
    workspace: Workspace, store: Store, mailbox: LocalMailbox, stopped: threading.Event, once: bool
) -> None:
    started = clock.monotonic_seconds()
    _import(workspace, store)
    _show_segments(workspace, store)
    with serve(workspace, store, mailbox=mailbox.folder) as server:
        _send(workspace, store)
        visits = _follow(mailbox)
        # A reader is answered before the hit is in the store.
        server.drain()
        tick(workspace, store, clock.now())
        _show_results(workspace, store, visits)
        message(f"The job took {clock.monotonic_seconds() - started:.0f} seconds.")
        if once or stopped.is_set():
            return
        scheduler, workforce = Scheduler(workspace, store), Workforce(workspace, store)
        workforce.start()
        scheduler.start()
        message(f"Look around: {server.url}/console (Ctrl-C ends it)")
        stopped.wait()
        scheduler.stop()
        workforce.stop()


def _import(workspace: Workspace, store: Store) -> None:
    sample = write_sample(workspace.root / "data", clock.day(clock.now(), workspace.zone))
    for path, kind in (
        (sample.customers, "customers"),
        (sample.purchases, "purchases"),
        (sample.activities, "activities"),
    ):
        with progress(f"Importing {kind}", sample.counts[kind]) as bar:
            report = import_customers(
                store, workspace, path, clock.now(), on_progress=lambda done, _all: _to(bar, done)
            )
        message(f"{report.added:,} {kind} imported, {report.set_aside:,} set aside.")


def _to(bar: Progress, done: int) -> None:
    bar.update(bar.task_ids[0], completed=done)


def _show_segments(workspace: Workspace, store: Store) -> None:
    with store.read() as connection:
        rows = []
        for name in segment_names(workspace):
            segment = load_segment(workspace, name)
            rows.append((name, segment.title, member_count(connection, workspace, segment, clock.now())))
    table(("segment", "name", "customers"), rows, title="Segments")


def _send(workspace: Workspace, store: Store) -> None:
    campaign = load_campaign(workspace, CAMPAIGN)
    accepted = start_campaign(store, workspace, campaign, clock.now())
    workforce = Workforce(workspace, store)
    workforce.start()
    until = clock.monotonic_seconds() + SENDING_SECONDS
    with progress(f"Sending {campaign.title}", accepted.owed) as bar:
        while not workforce.idle() and clock.monotonic_seconds() < until:
            time.sleep(POLL_SECONDS)
            bar.update(bar.task_ids[0], completed=_sent(store, clock.now()))
    idle = workforce.idle()
    workforce.stop()
    if (reason := workforce.deliverer.rest.reason) is not None:
        raise OutsideError(Finding("local mailbox", reason))
    if not idle:
        what = f"Not everything was sent within {SENDING_SECONDS:.0f} seconds."
        raise OutsideError(Finding("demo", what, "The machine may be very busy; try again."))
    held = sum(accepted.held.values())
    message(f"{_sent(store, clock.now()):,} emails sent over SMTP, {held:,} customers held.")


def _sent(store: Store, now: datetime) -> int:
    with store.read() as connection:
        return campaign_status(connection, CAMPAIGN, now).counts["sent"]


def _follow(mailbox: LocalMailbox) -> Visits:
    time.sleep(READING_SECONDS)
    emails = mailbox.emails()
    with progress("Readers open and click", touched(len(emails))) as bar:
        return visit(emails, lambda: bar.advance(bar.task_ids[0]))


def _show_results(workspace: Workspace, store: Store, visits: Visits) -> None:
    message(
        f"{visits.opened:,} people opened, {visits.clicked:,} of them clicked; "
        f"a scanner followed every link of {visits.scanned:,} emails; {visits.left:,} people unsubscribed."
    )
    with store.read() as connection:
        show_campaign(campaign_report(connection, workspace, CAMPAIGN, clock.now()))
        leads = list_leads(connection, workspace)
    click.echo(f"\nWarm leads: {len(leads)}, the first {min(len(leads), SHOWN_LEADS)} of them:")
    for lead in leads[:SHOWN_LEADS]:
        show_lead(lead)
