"""A campaign file says what it may, and every mistake is told at once with its line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from nurture.campaigns import campaign_names, load_campaign
from nurture.config import Workspace
from nurture.errors import InputError, NotFound


def write(office: Workspace, text: str, name: str = "news") -> None:
    (office.campaigns / f"{name}.yaml").write_text(text, encoding="utf-8")


def complaint(office: Workspace, text: str) -> list[str]:
    write(office, text)
    with pytest.raises(InputError) as caught:
        load_campaign(office, "news")
    return [f"{finding.line}: {finding.what} {finding.fix}".strip() for finding in caught.value.findings]


def test_a_campaign_is_what_its_file_says(office: Workspace) -> None:
    write(
        office,
        """
name: お知らせ
topic: news
audience: everyone
exclude: [everyone]
trigger: {at: "2026-12-01 10:00"}
on_doubt: hold
steps:
  - send: news
""",
    )
    campaign = load_campaign(office, "news")
    assert (campaign.title, campaign.topic, campaign.exclude) == ("お知らせ", "news", ("everyone",))
    assert (campaign.steps, campaign.on_doubt) == (("news",), "hold")
    assert campaign.at == datetime(2026, 12, 1, 1, 0, tzinfo=UTC), "ten in the morning in Tokyo"


@pytest.mark.parametrize(
    "written",
    ['"2026-12-01 10:00"', "2026-12-01 10:00:00", '"2026-12-01T10:00+09:00"', '"2026-12-01 1:00Z"'],
)
def test_times_may_be_written_in_the_usual_ways(office: Workspace, written: str) -> None:
    write(office, f"audience: everyone\ntrigger: {{at: {written}}}\nsteps: [{{send: news}}]")
    assert load_campaign(office, "news").at == datetime(2026, 12, 1, 1, 0, tzinfo=UTC)


def test_unknown_keys_and_names_are_told_all_at_once(office: Workspace) -> None:
    found = complaint(
        office,
        """audience: evryone
topik: news
steps:
  - send: newz
    wait: 3 days
""",
    )
    assert found == [
        '2: There is no key called "topik". Did you mean "topic"?',
        '5: There is no key called "steps.0.wait". Known: send.',
        '1: There is no segment called "evryone". Did you mean "everyone"?',
        '4: There is no template called "newz". Did you mean "news"?',
    ]


def test_references_to_nothing_name_the_nearest(office: Workspace) -> None:
    found = complaint(office, "audience: evryone\nexclude: [everyon]\ntopic: new\nsteps:\n  - send: newz\n")
    assert found == [
        '1: There is no segment called "evryone". Did you mean "everyone"?',
        '3: There is no topic called "new". Did you mean "news"?',
        '2: There is no segment called "everyon". Did you mean "everyone"?',
        '5: There is no template called "newz". Did you mean "news"?',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("steps: [{send: news}]", 'The key "audience" is missing.'),
        ("audience: everyone", 'The key "steps" is missing.'),
        ("audience: everyone\nsteps: []", "at least 1"),
        ("audience: everyone\nsteps: [{send: news}, {send: news}]", "at most 1"),
        ("audience: everyone\nsteps: [{send: news}]\ntrigger: {at: 2026-12-01}", "write a date and a time"),
        ("audience: everyone\nsteps: [{send: news}]\ntrigger: {at: tomorrow}", "write a date and a time"),
        ("audience: everyone\nsteps: [{send: news}]\non_doubt: maybe", "'resend' or 'hold'"),
        ("- audience", "keys and values"),
        ("audience: [", "not valid YAML"),
        ("audience: everyone\naudience: everyone\nsteps: [{send: news}]", "uplicate key"),
    ],
)
def test_a_mistake_is_told_in_words(office: Workspace, text: str, said: str) -> None:
    assert said in " ".join(complaint(office, text))


@pytest.mark.parametrize("name", ["newz", "../news", "news.yaml", "NEWS", ""])
def test_a_campaign_that_is_not_there_names_the_nearest(office: Workspace, name: str) -> None:
    with pytest.raises(NotFound, match="There is no campaign called"):
        load_campaign(office, name)
    assert campaign_names(office) == ["news"]


def test_a_mistake_in_the_segment_is_told_with_the_campaign(office: Workspace) -> None:
    (office.segments / "everyone.yaml").write_text("where:\n  - emial: a\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_campaign(office, "news")
    assert [finding.where for finding in caught.value.findings] == [
        "campaigns/news.yaml",
        "segments/everyone.yaml",
    ]
