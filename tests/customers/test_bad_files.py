"""Files as the world makes them: refused with a reason, or read as far as they can be; never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nurture.config import Workspace
from nurture.customers import import_customers
from nurture.errors import InputError, NotFound
from nurture.store import Store
from tests.customers.files import NOW, counts, imported, reasons, rows, set_aside_text, t

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "This file is empty."),
        (b"\n \r\n\n", "This file is empty."),
        ("\ufeff".encode(), "This file is empty."),
        (b"\0" * 5000, "not a text file"),
        (PNG, "not a text file"),
        (b"name,phone\nMori,03\n", 'No column is called "email"'),
        (b"emial,owner\na@x.example,b\n", 'Did you mean "emial"'),
        (b"email,E-Mail\na@x.example,b@x.example\n", '2 columns mean "email"'),
    ],
)
def test_a_file_that_is_no_list_of_customers_is_refused_whole(
    sqlite_store: Store, workspace: Workspace, content: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        imported(sqlite_store, workspace, content)
    assert rows(sqlite_store, t.customers, "email") == []


def test_a_file_that_is_not_there_and_a_folder_are_refused(sqlite_store: Store, workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        import_customers(sqlite_store, workspace, Path("no-such-file.csv"), NOW)
    with pytest.raises(InputError, match="not a file"):
        import_customers(sqlite_store, workspace, workspace.root, NOW)


def test_ragged_rows_are_set_aside_and_their_neighbours_imported(
    sqlite_store: Store, workspace: Workspace
) -> None:
    text = "email,family_name,owner\na@x.example,森\nb@x.example,林,佐藤\n"
    text += "c@x.example,原,x,y\nd@x.example,畑,x,,\n"
    report = imported(sqlite_store, workspace, text)
    assert counts(report) == (2, 0, 0, 0, 2)
    assert list(reasons(report)) == [2, 4]
    assert [row[0] for row in rows(sqlite_store, t.customers, "email")] == ["b@x.example", "d@x.example"]
    assert "Beyond the last column: y" in set_aside_text(report)


@pytest.mark.parametrize(
    "quote", ['"never closed,林,x', 'a@x.example,"closed" late,x', 'a@x.example,"open,x']
)
def test_a_stray_quote_costs_its_own_row_only(sqlite_store: Store, workspace: Workspace, quote: str) -> None:
    good = "".join(f"p{number}@x.example,森,x\n" for number in range(300))
    report = imported(sqlite_store, workspace, f"email,family_name,owner\n{good}{quote}\nz@x.example,原,x\n")
    assert counts(report) == (301, 0, 0, 0, 1)
    assert "quote" in reasons(report)[302]


def test_a_line_break_inside_quotes_is_part_of_the_cell(sqlite_store: Store, workspace: Workspace) -> None:
    text = 'email,remark,owner\r\na@x.example,"one\r\ntwo ""three""",佐藤\r\nb@x.example,x,佐藤\r\n'
    report = imported(sqlite_store, workspace, text)
    assert counts(report) == (2, 0, 0, 0, 0)
    assert rows(sqlite_store, t.customers, "attributes")[0] == ({"remark": 'one two "three"'},)


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(sqlite_store: Store, workspace: Workspace, ending: str) -> None:
    text = ending.join(["email,owner", "a@x.example,佐藤", "", "b@x.example,小林"])
    report = imported(sqlite_store, workspace, text)
    assert counts(report) == (2, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("a\0b", "NUL|control character"),
        ("a\x1b[31mb", "control character"),
        ("a\u202eb", "control character"),
        ("a\ufffdb", "lost"),
        ("x" * 20_000, "more than 10,000"),
        ("x" * 3_000_000, "longer than a million|more than"),
        ("x" * 700, "more than 500"),
    ],
)
def test_a_cell_that_may_not_be_stored_sets_its_row_aside(
    sqlite_store: Store, workspace: Workspace, cell: str, reason: str
) -> None:
    report = imported(sqlite_store, workspace, f"email,title\na@x.example,{cell}\nb@x.example,x\n")
    assert counts(report) == (1, 0, 0, 0, 1)
    assert any(part in reasons(report)[2] for part in reason.split("|"))


def test_bytes_that_are_no_text_set_aside_only_their_row(sqlite_store: Store, workspace: Workspace) -> None:
    good = "".join(f"p{number}@x.example,森田,x\n" for number in range(50)).encode()
    report = imported(
        sqlite_store,
        workspace,
        b"email,family_name,owner\n" + good + b"a@x.example,\xff\xfe,x\nz@x.example,a,x\n",
    )
    assert (report.shape.encoding, counts(report)) == ("utf-8", (51, 0, 0, 0, 1))
    assert "bytes that are no text" in reasons(report)[52]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "euc_jp", "gb18030"])
