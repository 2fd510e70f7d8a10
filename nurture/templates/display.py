"""Dates, numbers and money, written as the reader of this language expects them.

In:  a date (or its ISO text), a number, an amount; the language of the email.
Out: text. Babel knows the languages; only the Japanese eras are ours.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateRuntimeError, pass_context
from jinja2.runtime import Context

# Babel is taken in where it is used: most commands print no dates, and should not pay for it.
if TYPE_CHECKING:
    from babel import Locale

STYLES = ("short", "medium", "long", "full")
# First day, name. Documents of an era start with 元年.
ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
    (date(1912, 7, 30), "大正"),
    (date(1873, 1, 1), "明治"),
)
# 明治6年 is the first year of the Gregorian calendar in Japan.
MEIJI_BASE = 1868


class Unprintable(TemplateRuntimeError):
    """A filter was given something that is not what it prints."""


@pass_context
def date_text(context: Context, value: Any, style: str = "long") -> str:
    """A date in the language of the email: `{{ today | date }}`, `{{ today | date("M月d日") }}`.

    The style is short, medium, long, full, or a pattern of Unicode date letters.
    """
    from babel.dates import format_date

    day = as_date(value)
    if style not in STYLES and len(style) > 60:
        raise Unprintable(f"This date pattern is too long. Use one of: {', '.join(STYLES)}.")
    try:
        return format_date(day, format=style, locale=_locale(context))
    except (AttributeError, KeyError, ValueError) as error:
        raise Unprintable(f'"{style}" is not a date pattern. Use one of: {", ".join(STYLES)}.') from error


def wareki(value: Any) -> str:
    """A date of the Japanese calendar.

    >>> wareki("2026-11-21"), wareki("2019-05-01")
    ('令和8年11月21日', '令和元年5月1日')
    """
    day = as_date(value)
    for first, name in ERAS:
        if day >= first:
            year = day.year - (MEIJI_BASE if name == "明治" else first.year) + 1
            return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"
    return f"{day.year}年{day.month}月{day.day}日"


def years(value: Any, until: Any) -> int:
    """Full years from a date until another: `{{ customer.company.founded_on | years(today) }}`.

    >>> years("1976-11-21", "2026-11-20"), years("1976-11-21", "2026-11-21")
    (49, 50)
    """
    first, last = as_date(value), as_date(until)
    return last.year - first.year - ((last.month, last.day) < (first.month, first.day))


@pass_context
def number(context: Context, value: Any) -> str:
    """A number with the separators of the language: 1,234.5"""
    from babel.numbers import format_decimal

    return format_decimal(_decimal(value), locale=_locale(context))


@pass_context
def money(context: Context, value: Any, currency: str = "JPY") -> str:
    """An amount in a currency, as the language writes it: ￥12,000"""
    from babel.numbers import UnknownCurrencyError, format_currency

    try:
        return format_currency(_decimal(value), currency, locale=_locale(context))
    except (UnknownCurrencyError, AttributeError, TypeError) as error:
        raise Unprintable(f'"{currency}" is not a currency.') from error


def as_date(value: Any) -> date:
    """A date from a date, a datetime, or ISO text.

    Raises:
        Unprintable: it is none of these.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip()).date()
        except ValueError:
            pass
    # What it is, not what it says: it may be somebody's data, and this ends in a log.
    shown = "nothing" if value is None else "other text" if isinstance(value, str) else type(value).__name__
    raise Unprintable(f"This needs a date and got {shown}.")


def _decimal(value: Any) -> Decimal:
    if not isinstance(value, (int, float, str, Decimal)) or isinstance(value, bool):
        shown = "nothing" if value is None else f"a {type(value).__name__}"
        raise Unprintable(f"This needs a number and got {shown}.")
    try:
        result = Decimal(str(value))
    except InvalidOperation:
        raise Unprintable("This needs a number and got other text.") from None
    # 1e999999999 is ten characters and a gigabyte when written out.
    if not result.is_finite() or abs(result.adjusted()) > 30:
        raise Unprintable("This number is too large.")
    return result


def _locale(context: Context) -> Locale:
    language = context.get("language")
    return _known_locale(language if isinstance(language, str) else "ja")


@lru_cache(maxsize=64)
def _known_locale(language: str) -> Locale:
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")
