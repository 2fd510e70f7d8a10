"""All files of an email, and what in their MJML is wrong or does nothing.

In:  an email's own file, and the folder with its layouts and parts.
Out: the files it may use; findings in each of them, at the line where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from nurture.errors import Finding, InputError
from nurture.templates.environment import TemplateEnvironment
from nurture.templates.marked import Marked
from nurture.templates.markup import read
from nurture.templates.parts import flat
from nurture.templates.resolve import Resolver, Unresolved, parse
from nurture.templates.source import Source, TemplateFolder

QUOTED = re.compile(r"""(["'])([^"'\\]+)\1""")
MAX_FILES = 300


def reachable(resolver: Resolver, entry: Source) -> list[Source]:
    """The files that an email may extend, include or import, itself first.

    Raises:
        InputError: one of them is not Jinja.
    """
    folder = resolver.folder
    sources = {entry.name: entry}
    waiting = [entry]
    while waiting and len(sources) < MAX_FILES:
        source = waiting.pop(0)
        tags = [part for part in parse(resolver.environment, source) if part.kind == "block"]
        names = {name for tag in tags for _, name in QUOTED.findall(tag.text)}
        loading = [tag for tag in tags if tag.word in ("include", "extends", "import", "from")]
        if any(not QUOTED.search(tag.text) or "~" in tag.text for tag in loading):
            # A name that only the rendering knows: every file of the folder may be meant.
            names |= set(folder.names())
        for name in sorted(names - set(sources)):
            if name.endswith(".mjml") and folder.has(name):
                sources[name] = folder.source(name)
                waiting.append(sources[name])
    return list(sources.values())


def mistakes(resolver: Resolver, entry: Source) -> Iterator[Finding]:
    """What is wrong in a file for itself: elements that do not exist, a tag that never ends.

    What is opened in one file may be closed in another, so nothing is said about that.
    """
    for marked in _each(resolver, entry):
        for problem in read(marked.text).problems:
            if not problem.warning and not problem.nesting:
                yield marked.finding(problem)


def oddities(folder: TemplateFolder, entry: Source) -> list[Finding]:
    """What the MJML compiler accepts, and drops or puts elsewhere: unknown attributes, misplaced elements.

    Layouts and parts are read both in their place in the email, and (macros, above all) for themselves.
    """
    resolver = Resolver(TemplateEnvironment(), folder)
    texts = list(_each(resolver, entry))
    # Where they cannot be put together, each file for itself is all there is to read.
    with suppress(Unresolved, InputError):
        texts.append(Marked(flat(resolver.resolve(entry.name))))
    found = [marked.finding(one) for marked in texts for one in read(marked.text).problems if one.warning]
    return list(dict.fromkeys(found))


def _each(resolver: Resolver, entry: Source) -> Iterator[Marked]:
    for source in reachable(resolver, entry):
        yield Marked(parse(resolver.environment, source))
