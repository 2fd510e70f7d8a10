"""What every test may ask for: a workspace in a fresh folder, and a store on each database.

The PostgreSQL and the Redis are real; they come from wheels and are started once per test process.
A machine that cannot run them skips those tests with the reason, except where CI=true: there a
skipped test is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from nurture.config import Workspace, open_workspace
from nurture.store import Store
from nurture.store.engine import make_engine
from nurture.store.migrate import upgrade
from tests.services import PostgreSQL, Redis

# The same examples on every run: a suite that fails once in a hundred runs tells nobody anything.
# To search for new ones: pytest --hypothesis-profile=search
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile("steady")

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # 10:00 on a Monday in Tokyo

CONFIG = """
workspace: {name: Test KK, time_zone: Asia/Tokyo, language: ja, country: JP, fiscal_year_starts: april}
sender: {name: テスト工業, email: news@test.example, reply_to: info@test.example,
         postal_address: 東京都千代田区1-1, contact: "https://test.example/contact"}
attributes: {machine: text, machines: number, met_on: date, dealer: boolean, interests: list}
topics: {news: お知らせ, tips: 技術情報}
"""


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with a configuration and nothing else; its database is SQLite in the same folder."""
    return make_workspace(tmp_path)


def make_workspace(folder: Path, config: str = CONFIG) -> Workspace:
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    return open_workspace(folder, {})


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    store = Store(make_engine(f"sqlite:///{tmp_path}/nurture.db"))
    upgrade(store.engine)
    yield store
    store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store, on SQLite and then on PostgreSQL."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def postgresql_store(postgresql_url: str) -> Iterator[Store]:
    store = Store(make_engine(postgresql_url))
    yield store
    store.close()


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> str:
    """The URL of a PostgreSQL database with empty tables."""
    with postgresql.connect() as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    engine = make_engine(postgresql.url)
    upgrade(engine)
    engine.dispose()
    return postgresql.url


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    server = PostgreSQL()
    yield server
    server.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    server = Redis()
    yield server
    server.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"A skipped test in CI is a failure: {report.longrepr}"
    return report
