"""The hit buffer: an answered hit is never lost, whatever fails, and never counted twice."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from nurture.config import Workspace
from nurture.errors import OutsideError
from nurture.store import Store, open_store
from nurture.store import tables as t
from nurture.store.engine import make_engine
from nurture.tracking import spool as spools
from nurture.tracking.buffer import HitBuffer
from nurture.tracking.hits import Hit
from nurture.tracking.spool import Spool
from tests.tracking.world import add_customer, add_delivery, add_run, hit


def uids(store: Store) -> list[str]:
    with store.read() as connection:
        return sorted(connection.scalars(select(t.hits.c.uid)))


def hand_in(buffer: HitBuffer, hits: Sequence[Hit]) -> None:
    async def all_at_once() -> None:
        await asyncio.gather(*(buffer.add(one) for one in hits))

    asyncio.run(all_at_once())


def spooled(folder: Path) -> list[bytes]:
    return [line for path in spools.spool_files(folder) for line in path.read_bytes().splitlines()]


def test_hits_reach_the_store_in_groups_and_leave_nothing_behind(
    sqlite_store: Store, workspace: Workspace
) -> None:
    delivery = add_delivery(sqlite_store, add_run(sqlite_store), add_customer(sqlite_store, "a@x.example"))
    buffer = HitBuffer(sqlite_store, workspace)
    buffer.start()
    hand_in(buffer, [hit(f"{n:04}", delivery, n) for n in range(1500)])
    assert buffer.drain(10)
    assert len(uids(sqlite_store)) == 1500
    buffer.stop()
    assert spools.spool_files(buffer.folder) == []


def test_with_the_store_down_hits_wait_on_disk_and_are_recorded_when_it_is_back(
    sqlite_store: Store, workspace: Workspace
) -> None:
    delivery = add_delivery(sqlite_store, add_run(sqlite_store), add_customer(sqlite_store, "a@x.example"))
    down = HitBuffer(Store(make_engine("sqlite:////nowhere/at/all.db")), workspace)
    down.start()
    hand_in(down, [hit("one", delivery, 60), hit("two", delivery, 61)])
    assert not down.drain(0.2)
    down.stop()
    assert len(spooled(down.folder)) == 2
    up = HitBuffer(sqlite_store, workspace)
    up.start()
    up.stop()
    assert uids(sqlite_store) == ["one", "two"]
    assert spools.spool_files(up.folder) == []


def test_a_store_that_comes_back_gets_the_hits_without_a_restart(
    sqlite_store: Store, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nurture.tracking.buffer.RETRY_SECONDS", 0.05)
    delivery = add_delivery(sqlite_store, add_run(sqlite_store), add_customer(sqlite_store, "a@x.example"))
    buffer = HitBuffer(Store(make_engine("sqlite:////nowhere/at/all.db")), workspace)
    buffer.start()
    hand_in(buffer, [hit("one", delivery, 60)])
    assert not buffer.drain(0.2)
    buffer._store = sqlite_store
    assert buffer.drain(10)
    buffer.stop()
    assert uids(sqlite_store) == ["one"]


def test_one_hit_that_the_database_refuses_does_not_stop_the_others(
    sqlite_store: Store, workspace: Workspace
) -> None:
    delivery = add_delivery(sqlite_store, add_run(sqlite_store), add_customer(sqlite_store, "a@x.example"))
    buffer = HitBuffer(sqlite_store, workspace)
    buffer.start()
    refused = hit("bad", delivery, 60, method=["not", "text"])
    hand_in(buffer, [hit("one", delivery, 60), refused, hit("two", delivery, 61)])
    assert buffer.drain(10)
    buffer.stop()
    assert uids(sqlite_store) == ["one", "two"]


def test_a_full_disk_sends_hits_straight_to_the_store(
    sqlite_store: Store, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    delivery = add_delivery(sqlite_store, add_run(sqlite_store), add_customer(sqlite_store, "a@x.example"))
    buffer = HitBuffer(sqlite_store, workspace)
    buffer.start()
    monkeypatch.setattr("nurture.tracking.spool._write_all", full)
    hand_in(buffer, [hit("one", delivery, 60)])
    assert uids(sqlite_store) == ["one"]
    buffer.stop()


def test_a_folder_that_cannot_be_written_is_told_at_the_start(
    sqlite_store: Store, workspace: Workspace
) -> None:
    (workspace.root / ".nurture" / "hits").write_text("a file in the way")
    with pytest.raises(OutsideError, match="No hits can be kept"):
        HitBuffer(sqlite_store, workspace).start()


def test_a_file_of_a_living_process_is_left_to_it(tmp_path: Path) -> None:
    mine = Spool(tmp_path)
    mine.append([b"one\n"])
    with spools.left_behind(mine.path) as file:
        assert file is None
    assert mine.path.exists()
    mine.close()
    with spools.left_behind(mine.path) as file:
        assert file is not None
        assert list(spools.lines_of(file, 10)) == [[b"one\n"]]
    assert not mine.path.exists()


def test_a_line_cut_short_by_a_crash_is_not_read(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.append([b"one\n", b"two\n", b"thr"])
    lines, offset = spool.peek(10)
    assert (lines, offset) == ([b"one\n", b"two\n"], 8)
    spool.taken(offset)
    assert spool.peek(10) == ([], 8)
    assert spool.waiting_bytes == 3
    spool.close()


def test_a_spool_that_was_brought_in_starts_again_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spools, "EMPTY_AT_BYTES", 8)
    spool = Spool(tmp_path)
    spool.append([b"one\n", b"two\n"])
    spool.taken(spool.peek(1)[1])
    assert spool.path.stat().st_size == 8
    spool.taken(spool.peek(1)[1])
    assert spool.path.stat().st_size == 0
    spool.append([b"three\n"])
    assert spool.peek(9) == ([b"three\n"], 6)
    spool.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from nurture.config import open_workspace
from nurture.store import Store
from nurture.store.engine import make_engine
from nurture.tracking.buffer import HitBuffer
from tests.tracking.world import hit

async def main() -> None:
    # A store that never answers: what is printed is safe by the spool alone.
    down = Store(make_engine("sqlite:////nowhere/at/all.db"))
    buffer = HitBuffer(down, open_workspace(Path(sys.argv[1]), {}))
    buffer.start()
    number = 0
    while True:
        group = [hit(f"{number + n:06}", int(sys.argv[2]), 60) for n in range(7)]
        await asyncio.gather(*(buffer.add(one) for one in group))
        number += 7
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.slow
def test_kill_9_loses_no_hit_whose_reader_was_answered(workspace: Workspace) -> None:
    store = open_store(workspace)
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    command = [sys.executable, "-c", KILLED, str(workspace.root), str(delivery)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        answered = [int(process.stdout.readline()) for _ in range(40)][-1]
        process.send_signal(signal.SIGKILL)
        last = process.stdout.read().split()
    answered = int(last[-1]) if last else answered
    buffer = HitBuffer(store, workspace)
    buffer.start()
    buffer.stop()
    found = uids(store)
    assert found[:answered] == [f"{number:06}" for number in range(answered)]
    assert len(found) <= answered + 7
    assert spools.spool_files(buffer.folder) == []
    store.close()
