"""How many personal emails a second: streamed, variants with 100 layouts, and the full pipeline for each.

    .venv/bin/python benchmarks/render.py [--seconds 3]

The email is made here: about 20 kB of HTML, ten links, a loop, five conditions; the same email with a column
that some customers get, and a width that differs, has 100 layouts. All numbers come from the same run, in
turns, and count the processor's time, so that their ratios mean something on a busy machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import jinja2

from nurture.templates import CompiledEmail, Renderer, compile_with, load_file
from nurture.templates.pipeline import to_html
from nurture.templates.text import text_of

# ruff: noqa: E501  # MJML reads best on one line
SECTION = """
<mj-section css-class="s" background-color="{{ brand.surface }}"><mj-column>
  <mj-text><div class="h2">%(number)s. What to look at first</div>{{ customer.family_name }}, the grease on the rail
  tells more than the sound does. Wipe it with a cloth: brown and hard means that it is time.
  {%% if customer.owner %%}Ask {{ customer.owner }} for the table.{%% endif %%}</mj-text>
  <mj-button href="https://sample.example/notes/%(number)s">Read note %(number)s</mj-button>
  <mj-text><a class="a" href="https://sample.example/price/%(number)s?from=news">Prices</a></mj-text>
</mj-column></mj-section>
"""
EMAIL = (
    '<mjml lang="en"><mj-head><mj-title>{{ brand.name }}</mj-title><mj-style>.h2 { font-size: 22px; color: #1f4e79 }'
    " .a { color: #1f4e79 } @media (max-width: 480px) { .h2 { font-size: 19px !important } }</mj-style></mj-head>"
    "<mj-body>"
    + "".join(SECTION % {"number": number} for number in range(5))
    + "<mj-section><mj-column><mj-table>{% for one in customer.purchases %}<tr><td>{{ one.product }}</td>"
    '<td>{{ one.on }}</td></tr>{% endfor %}</mj-table><mj-text><a href="{{ unsubscribe_url }}">Unsubscribe</a>'
    "</mj-text></mj-column></mj-section></mj-body></mjml>"
)
# The same email, once more, where customers decide columns and a width: 2 * 50 layouts.
LAYOUTS = 100
VARIED = EMAIL.replace(
    "<mj-section><mj-column><mj-table>",
    "<mj-section>{% if customer.owner %}<mj-column><mj-text>{{ customer.owner }}</mj-text></mj-column>{% endif %}"
    '<mj-column><mj-spacer height="{{ customer.space }}px" /><mj-table>',
)
VALUES = {"brand": {"name": "Sample", "surface": "#ffffff"}}
BASE = "https://news.sample.example/c/TOKEN"


def customer(number: int) -> dict[str, Any]:
    purchases = [{"product": f"LG{number % 50}", "on": date(2026, 1, 1 + turn)} for turn in range(number % 4)]
    person = {
        "family_name": f"Sato {number}",
        "owner": "Suzuki" if number % 2 else None,
        "space": number // 2 % (LAYOUTS // 2) + 10,
        "purchases": purchases,
    }
    return {"customer": person, "unsubscribe_url": "https://news.sample.example/u/TOKEN"}


def seconds_of(render: Callable[[int], object], times: int) -> float:
    started = time.process_time()
    for number in range(times):
        render(number)
    return time.process_time() - started


def rates(ways: Sequence[Callable[[int], object]], seconds: float) -> list[float]:
    """Emails per second of each, measured in turns; the last is the slow one."""
    spent, done = [0.0] * len(ways), [0] * len(ways)
    turns = [500] * (len(ways) - 1) + [10]
    while sum(spent) < len(ways) * seconds:
        for index, (render, times) in enumerate(zip(ways, turns, strict=True)):
            spent[index] += seconds_of(render, times)
            done[index] += times
    return [count / used for count, used in zip(done, spent, strict=True)]


def compiled(folder: Path, source: str) -> CompiledEmail:
    path = folder / "email.mjml"
    path.write_text(source, encoding="utf-8")
    return compile_with(load_file(path, "en"), VALUES, tracked=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        email, varied = (compiled(Path(folder), source) for source in (EMAIL, VARIED))
    renderer, varying = Renderer(email), Renderer(varied)
    template = jinja2.Environment(autoescape=True).from_string(EMAIL, globals=VALUES)
    rendered = renderer.render(customer(3), link_base=BASE)
    first = seconds_of(lambda number: varying.render(customer(number), link_base=BASE), LAYOUTS)

    streamed, variants, full = rates(
        [
            lambda number: renderer.render(customer(number), link_base=BASE),
            lambda number: varying.render(customer(number), link_base=BASE),
            lambda number: text_of(to_html(template.render(customer(number)))),
        ],
        seconds,
    )
    size = len(rendered.html.encode())
    print(f"email: {size:,} bytes, {len(email.links)} links, compiled in {email.seconds * 1000:.0f} ms")
    print(f"{email.way} (subject, HTML and text):  {streamed:9,.0f} emails/s")
    print(f"{varied.way}, {varying.layouts().size} layouts:             {variants:9,.0f} emails/s")
    print(f"full pipeline (HTML and text):      {full:9,.0f} emails/s")
    print(
        f"streamed / full pipeline: {streamed / full:.0f}x, streamed / variants: {streamed / variants:.2f}x"
    )
    print(f"first email of each of {LAYOUTS} layouts: {first / LAYOUTS * 1000:.1f} ms; {varying.layouts()}")


if __name__ == "__main__":
    main()
