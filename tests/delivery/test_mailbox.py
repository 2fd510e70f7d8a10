"""The local mailbox keeps what it accepts, and shows it whatever it is."""

from __future__ import annotations

import asyncio
import smtplib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nurture.delivery import SmtpSettings, SmtpTransport
from nurture.delivery.mailbox import LocalMailbox
from nurture.delivery.mailbox_folder import count_mailbox, keep, list_mailbox, read_mail
from nurture.errors import NotFound, OutsideError
from tests.delivery.emails import deliver_and_close, email, numbered

AT = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)


def test_what_is_delivered_lies_in_the_folder_byte_for_byte(tmp_path: Path) -> None:
    emails = [
        *numbered(30),
        email(31, "花子@customer.example"),
        email(32, text=".\n..\n.x\n", html="あ" * 4000),
    ]
    with LocalMailbox(tmp_path / "box", port=0) as mailbox:
        settings = SmtpSettings(port=mailbox.port, connections=4)
        outcomes = asyncio.run(deliver_and_close(SmtpTransport(settings), emails))
        kept = mailbox.emails()
    assert [(outcome.state, outcome.code) for outcome in outcomes] == [("sent", 250)] * 32
    assert sorted(mail.content for mail in kept) == sorted(one.content(True) for one in emails)
    assert sorted(mail.entry.rcpt_to for mail in kept) == sorted(one.rcpt_to for one in emails)
    assert {mail.entry.mail_from for mail in kept} == {"b+1@bounce.test.example"}


def test_an_email_is_read_back_in_words(tmp_path: Path) -> None:
    mail_id = keep(
        tmp_path, email(7).content(False), "b+7@bounce.test.example", "hanako@customer.example", AT
    )
    mail = read_mail(tmp_path, mail_id)
    assert mail.entry.at == AT
    assert (mail.entry.sender, mail.entry.subject) == ("テスト工業 <news@test.example>", "お知らせ")
    assert (mail.text, mail.html) == ("こんにちは", "<p>こんにちは</p>")
    assert mail.header("message-id") == "<7@test.example>"
    assert mail.header("no-such") is None
    assert mail.content == email(7).content(False)


def test_the_newest_email_comes_first_and_pages_follow_each_other(tmp_path: Path) -> None:
    for number in range(5):
        keep(
            tmp_path, email(number).content(True), "", f"c{number}@a.example", AT + timedelta(seconds=number)
        )
    assert count_mailbox(tmp_path) == 5
    assert [entry.rcpt_to[:2] for entry in list_mailbox(tmp_path)] == ["c4", "c3", "c2", "c1", "c0"]
    assert [entry.rcpt_to[:2] for entry in list_mailbox(tmp_path, limit=2, offset=1)] == ["c3", "c2"]


def test_a_mailbox_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    assert list_mailbox(tmp_path / "nowhere") == []
    assert count_mailbox(tmp_path / "nowhere") == 0


@pytest.mark.parametrize("mail_id", ["../config", "", "x", "20261103T010000-000000-00000000", "a/../b", "\0"])
def test_an_id_that_is_not_one_of_ours_is_not_found(tmp_path: Path, mail_id: str) -> None:
    (tmp_path / "config.eml").write_text("secret")
    with pytest.raises(NotFound):
        read_mail(tmp_path / "box", mail_id)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no header at all",
        b"Subject: =?no-such-charset?B?AAAA?=\r\n\r\nx",
        b"Subject: =?utf-8?B?!!!?=\r\nFrom: \xff\xfe\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\n\xff",
        b"Subject: =?utf-16?B?AA==?=\r\nDate: \r\n\t\r\n\r\nx",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: text/html\r\n\r\n<b>",
        b'Content-Type: text/html; charset="\r\n\r\nx',
        b"Subject: a\x1b[31m\x00b\r\n\r\nx",
    ],
)
def test_broken_emails_of_others_are_shown_as_far_as_they_go(tmp_path: Path, content: bytes) -> None:
    mail_id = keep(tmp_path, content, "a\r\nb@c.example", "x@y.example", AT)
    [entry] = list_mailbox(tmp_path)
    assert entry.mail_from == "a??b@c.example"
    mail = read_mail(tmp_path, mail_id)
    assert mail.content == content
    shown = "".join([entry.subject, entry.sender, *(value for _, value in mail.headers)])
    assert not any(ord(char) < 32 for char in shown)