def test_the_encoding_is_found(sqlite_store: Store, workspace: Workspace, encoding: str) -> None:
    chinese = "姓,备注\n李,客户关系很好\n王,产品展览会见面\n刘,需要报价单\n"
    japanese = "氏名,会社,備考\n森田,朝霧精機,展示会で名刺交換しました\n小林,夕凪工業,カタログを送付済み\n"
    body = chinese if encoding == "gb18030" else japanese
    lines = body.splitlines()
    text = "\n".join([f"email,{lines[0]}", *(f"p{n}@x.example,{line}" for n, line in enumerate(lines[1:]))])
    report = imported(sqlite_store, workspace, text.encode(encoding))
    assert report.shape.encoding == encoding.removesuffix("-sig")
    assert report.set_aside == 0
    found = rows(sqlite_store, t.customers, "attributes")
    remark = next(iter(found[0][0].values()))
    assert remark in body


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(sqlite_store: Store, workspace: Workspace, delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in (("email", "owner"), ("a@x.example", "佐藤")))
    imported(sqlite_store, workspace, text)
    assert rows(sqlite_store, t.customers, "email", "owner") == [("a@x.example", "佐藤")]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.booleans())
def test_no_file_whatever_ends_in_anything_but_a_report_or_a_reason(
    sqlite_store: Store, workspace: Workspace, content: bytes, with_head: bool
) -> None:
    head = b"email,family_name,consent_basis,consent_date,opted_out,birthday,machines\n" if with_head else b""
    try:
        report = imported(sqlite_store, workspace, head + content)
    except InputError as error:
        assert error.findings
    else:
        assert report.rows == sum(counts(report))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"email,a\x1b[31m\n", "control character"),
        ("email,氏名".encode() + b"\xff\n" + "森田花子".encode() * 9, "bytes that are no text"),
        (b"email," + b"x" * 300 + b"\n", "longer than 200"),
        (b"email,special_day.a\0b\n", "control character|NUL"),
    ],
)
def test_a_name_of_a_column_that_is_no_text_is_refused(
    sqlite_store: Store, workspace: Workspace, head: bytes, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        imported(sqlite_store, workspace, head)


def test_a_file_name_that_is_no_text_is_imported_all_the_same(
    sqlite_store: Store, workspace: Workspace
) -> None:
    path = workspace.root / b"caf\xe9.csv".decode("utf-8", "surrogateescape")
    path.write_text(
        "email,consent_basis,consent_date\na@x.example,opt_in,2026-01-01\nbad,,\n", encoding="utf-8"
    )
    report = import_customers(sqlite_store, workspace, path, NOW)
    assert counts(report) == (1, 0, 0, 0, 1)
    assert rows(sqlite_store, t.consents, "evidence") == [("caf?.csv, line 2",)]
    assert str(report.to_json()["set_aside_file"]).endswith("caf?.set-aside.csv")


def test_values_of_any_length_fit_the_indexes_of_both_databases(store: Store, workspace: Workspace) -> None:
    wide = "".join(chr(0x20000 + 37 * number) for number in range(480))
    text = f"email,company,owner,industry,special_day.{wide[:150]}\n"
    text += f"a@x.example,{wide},{wide},{wide},2001-01-01\n"
    assert counts(imported(store, workspace, text)) == (1, 0, 0, 0, 0)
    assert counts(imported(store, workspace, f"email,company\na@x.example,{chr(0xFDFA) * 400}\n"))[1] == 1
    head = "email,product,purchased_on,external_id"
    events = f"{head}\na@x.example,{wide},2026-01-01,{wide[:190]}\na@x.example,x,2026-01-01,{wide}\n"
    assert counts(imported(store, workspace, events, "p.csv")) == (1, 0, 0, 0, 1)


def test_one_file_is_imported_once_at_a_time(sqlite_store: Store, workspace: Workspace) -> None:
    text = "email\n" + "".join(f"p{number}@x.example\n" for number in range(2500))
    path = workspace.root / "people.csv"
    path.write_text(text, encoding="utf-8")

    def again(_done: int, _total: int | None) -> None:
        import_customers(sqlite_store, workspace, path, NOW)

    with pytest.raises(InputError, match="being imported already"):
        import_customers(sqlite_store, workspace, path, NOW, on_progress=again)
