"""CSS inlining by premailer, held back where it would spoil an email, and quick the second time.

In:  HTML with style sheets.
Out: the same HTML with the rules of the sheets written into each element; the sheets stay.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from cssutils import CSSParser  # type: ignore[import-untyped]  # premailer's own parser
from premailer import Premailer

# Layouts share their style sheets; a mail program with more than these is not an email any more.
KEPT_SHEETS = 128


def inline(html: str) -> str:
    """HTML with its rules inlined; nothing is fetched, neither from the network nor from disk."""
    # Without pretty_print: it would put white space where the template has none.
    return str(_Inliner(html).transform(pretty_print=False))


def _nothing(_url: str) -> tuple[str, bytes]:
    return "utf-8", b""


_PARSER = CSSParser(loglevel=logging.CRITICAL, fetcher=_nothing, validate=False, raiseExceptions=False)


@lru_cache(maxsize=KEPT_SHEETS)
def _rules(css: str, index: int) -> tuple[list[Any], list[Any]]:
    """The rules of a style sheet, the sheet's number in each. Finding them takes longer than all the rest."""
    found: tuple[list[Any], list[Any]] = Premailer._parse_style_rules(_Inliner(""), css, index)
    return found


class _Inliner(Premailer):  # type: ignore[misc]  # premailer has no types
    """premailer, which would fetch what an `@import` names."""

    def __init__(self, html: str) -> None:
        super().__init__(
            html,
            strip_important=False,  # phone layouts live from !important in media queries
            allow_network=False,
            keep_style_tags=True,
            remove_classes=False,
            disable_validation=True,
            cssutils_logging_level=logging.CRITICAL,
        )

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
        rules, leftover = _rules(css_body or "", ruleset_index)
        return list(rules), list(leftover)

    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:  # noqa: ARG002  # premailer's
        return _PARSER.parseString(css_body, validate=False)
