"""An email, compiled: everything that a worker needs to render it for anybody.

In:  what `nurture.templates.compile` found out, once per run.
Out: values that go to JSON and back unchanged: they are frozen into the run, so that workers need
     neither the template files nor the MJML compiler's inputs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Way = Literal["streamed", "variants", "plain"]
WAYS: tuple[Way, ...] = ("streamed", "variants", "plain")
Origin = tuple[int, str, int]
FORMAT = 1
NEEDED = re.compile(r"\b(?:purchases|activities|special_days)\b")


@dataclass(frozen=True, slots=True)
class LinkSlot:
    """A link of an email; `url` is None where it holds customer data.

    Slots count the links in document order, the default language first, then the others: a slot names
    one link of one language, so that a run can register all of them.
    """

    slot: int
    url: str | None
    tag: str | None = None
    label: str = ""

    @property
    def key(self) -> str:
        """What stands for the link in `/c/<token>/<key>`."""
        return str(self.slot)


@dataclass(frozen=True, slots=True)
class Script:
    """A piece of Jinja source, and which of its lines comes from where: (line, file, line of the file)."""

    source: str
    origins: tuple[Origin, ...] = ()

    def place(self, line: int) -> tuple[str, int] | None:
        """The file and line that a line of the source was written at."""
        found = None
        for origin in self.origins:
            if origin[0] > line:
                break
            found = (origin[1], origin[2])
        return found


@dataclass(frozen=True, slots=True)
class CompiledVariant:
    """An email in one language.

    `html` is a Jinja source whose rendering is the finished HTML (way `streamed`), or MJML that is compiled
    for each layout (way `variants`) or recipient (way `plain`); then `files` holds what it may include.
    `text` is a Jinja source too; None where the text is made from the HTML of each recipient. It was made
    from the HTML when the email was compiled, unless `own_text` says that the marketer wrote it.
    `completed` says whether language and preheader are in the source already.
    """

    language: str
    way: Way
    reason: str
    subject: Script
    preheader: Script
    html: Script
    text: Script | None
    links: tuple[LinkSlot, ...]
    files: Mapping[str, Script] = field(default_factory=dict)
    completed: bool = True
    set_language: bool = True
    from_name: str | None = None
    from_email: str | None = None
    reply_to: str | None = None
    own_text: bool = False

    def scripts(self) -> Iterator[Script]:
        """Every script of the email."""
        yield from (self.subject, self.preheader, self.html, *self.files.values())
        if self.text is not None:
            yield self.text


@dataclass(frozen=True, slots=True)
class CompiledEmail:
    """An email in all its languages, and the values that were known when it was compiled.

    `seconds` is how long compiling took.
    """

    name: str
    default_language: str
    variants: Mapping[str, CompiledVariant]
    values: Mapping[str, Any]
    tracked: bool
    seconds: float = field(compare=False)

    @property
    def way(self) -> Way:
        """The slowest way among the languages."""
        ways = {variant.way for variant in self.variants.values()}
        return "plain" if "plain" in ways else "variants" if "variants" in ways else "streamed"

    @property
    def links(self) -> tuple[LinkSlot, ...]:
        """The links of all languages; no two have the same slot."""
        return tuple(link for variant in self.variants.values() for link in variant.links)

    @property
    def needs(self) -> frozenset[str]:
        """The lists of a customer that the email names: see `nurture.templates.context`."""
        sources = (script.source for variant in self.variants.values() for script in variant.scripts())
        return frozenset(word for source in sources for word in NEEDED.findall(source))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` makes the same email from; the same files give the same data."""
        data = {"format": FORMAT, **asdict(self)}
        del data["seconds"]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CompiledEmail:
        """The email that `to_json` wrote."""
        if data.get("format") != FORMAT:
            raise ValueError(f"this email was compiled in format {data.get('format')}, not {FORMAT}")
        return cls(
            name=data["name"],
            default_language=data["default_language"],
            variants={key: _variant(value) for key, value in data["variants"].items()},
            values=data["values"],
            tracked=data["tracked"],
            seconds=0.0,
        )


def _variant(data: Mapping[str, Any]) -> CompiledVariant:
    scripts: dict[str, Any] = {key: _script(data[key]) for key in ("subject", "preheader", "html")}
    rest = {key: value for key, value in data.items() if key not in (*scripts, "text", "links", "files")}
    return CompiledVariant(
        **scripts,
        **rest,
        text=None if data["text"] is None else _script(data["text"]),
        links=tuple(LinkSlot(**link) for link in data["links"]),
        files={name: _script(value) for name, value in data["files"].items()},
    )


def _script(data: Mapping[str, Any]) -> Script:
    return Script(data["source"], tuple((one[0], one[1], one[2]) for one in data["origins"]))
