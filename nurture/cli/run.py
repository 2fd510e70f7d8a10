"""`nurture up`, `worker` and `scheduler`: the processes that send.

`up` is all of them in one; at scale the others run apart, on PostgreSQL and Redis.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType

import click
from sqlalchemy import func, select

from nurture import clock
from nurture.cli.app import Session, pass_session
from nurture.cli.output import counted, message
from nurture.delivery.workforce import Workforce
from nurture.engine import tick
from nurture.engine.scheduler import TICK_SECONDS, Scheduler
from nurture.errors import Finding, OutsideError
from nurture.store import tables as t
from nurture.web.server import serve

POLL_SECONDS = 0.2
# With --until-idle, a relay that cannot be reached for so long ends the wait.
PATIENCE_SECONDS = 10.0

until_idle_option = click.option(
    "--until-idle", is_flag=True, help="Work off what is due and end: for cron, tests and benchmarks."
)


@click.command(epilog="\b\nExamples:\n  nurture up\n  nurture up --until-idle")
@until_idle_option
@pass_session
def up(session: Session, until_idle: bool) -> None:
    """Run web, scheduler and workers in one process, until Ctrl-C."""
    _log_to_standard_error()
    workforce = Workforce(session.workspace, session.store)
    if until_idle:
        started = session.now
        with stop_signals() as stopped, _running(workforce):
            _work_off(session, workforce, stopped, ticking=True)
        message(f"{counted(_sent_since(session, started), 'email')} sent; nothing more is due.")
        return
    scheduler = Scheduler(session.workspace, session.store)
    with stop_signals() as stopped, serve(session.workspace, session.store) as server, _running(workforce):
        scheduler.start()
        message(f"nurture is up: {server.url}/console (Ctrl-C ends it)")
        stopped.wait()
        message("Finishing what is on the wire ...")
        scheduler.stop()


@click.command(epilog="\b\nExamples:\n  nurture worker\n  nurture worker --until-idle")
@until_idle_option
@pass_session
def worker(session: Session, until_idle: bool) -> None:
    """Run a worker process: it sends what is due. Start as many as the machine has cores."""
    _log_to_standard_error()
    workforce = Workforce(session.workspace, session.store)
    with stop_signals() as stopped, _running(workforce):
        message(f"Worker {workforce.id} is at work (Ctrl-C ends it).")
        if until_idle:
            _work_off(session, workforce, stopped, ticking=False)
        else:
            stopped.wait()
            message("Finishing what is on the wire ...")


@click.command(epilog="Example: nurture scheduler")
@pass_session
def scheduler(session: Session) -> None:
    """Run the scheduler: it starts what is due and judges what came back. Two do no harm."""
    _log_to_standard_error()
    ticking = Scheduler(session.workspace, session.store)
    with stop_signals() as stopped:
        ticking.start()
        message("The scheduler is at work (Ctrl-C ends it).")
        stopped.wait()
        ticking.stop()


def _work_off(session: Session, workforce: Workforce, stopped: threading.Event, *, ticking: bool) -> None:
    """Wait until nothing is due; with `ticking`, also move everything that the scheduler would.

    Raises:
        OutsideError: the relay cannot be reached, and emails still wait for it.
    """
    unreachable_since: float | None = None
    ticked = 0.0
    while not stopped.wait(POLL_SECONDS):
        moved, idle = False, workforce.idle()
        if ticking and (idle or clock.monotonic_seconds() - ticked > TICK_SECONDS):
            moved = tick(session.workspace, session.store, clock.now()).anything
            ticked = clock.monotonic_seconds()
        if idle and not moved:
            return
        reason = workforce.deliverer.rest.reason
        if reason is None:
            unreachable_since = None
            continue
        unreachable_since = unreachable_since or clock.monotonic_seconds()
        if clock.monotonic_seconds() - unreachable_since > PATIENCE_SECONDS:
            smtp = session.workspace.config.smtp
            fix = "Nothing is lost: the emails stay queued. `smtp` in config.yaml says where the relay is."
            raise OutsideError(Finding(f"relay {smtp.host}:{smtp.port}", reason, fix))


def _sent_since(session: Session, started: datetime) -> int:
    delivery = t.deliveries.c
    with session.store.read() as connection:
        return connection.scalar(select(func.count(delivery.id)).where(delivery.sent_at >= started)) or 0


@contextmanager
def _running(workforce: Workforce) -> Iterator[None]:
    workforce.start()
    try:
        yield
    finally:
        workforce.stop()


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set; a second signal ends the process at once."""
    stopped = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.set()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_to_standard_error() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("nurture").setLevel(logging.INFO)
