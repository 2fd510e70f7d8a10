"""The Jinja of the variants way: what it prints is taken out of the email.

In:  the sources of a template.
Out: an environment that renders them to MJML with marks, and the values that the marks stand for.
"""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import BaseLoader, TemplateError, nodes

from nurture.templates.captured import CAPTURE_FILTERS
from nurture.templates.environment import TemplateEnvironment
from nurture.templates.regions import Capture, NotCapturable, Regions, regions_of


def capturable(sources: Mapping[str, str]) -> Regions:
    """Where values may be taken out of a template, whose sources these are by name.

    Raises:
        NotCapturable: nowhere.
    """
    environment = TemplateEnvironment()
    try:
        return regions_of({name: environment.parse(source, name) for name, source in sources.items()})
    except (TemplateError, RecursionError):
        # What is wrong is told, with its place, by the way that renders it.
        raise NotCapturable("it is not Jinja in all of its files") from None


class CaptureEnvironment(TemplateEnvironment):
    """Jinja for emails, as everywhere; inside `captured.capturing`, values are kept apart."""

    def __init__(self, regions: Regions, loader: BaseLoader | None = None) -> None:
        super().__init__(loader=loader)
        self.regions = regions
        self.filters |= CAPTURE_FILTERS

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = Capture(self.regions).rewritten(name, super()._parse(source, name, filename))
        tree.set_environment(self)
        return tree
