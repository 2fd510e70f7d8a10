"""The sample emails are the same email in every way of rendering, HTML, text and links."""

from __future__ import annotations

from pathlib import Path

import pytest

from nurture.config import open_workspace
from nurture.templates import CompiledEmail, Rendered, Renderer, compile_with, known_values, load_template
from nurture.templates.compiled import WAYS, Way
from tests.templates.reference import parsed
from tests.templates.sample_customers import context
from tests.templates.test_samples import EMAILS, KINDS, REPOSITORY

BASE = "https://news.sample.example/c/TOKEN"


def renderer(root: Path, email: str, way: Way) -> Renderer:
    workspace = open_workspace(root, environ={})
    values = known_values(workspace, {"name": email, "title": None, "topic": None})
    compiled = compile_with(load_template(workspace, email), values, tracked=True, ways=(way,))
    assert compiled.way == way
    return Renderer(CompiledEmail.from_json(compiled.to_json()))


def compared(one: Rendered) -> tuple[object, ...]:
    return (parsed(one.html), one.text, one.subject, one.preheader, dict(one.personal_links))


@pytest.mark.slow
@pytest.mark.parametrize("email", EMAILS)
def test_a_sample_is_one_email_in_every_way(email: str) -> None:
    renderers = {way: renderer(REPOSITORY, email, way) for way in WAYS}
    languages = renderers["streamed"].compiled.variants
    for language in languages:
        for kind in KINDS:
            told = {
                way: compared(one.render(context(kind, language), language=language, link_base=BASE))
                for way, one in renderers.items()
            }
            assert told["variants"] == told["streamed"]
            assert told["plain"][0] == told["streamed"][0]
            assert told["plain"][2:] == told["streamed"][2:]
