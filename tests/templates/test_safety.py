# ruff: noqa: E501  # attacks read best on one line
"""Templates are untrusted text, and so is what customers tell us."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import pytest

from nurture.errors import InputError
from nurture.templates import Renderer, compile_with, load_file
from nurture.templates.environment import TemplateEnvironment
from nurture.templates.faults import FAULTS
from nurture.templates.limits import limited
from nurture.templates.pipeline import to_html

FRAME = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section></mj-body></mjml>"
)


def render(folder: Path, content: str, **names: Any) -> str:
    (folder / "email.mjml").write_text(FRAME.format(content), encoding="utf-8")
    compiled = compile_with(load_file(folder / "email.mjml"), {}, tracked=False)
    return Renderer(compiled).render(names).html


ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ x.__init__.__globals__ }}",
    "{{ x['__class__'] }}",
    "{{ self.__init__.__globals__.__builtins__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ range.__class__ }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(x) }}",
    "{% set f = '{0.__class__}'.format %}{{ f(x) }}",
    "{{ '%s' | format(x) | attr('__class__') }}",
    "{{ x | attr('__class__') }}",
    "{{ [x] | map(attribute='__class__') | list }}",
    "{{ [x] | map('attr', '__class__') | list }}",
    "{{ (x | string).format_map({}) }}",
    "{{ x | map(attribute='format') | list }}",
    "{{ ['{0.__class__}'] | map(attribute='format') | list | first }}",
    "{{ x.update({'a': 1}) }}",
    "{{ x.clear() }}",
    "{{ [].append(1) }}",
    "{{ request.application.__globals__ }}",
    "{{ config }}",
    "{{ url_for.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{% autoescape false %}{{ x }}{% endautoescape %}",
    "{% include '/etc/passwd' %}",
    "{% include '../secret.mjml' %}",
    "{% extends '../secret.mjml' %}",
    "{% import '..\\\\secret.mjml' as s %}",
]


@pytest.mark.parametrize("attack", ESCAPES)
def test_a_template_never_reaches_into_python_or_the_disk(tmp_path: Path, attack: str) -> None:
    (tmp_path / "secret.mjml").write_text("SECRET", encoding="utf-8")
    folder = tmp_path / "templates"
    folder.mkdir()
    try:
        html = render(folder, attack, x={"a": "b"})
    except InputError:
        return
    body = html[html.index("<body") :]
    assert not any(word in body for word in ("SECRET", "root:", "<class", "&lt;class", "__", "&lt;built-in"))


def test_a_symbolic_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.mjml").write_text("SECRET", encoding="utf-8")
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "link.mjml").symlink_to(tmp_path / "secret.mjml")
    with pytest.raises(InputError, match="leads out of the templates folder"):
        render(folder, "{% include 'link.mjml' %}")


BOMBS = [
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{% for i in range(10**9) %}{% endfor %}",
    "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "{% macro f(n) %}{% if n < 60 %}{{ f(n + 1) }}{{ f(n + 1) }}{% endif %}{% endmacro %}{{ f(0) }}",
    "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{% set ns = namespace(x='aaaaaaaaaa') %}{% for i in range(60) %}{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{{ 'a' * 10 ** 9 }}",
    "{{ [1] * 10 ** 9 }}",
    "{{ 10 ** 10 ** 5 * 2 ** 99999 }}",
    "{{ '%999999999d' | format(1) }}",
    "{{ '%*d' | format(999999999, 1) }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '{:>999999999}'.format(1) }}",
    "{{ '{:>{w}}'.format(1, w=999999999) }}",
    "{{ 'a'.ljust(999999999) }}",
    "{{ 'a' | center(999999999) }}",
    "{{ 'a' | indent(999999999, true) }}",
    "{{ ('a' * 10000) | replace('a', 'b' * 10000) }}",
    "{{ ('a' * 10000).replace('a', 'b' * 10000) }}",
    "{{ ['a' * 100000] * 1000 | join }}",
    "{{ 1 | batch(999999999, 'x') | list }}",
    "{% for i in range(99999) %}" + "x" * 1000 + "{% endfor %}",
    "{% macro f() %}" + "x" * 10000 + "{% endmacro %}{% for i in range(9999) %}{% set y = f() %}{% endfor %}",
    "{{ 1e999999999 | number }}{{ '1e999999' | money }}",
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_template_that_would_run_or_grow_without_end_is_stopped(bomb: str) -> None:
    environment = TemplateEnvironment()
    with limited(), pytest.raises(FAULTS):
        environment.from_string(bomb).render()


HOSTILE = "<script>alert(1)</script><mj-text>{{ 7 * 7 }}{% for %}</mj-text>\x00\x1b[31m\" onload='x"


@pytest.mark.parametrize(
    "content",
    ["{{ x }}", '<b title="{{ x }}">t</b>', "{% if x %}{{ x }}{% endif %}", '<b class="{{ x }}">t</b>'],
)
def test_what_customers_tell_us_is_neither_markup_nor_template(tmp_path: Path, content: str) -> None:
    html = render(tmp_path, content, x=HOSTILE)
    body = html[html.index("<body") :]
    assert "<script" not in body
    assert "<mj-text" not in body
    assert "49" not in body
    assert "\x00" not in body and "\x1b" not in body
    assert 'onload="' not in body and " onload='x'" not in body


UNSAFE = [
    "javascript:alert(1)",
    " java\tscript:alert(1)",
    "JAVASCRIPT:x",
    "data:text/html,x",
    "file:///etc/passwd",
    "vbscript:x",
]


@pytest.mark.parametrize("url", UNSAFE)
@pytest.mark.parametrize(
    "content",
    [
        '<a href="{{ x }}">t</a>',
        '<img alt="" src="{{ x }}">',
        '<p class="{{ x }}"><a href="{{ x }}">t</a></p>',
    ],
)
def test_an_address_of_a_customer_that_would_run_code_becomes_harmless(
    tmp_path: Path, url: str, content: str
) -> None:
    html = render(tmp_path, content, x=url)
    assert ('href="#"' in html) or ('src="#"' in html)


@pytest.mark.parametrize("url", UNSAFE)
def test_an_address_that_would_run_code_is_refused_when_it_is_written(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError, match="An address may not start with"):
        render(tmp_path, f'<a href="{url}">t</a>')


def test_mjml_includes_are_refused(tmp_path: Path) -> None:
    (tmp_path / "email.mjml").write_text('<mjml><mj-body><mj-include path="/etc/passwd" /></mj-body></mjml>')
    with pytest.raises(InputError, match="<mj-include> is not supported"):
        compile_with(load_file(tmp_path / "email.mjml"), {}, tracked=False)


def test_inlining_reaches_neither_network_nor_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)
    head = (
        '<mj-head><mj-font name="R" href="https://fonts.example/r.css" />'
        "<mj-style>@import url(https://x.example/a.css); @import 'file:///etc/passwd'; b { color: red }</mj-style>"
        '<mj-raw><link rel="stylesheet" href="/etc/passwd"></mj-raw></mj-head>'
    )
    body = '<mj-body><mj-section><mj-column><mj-text font-family="R"><b>x</b></mj-text></mj-column></mj-section></mj-body>'
    html = to_html(f"<mjml>{head}{body}</mjml>")
    assert '<b style="color:red">x</b>' in html
    assert "root:" not in html


def test_elements_nested_without_end_do_not_end_the_process() -> None:
    with pytest.raises(InputError, match="nested more than"):
        to_html(FRAME.format("<div>" * 100_000))
