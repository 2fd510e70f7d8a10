"""The sample emails, for a customer we know well, one we hardly know, and one who attacks us.

Emails are found by themselves. The newsletter, which has a little of everything, is tried in every run; the
others are marked slow, as compiling each in three languages takes seconds.
Snapshots stand in `snapshots/`. After a change that was meant, write them anew and look at the difference:

    UPDATE_SNAPSHOTS=1 .venv/bin/pytest tests/templates/test_samples.py && git diff tests/templates/snapshots
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from lxml import etree
from lxml import html as lxml_html

from nurture.config import open_workspace
from nurture.templates import (
    Rendered,
    Renderer,
    check_template,
    compile_template,
    load_template,
    template_names,
)
from tests.templates.sample_customers import HOSTILE, Context, context

REPOSITORY = Path(__file__).parents[2]
SNAPSHOTS = Path(__file__).parent / "snapshots"
EMAILS = tuple(
    sorted(path.stem for path in (REPOSITORY / "templates" / "emails").glob("*.mjml") if "." not in path.stem)
)
LANGUAGES = ("ja", "en", "zh")
KINDS = ("full", "sparse", "hostile")
ALWAYS = "newsletter"


def marked(*values: str) -> ParameterSet:
    """One case of a test; slow unless it is about the newsletter."""
    return pytest.param(*values, marks=[] if values[0] == ALWAYS else [pytest.mark.slow])


EACH = [marked(email) for email in EMAILS]
PAIRS = [marked(email, language) for email in EMAILS for language in LANGUAGES]
ALL = [marked(email, language, kind) for email in EMAILS for language in LANGUAGES for kind in KINDS]
# Every text and subject is kept. Of the HTML, which changes with the layout, one of each email, and of the
# newsletter one for each kind of customer.
HTML_KEPT = {"full": "ja", "sparse": "en", "hostile": "zh"}
# Beyond this an email is heavy on a phone; Gmail hides what comes after 102 kB.
HEAVY_AT_BYTES = 40_000


class Samples:
    """The sample workspace, its emails compiled once."""

    def __init__(self, folder: Path) -> None:
        shutil.copytree(REPOSITORY / "templates", folder / "templates")
        shutil.copy(REPOSITORY / "config.yaml", folder)
        self.workspace = open_workspace(folder, {})
        self.renderers: dict[str, Renderer] = {}

    def renderer(self, email: str) -> Renderer:
        if email not in self.renderers:
            template = load_template(self.workspace, email)
            compiled = compile_template(template, self.workspace, tracked=True, campaign={"name": email})
            self.renderers[email] = Renderer(compiled)
        return self.renderers[email]

    def render(self, email: str, language: str, names: Context) -> Rendered:
        base = "https://news.sample.example/c/TOKEN"
        return self.renderer(email).render(names, language=language, link_base=base)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return Samples(tmp_path_factory.mktemp("samples"))


def test_these_are_the_sample_emails(samples: Samples) -> None:
    assert tuple(template_names(samples.workspace)) == EMAILS
    told = (REPOSITORY / "docs" / "sample-workspace.md").read_text(encoding="utf-8")
    assert [email for email in EMAILS if f"`{email}`" not in told] == []


def test_the_emails_of_every_sample_campaign_exist() -> None:
    sent = {
        line.removeprefix("  - send: ").strip()
        for path in (REPOSITORY / "campaigns").glob("*.yaml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("  - send: ")
    }
    assert sent - set(EMAILS) == set()
    assert ALWAYS in sent


@pytest.mark.parametrize("email", EACH)
def test_every_sample_email_is_streamed_in_three_languages(samples: Samples, email: str) -> None:
    compiled = samples.renderer(email).compiled
    found = {language: variant.way for language, variant in compiled.variants.items()}
    assert found == {"ja": "streamed", "en": "streamed", "zh": "streamed"}
    assert compiled.default_language == "ja"


@pytest.mark.slow
@pytest.mark.parametrize("email", EMAILS)
def test_checking_a_sample_email_finds_nothing(samples: Samples, email: str) -> None:
    assert check_template(load_template(samples.workspace, email), samples.workspace) == []


@pytest.mark.parametrize("email", EACH)
def test_a_sample_email_has_the_same_links_in_every_language(samples: Samples, email: str) -> None:
    variants = samples.renderer(email).compiled.variants
    tags = {language: [link.tag for link in variant.links] for language, variant in variants.items()}
    assert tags == dict.fromkeys(variants, tags["ja"])
    assert None not in tags["ja"]


def test_there_is_no_snapshot_of_an_email_that_is_gone() -> None:
    texts = {f"{email}.{language}.{kind}.txt" for email in EMAILS for language in LANGUAGES for kind in KINDS}
    pages = {
        f"{email}.{language}.{kind}.html"
        for email in EMAILS
        for kind, language in HTML_KEPT.items()
        if _keeps_html(email, language, kind)
    }
    assert {path.name for path in SNAPSHOTS.iterdir()} == texts | pages


@pytest.mark.parametrize(("email", "language", "kind"), ALL)
def test_a_sample_email_is_what_it_was(samples: Samples, email: str, language: str, kind: str) -> None:
    mail = samples.render(email, language, context(kind, language))
    links = "".join(f"{key} -> {url}\n" for key, url in mail.personal_links.items())
    words = f"Subject: {mail.subject}\nPreheader: {mail.preheader}\n{links}\n{mail.text}\n"
    _compare(SNAPSHOTS / f"{email}.{language}.{kind}.txt", words)
    if _keeps_html(email, language, kind):
        # One element to a line, so that a difference can be read.
        _compare(SNAPSHOTS / f"{email}.{language}.{kind}.html", mail.html.replace("><", ">\n<") + "\n")


def _keeps_html(email: str, language: str, kind: str) -> bool:
    return HTML_KEPT[kind] == language and (kind == "full" or email == ALWAYS)


def _compare(path: Path, found: str) -> None:
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_bytes(found.encode())
    assert found == path.read_bytes().decode()


@pytest.mark.parametrize(("email", "language", "kind"), ALL)
def test_a_sample_email_holds_what_the_law_and_the_mailbox_providers_ask_for(
    samples: Samples, email: str, language: str, kind: str
) -> None:
    mail = samples.render(email, language, context(kind, language))
    sender = samples.workspace.config.sender
    postal_address = sender.postal_address if language == "ja" else "1-2-3 Mihon-cho"
    for part in (mail.html, mail.text):
        for needed in ("/u/TOKEN", "/p/TOKEN", sender.name, postal_address, sender.contact):
            assert needed in part
    assert len(mail.html.encode()) < HEAVY_AT_BYTES
    assert 0 < len(mail.subject) < 400
    root = lxml_html.document_fromstring(mail.html)
    assert root.get("lang") == language
    assert len(root.findall(".//h1")) == 1
    assert "https://news.sample.example/o/TOKEN.gif" in mail.html


@pytest.mark.parametrize(("email", "language"), PAIRS)
def test_a_customer_we_hardly_know_reads_no_gaps(samples: Samples, email: str, language: str) -> None:
    mail = samples.render(email, language, context("sparse", language))
    assert re.findall(r"None|\{\{|\{%|(?m:^様)|undefined|,,|、、|Dear ,", mail.subject + mail.text) == []


@pytest.mark.parametrize(("email", "language"), PAIRS)
def test_what_a_customer_wrote_never_becomes_markup(samples: Samples, email: str, language: str) -> None:
    """The hostile customer's email has just the elements that a friendly one's would have."""
    friendly = context("hostile", language)
    for part in (friendly["customer"], friendly["customer"]["company"], friendly["customer"]["attributes"]):
        part.update({key: "friend" for key, value in part.items() if value == HOSTILE})
    friendly["customer"]["purchases"][0]["product"] = "friend"
    expected = samples.render(email, language, friendly)
    attacked = samples.render(email, language, context("hostile", language))
    assert _elements(attacked.html) == _elements(expected.html)
    assert [line for line in (attacked.subject, attacked.preheader) if len(line.splitlines()) > 1] == []


def _elements(html: str) -> list[tuple[str, list[str]]]:
    elements = lxml_html.document_fromstring(html).iter(etree.Element)
    return [(str(one.tag), sorted(map(str, one.attrib))) for one in elements]
