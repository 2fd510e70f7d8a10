"""Segment files: names, nesting, cycles, and mistakes that stop only those whom they concern."""

from __future__ import annotations

from datetime import datetime

import pytest

from nurture.config import Workspace
from nurture.errors import InputError, NotFound
from nurture.segments import load_segment, load_segments, scope_for, segment_names

ANYONE = "where: everyone\n"


def write(workspace: Workspace, **files: str) -> None:
    workspace.segments.mkdir(exist_ok=True)
    for name, text in files.items():
        (workspace.segments / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_a_workspace_without_a_folder_has_no_segments(workspace: Workspace) -> None:
    assert segment_names(workspace) == []
    assert load_segments(workspace) == {}


def test_a_segment_is_named_after_its_file_and_titled_by_its_name(workspace: Workspace) -> None:
    write(workspace, vip="name: 重要顧客\ndescription: だいじ\nwhere: everyone\n", 展示会=ANYONE)
    found = load_segments(workspace)
    assert {name: (each.title, each.description) for name, each in found.items()} == {
        "vip": ("重要顧客", "だいじ"),
        "展示会": ("展示会", ""),
    }


def test_a_segment_that_contains_itself_is_refused_with_the_way_it_takes(workspace: Workspace) -> None:
    write(
        workspace,
        a="where:\n  all:\n    - everyone\n    - segment: b\n",
        b="where: {not: {segment: c}}\n",
        c="where: {company.anyone: {segment: a}}\n",
    )
    with pytest.raises(InputError) as caught:
        load_segment(workspace, "b")
    (finding,) = caught.value.findings
    assert (finding.where, finding.line) == ("segments/b.yaml", 1)
    assert finding.what == "This segment contains itself: b -> c -> a -> b."


def test_a_segment_that_is_its_own_part_is_refused(workspace: Workspace) -> None:
    write(workspace, a="where: {segment: a}\n")
    with pytest.raises(InputError, match="This segment contains itself: a -> a"):
        load_segment(workspace, "a")


def test_a_cycle_elsewhere_stops_nobody_else(workspace: Workspace) -> None:
    write(workspace, a="where: {segment: a}\n", b=ANYONE)
    assert load_segment(workspace, "b").name == "b"


def test_mistakes_of_all_files_come_at_once(workspace: Workspace) -> None:
    write(workspace, a="where: {emial: x}\n", b="wher: everyone\n", c="where: [\n", d=ANYONE)
    with pytest.raises(InputError) as caught:
        load_segments(workspace)
    places = [finding.where for finding in caught.value.findings]
    assert sorted(set(places)) == ["segments/a.yaml", "segments/b.yaml", "segments/c.yaml"]


def test_a_mistake_in_a_part_is_told_of_that_file(workspace: Workspace) -> None:
    write(workspace, a="where: {segment: b}\n", b="where:\n  emial: x\n")
    with pytest.raises(InputError) as caught:
        load_segment(workspace, "a")
    assert [finding.place for finding in caught.value.findings] == ["segments/b.yaml, line 2"]


@pytest.mark.parametrize("name", ["../config", "a/b", "", ".hidden", "A\0"])
def test_no_name_leads_out_of_the_folder(workspace: Workspace, name: str) -> None:
    write(workspace, a=ANYONE)
    with pytest.raises(NotFound):
        load_segment(workspace, name)


def test_a_folder_that_is_named_like_a_segment_is_a_mistake_in_words(workspace: Workspace) -> None:
    workspace.segments.mkdir()
    (workspace.segments / "b.yaml").mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load_segment(workspace, "b")


def test_a_scope_reads_segments_when_they_are_asked_for(workspace: Workspace, now: datetime) -> None:
    write(workspace, a=ANYONE, broken="where: {emial: x}\n")
    scope = scope_for(workspace, now)
    assert set(scope.segments) == {"a", "broken"}
    assert scope.segments["a"] == load_segment(workspace, "a").filter
    with pytest.raises(InputError, match="emial"):
        scope.segments["broken"]
