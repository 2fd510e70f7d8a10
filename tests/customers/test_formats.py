"""The same rows from CSV, a workbook and JSON lines; exports of other systems; mapping files."""

from __future__ import annotations

import io
from datetime import date

import pytest
from openpyxl import Workbook

from nurture.config import Workspace
from nurture.customers import ImportOptions
from nurture.customers.importing import look_at
from nurture.customers.mapping import draft, load_mapping
from nurture.errors import InputError
from nurture.store import Store
from tests.customers.files import counts, imported, reasons, rows, t

SANSAN = (
    "会社名,部署名,役職,氏名,氏名[姓],氏名[名],e-mail,郵便番号,住所,TEL会社,TEL直通,携帯電話,名刺交換日,メモ\n"
    "㈱朝霧精機,購買部,課長,森 花子,森,花子,mori@asagiri.example,450-0002,名古屋市,"
    "052-000-0000,052-000-0001,090-0000-0000,2026/04/09,展示会\n"
)


def workbook(*sheets: list[list[object]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for number, lines in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet{number}")
        for line in lines:
            sheet.append(line)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_an_export_of_business_cards_in_shift_jis_is_understood(store: Store, workspace: Workspace) -> None:
    report = imported(store, workspace, SANSAN.encode("cp932"))
    assert (report.shape.encoding, counts(report)) == ("cp932", (1, 0, 0, 0, 0))
    assert rows(store, t.customers, "email", "family_name", "given_name", "title", "phone", "attributes") == [
        (
            "mori@asagiri.example",
            "森",
            "花子",
            "課長",
            "052-000-0000",
            {
                "postal_code": "450-0002",
                "address": "名古屋市",
                "tel直通": "052-000-0001",
                "mobile": "090-0000-0000",
                "notes": "展示会",
            },
        )
    ]
    assert rows(store, t.consents, "basis", "given_on") == [("business_card", date(2026, 4, 9))]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("First Name,Last Name,Account Name,Email,Email Opt Out", "Priya,Patel,Northmoor Ltd,p@x.example,1"),
        ("姓名,公司名称,邮箱,是否退订", "Priya Patel,Northmoor Ltd,p@x.example,退订"),
        ("お名前,会社名,メールアドレス,配信停止", "Priya Patel,Northmoor Ltd,p@x.example,済"),
        ("name,company,e-mail,メール配信", '"Patel, Priya",Northmoor Ltd,p@x.example,不可'),
    ],
)
def test_names_of_columns_in_three_languages(
    sqlite_store: Store, workspace: Workspace, head: str, row: str
) -> None:
    imported(sqlite_store, workspace, f"{head}\n{row}\n")
    assert rows(sqlite_store, t.customers, "email", "family_name", "given_name") == [
        ("p@x.example", "Patel", "Priya")
    ]
    assert rows(sqlite_store, t.companies, "match_key") == [("northmoor",)]
    assert rows(sqlite_store, t.suppressions, "email") == [("p@x.example",)]


def test_remarks_above_the_head_are_passed_over(sqlite_store: Store, workspace: Workspace) -> None:
    text = 'Exported 2026-11-01 by "someone"\n\nemail,owner\na@x.example,佐藤\n'
    report = imported(sqlite_store, workspace, text)
    assert counts(report) == (1, 0, 0, 0, 0)


def test_a_workbook_gives_the_same_rows_as_csv(sqlite_store: Store, workspace: Workspace) -> None:
    content = workbook(
        [["notes for the team"]],
        [
            ["Exported", None, None, None, None],
            ["email", "family_name", "birthday", "machines", "dealer", "consent_basis", "consent_date"],
            ["a@x.example", "森", date(1979, 4, 12), 3.0, True, "opt_in", date(2026, 1, 15)],
            [None, None, None, None],
            ["b@x.example", "林", None, "a dozen", None, None, None],
            ["c@x.example", "原", None, "#REF!", None, None, None],
        ],
    )
    report = imported(sqlite_store, workspace, content, "people.xlsx")
    assert (report.shape.format, counts(report)) == ("xlsx, sheet Sheet1", (1, 0, 0, 0, 2))
    assert reasons(report) == {
        5: '"machines": "a dozen" is not a number.',
        6: 'This row holds "#REF!": Excel could not compute a cell.',
    }
    assert rows(sqlite_store, t.customers, "family_name", "birthday", "attributes") == [
        ("森", date(1979, 4, 12), {"machines": 3, "dealer": True})
    ]


@pytest.mark.parametrize(
    "content",
    [
        workbook([["email"], ["a@x.example"]])[:900],
        b"PK\x03\x04 this is no zip",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        workbook([]),
    ],
)
def test_a_broken_or_empty_workbook_is_refused_in_words(
    sqlite_store: Store, workspace: Workspace, content: bytes
) -> None:
    with pytest.raises(InputError, match=r"damaged|old Excel|empty"):
        imported(sqlite_store, workspace, content, "people.xlsx")


