"""A workspace with one segment, one email and one campaign."""

from __future__ import annotations

import pytest

from nurture.config import Workspace
from tests.stories.shop import CAMPAIGN, SEGMENT, TEMPLATE


@pytest.fixture
def office(workspace: Workspace) -> Workspace:
    for name, text in (
        ("segments/everyone.yaml", SEGMENT),
        ("templates/emails/news.mjml", TEMPLATE),
        ("campaigns/news.yaml", CAMPAIGN),
    ):
        path = workspace.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return workspace
