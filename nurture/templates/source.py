"""The files of templates: find an email, its language variants, and the pieces they share.

In:  the templates folder and a name.
Out: a Template: for each language its front matter and its source. Pieces are read through a
     TemplateFolder, which never leaves its folder, neither by `..` nor by a symbolic link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated

from jinja2 import BaseLoader, Environment, TemplateNotFound
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from nurture.config import Workspace
from nurture.config.models import Address, Language, Line
from nurture.documents import Document, read_text, split_front_matter
from nurture.errors import Finding, InputError, NotFound, did_you_mean

SUFFIX = ".mjml"
MAX_NAMES = 500
NAME = re.compile(r"[\w-]+")
VARIANT = re.compile(r"(?P<name>[\w-]+)\.(?P<language>[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)")
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("this may not be empty")
    return value


class From(BaseModel):
    """Who an email comes from, where that differs from `sender` in config.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Line | None = None
    email: Address | None = None


class Front(BaseModel):
    """The front matter of an email."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    subject: Annotated[Line, AfterValidator(_not_blank)] | None = None
    preheader: Line | None = None
    sender: Line | From | None = Field(default=None, alias="from")
    reply_to: Address | None = None
    language: Language | None = None
    text: str | None = None
    description: Line | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One template file: its body and the line it starts on; `where` is how the marketer knows it."""

    name: str
    where: str
    body: str
    first_line: int
    document: Document


@dataclass(frozen=True, slots=True)
class Variant:
    """An email in one language."""

    language: str
    source: Source
    front: Front


@dataclass(frozen=True)
class TemplateFolder:
    """The folder that templates are read from, and the only one."""

    root: Path
    shown: Callable[[Path], str] = field(default=str)

    def source(self, name: str) -> Source:
        """A file of the folder.

        Raises:
            NotFound: there is none of this name.
            InputError: it lies outside the folder, or holds something else than text.
        """
        path = self._path(name)
        where = self.shown(path)
        text = read_text(path, where).replace("\r\n", "\n").replace("\r", "\n")
        bad = FORBIDDEN.search(text)
        if bad:
            line = text.count("\n", 0, bad.start()) + 1
            what = f"There is a control character here (U+{ord(bad.group()):04X})."
            raise InputError(Finding(where, what, "Delete it.", line))
        document, body, first_line = split_front_matter(text, where)
        return Source(name, where, body, first_line, document)

    def has(self, name: str) -> bool:
        """Whether there is such a file, and it may be read."""
        try:
            return self._path(name).is_file()
        except InputError:
            return False

    def names(self) -> list[str]:
        """The files that can be included, relative to the folder; the first few hundred of very many."""
        found = islice((path for path in self.root.rglob(f"*{SUFFIX}") if path.is_file()), MAX_NAMES)
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def _path(self, name: str) -> Path:
        steps = name.split("/")
        if not name or "\\" in name or "\0" in name or name.startswith("/") or ".." in steps:
            what = f'"{name}" is not a file inside the templates folder.'
            raise InputError(Finding(self.shown(self.root), what, "Write a path such as parts/footer.mjml."))
        path = self.root.joinpath(*steps)
        # A symbolic link may point anywhere: what counts is where it ends.
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise InputError(Finding(self.shown(path), "This leads out of the templates folder."))
        if not path.is_file():
            fix = did_you_mean(name, self.names())
            raise NotFound(Finding(self.shown(path), "There is no such file.", fix))
        return path


class FolderLoader(BaseLoader):
    """Lets Jinja read from a TemplateFolder; line numbers stay those of the file."""

    def __init__(self, folder: TemplateFolder, replaced: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.replaced = replaced or {}

    def get_source(
        self, _environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The body of a file of the folder, as Jinja asks for it."""
        if template in self.replaced:
            return self.replaced[template], None, None
        try:
            return self.folder.source(template).body, None, None
        except NotFound:
            raise TemplateNotFound(template) from None


@dataclass(frozen=True)
class Template:
    """An email with all its language variants; `default_language` is what everyone else gets."""

    name: str
    default_language: str
    variants: Mapping[str, Variant]
    folder: TemplateFolder

    @property
    def where(self) -> str:
        return self.variants[self.default_language].source.where


def template_names(workspace: Workspace) -> list[str]:
    """The emails of a workspace, by name; layouts, parts and language variants are not counted."""
    if not workspace.templates.is_dir():
        return []
    stems = (path.name.removesuffix(SUFFIX) for path in workspace.templates.glob(f"*{SUFFIX}"))
    return sorted(stem for stem in stems if NAME.fullmatch(stem))


def load_template(workspace: Workspace, name: str) -> Template:
    """An email of the workspace, with all its languages.

    Raises:
        NotFound: there is no such email; the nearest name is told.
        InputError: its front matter is wrong in any language; all findings at once.
    """
    known = template_names(workspace)
    if name not in known:
        where = workspace.shown(workspace.templates / f"{name}{SUFFIX}")
        what = f'There is no email called "{name}".'
        raise NotFound(Finding(where, what, did_you_mean(name, known) or "Make one: see docs/templates.md"))
    folder = TemplateFolder(workspace.templates, workspace.shown)
    languages = sorted(
        found["language"]
        for path in workspace.templates.glob(f"{name}.*{SUFFIX}")
        if (found := VARIANT.fullmatch(path.name.removesuffix(SUFFIX))) and found["name"] == name
    )
    return _loaded(name, folder, ["", *languages], workspace.config.workspace.language, complete=True)


def load_file(path: Path, language: str = "ja", shown: Callable[[Path], str] = str) -> Template:
    """A template file from anywhere; what it includes is looked up beside it.

    Raises:
        NotFound: there is no such file.
        InputError: its front matter is wrong.
    """
    folder = TemplateFolder(path.parent, shown)
    return _loaded(path.name, folder, [""], language, complete=False)


def _loaded(
    name: str, folder: TemplateFolder, languages: list[str], usual: str, *, complete: bool
) -> Template:
    findings: list[Finding] = []
    variants: dict[str, Variant] = {}
    default = usual
    for language in languages:
        file = name if not complete else f"{name}.{language}{SUFFIX}" if language else f"{name}{SUFFIX}"
        try:
            variant = _variant(folder.source(file), language, usual, complete=complete)
        except InputError as error:
            findings += error.findings
            continue
        if not language:
            default = variant.language
        elif variant.language in variants:
            what = f'There are two variants for the language "{variant.language}".'
            findings.append(Finding(variant.source.where, what, "Delete one, or give one another language."))
        variants[variant.language] = variant
    if findings:
        raise InputError(findings)
    return Template(name, default, variants, folder)


def _variant(source: Source, language: str, usual: str, *, complete: bool) -> Variant:
    front = source.document.parse(Front)
    findings = []
    if complete and front.subject is None:
        findings.append(Finding(source.where, 'The key "subject" is missing.', "Add a line: subject: ...", 1))
    if language and front.language and front.language != language:
        what = f'The file name says "{language}" and its front matter says "{front.language}".'
        findings.append(source.document.finding(what, "Keep one of them.", ("language",)))
    if findings:
        raise InputError(findings)
    return Variant(language or front.language or usual, source, front)
