"""The judge: hits become verdicts and clicks, totals follow, and all of it can be done again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from nurture.config import Workspace
from nurture.store import Store
from nurture.store import tables as t
from nurture.tracking import judging as judges
from nurture.tracking.hits import Hit, record_hits
from nurture.tracking.judging import adopt, judge_all, rejudge
from tests.tracking.world import SENT, URLS, add, add_customer, add_delivery, add_run, hit

SOON = SENT + timedelta(minutes=6)
LATER = SENT + timedelta(hours=2)


def record(store: Store, workspace: Workspace, *hits: Hit) -> None:
    with store.write() as connection:
        record_hits(connection, hits, workspace.zone)


def clicks(store: Store) -> list[tuple[int, str, datetime]]:
    columns = t.clicks.c
    with store.read() as connection:
        rows = connection.execute(
            select(columns.customer_id, columns.url, columns.at).order_by(columns.at, columns.id)
        )
        return [tuple(row) for row in rows]


def totals(store: Store, customer_id: int) -> int:
    with store.read() as connection:
        return connection.scalar(select(t.totals.c.clicks).where(t.totals.c.customer_id == customer_id)) or 0


def test_a_person_makes_a_click_and_a_scanner_makes_none(store: Store, workspace: Workspace) -> None:
    run = add_run(store)
    reader, scanned = add_customer(store, "a@x.example"), add_customer(store, "b@y.example")
    read, swept = add_delivery(store, run, reader), add_delivery(store, run, scanned)
    person = hit("p", read, 300, key="2")
    record(store, workspace, person, *(hit(f"s{n}", swept, 20 + n / 10, key=str(n)) for n in range(6)))
    done = judge_all(store, workspace, LATER)
    assert (done.deliveries, done.hits, done.clicks_added, done.clicks_removed) == (2, 7, 1, 0)
    assert clicks(store) == [(reader, URLS[2], person.at)]
    assert (totals(store, reader), totals(store, scanned)) == (1, 0)
    with store.read() as connection:
        row = connection.execute(select(t.clicks.c.campaign, t.clicks.c.template, t.clicks.c.run_id)).one()
    assert tuple(row) == ("newsletter", "news", run)


def test_judging_twice_changes_nothing_and_finds_nothing_to_do(store: Store, workspace: Workspace) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    record(store, workspace, hit("p", delivery, 300))
    judge_all(store, workspace, LATER)
    before = clicks(store)
    assert judge_all(store, workspace, LATER).deliveries == 0
    assert clicks(store) == before


def test_a_click_is_taken_back_when_the_scanner_shows_itself(store: Store, workspace: Workspace) -> None:
    customer = add_customer(store, "a@x.example")
    delivery = add_delivery(store, add_run(store), customer)
    record(store, workspace, hit("s0", delivery, 300))
    judge_all(store, workspace, SENT + timedelta(seconds=320))
    assert totals(store, customer) == 1
    record(store, workspace, *(hit(f"s{n}", delivery, 300 + n, key=str(n)) for n in range(1, 6)))
    done = judge_all(store, workspace, SOON)
    assert done.clicks_removed == 1
    assert (clicks(store), totals(store, customer)) == ([], 0)


def test_a_verdict_is_final_after_the_settle_window(store: Store, workspace: Workspace) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    record(store, workspace, hit("p", delivery, 300))
    seen = []
    for at in (SENT + timedelta(seconds=302), SOON, LATER):
        judge_all(store, workspace, at)
        with store.read() as connection:
            seen.append(tuple(connection.execute(select(t.verdicts.c.verdict, t.verdicts.c.settled)).one()))
    assert seen == [("unknown", False), ("likely_human", False), ("likely_human", True)]


def test_judging_again_rebuilds_the_same_clicks(store: Store, workspace: Workspace) -> None:
    run = add_run(store)
    customers = [add_customer(store, f"{n}@x.example") for n in range(5)]
    deliveries = [add_delivery(store, run, customer) for customer in customers]
    record(store, workspace, *(hit(f"p{one}", one, 300 + one, key="1") for one in deliveries))
    judge_all(store, workspace, LATER)
    before = clicks(store)
    with store.write() as connection:
        connection.execute(delete(t.clicks))
    done = rejudge(store, workspace, LATER)
    assert done.clicks_added == 5
    assert clicks(store) == before
    assert [totals(store, customer) for customer in customers] == [1] * 5


def test_hits_of_an_older_judge_are_put_before_this_one(store: Store, workspace: Workspace) -> None:
    delivery = add_delivery(store, add_run(store), add_customer(store, "a@x.example"))
    record(store, workspace, hit("p", delivery, 300), hit("o", delivery, 301, kind="open"))
    with store.write() as connection:
        connection.execute(t.verdicts.update().values(version=0, settled=True))
    assert judge_all(store, workspace, LATER).hits == 0
    adopt(store)
    adopt(store)
    assert judge_all(store, workspace, LATER).hits == 1


def test_one_program_in_one_network_at_many_companies_is_a_gateway(
    store: Store, workspace: Workspace
) -> None:
    run = add_run(store)
    common = {"attributes": {}, "created_at": SENT, "updated_at": SENT}
    for number in range(5):
        company = add(store, t.companies, name=f"c{number}", match_key=f"c{number}", **common)
        customer = add_customer(store, f"{number}@x.example", company_id=company)
        delivery = add_delivery(store, run, customer)
        record(store, workspace, hit(f"u{number}", delivery, 100 + number))
    judge_all(store, workspace, LATER)
    with store.read() as connection:
        found = connection.scalars(select(t.verdicts.c.verdict).distinct()).all()
    assert (found, clicks(store)) == (["likely_scanner"], [])


def test_more_deliveries_than_fit_in_one_group_are_all_judged(
    sqlite_store: Store, workspace: Workspace
) -> None:
    run = add_run(sqlite_store)
    many = judges.GROUP + 3
    deliveries = [
        add_delivery(sqlite_store, run, add_customer(sqlite_store, f"{n}@x.example")) for n in range(many)
    ]
    hits = [hit(f"u{one}", one, 4000 + one, network="127.0.0.0/24") for one in deliveries]
    record(sqlite_store, workspace, *hits)
    done = judge_all(sqlite_store, workspace, LATER + timedelta(days=1))
    with sqlite_store.read() as connection:
        counted = connection.scalar(select(func.count()).select_from(t.clicks))
    assert (done.deliveries, counted) == (many, many)


def test_most_links_are_most_of_those_in_the_language_that_the_reader_got(
    store: Store, workspace: Workspace
) -> None:
    run = add_run(store, [f"https://www.sample.example/{slot}" for slot in range(24)])
    variants = {
        language: {"links": [{"slot": slot} for slot in range(first, first + 8)]}
        for first, language in ((0, "ja"), (8, "en"), (16, "zh"))
    }
    with store.write() as connection:
        connection.execute(t.run_emails.update().values(compiled={"variants": variants}))
    delivery = add_delivery(store, run, add_customer(store, "a@x.example"))
    record(store, workspace, *(hit(f"s{n}", delivery, 100 + n / 10, key=str(n)) for n in range(8, 16)))
    judge_all(store, workspace, LATER)
    with store.read() as connection:
        found = connection.execute(select(t.verdicts.c.verdict, t.verdicts.c.reasons)).all()
    assert {(verdict, *reasons) for verdict, reasons in found} == {("scanner", "8 of 8 links within 0.7 s")}
