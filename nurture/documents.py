"""Read a file that a marketer wrote: YAML with line numbers, checked against a pydantic model.

In:  a path, and the model its content must have.
Out: the model, or an InputError with every finding at once, each with file, line and fix.

Also the front matter of a template: YAML between two `---` lines above the body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from nurture.errors import Finding, InputError, NotFound, did_you_mean

Model = TypeVar("Model", bound=BaseModel)
Location = Sequence[str | int]

MAX_BYTES = 1_000_000

# What pydantic finds wrong, said to somebody who has never heard of it.
_IN_WORDS = {
    "tuple_type": "write a list, such as [one, two]",
    "list_type": "write a list, such as [one, two]",
    "model_type": "write keys and values under it",
    "dict_type": "write keys and values under it",
    "string_type": "write text here; put quotes around a number or a date",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "too_short": "there must be at least {min_length}",
    "too_long": "there can be at most {max_length}",
}


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one YAML file, and where each part of it stands.

    `data` holds plain mappings, sequences and scalars (ruamel's, which are dict and list).
    """

    where: str
    data: Any
    first_line: int = 1

    def line(self, location: Location = ()) -> int | None:
        """The line of a key or item, counted from 1; that of its nearest parent if it is not there."""
        node, line = self.data, self.first_line
        for step in location:
            if isinstance(node, CommentedMap) and step in node:
                # A value that came from the environment stands on no line: that of its parent is told.
                line = self.first_line + int(node.lc.key(step)[0]) if step in (node.lc.data or ()) else line
            elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
                line = self.first_line + int(node.lc.item(step)[0])
            else:
                break
            node = node[step]
        return line

    def finding(self, what: str, fix: str = "", at: Location = ()) -> Finding:
        """A finding that points at a place in this document."""
        return Finding(self.where, what, fix, self.line(at))

    def parse(self, model: type[Model]) -> Model:
        """The content as a model.

        Raises:
            InputError: unknown keys, wrong types and missing values, all at once.
        """
        data = {} if self.data is None else self.data
        if not isinstance(data, Mapping):
            raise InputError(self.finding("This file must hold keys and values.", _example(model)))
        try:
            return model.model_validate(data)
        except ValidationError as error:
            told = _first_causes(error.errors(include_url=False))
            raise InputError(_distinct([self._explained(details, model) for details in told])) from None

    def _explained(self, details: ErrorDetails, model: type[BaseModel]) -> Finding:
        location = details["loc"]
        key = ".".join(str(step) for step in location)
        if details["type"] == "extra_forbidden":
            known = _known_keys(model, location[:-1])
            return self.finding(
                f'There is no key called "{key}".', did_you_mean(str(location[-1]), known), location
            )
        if details["type"] == "missing":
            return self.finding(f'The key "{key}" is missing.', "", location)
        message = _IN_WORDS.get(details["type"], "").format(**details.get("ctx", {}))
        message = message or str(details["msg"]).removeprefix("Value error, ").rstrip(".")
        got = details["input"]
        shown = f" It is now {got!r}." if isinstance(got, (str, int, float, bool)) else ""
        return self.finding(f'"{key}": {message}.{shown}', "", location)


class _Constructor(RoundTripConstructor):
    """Reads a day that is none, such as 2026-02-30, as text: who asks for a day can name its line."""

    def construct_yaml_timestamp(self, node: Any, values: Any = None) -> Any:
        try:
            return super().construct_yaml_timestamp(node, values)
        except ValueError:
            return str(node.value)


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.construct_yaml_timestamp)


def read(path: Path, where: str | None = None) -> Document:
    """The document in a YAML file; `where` is how the user knows the file (default: the path).

    Raises:
        NotFound: there is no such file.
        InputError: it is not YAML, not UTF-8, or larger than a megabyte.
    """
    return parse_text(read_text(path, where), where or str(path))


def read_text(path: Path, where: str | None = None) -> str:
    """The text of a UTF-8 file (a byte order mark is dropped), with the errors of `read`."""
    name = where or str(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(Finding(name, "This file does not exist.")) from None
    except OSError as error:
        raise InputError(Finding(name, f"This file cannot be read: {error.strerror}.")) from None
    if len(raw) > MAX_BYTES:
        raise InputError(
            Finding(name, f"This file is larger than {MAX_BYTES:,} bytes.", "Split it into several.")
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(Finding(name, "This file is not UTF-8 text.", "Save it as UTF-8.", line)) from None


def parse_text(text: str, where: str, first_line: int = 1) -> Document:
    """The document in a piece of YAML text, whose first line is line `first_line` of `where`."""
    yaml = YAML(typ="rt")
    yaml.version = (1, 2)
    yaml.Constructor = _Constructor
    try:
        data = yaml.load(text)
    except DuplicateKeyError as error:
        line = first_line + (error.problem_mark.line if error.problem_mark else 0)
        what = str(error.problem).split(" with value")[0].capitalize()
        raise InputError(Finding(where, f"{what}.", "Keep one of them.", line)) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"This is not valid YAML: {error.problem or error.context}."
        fix = "Check the indentation, and put quotes around text that holds a colon or starts with * or %."
        raise InputError(Finding(where, what, fix, first_line + (mark.line if mark else 0))) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise InputError(Finding(where, f"This is not valid YAML: {error}.", "", first_line)) from None
    return Document(where, data, first_line)


def split_front_matter(text: str, where: str) -> tuple[Document, str, int]:
    """The front matter of a template, its body, and the line the body starts on.

    Without a leading `---` line the front matter is empty and the body starts on line 1.
    """
    lines = text.split("\n")
    if lines[0].strip() != "---":
        return Document(where, CommentedMap()), text, 1
    for number, line in enumerate(lines[1:], start=1):
        if line.strip() == "---":
            front = parse_text("\n".join(lines[1:number]), where, first_line=2)
            return front, "\n".join(lines[number + 1 :]), number + 2
    raise InputError(
        Finding(where, "The front matter is not closed.", "End it with a line that holds only ---.", 1)
    )


def _first_causes(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Without the complaint that a list is too short because an item of it is wrong."""
    places = [tuple(error["loc"]) for error in errors]

    def follows(error: ErrorDetails) -> bool:
        at = tuple(error["loc"])
        return error["type"] == "too_short" and any(one[: len(at)] == at and one != at for one in places)

    return [error for error in errors if not follows(error)]


def _known_keys(model: type[BaseModel], location: Location) -> list[str]:
    """The keys a model allows at a place inside it; empty where that cannot be told."""
    current: Any = model
    for step in location:
        if isinstance(step, int):
            current = next(iter(get_args(current)), None)
            continue
        field = current.model_fields.get(step) if _is_model(current) else None
        current = field.annotation if field else None
    if not _is_model(current):
        return []
    return [field.alias or name for name, field in current.model_fields.items()]


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _example(model: type[BaseModel]) -> str:
    return f"Start with a line such as: {next(iter(_known_keys(model, ())), 'name')}: ..."


def _distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Findings in order of line, each once (a union type reports one fault several times)."""
    return sorted(dict.fromkeys(findings), key=lambda finding: finding.line or 0)
