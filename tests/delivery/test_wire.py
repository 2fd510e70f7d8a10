"""What the wire builder writes reads back as what was meant, for any name, subject and body."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.delivery import OutgoingEmail, WireBuilder
from nurture.delivery.addresses import CONTROLS
from nurture.errors import InputError

BUILDER = WireBuilder(
    from_name="サンプル工業",
    from_address="news@sample.example",
    reply_to="info@sample.example",
    list_id="news.sample.example",
    list_name="月刊サンプル",
    feedback_id="news:12:monthly:sampleexample",
)
VALUES: dict[str, Any] = {
    "delivery_id": 7,
    "mail_from": "b+token@bounce.sample.example",
    "to_address": "hanako@customer.example",
    "to_name": "佐藤 花子",
    "subject": "創立記念日のお祝い",
    "html": "<p>おめでとうございます</p>",
    "text": "おめでとうございます",
    "message_id": "<7.abc@sample.example>",
    "date": datetime(2026, 11, 3, 10, 0, tzinfo=timezone(timedelta(hours=9))),
    "unsubscribe_url": "https://sample.example/u/abc-DEF_1",
}


def build(**changes: Any) -> OutgoingEmail:
    return BUILDER.build(**{**VALUES, **changes})


def parsed(content: bytes) -> EmailMessage:
    message = cast(EmailMessage, email.message_from_bytes(content, policy=cast(Any, email.policy.default)))
    assert not message.defects
    assert [part.defects for part in message.walk()] == [[]] * 3
    return message


def raw_header(content: bytes, name: str) -> str:
    """A header decoded by RFC 2047 alone, without the reading of names that Python 3.11 gets wrong."""
    value = email.message_from_bytes(content)[name]
    return str(make_header(decode_header(value)))


def lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_form(content: bytes, *, eightbit: bool) -> None:
    """What holds for every email on the wire."""
    assert content.endswith(b"\r\n")
    assert b"\r" not in content.replace(b"\r\n", b"") and b"\n" not in content.replace(b"\r\n", b"")
    assert b"\0" not in content
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert eightbit or content.isascii()


header_text = st.text().filter(lambda text: not CONTROLS.search(text))
body_text = st.text(st.characters(exclude_categories=["Cs"]))


@given(subject=header_text, html=body_text, text=body_text, eightbit=st.booleans())
def test_what_is_built_reads_back_the_same(subject: str, html: str, text: str, eightbit: bool) -> None:
    content = build(subject=subject, html=html, text=text).content(eightbit)
    check_form(content, eightbit=eightbit)
    message = parsed(content)
    plain, rich = cast("list[EmailMessage]", list(message.iter_parts()))
    assert message.get_content_type() == "multipart/alternative"
    assert (plain.get_content_type(), rich.get_content_type()) == ("text/plain", "text/html")
    assert lines(plain.get_content()) == lines(text)
    assert lines(rich.get_content()) == lines(html)
    assert str(message["Subject"]) == subject


@given(name=header_text)
def test_any_name_reads_back_the_same(name: str) -> None:
    content = build(to_name=name).content(False)
    check_form(content, eightbit=False)
    message = parsed(content)
    [address] = message["To"].addresses
    assert (address.username, address.domain) == ("hanako", "customer.example")
    if len(name.encode()) <= 45:
        assert address.display_name == name
    else:
        # Python 3.11 puts a space between two encoded words of a name; RFC 2047 says that there is none.
        assert address.display_name.replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize(
    "hostile", ["a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\0b", "a\tb", "a\x85b", "a\u2028b", "\ud83d"]
)
@pytest.mark.parametrize(
    "field", ["to_name", "subject", "to_address", "mail_from", "message_id", "unsubscribe_url"]
)
def test_no_value_can_start_another_header(field: str, hostile: str) -> None:
    with pytest.raises(InputError):
        build(**{field: hostile})


@pytest.mark.parametrize(
    "field", ["from_name", "from_address", "reply_to", "list_id", "list_name", "feedback_id"]
)
def test_no_fixed_value_can_start_another_header(field: str) -> None:
    fixed: dict[str, Any] = {"from_name": "A", "from_address": "a@b.example", "list_id": "a.b.example"}
    with pytest.raises(InputError):
        WireBuilder(**{**fixed, field: "news:1:a:sender\r\nBcc: x@y.example"})


def test_half_of_a_character_in_a_body_is_refused() -> None:
    for field in ("html", "text"):
        with pytest.raises(InputError):
            build(**{field: "broken \ud83d data"})


def test_the_headers_of_an_email_in_full() -> None:
    head = build().head.decode("ascii")
    assert head.split("\r\n") == [
        "From: =?utf-8?B?44K144Oz44OX44Or5bel5qWt?= <news@sample.example>",
        "To: =?utf-8?B?5L2Q6JekIOiKseWtkA==?= <hanako@customer.example>",
        "Subject: =?utf-8?B?5Ym156uL6KiY5b+15pel44Gu44GK56Wd44GE?=",
        "Date: Tue, 03 Nov 2026 10:00:00 +0900",
        "Message-ID: <7.abc@sample.example>",
        "List-Unsubscribe: <https://sample.example/u/abc-DEF_1>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Reply-To: info@sample.example",
        "List-Id: =?utf-8?B?5pyI5YiK44K144Oz44OX44Or?= <news.sample.example>",
        "Feedback-ID: news:12:monthly:sampleexample",
        "MIME-Version: 1.0",
        "",
    ]


def test_the_unsubscribe_headers_are_never_folded() -> None:
    url = "https://sample.example/u/" + "a" * 400
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in build(unsubscribe_url=url).head
    with pytest.raises(InputError):
        build(unsubscribe_url="https://sample.example/u/" + "a" * 1000)
    with pytest.raises(InputError):
        build(unsubscribe_url="javascript:alert(1)")


def test_without_an_unsubscribe_address_neither_header_is_there() -> None:
    assert b"List-Unsubscribe" not in build(unsubscribe_url=None).head


def test_the_same_delivery_always_gives_the_same_bytes() -> None:
    assert build().content(True) == build().content(True)


def test_equal_moments_keep_the_zone_they_were_given_in() -> None:
    in_utc = build(date=datetime(2026, 11, 3, 1, 0, tzinfo=UTC))
    assert b"Date: Tue, 03 Nov 2026 01:00:00 +0000\r\n" in in_utc.head
    assert b"Date: Tue, 03 Nov 2026 10:00:00 +0900\r\n" in build().head


def test_a_date_without_a_zone_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="time zone"):
        build(date=datetime(2026, 11, 3))  # noqa: DTZ001


def test_a_long_subject_is_folded_into_encoded_words_of_at_most_75_characters() -> None:
    subject = "😀創立五十周年記念" * 20
    content = build(subject=subject).content(False)
    assert raw_header(content, "Subject") == subject
    encoded = [line for line in content.split(b"\r\n") if b"=?utf-8?" in line]
    assert len(encoded) > 10
    assert max(map(len, encoded)) <= 76
    assert max(len(word) for line in encoded for word in line.split()) <= 75


def test_a_long_english_subject_stays_readable() -> None:
    subject = "Thirty years of bearings: what customers in Kawasaki and Suzhou taught us about patience"
    content = build(subject=subject).content(False)
    assert (
        b"Subject: Thirty years of bearings: what customers in Kawasaki and Suzhou\r\n taught us" in content
    )
    assert str(parsed(content)["Subject"]) == subject


def test_a_body_that_holds_the_boundary_gets_another_one() -> None:
    first = build().boundary
    second = build(text=f"--{first.decode()}\n").boundary
    assert second != first
    assert len(list(parsed(build(text=f"--{first.decode()}--\n").content(True)).iter_parts())) == 2


def test_a_domain_outside_ascii_goes_as_a_labels() -> None:
    built = build(to_address="info@サンプル.example")
    assert built.rcpt_to == "info@xn--vck8cuc4a.example"
    assert not built.needs_utf8


def test_a_local_part_outside_ascii_needs_smtputf8() -> None:
    built = build(to_address="花子@customer.example")
    assert built.needs_utf8
    assert "To: =?utf-8?B?5L2Q6JekIOiKseWtkA==?= <花子@customer.example>".encode() in built.head


def test_the_null_return_path_stays_empty() -> None:
    assert build(mail_from="").mail_from == ""
