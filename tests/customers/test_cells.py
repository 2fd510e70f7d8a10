"""One cell: what people and spreadsheets write, and what we make of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from nurture.customers import cells, dates
from nurture.customers.aliases import ALIASES
from nurture.customers.cells import Unreadable
from nurture.customers.columns import FIELDS
from nurture.customers.company_names import match_key
from nurture.customers.words import BASES, split_name

TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Hanako.Mori@Asagiri.EXAMPLE", "Hanako.Mori@asagiri.example"),
        ("ｈａｎａｋｏ＠ａｓａｇｉｒｉ．ｅｘａｍｐｌｅ", "hanako@asagiri.example"),
        ("a@xn--r8jz45g.example", "a@例え.example"),
        ("a@例え.example", "a@例え.example"),
        ("mailto:a@x.example", "a@x.example"),
        ("taro..sato.@docomo.ne.jp", "taro..sato.@docomo.ne.jp"),
    ],
)
def test_an_address_is_kept_in_one_form(written: str, meant: str) -> None:
    assert cells.address(cells.clean(written)) == meant


@pytest.mark.parametrize(
    "written",
    [
        *("a", "a@", "@x.example", "a@b@c.example", "a b@x.example", "a@x", "a..b@x.example", "a@-x.example"),
        *(
            "a@x.example; b@x.example",
            "森 <a@x.example>",
            "a@[127.0.0.1]",
            '"a b"@x.example',
            "a@x.example\u2028b",
        ),
        *("a@" + "x" * 64 + ".example", "a@x.example\\", "a@localhost", "a@x..example"),
    ],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        cells.address(written)


@given(
    st.text(st.sampled_from("aZ09.+-_'!# @\"(),:;<>[]\\é森"), max_size=20),
    st.sampled_from(["x.example", "x", "-.example"]),
)
def test_the_short_way_accepts_what_the_validator_accepts(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    try:
        wanted = validate_email(
            cells.narrow(address), check_deliverability=False, test_environment=True
        ).normalized
    except EmailNotValidError:
        with pytest.raises(Unreadable):
            cells.address(address)
    else:
        assert cells.address(address) == wanted


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2026-11-03",
            "2026/11/3",
            "2026.11.03",
            "20261103",
            "2026年11月3日",
            "2026年 11月 3日",
            "令和8年11月3日",
        ),
        *("R8.11.3", "３ Nov 2026".replace("３", "3"), "Nov 3, 2026", "3-Nov-2026", "２０２６／１１／０３"),
        *("2026-11-03 00:00:00", "2026-11-03T09:30:00+09:00", "03/11/2026"),
    ],
)
def test_a_day_is_read_however_it_is_written(written: str) -> None:
    assert dates.day(written, "dmy") == date(2026, 11, 3)


@pytest.mark.parametrize(
    "written", ["2026-02-29", "2026-13-01", "0000-01-01", "26/11/03", "soon", "1/2", "昭和99999年1月1日"]
)
def test_a_day_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        dates.day(written, "dmy")


def test_eras_begin_with_their_first_year() -> None:
    assert [dates.day(text) for text in ("令和元年5月1日", "H31/4/30", "昭和64年1月7日")] == [
        date(2019, 5, 1),
        date(2019, 4, 30),
        date(1989, 1, 7),
    ]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-03T00:10:00+09:00", datetime(2026, 11, 2, 15, 10, tzinfo=UTC)),
        ("2026/11/03 0:10", datetime(2026, 11, 2, 15, 10, tzinfo=UTC)),
        ("2026-11-03T00:10:00Z", datetime(2026, 11, 3, 0, 10, tzinfo=UTC)),
        ("2026-11-03", datetime(2026, 11, 2, 15, 0, tzinfo=UTC)),
    ],
)
def test_a_moment_without_an_offset_is_one_of_the_workspace(written: str, meant: datetime) -> None:
    assert dates.moment(written, TOKYO) == meant


@given(st.text(max_size=30))
def test_no_text_breaks_a_reader_of_cells(text: str) -> None:
    readers = (cells.clean, cells.address, cells.flag, cells.number, cells.amount, cells.language, cells.zone)
    for reader in (
        *readers,
        cells.items,
        dates.day,
        dates.day_of_year,
        lambda cell: dates.moment(cell, TOKYO),
    ):
        try:
            reader(text)
        except Unreadable as error:
            assert str(error)


@given(st.text(max_size=60))
def test_what_is_clean_has_no_control_characters_and_stays_clean(text: str) -> None:
    try:
        found = cells.clean(text)
    except Unreadable:
        return
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in found)
    assert cells.clean(found) == found or found.startswith("'")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1,234,500", "1234500"), ("￥1,200", "1200"), ("-12.5", "-12.5"), ("１２", "12"), ("500円", "500")],
)
def test_a_number_is_read_however_it_is_written(written: str, meant: str) -> None:
    assert cells.number(written) == Decimal(meant)


@pytest.mark.parametrize("written", ["1,23", "1.234,56", "NaN", "inf", "1e5", "0x10", "12 34", "", "1" * 40])
def test_what_could_be_another_number_is_refused(written: str) -> None:
    with pytest.raises(Unreadable):
        cells.number(written)


@pytest.mark.parametrize(
    "group",
    [
        ("㈱朝霧精機", "株式会社朝霧精機", "朝霧精機（株）", "（株）　朝霧精機", "㍿朝霧精機", "朝霧精機"),
        (
            "Larkfield Motion Systems Ltd",
            "LARKFIELD MOTION SYSTEMS LIMITED",
            "Larkfield Motion Systems, Ltd.",
        ),
        ("ＡＢＣ Ｃｏ．，Ｌｔｄ．", "abc co ltd", "Abc K.K.", "ABC"),
        ("苏州云帆精密机械有限公司", "苏州云帆精密机械股份有限公司"),
        ("髙島製作所", "高島製作所"),
    ],
)
def test_spellings_of_one_company_have_one_key(group: tuple[str, ...]) -> None:
    assert len({match_key(name) for name in group}) == 1


@pytest.mark.parametrize("name", ["株式会社", "Ltd", "（株）", "***", "Co"])
def test_a_name_of_nothing_but_a_legal_form_stands_for_itself(name: str) -> None:
    assert match_key(name)


def test_different_companies_have_different_keys() -> None:
    names = ("朝霧精機", "朝霧精工", "夕凪工業", "Co-op", "渡辺製作所", "渡邊製作所")
    assert len({match_key(name) for name in names}) == len(names)


def test_every_alias_leads_to_a_field() -> None:
    known = {field for fields in FIELDS.values() for field in fields}
    assert {field for field, _ in ALIASES.values() if not field.startswith("attributes.")} == known
    assert set(BASES.values()) == {"opt_in", "business_card", "customer", "published"}


def test_a_whole_name_is_split_where_its_script_says() -> None:
    assert [split_name(name, "family", "given") for name in ("森 花子", "Priya Ann Patel", "森花子")] == [
        {"family": "森", "given": "花子"},
        {"family": "Patel", "given": "Priya Ann"},
        {"family": "森花子"},
    ]
