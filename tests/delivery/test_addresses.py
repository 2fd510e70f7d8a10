"""Addresses reach the wire in the one form that is safe there, or not at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nurture.delivery.addresses import ascii_domain, wire_address
from nurture.delivery.transport import OutgoingEmail
from nurture.errors import InputError


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("hanako.sato+news@customer.example", "hanako.sato+news@customer.example"),
        ("o'brien@customer.example", "o'brien@customer.example"),
        ("info@日本.example", "info@xn--wgv71a.example"),
        ("info@ＡＢＣ.example", "info@abc.example"),
        ("info@straße.example", "info@xn--strae-oqa.example"),
        ("花子@customer.example", "花子@customer.example"),
        ("taro..sato@mobile.example", '"taro..sato"@mobile.example'),
        (".taro.@mobile.example", '".taro."@mobile.example'),
        ("two words@customer.example", '"two words"@customer.example'),
        ('"two words"@customer.example', '"two words"@customer.example'),
        ("root@[192.0.2.1]", "root@[192.0.2.1]"),
        ("a@host_name.example", "a@host_name.example"),
    ],
)
def test_the_form_on_the_wire(address: str, expected: str) -> None:
    assert wire_address(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "@",
        "hanako",
        "hanako@",
        "@customer.example",
        "a@b..example",
        "a@-b.example",
        "a@b example",
        "a@b>.example",
        "a@<b.example",
        'a"b@customer.example',
        "a\\b@customer.example",
        "a@customer.example\r\nDATA",
        "a\nb@customer.example",
        "a\0b@customer.example",
        "a@" + "b" * 300,
        "花" * 200 + "@customer.example",
        "\ud83d@customer.example",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError):
        wire_address(address)


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_address_can_leave_its_command(local: str, domain: str) -> None:
    try:
        written = wire_address(f"{local}@{domain}")
    except InputError:
        return
    assert not re.search(r"[\x00-\x1f\x7f]", written)
    local_part, _, host = written.rpartition("@")
    assert re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", host)
    assert re.fullmatch(r'"(?:[^"\\]|\\.)*"', local_part) or not re.search(r'[ <>()\[\],;:"\\@]', local_part)
    # Written once more it stays the same, and it may stand in an envelope.
    assert wire_address(written) == written
    assert OutgoingEmail(1, "", written, b"", b"", ()).rcpt_to == written


@pytest.mark.parametrize(
    "bad", ["a@b.example> SIZE=1", "a b@c.example", "a@b.example\r\nRSET", "<a@b.example>"]
)
@pytest.mark.parametrize("field", ["mail_from", "rcpt_to"])
def test_an_envelope_cannot_hold_more_than_an_address(field: str, bad: str) -> None:
    values = {"mail_from": "", "rcpt_to": "a@b.example", field: bad}
    with pytest.raises(InputError):
        OutgoingEmail(1, values["mail_from"], values["rcpt_to"], b"", b"", ())


def test_an_envelope_has_a_recipient() -> None:
    with pytest.raises(InputError):
        OutgoingEmail(1, "", "", b"", b"", ())


def test_a_domain_that_cannot_exist_is_refused_as_input() -> None:
    for domain in ("", "a b", "xn--", "日本。。example", "a" * 64 + "é.example"):
        with pytest.raises(InputError):
            ascii_domain(domain)
