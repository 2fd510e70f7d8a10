"""How many personal emails a second: the streamed way against the full pipeline for each recipient.

    .venv/bin/python benchmarks/render.py [--seconds 3]

The email is made here: about 20 kB of HTML, ten links, a loop, five conditions. Both numbers come from the
same run, in turns, and count the processor's time, so that their ratio means something on a busy machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jinja2

from nurture.templates import Renderer, compile_with, load_file
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
VALUES = {"brand": {"name": "Sample", "surface": "#ffffff"}}
BASE = "https://news.sample.example/c/TOKEN"


def customer(number: int) -> dict[str, Any]:
    purchases = [{"product": f"LG{number % 50}", "on": date(2026, 1, 1 + turn)} for turn in range(number % 4)]
    person = {
        "family_name": f"Sato {number}",
        "owner": "Suzuki" if number % 2 else None,
        "purchases": purchases,
    }
    return {"customer": person, "unsubscribe_url": "https://news.sample.example/u/TOKEN"}


def seconds_of(render: Callable[[int], object], times: int) -> float:
    started = time.process_time()
    for number in range(times):
        render(number)
    return time.process_time() - started


def rates(
    fast: Callable[[int], object], full: Callable[[int], object], seconds: float
) -> tuple[float, float]:
    """Emails per second of both, measured in turns."""
    fast(0), full(0)
    spent, done = [0.0, 0.0], [0, 0]
    while sum(spent) < 2 * seconds:
        for index, (render, times) in enumerate(((fast, 500), (full, 10))):
            spent[index] += seconds_of(render, times)
            done[index] += times
    return done[0] / spent[0], done[1] / spent[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "email.mjml"
        path.write_text(EMAIL, encoding="utf-8")
        compiled = compile_with(load_file(path, "en"), VALUES, tracked=True)
    renderer = Renderer(compiled)
    template = jinja2.Environment(autoescape=True).from_string(EMAIL, globals=VALUES)
    rendered = renderer.render(customer(3), link_base=BASE)

    fast, full = rates(
        lambda number: renderer.render(customer(number), link_base=BASE),
        lambda number: text_of(to_html(template.render(customer(number)))),
        seconds,
    )
    print(f"email: {len(rendered.html.encode()):,} bytes, {len(compiled.links)} links, way {compiled.way}")
    print(f"streamed (subject, HTML and text):  {fast:9,.0f} emails/s")
    print(f"full pipeline (HTML and text):      {full:9,.0f} emails/s")
    print(f"ratio: {fast / full:.0f}x")


if __name__ == "__main__":
    main()
