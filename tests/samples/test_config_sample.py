"""The sample `config.yaml`: it is valid, and explains every key that the model knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from ruamel.yaml.comments import CommentedMap

from nurture.config import Config, open_workspace
from nurture.documents import Document, read

CONFIG = Path(__file__).parents[2] / "config.yaml"
# Keys below these are the workspace's own.
OPEN = {"topics", "attributes", "leads.rules"}


def model_keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = prefix + name
        yield key
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from model_keys(inner, key + ".")


def written_keys(data: CommentedMap, prefix: str = "") -> Iterator[tuple[str, ...]]:
    for name, value in data.items():
        path = (*prefix.split("."), name) if prefix else (str(name),)
        yield tuple(map(str, path))
        if isinstance(value, CommentedMap) and ".".join(map(str, path)) not in OPEN:
            yield from written_keys(value, ".".join(map(str, path)))


def test_the_sample_configuration_holds_every_key_of_the_model() -> None:
    written = {".".join(path) for path in written_keys(read(CONFIG).data)}
    assert set(model_keys(Config)) - written == set()


def test_every_key_has_a_comment_right_above_it() -> None:
    document: Document = read(CONFIG)
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    bare = []
    for path in written_keys(document.data):
        line = document.line(path)
        assert line is not None
        above = lines[line - 2].strip() if line > 1 else ""
        if not above.startswith("#"):
            bare.append(".".join(path))
    assert bare == []


def test_the_sample_configuration_is_valid(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(CONFIG.read_bytes())
    workspace = open_workspace(tmp_path, {})
    assert workspace.config.workspace.name == "Sample Kogyo KK"
    assert workspace.config.sender.email.endswith(".example")