def test_json_lines_give_the_same_rows_as_csv(sqlite_store: Store, workspace: Workspace) -> None:
    text = (
        '{"email": "a@x.example", "owner": "佐藤", "machines": 3, "dealer": true, "interests": ["x", "y"]}\n'
        "\n"
        '{"email": "b@x.example", "owner": null}\n'
        '{"email": "c@x.example", "owner": {"name": "x"}}\n'
        "not json\n"
        '["a list"]\n'
        '{"email": "d@x.example", "machines": NaN}\n'
        '{"email": "e@x.example", "owner": "\\ud800"}\n'
    )
    report = imported(sqlite_store, workspace, text, "people.jsonl")
    assert (report.shape.format, counts(report)) == ("json lines", (2, 0, 0, 0, 5))
    assert reasons(report) == {
        4: '"owner" holds an object; write one value.',
        5: "This line is not JSON.",
        6: 'This line is not a JSON object such as {"email": "..."}.',
        7: "This line is not JSON.",
        8: '"owner": holds bytes that are no text in the encoding of this file.',
    }
    assert rows(sqlite_store, t.customers, "email", "owner", "attributes") == [
        ("a@x.example", "佐藤", {"machines": 3, "dealer": True, "interests": ["x", "y"]}),
        ("b@x.example", None, {}),
    ]


def test_one_json_list_is_refused_with_a_way_out(sqlite_store: Store, workspace: Workspace) -> None:
    with pytest.raises(InputError, match="JSON lines, one object to a line"):
        imported(sqlite_store, workspace, '[{"email": "a@x.example"}]', "people.json")


def test_a_mapping_says_what_names_do_not(sqlite_store: Store, workspace: Workspace) -> None:
    (workspace.root / "m.yaml").write_text(
        "columns:\n  連絡先: email\n  台数: {attribute: count, type: number}\n"
        "  owner: null\n  記念: special_day.opening\n",
        encoding="utf-8",
    )
    mapping = load_mapping(workspace.root / "m.yaml")
    text = '連絡先,台数,owner,記念\na@x.example,"1,200",佐藤,2001/4/1\n'
    report = imported(sqlite_store, workspace, text, options=ImportOptions(mapping=mapping))
    assert counts(report) == (1, 0, 0, 0, 0)
    assert rows(sqlite_store, t.customers, "email", "owner", "attributes") == [
        ("a@x.example", None, {"count": 1200})
    ]
    assert rows(sqlite_store, t.special_days, "name", "day") == [("opening", date(2001, 4, 1))]


def test_every_mistake_of_a_mapping_is_told_with_its_line(workspace: Workspace) -> None:
    path = workspace.root / "m.yaml"
    path.write_text("columns:\n  a: emial\n  b: ownr\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_mapping(path)
    assert [(finding.line, finding.what) for finding in caught.value.findings] == [
        (2, 'There is no field called "emial".'),
        (3, 'There is no field called "ownr".'),
    ]


def test_a_mapping_for_columns_that_are_not_there_is_refused(
    sqlite_store: Store, workspace: Workspace
) -> None:
    (workspace.root / "m.yaml").write_text("columns: {E-Mial: email}\n", encoding="utf-8")
    mapping = load_mapping(workspace.root / "m.yaml")
    with pytest.raises(InputError, match="E-Mial"):
        imported(sqlite_store, workspace, "E-Mail\na@x.example\n", options=ImportOptions(mapping=mapping))


def test_the_draft_of_a_mapping_means_what_the_import_would_do(workspace: Workspace) -> None:
    path = workspace.root / "people.csv"
    path.write_bytes(SANSAN.encode("cp932"))
    columns = look_at(workspace, path, ImportOptions()).columns
    (workspace.root / "m.yaml").write_text(draft(columns), encoding="utf-8")
    again = look_at(workspace, path, ImportOptions(mapping=load_mapping(workspace.root / "m.yaml"))).columns
    assert [(c.name, c.field) for c in again.columns] == [(c.name, c.field) for c in columns.columns]


def test_the_order_of_day_and_month_is_found_and_told(sqlite_store: Store, workspace: Workspace) -> None:
    report = imported(
        sqlite_store, workspace, "email,birthday\na@x.example,03/04/1979\nb@x.example,25/12/1980\n"
    )
    assert (report.orders, counts(report)) == ({"birthday": "dmy"}, (2, 0, 0, 0, 0))
    assert rows(sqlite_store, t.customers, "birthday") == [(date(1979, 4, 3),), (date(1980, 12, 25),)]


def test_a_date_that_could_be_two_days_is_not_guessed(sqlite_store: Store, workspace: Workspace) -> None:
    text = "email,birthday\na@x.example,03/04/1979\n"
    report = imported(sqlite_store, workspace, text)
    assert "could be two days" in reasons(report)[2]
    again = imported(sqlite_store, workspace, text, options=ImportOptions(dates="mdy"))
    assert counts(again) == (1, 0, 0, 0, 0)
    assert rows(sqlite_store, t.customers, "birthday") == [(date(1979, 3, 4),)]


def test_two_columns_that_may_hold_the_refusal_are_a_question(
    sqlite_store: Store, workspace: Workspace
) -> None:
    with pytest.raises(InputError, match='2 columns mean "opted_out"'):
        imported(sqlite_store, workspace, "email,配信停止,Unsubscribed\na@x.example,,\n")
