"""docs/: every page is in the index, and every link and file named leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
FILE = re.compile(r"`(nurture/[\w/.]+\.(?:py|yaml))`")
PAGES = sorted(DOCS.glob("*.md"))


def test_every_page_is_in_the_index() -> None:
    listed = set(LINK.findall((DOCS / "README.md").read_text(encoding="utf-8")))
    assert {page.name for page in PAGES} - {"README.md"} - listed == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_every_file_named_on_a_page_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [link for link in LINK.findall(text) if not (DOCS / link).exists()]
    missing += [name for name in FILE.findall(text) if not (DOCS.parent / name).exists()]
    assert missing == []


def test_the_architecture_names_every_package() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    packages = [path.parent.name for path in (DOCS.parent / "nurture").glob("*/__init__.py")]
    assert [name for name in packages if f"`{name}`" not in text] == []
