"""Read `config.yaml`, lay the environment over it, and check the whole."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from nurture.config.models import Config
from nurture.config.secrets import NAMES as SECRET_NAMES
from nurture.config.secrets import load_secrets
from nurture.config.workspace import Workspace
from nurture.documents import Document, read
from nurture.errors import Finding, InputError, NotFound, did_you_mean

PREFIX = "NURTURE_"
# Known to other parts: where the workspace is, and what the secrets are.
RESERVED = {"NURTURE_WORKSPACE", *SECRET_NAMES}


def open_workspace(root: Path, environ: Mapping[str, str] | None = None) -> Workspace:
    """The workspace in a folder.

    Every value can be overridden: `NURTURE_SMTP__PORT=2525` sets `smtp.port`.

    Raises:
        NotFound: the folder holds no `config.yaml`.
        InputError: something in `config.yaml` or in the environment is wrong; all findings at once.
    """
    environ = os.environ if environ is None else environ
    path = root / "config.yaml"
    if not path.is_file():
        fix = "Go to the workspace folder, name it with --workspace DIR, or make one: nurture init DIR"
        raise NotFound(Finding(str(path), "There is no config.yaml here.", fix))
    document = read(path, "config.yaml")
    overridden = _overrides(environ)
    merged = Document(document.where, _merged(copy.deepcopy(document.data), overridden))
    try:
        config = merged.parse(Config)
    except InputError as error:
        raise InputError(_named(finding, overridden) for finding in error.findings) from None
    _check_database(config, merged)
    return Workspace(root.resolve(), config, load_secrets(root, environ), document)


def _overrides(environ: Mapping[str, str]) -> dict[tuple[str, ...], Any]:
    """The values in the environment, by their place in the configuration."""
    findings, values = [], {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name in RESERVED:
            continue
        steps = tuple(name.removeprefix(PREFIX).lower().split("__"))
        if steps[0] not in Config.model_fields:
            known = [PREFIX + key.upper() for key in Config.model_fields] + sorted(RESERVED)
            findings.append(Finding(name, "No setting has this name.", did_you_mean(name, known)))
            continue
        try:
            values[steps] = YAML(typ="safe").load(environ[name])
        except YAMLError:
            values[steps] = environ[name]
    if findings:
        raise InputError(findings)
    return values


def _merged(data: Any, overrides: Mapping[tuple[str, ...], Any]) -> Any:
    """The YAML data with the overrides written into it; its line numbers stay."""
    if overrides and not isinstance(data, dict):
        data = {}
    for steps, value in overrides.items():
        node = data
        for step in steps[:-1]:
            if not isinstance(node.get(step), dict):
                node[step] = {}
            node = node[step]
        node[steps[-1]] = value
    return data


def _named(finding: Finding, overrides: Mapping[tuple[str, ...], Any]) -> Finding:
    """Blame the environment for a value that came from there."""
    for steps in overrides:
        if f'"{".".join(steps)}' in finding.what:
            name = PREFIX + "__".join(steps).upper()
            return Finding(f"environment, {name}", finding.what, finding.fix)
    return finding


def _check_database(config: Config, document: Document) -> None:
    try:
        url = make_url(config.database)
    except ArgumentError:
        url = None
    # Without a file, SQLite keeps everything in memory, and all of it would be lost at the end.
    in_memory = url is not None and url.drivername == "sqlite" and url.database in (None, "", ":memory:")
    if url is None or in_memory or url.drivername not in ("sqlite", "postgresql+psycopg", "postgresql"):
        raise InputError(
            document.finding(
                "This is not a database that nurture knows.",
                "Write sqlite:///nurture.db or postgresql+psycopg://user@host/name.",
                ("database",),
            )
        )
