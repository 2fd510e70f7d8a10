"""A copy of the sample workspace for the demo, made anew each time.

In:  the workspace with the sample files, the folder to make, and the ports that are free.
Out: an opened workspace that stands on its own: `nurture --workspace .demo up` goes on from there.
"""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from ruamel.yaml import YAML

from nurture.config import Workspace, open_workspace
from nurture.errors import Finding, InputError, OutsideError

COPIED = ("segments", "templates", "campaigns")
MARK = "This folder was made by `nurture demo`, and is made anew by the next one.\n"


def make_workspace(source: Workspace, folder: Path, *, smtp_port: int, bind: str) -> Workspace:
    """The demo's workspace in `folder`; what an earlier demo left there is removed.

    Raises:
        InputError: the folder holds something that no demo made.
        OutsideError: the folder cannot be written.
    """
    mark = folder / ".made-by-demo"
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        fix = "Name another folder with --folder, or remove this one."
        raise InputError(Finding(str(folder), "This folder holds something that no demo made.", fix))
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mark.write_text(MARK, encoding="utf-8")
        for name in COPIED:
            if (source.root / name).is_dir():
                shutil.copytree(source.root / name, folder / name)
        _write_config(source, folder, smtp_port, bind)
    except OSError as error:
        raise OutsideError(Finding(str(folder), f"The demo cannot write here: {error.strerror}.")) from None
    # Not the settings of the environment: they belong to the workspace that the demo is a copy of.
    return open_workspace(folder, {})


def free_port(host: str, wished: int) -> int:
    """The wished port if nobody listens there, or else any free one."""
    for port in (wished, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OutsideError(Finding(f"{host}:{wished}", "There is no free port on this machine."))


def _write_config(source: Workspace, folder: Path, smtp_port: int, bind: str) -> None:
    yaml = YAML(typ="rt")
    yaml.width = 200
    config = yaml.load((source.root / "config.yaml").read_text(encoding="utf-8"))
    config["database"] = "sqlite:///nurture.db"
    config["broker"] = "memory://"
    config["smtp"] = {"host": "127.0.0.1", "port": smtp_port, "tls": "none", "connections": 4}
    config["web"] = {"bind": bind, "public_url": f"http://{bind}"}
    with (folder / "config.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(config, file)
