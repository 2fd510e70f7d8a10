"""Importing customers: added, changed and unchanged, on both databases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from nurture.config import Workspace
from nurture.customers import ImportOptions
from nurture.store import Store
from tests.customers.files import counts, imported, reasons, rows, t, table_size

HEAD = "email,family_name,given_name,company,industry,birthday,owner,consent_basis,consent_date,opted_out"


def test_a_row_becomes_a_customer_with_company_consent_and_totals(store: Store, workspace: Workspace) -> None:
    report = imported(
        store,
        workspace,
        "email,family_name,company,industry,company_founded_on,birthday,consent_basis,consent_date,machines,dealer\n"
        "Hanako@Asagiri.example,森,㈱朝霧精機,machinery,1964-11-03,1979-04-12,business_card,2026-04-09,12,yes\n",
    )
    assert counts(report) == (1, 0, 0, 0, 0)
    assert rows(
        store, t.customers, "email", "email_key", "family_name", "birthday", "birthday_md", "attributes"
    ) == [
        (
            "Hanako@asagiri.example",
            "hanako@asagiri.example",
            "森",
            date(1979, 4, 12),
            412,
            {"machines": 12, "dealer": True},
        )
    ]
    assert rows(store, t.companies, "name", "match_key", "industry", "founded_on", "founded_md") == [
        ("㈱朝霧精機", "朝霧精機", "machinery", date(1964, 11, 3), 1103)
    ]
    assert rows(store, t.consents, "basis", "given_on", "evidence", "withdrawn_at") == [
        ("business_card", date(2026, 4, 9), "customers.csv, line 2", None)
    ]
    assert rows(store, t.totals, "purchases", "spent") == [(0, Decimal(0))]


def test_importing_the_same_file_again_changes_nothing(store: Store, workspace: Workspace) -> None:
    text = f"{HEAD}\na@x.example,森,花子,朝霧精機,machinery,1979-04-12,佐藤,opt_in,2026-01-01,\n"
    text += "b@x.example,,,,,,,,,yes\n"
    assert counts(imported(store, workspace, text)) == (2, 0, 0, 0, 0)
    before = [
        rows(store, table, *table.c.keys())
        for table in (t.customers, t.companies, t.consents, t.suppressions)
    ]
    assert counts(imported(store, workspace, text)) == (0, 0, 2, 0, 0)
    after = [
        rows(store, table, *table.c.keys())
        for table in (t.customers, t.companies, t.consents, t.suppressions)
    ]
    assert after == before


def test_an_empty_cell_never_erases_what_is_known(store: Store, workspace: Workspace) -> None:
    imported(store, workspace, "email,family_name,owner,machines\na@x.example,森,佐藤,3\n")
    report = imported(store, workspace, "email,family_name,owner,machines\nA@X.example,,小林,\n")
    assert counts(report) == (0, 1, 0, 0, 0)
    assert rows(store, t.customers, "email", "family_name", "owner", "attributes") == [
        ("a@x.example", "森", "小林", {"machines": 3})
    ]


def test_spellings_of_one_company_make_one_company(store: Store, workspace: Workspace) -> None:
    names = ["㈱朝霧精機", "株式会社 朝霧精機", "朝霧精機（株）", "朝霧精機", "夕凪工業"]
    lines = "".join(f"p{number}@x.example,{name}\n" for number, name in enumerate(names))
    report = imported(store, workspace, f"email,company\n{lines}")
    assert report.companies == 2
    assert sorted(rows(store, t.companies, "name", "attributes"), key=lambda row: -len(row[1])) == [
        ("㈱朝霧精機", {"spellings": ["株式会社 朝霧精機", "朝霧精機（株）", "朝霧精機"]}),
        ("夕凪工業", {}),
    ]


def test_the_later_of_two_rows_with_one_address_has_the_last_word(store: Store, workspace: Workspace) -> None:
    report = imported(store, workspace, "email,family_name,title\na@x.example,森,課長\nA@x.example,林,\n")
    assert counts(report) == (1, 0, 0, 1, 0)
    assert rows(store, t.customers, "family_name", "title") == [("林", "課長")]


def test_rows_repeated_far_apart_are_counted_as_repeated(sqlite_store: Store, workspace: Workspace) -> None:
    filler = "".join(f"p{number}@x.example,x\n" for number in range(2500))
    report = imported(sqlite_store, workspace, f"email,owner\na@x.example,佐藤\n{filler}a@x.example,小林\n")
    assert counts(report) == (2501, 0, 0, 1, 0)
    with sqlite_store.read() as connection:
        owner = connection.scalar(select(t.customers.c.owner).where(t.customers.c.email_key == "a@x.example"))
    assert owner == "小林"


def test_a_dry_run_counts_what_would_happen_and_writes_nothing(store: Store, workspace: Workspace) -> None:
    imported(store, workspace, "email,owner\na@x.example,佐藤\nb@x.example,佐藤\n")
    text = "email,owner\na@x.example,佐藤\nb@x.example,小林\nc@x.example,小林\nno address,x\n"
    report = imported(store, workspace, text, options=ImportOptions(dry_run=True))
    assert counts(report) == (1, 1, 1, 0, 1)
    assert report.set_aside_file is None
    assert rows(store, t.customers, "email", "owner") == [("a@x.example", "佐藤"), ("b@x.example", "佐藤")]
    assert list(workspace.root.glob("*set-aside*")) == []


def test_columns_that_config_does_not_declare_are_text_and_the_report_says_so(
    sqlite_store: Store, workspace: Workspace
) -> None:
    report = imported(
        sqlite_store, workspace, "email,machines,社内番号,,Fair 2026\na@x.example,3,展示会,lost,yes\n"
    )
    assert rows(sqlite_store, t.customers, "attributes") == [
        ({"machines": 3, "社内番号": "展示会", "fair_2026": "yes"},)
    ]
    assert [note.what for note in report.notes] == [
        "Imported as text, because config.yaml does not declare them: 社内番号, fair_2026.",
        "Columns that were not imported: number 4.",
    ]


def test_special_days_belong_to_the_person_or_to_the_company(store: Store, workspace: Workspace) -> None:
    text = (
        "email,company,special_day.joined,company_day.opening\na@x.example,朝霧精機,2001-04-01,1999-12-24\n"
    )
    imported(store, workspace, text)
    assert counts(imported(store, workspace, text)) == (0, 0, 1, 0, 0)
    imported(store, workspace, text.replace("2001-04-01", "2001-04-02"))
    assert sorted(rows(store, t.special_days, "name", "day", "md", "customer_id", "company_id")) == [
        ("joined", date(2001, 4, 2), 402, 1, None),
        ("opening", date(1999, 12, 24), 1224, None, 1),
    ]


def test_a_birthday_without_a_year_is_still_a_day_to_remember(
    sqlite_store: Store, workspace: Workspace
) -> None:
    imported(sqlite_store, workspace, "email,birthday\na@x.example,--02-29\nb@x.example,4月12日\n")
    assert rows(sqlite_store, t.customers, "birthday", "birthday_md") == [(None, 229), (None, 412)]


def test_every_mistake_of_a_row_is_told_at_once(sqlite_store: Store, workspace: Workspace) -> None:
    report = imported(
        sqlite_store,
        workspace,
        f"{HEAD},machines\na@@x.example,森,花子,,,2030-01-01,,met_in_a_bar,2026-02-30,perhaps,a dozen\n",
    )
    assert table_size(sqlite_store, t.customers) == 0
    assert reasons(report) == {
        2: '"email": holds more than one @. "birthday": "2030-01-01" lies in the future. '
        '"consent_basis": "met_in_a_bar" is no basis of consent: '
        "opt_in, business_card, customer or published. "
        '"consent_date": "2026-02-30" is a day that does not exist. '
        '"opted_out": "perhaps" is neither yes nor no. "machines": "a dozen" is not a number.'
    }


def test_a_consent_needs_its_date(sqlite_store: Store, workspace: Workspace) -> None:
    report = imported(sqlite_store, workspace, "email,consent_basis,consent_date\na@x.example,opt_in,\n")
    assert reasons(report) == {2: '"consent_basis" is given and "consent_date" is not; a consent needs both.'}
