"""The main job through the commands: import, select, plan, start, send; each customer gets exactly one."""

from __future__ import annotations

import email
import email.policy
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nurture.delivery.mailbox import LocalMailbox
from tests.services import PostgreSQL, Redis
from tests.stories.shop import Shop, end, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[LocalMailbox]:
    with LocalMailbox(tmp_path / "mailbox", port=0) as box:
        yield box


@pytest.fixture
def shop(tmp_path: Path, mailbox: LocalMailbox) -> Iterator[Shop]:
    made = Shop(tmp_path / "shop", mailbox.port)
    yield made
    made.close()


def recipients(mailbox: LocalMailbox) -> Counter[str]:
    return Counter(mail.entry.rcpt_to for mail in mailbox.emails())


def test_a_newsletter_reaches_everyone_once(shop: Shop, mailbox: LocalMailbox) -> None:
    shop.customers(120)
    assert shop.json("segments", "count", "everyone") == {"segment": "everyone", "count": 120}
    assert shop.json("campaigns", "plan", "news") == {"campaign": "news", "owed": 120, "held": {}}
    shop.run("campaigns", "start", "news")
    shop.run("campaigns", "start", "news")
    shop.run("up", "--until-idle")
    assert recipients(mailbox) == Counter(f"p{at}@x.example" for at in range(1, 121))
    status = shop.json("campaigns", "status", "news")
    assert (status["state"], status["counts"]["sent"]) == ("finished", 120)


def test_every_email_carries_what_the_law_and_the_mailbox_providers_want(
    shop: Shop, mailbox: LocalMailbox
) -> None:
    shop.customers(3)
    shop.run("campaigns", "start", "news")
    shop.run("up", "--until-idle")
    identifiers = set()
    for mail in mailbox.emails():
        message = email.message_from_bytes(mail.content, policy=email.policy.default)
        assert message["Subject"] == "佐藤 様へのお知らせ"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = str(message["List-Unsubscribe"]).strip("<>")
        assert link.startswith(f"http://127.0.0.1:{shop.web_port}/u/")
        assert message["List-Id"]
        assert message["Feedback-ID"]
        identifiers.add(message["Message-ID"])
        for part in ("plain", "html"):
            body = message.get_body((part,))
            assert body is not None
            content = body.get_content()
            assert link in content
            assert "東京都千代田区1-1" in content
            assert "https://test.example/contact" in content
            assert "shop.example" not in content, "links are tracked"
    assert len(identifiers) == 3


def test_whoever_unsubscribes_between_plan_and_send_is_not_mailed(shop: Shop, mailbox: LocalMailbox) -> None:
    shop.customers(3)
    shop.run("campaigns", "start", "news")
    shop.write("refused.csv", "email,opted_out\np2@x.example,yes\n")
    shop.run("customers", "import", str(shop.folder / "refused.csv"))
    shop.run("up", "--until-idle")
    assert set(recipients(mailbox)) == {"p1@x.example", "p3@x.example"}
    status = shop.json("campaigns", "status", "news")
    assert status["counts"]["held"] == 1
    assert status["reasons"]["held"] == {"suppressed:imported": 1}


def test_two_workers_on_redis_and_postgresql_send_each_email_once(
    tmp_path: Path, mailbox: LocalMailbox, postgresql: PostgreSQL, postgresql_url: str, redis_server: Redis
) -> None:
    shop = Shop(tmp_path / "shop", mailbox.port, database=postgresql_url, broker=redis_server.url)
    shop.customers(400)
    shop.run("campaigns", "start", "news")
    workers = [shop.start("worker"), shop.start("worker")]
    try:
        wait_until(lambda: shop.counts()["sent"] == 400, 120, "400 emails sent")
    finally:
        codes = [end(worker) for worker in workers]
    assert codes == [0, 0]
    assert recipients(mailbox) == Counter(f"p{at}@x.example" for at in range(1, 401))


def test_after_a_kill_everyone_is_mailed_and_the_doubts_are_listed(shop: Shop, mailbox: LocalMailbox) -> None:
    shop.customers(700)
    shop.run("campaigns", "start", "news")
    process = shop.start("up")
    wait_until(lambda: len(list((mailbox.folder).glob("*.eml"))) > 100, 120, "the first hundred emails")
    assert end(process, signal.SIGKILL) == -signal.SIGKILL
    shop.run("up", "--until-idle")
    found = recipients(mailbox)
    assert set(found) == {f"p{at}@x.example" for at in range(1, 701)}
    twice = {address for address, number in found.items() if number > 1}
    status = shop.json("campaigns", "status", "news")
    assert status["counts"]["sent"] == 700
    assert twice <= {doubt["email"] for doubt in status["doubts"]}
    assert {doubt["resolution"] for doubt in status["doubts"]} <= {"resent", "evidence"}


def test_a_stop_loses_nothing_and_repeats_nothing(shop: Shop, mailbox: LocalMailbox) -> None:
    shop.customers(700)
    shop.run("campaigns", "start", "news")
    process = shop.start("up")
    wait_until(lambda: len(list((mailbox.folder).glob("*.eml"))) > 100, 120, "the first hundred emails")
    assert end(process) == 0
    assert shop.counts()["sending"] == 0
    shop.run("up", "--until-idle")
    assert recipients(mailbox) == Counter(f"p{at}@x.example" for at in range(1, 701))


def test_a_relay_that_is_not_there_costs_nothing(tmp_path: Path, shop: Shop, mailbox: LocalMailbox) -> None:
    shop.customers(5)
    shop.run("campaigns", "start", "news")
    port = mailbox.port
    mailbox.stop()
    complaint = shop.run("up", "--until-idle", code=3)
    assert f"relay 127.0.0.1:{port}" in complaint
    assert shop.counts()["queued"] == 5
    with LocalMailbox(tmp_path / "second", port=port) as second:
        shop.run("up", "--until-idle")
        assert sum(recipients(second).values()) == 5