def test_unfinished_files_and_strangers_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "20261103T010000-000000-00000000.new").write_bytes(b"half")
    (tmp_path / "note.eml").write_bytes(b"not ours")
    assert list_mailbox(tmp_path) == []


def test_other_programs_can_send_to_it_and_every_recipient_gets_a_file(tmp_path: Path) -> None:
    with LocalMailbox(tmp_path, port=0) as mailbox, smtplib.SMTP("127.0.0.1", mailbox.port) as client:
        client.ehlo()
        assert {"pipelining", "8bitmime", "smtputf8", "size"} <= set(client.esmtp_features)
        client.sendmail("a@b.example", ["x@y.example", "z@y.example"], b"Subject: hi\r\n\r\nhello\r\n")
        kept = mailbox.emails()
    assert sorted(mail.entry.rcpt_to for mail in kept) == ["x@y.example", "z@y.example"]
    assert {mail.content for mail in kept} == {b"Subject: hi\r\n\r\nhello\r\n"}


def test_a_body_that_is_too_big_is_refused_and_the_connection_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nurture.delivery.mailbox.MOST_BYTES", 2000)
    with LocalMailbox(tmp_path, port=0) as mailbox, smtplib.SMTP("127.0.0.1", mailbox.port) as client:
        client.helo()  # without EHLO the client does not know the limit
        for big in (b"x" * 998 + b"\r\n", b".\r\n", b"end.\r\n"):
            with pytest.raises(smtplib.SMTPDataError, match=r"5\.3\.4"):
                client.sendmail("a@b.example", ["c@d.example"], big * 1500)
        client.sendmail("a@b.example", ["c@d.example"], b"Subject: small\r\n\r\n.\r\n")
        assert [mail.content for mail in mailbox.emails()] == [b"Subject: small\r\n\r\n.\r\n"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b".\r\n", b""),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"..\r\n...\r\n.x\r\na.\r\n.\r\n", b".\r\n..\r\nx\r\na.\r\n"),
    ],
)
def test_dots_are_unstuffed_as_rfc_5321_says(tmp_path: Path, sent: bytes, kept: bytes) -> None:
    with LocalMailbox(tmp_path, port=0) as mailbox, smtplib.SMTP("127.0.0.1", mailbox.port) as client:
        client.ehlo()
        client.mail("a@b.example")
        client.rcpt("c@d.example")
        client.docmd("DATA")
        client.send(sent)
        assert client.getreply() == (250, b"2.0.0 Kept")
        assert client.docmd("DATA") == (503, b"5.5.1 Send RCPT first")
        assert [mail.content for mail in mailbox.emails()] == [kept]


def test_a_folder_that_cannot_be_written_defers_the_email(tmp_path: Path) -> None:
    with LocalMailbox(tmp_path / "box", port=0) as mailbox:
        mailbox.folder.rmdir()
        settings = SmtpSettings(port=mailbox.port)
        [outcome] = asyncio.run(deliver_and_close(SmtpTransport(settings), [email()]))
    assert (outcome.state, outcome.code, outcome.enhanced) == ("deferred", 452, "4.3.1")


def test_a_port_that_is_taken_is_told_with_a_way_out(tmp_path: Path) -> None:
    with LocalMailbox(tmp_path, port=0) as first:
        second = LocalMailbox(tmp_path, port=first.port)
        with pytest.raises(OutsideError, match=r"smtp\.port"):
            second.start()
        second.stop()


def test_stopping_closes_connections_that_rest(tmp_path: Path) -> None:
    async def story() -> None:
        with LocalMailbox(tmp_path, port=0) as mailbox:
            transport = SmtpTransport(SmtpSettings(port=mailbox.port))
            outcomes = [outcome.state async for outcome in transport.deliver([email()])]
            assert outcomes == ["sent"]
        outcomes = [outcome.state async for outcome in transport.deliver([email()])]
        assert outcomes == ["deferred"]
        await transport.close()

    asyncio.run(story())
