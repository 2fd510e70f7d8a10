"""Reading what a marketer wrote: every mistake comes back with file, line and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from nurture.documents import MAX_BYTES, parse_text, read, read_text, split_front_matter
from nurture.errors import InputError, NotFound


class Relay(BaseModel):
    model_config = ConfigDict(extra="forbid")

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 25


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    relay: Relay = Relay(host="localhost")
    tags: tuple[str, ...] = ()


def findings(text: str, model: type[BaseModel] = Settings) -> list[tuple[int | None, str, str]]:
    with pytest.raises(InputError) as caught:
        parse_text(text, "x.yaml").parse(model)
    return [(finding.line, finding.what, finding.fix) for finding in caught.value.findings]


def test_a_good_file_becomes_its_model() -> None:
    text = "name: 休眠\nrelay: {host: mail.x.example}\ntags:\n  - a\n"
    expected = Settings(name="休眠", relay=Relay(host="mail.x.example"), tags=("a",))
    assert parse_text(text, "x.yaml").parse(Settings) == expected


def test_all_mistakes_of_a_file_come_at_once_in_the_order_of_their_lines() -> None:
    text = "nam: a\nrelay:\n  host: x\n  port: 99999\n  prot: 1\n"
    assert findings(text) == [
        (1, 'The key "name" is missing.', ""),
        (1, 'There is no key called "nam".', 'Did you mean "name"?'),
        (4, '"relay.port": Input should be less than or equal to 65535. It is now 99999.', ""),
        (5, 'There is no key called "relay.prot".', 'Did you mean "port"?'),
    ]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("name: a\nname: b\n", 2, 'Found duplicate key "name".'),
        ("name: [a\n", 2, "This is not valid YAML: expected ',' or ']', but got '<stream end>'."),
        ("name: a\n  port: 1\n", 2, "This is not valid YAML: mapping values are not allowed here."),
        ("name: *nobody\n", 1, "This is not valid YAML: found undefined alias 'nobody'."),
        ("name: a\n\tport: 1\n", 2, None),
        ("name: %a\n", 1, None),
        ("name: 'a\n", 2, None),
        ("- " * 3000, 1, None),
        ("a: \0\n", 1, None),
    ],
)
def test_what_is_not_yaml_says_on_which_line(text: str, line: int, what: str | None) -> None:
    with pytest.raises(InputError) as caught:
        parse_text(text, "x.yaml").parse(Settings)
    (finding,) = caught.value.findings
    assert (finding.where, finding.line) == ("x.yaml", line)
    assert what is None or finding.what == what


@pytest.mark.parametrize("text", ["just words", "- a\n- b\n", "42"])
def test_a_file_without_keys_is_told_how_to_begin(text: str) -> None:
    expected = [(1, "This file must hold keys and values.", "Start with a line such as: name: ...")]
    assert findings(text) == expected


def test_an_empty_file_lacks_its_keys() -> None:
    assert findings("") == [(1, 'The key "name" is missing.', "")]


@pytest.mark.parametrize("value", ["yes", "no", "on", "off"])
def test_words_that_old_yaml_took_for_booleans_are_words(value: str) -> None:
    assert parse_text(f"name: {value}", "x.yaml").parse(Settings).name == value


def test_lines_are_those_of_the_nearest_place_that_is_there() -> None:
    document = parse_text("a: 1\nb:\n  - c: 2\n    d: 3\n", "x.yaml", first_line=10)
    places: list[tuple[str | int, ...]] = [(), ("a",), ("b", 0, "d"), ("b", 5), ("b", 0, "none", "deeper")]
    assert [document.line(place) for place in places] == [10, 10, 13, 11, 12]


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"segments/none\.yaml\n  This file does not exist\."):
        read(tmp_path / "none.yaml", "segments/none.yaml")


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path)


def test_text_that_is_not_utf8_says_on_which_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes("name: a\ntitle: 営業".encode("cp932"))
    with pytest.raises(InputError, match=r"x\.yaml, line 2\n  This file is not UTF-8 text\.\n  Save it"):
        read(path, "x.yaml")


def test_a_file_beyond_a_megabyte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(InputError, match="larger than 1,000,000 bytes"):
        read(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: a\n")
    assert read_text(path) == "name: a\n"


def test_front_matter_and_body_know_their_lines() -> None:
    front, body, line = split_front_matter("---\nsubject: a\nname: b\n---\n<mjml>\n", "x.mjml")
    assert (front.data, front.line(("name",)), body, line) == (
        {"subject": "a", "name": "b"},
        3,
        "<mjml>\n",
        5,
    )


def test_a_file_without_front_matter_is_all_body() -> None:
    front, body, line = split_front_matter("<mjml>\n---\n", "x.mjml")
    assert (front.data, body, line) == ({}, "<mjml>\n---\n", 1)


def test_front_matter_that_does_not_end_is_an_error() -> None:
    with pytest.raises(InputError, match=r"x\.mjml, line 1\n  The front matter is not closed"):
        split_front_matter("---\nsubject: a\n", "x.mjml")


@given(st.text(max_size=200))
def test_no_text_whatever_ends_in_anything_but_a_model_or_findings(text: str) -> None:
    try:
        parse_text(text, "x.yaml").parse(Settings)
    except InputError as error:
        assert all(finding.where == "x.yaml" and finding.what for finding in error.findings)
