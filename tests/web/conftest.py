"""A site to visit: one reader with one email, and a client that is a browser on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nurture.config import Workspace, open_workspace
from nurture.links import Signer
from nurture.store import Store
from nurture.store.engine import make_engine
from nurture.web.app import create_app
from nurture.web.site import Site
from tests.conftest import CONFIG
from tests.tracking.world import SENT, add_consent, add_customer, add_delivery, add_run

HERE = "http://127.0.0.1:8000"
NOW = SENT + timedelta(minutes=5)


@dataclass
class Visited:
    """A client, and what is behind it."""

    client: TestClient
    site: Site
    customer: int
    run: int
    delivery: int
    now: datetime = NOW

    @property
    def token(self) -> str:
        return self.site.signer.sign("delivery", self.delivery)

    @property
    def store(self) -> Store:
        return self.site.store

    def lose_the_database(self) -> None:
        """From now on no page and no click can ask the store; what waits for it cannot reach it either."""
        away = Store(make_engine("sqlite:////nowhere/at/all.db"))
        object.__setattr__(self.site, "store", away)
        self.site.registry._store = away
        self.site.buffer._store = away

    def find_it_again(self, store: Store) -> None:
        object.__setattr__(self.site, "store", store)
        self.site.registry._store = store
        self.site.buffer._store = store


def open_site(folder: Path, environ: dict[str, str] | None = None, config: str = CONFIG) -> Workspace:
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    return open_workspace(folder, environ or {})


@pytest.fixture(autouse=True)
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry begins empty: a thread that fills it meanwhile would make tests a matter of luck."""
    monkeypatch.setattr(Site, "warm", lambda _site: None)


@pytest.fixture
def visited(sqlite_store: Store, workspace: Workspace) -> Iterator[Visited]:
    yield from visit(sqlite_store, workspace)


def visit(store: Store, workspace: Workspace, mailbox: Path | None = None) -> Iterator[Visited]:
    customer = add_customer(store, "hanako@x.example", family_name="<b>佐藤", locale="ja")
    add_consent(store, customer)
    run = add_run(store)
    delivery = add_delivery(store, run, customer)
    app = create_app(workspace, store, now=lambda: NOW, mailbox=mailbox)
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        found = Visited(client, app.state.site, customer, run, delivery)
        assert found.token == Signer(workspace.secrets.keys).sign("delivery", delivery)
        yield found
