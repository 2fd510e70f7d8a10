# ruff: noqa: E501  # templates read best on one line
"""Links lead through the counter, and to nowhere else than where the email says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nurture.templates import CompiledEmail, LinkSlot, Rendered, Renderer, compile_with, load_file
from nurture.templates.addresses import link_key
from nurture.templates.compiled import WAYS, Way

BASE = "http://127.0.0.1:8000/c/TOKEN"
PAGES = {name: f"https://x.example/{name}" for name in ("unsubscribe_url", "preferences_url", "view_url")}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Every way of rendering: links are the same in all of them."""
    chosen: Way = request.param
    return chosen


def compiled(folder: Path, way: Way, content: str, front: str = "") -> CompiledEmail:
    body = f"<mj-section><mj-column>{content}</mj-column></mj-section>"
    (folder / "email.mjml").write_text(f"{front}<mjml><mj-body>{body}</mj-body></mjml>", encoding="utf-8")
    email = compile_with(load_file(folder / "email.mjml"), {}, tracked=False, ways=(way,))
    assert email.way == way
    return CompiledEmail.from_json(email.to_json())


def render(email: CompiledEmail, **names: Any) -> Rendered:
    return Renderer(email).render({"n": 7, **PAGES, **names}, link_base=BASE)


def hrefs(html: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', html)


def test_every_link_to_the_web_is_counted_in_document_order(tmp_path: Path, way: Way) -> None:
    email = compiled(
        tmp_path,
        way,
        '<mj-image href="https://x.example/a" src="https://x.example/i.png" alt="Picture" />'
        '<mj-text><a href="https://x.example/b?x=1&amp;y=あ" data-tag="price">Prices</a></mj-text>'
        '<mj-button href="http://x.example/c"><span data-tag="go">Go on</span></mj-button>',
    )
    assert email.links == (
        LinkSlot(0, "https://x.example/a", None, "Picture"),
        LinkSlot(1, "https://x.example/b?x=1&y=%E3%81%82", "price", "Prices"),
        LinkSlot(2, "http://x.example/c", "go", "Go on"),
    )
    rendered = render(email)
    assert hrefs(rendered.html) == [f"{BASE}/0", f"{BASE}/1", f"{BASE}/2"]
    assert rendered.personal_links == {}
    assert "data-t" not in rendered.html


def test_what_is_not_the_web_or_asks_to_be_left_alone_is_not_counted(tmp_path: Path, way: Way) -> None:
    email = compiled(
        tmp_path,
        way,
        '<mj-text><a href="https://x.example/a" data-track="off">a</a><a href="mailto:a@x.example">m</a>'
        '<a href="tel:+8152">t</a><a href="{{ unsubscribe_url }}">u</a><a href="{{ view_url }}">v</a>'
        '<a href="#top">top</a></mj-text><mj-social><mj-social-element name="facebook" '
        'href="https://x.example/s">s</mj-social-element></mj-social>',
    )
    assert email.links == ()
    assert hrefs(render(email).html)[:6] == [
        "https://x.example/a",
        "mailto:a@x.example",
        "tel:+8152",
        "https://x.example/unsubscribe_url",
        "https://x.example/view_url",
        "#top",
    ]


def test_a_link_with_a_value_has_a_key_of_its_target(tmp_path: Path, way: Way) -> None:
    link = '<a href="https://x.example/a">a</a><a href="https://x.example/?n={{ n }}&amp;b=1">b</a>'
    rendered = render(compiled(tmp_path, way, f"<mj-text>{link}</mj-text>"))
    key = link_key(1, "https://x.example/?n=7&b=1")
    assert hrefs(rendered.html) == [f"{BASE}/0", f"{BASE}/{key}"]
    assert rendered.personal_links == {key: "https://x.example/?n=7&b=1"}


def test_a_personal_link_has_one_key_per_target(tmp_path: Path, way: Way) -> None:
    email = compiled(
        tmp_path,
        way,
        '<mj-text>{% for i in items %}<a href="https://x.example/{{ i }}">{{ i }}</a>{% endfor %}</mj-text>',
    )
    assert email.links == (LinkSlot(0, None, None, "…"),)
    rendered = render(email, items=["a", "b c", "a"])
    targets = {link_key(0, url): url for url in ("https://x.example/a", "https://x.example/b%20c")}
    assert rendered.personal_links == targets
    assert [one.removeprefix(f"{BASE}/") for one in hrefs(rendered.html)] == [*targets, next(iter(targets))]


def test_the_text_part_counts_the_same_links(tmp_path: Path, way: Way) -> None:
    email = compiled(
        tmp_path,
        way,
        '<mj-text><a href="https://x.example/a">Prices</a> <a href="https://x.example/{{ n }}">b</a></mj-text>',
    )
    key = link_key(1, "https://x.example/7")
    assert render(email).text == f"Prices ({BASE}/0) b ({BASE}/{key})\n"


def test_a_text_part_of_ones_own_shares_the_slots_of_the_html(tmp_path: Path, way: Way) -> None:
    front = '---\nsubject: s\ntext: "Prices: https://x.example/a. More: https://x.example/more"\n---\n'
    email = compiled(tmp_path, way, '<mj-text><a href="https://x.example/a">a</a></mj-text>', front)
    assert [link.url for link in email.links] == ["https://x.example/a", "https://x.example/more"]
    assert render(email).text == f"Prices: {BASE}/0. More: {BASE}/1\n"


def test_without_a_counter_links_lead_straight_to_their_targets(tmp_path: Path, way: Way) -> None:
    email = compiled(tmp_path, way, '<mj-text><a href="https://x.example/a?b=1&amp;c=2">a</a></mj-text>')
    rendered = Renderer(email).render({})
    assert hrefs(rendered.html) == ["https://x.example/a?b=1&amp;c=2"]
    assert rendered.text == "a (https://x.example/a?b=1&c=2)\n"


def test_who_does_not_want_to_be_tracked_is_not(tmp_path: Path, way: Way) -> None:
    body = '<mjml><mj-body><mj-section><mj-column><mj-text><a href="https://x.example/a">a</a></mj-text></mj-column></mj-section></mj-body></mjml>'
    (tmp_path / "email.mjml").write_text(body)
    email = compile_with(load_file(tmp_path / "email.mjml"), {}, tracked=True, ways=(way,))
    names = {"open_url": "http://127.0.0.1:8000/o/TOKEN.gif"}
    tracked = Renderer(email).render({**names, "customer": {"tracking": True}}, link_base=BASE).html
    private = Renderer(email).render({**names, "customer": {"tracking": False}}, link_base=BASE).html
    assert tracked.count("/o/TOKEN.gif") == 1 and tracked.index("/o/TOKEN.gif") < tracked.index("</body>")
    assert "TOKEN" not in private
    assert hrefs(private) == ["https://x.example/a"]
