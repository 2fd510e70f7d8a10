"""Read one cell: text as people and spreadsheets write it, to a plain value.

In:  the text of a cell.
Out: a clean value, or Unreadable with a reason for the person who wrote the cell.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email

from nurture.spreadsheet import restored

# Longer than any honest remark; a cell beyond it is a quote that was not closed, or an attack.
MAX_CHARS = 10_000
# Names, titles, addresses: what stands in a salutation or a header.
MAX_LINE_CHARS = 500
MAX_KEY_CHARS = 200
MAX_NUMBER = Decimal(10) ** 13

YES = frozenset(
    ("yes", "y", "true", "t", "1", "on", "x", "○", "◯", "〇", "●", "✓", "✔", "はい", "有", "あり")
)
NO = frozenset(("no", "n", "false", "f", "0", "off", "×", "-", "いいえ", "無", "なし"))

_SPACES = re.compile(r"[\s\u00a0\u3000]+")
# They say how text is laid out or joined, never what it says; U+200C and U+200D belong to some scripts.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
# Japanese mobile carriers once gave out addresses with dots where RFC 5321 wants quotes.
_CARRIER_LOCAL = re.compile(r"[A-Za-z0-9_+/?-][A-Za-z0-9_+/?.-]*")
_CARRIERS = frozenset(("docomo.ne.jp", "ezweb.ne.jp", "au.com"))
_NUMBER = re.compile(r"-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_CURRENCY_SIGNS = str.maketrans("", "", "¥￥$€£円元")
_LOCALE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z0-9]{2,8})*)")


class Unreadable(ValueError):
    """A cell does not hold what its column needs; the text says why."""


def clean(cell: str) -> str:
    """The text of a cell without stray spaces and invisible characters; line breaks become spaces.

    >>> clean("  森\\u3000花子\\u00a0")
    '森 花子'

    Raises:
        Unreadable: it holds control characters, undecodable bytes, or far too much.
    """
    if cell[:1] == "'":
        cell = restored(cell)
    if len(cell) > MAX_CHARS:
        raise Unreadable(f"holds {len(cell):,} characters, more than {MAX_CHARS:,}")
    if "\ufffd" in cell:
        raise Unreadable("holds characters that were lost before (U+FFFD)")
    if not cell.isprintable():
        cell = _INVISIBLE.sub("", _SPACES.sub(" ", cell))
        _refuse_controls(cell)
    cell = cell.strip()
    return cell if cell.isascii() else unicodedata.normalize("NFC", cell)


def line(cell: str) -> str:
    """A clean text short enough for a name or a header."""
    if len(cell) > MAX_LINE_CHARS:
        raise Unreadable(f"holds {len(cell):,} characters, more than {MAX_LINE_CHARS}")
    return cell


def identifier(cell: str) -> str:
    """A text short enough for the key of a row."""
    if len(cell) > MAX_KEY_CHARS:
        raise Unreadable(f"holds {len(cell):,} characters, more than {MAX_KEY_CHARS}")
    return cell


def narrow(cell: str) -> str:
    """Full-width letters and digits, and half-width kana, in their usual width.

    >>> narrow("ＡＢＣ１２３ ｻﾄｳ")
    'ABC123 サトウ'
    """
    return cell if cell.isascii() else line(unicodedata.normalize("NFKC", cell))


def address(cell: str) -> str:
    """An email address as we keep it: the domain in lower case and in its own script.

    >>> address("Ｈanako@Asagiri.EXAMPLE"), address("a@xn--r8jz45g.example")
    ('Hanako@asagiri.example', 'a@例え.example')

    Raises:
        Unreadable: no mailbox can have it. Whether one does is not asked (no DNS).
    """
    text = narrow(cell).removeprefix("mailto:")
    local, at, domain = text.rpartition("@")
    if not at or "@" in local:
        raise Unreadable("holds no email address" if not at else "holds more than one @")
    known = _domain(domain)
    plain = _DOT_ATOM.fullmatch(local) or (known in _CARRIERS and _CARRIER_LOCAL.fullmatch(local))
    if known is not None and plain and len(local) <= 64 and len(domain) + len(local) < 200:
        return f"{local}@{known}"
    return _validated(text)


def flag(cell: str) -> bool:
    """A yes or a no."""
    word = narrow(cell).casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise Unreadable(f'"{shown(cell)}" is neither yes nor no')


def number(cell: str) -> Decimal:
    """A number, with or without thousands commas and a currency sign.

    >>> number("￥1,234,500"), number("-12.5")
    (Decimal('1234500'), Decimal('-12.5'))
    """
    text = narrow(cell).translate(_CURRENCY_SIGNS).replace("−", "-").strip().removeprefix("+")
    if not _NUMBER.fullmatch(text):
        raise Unreadable(f'"{shown(cell)}" is not a number')
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise Unreadable(f'"{shown(cell)}" is not a number') from None
    if abs(value) >= MAX_NUMBER:
        raise Unreadable(f'"{shown(cell)}" is too large a number')
    return value


def amount(cell: str) -> Decimal:
    """An amount of money: a number with at most two decimals, because that is what the store keeps."""
    value = number(cell)
    if value != value.quantize(Decimal("0.01")):
        raise Unreadable(f'"{shown(cell)}" has more than two decimals')
    return value


def language(cell: str) -> str:
    """A language tag such as ja, en-GB or zh-Hant-TW.

    >>> language("JA_jp"), language("日本語")
    ('ja-JP', 'ja')
    """
    text = narrow(cell)
    if text.casefold() in _LANGUAGES:
        return _LANGUAGES[text.casefold()]
    match = _LOCALE.fullmatch(text)
    if match is None:
        raise Unreadable(f'"{shown(cell)}" is not a language such as ja, en-GB or zh-CN')
    rest = (part for part in re.split("[-_]", match[2]) if part)
    return "-".join([match[1].lower(), *(_subtag(part) for part in rest)])


def zone(cell: str) -> str:
    """A time zone such as Asia/Tokyo."""
    text = narrow(cell)
    if not _is_zone(text):
        raise Unreadable(f'"{shown(cell)}" is not a time zone such as Asia/Tokyo')
    return text


def items(cell: str) -> list[str]:
    """A list of texts, written with ; or 、 or , or | between them.

    >>> items("軸受; 直動、センサー")
    ['軸受', '直動', 'センサー']
    """
    return [part for part in (piece.strip() for piece in re.split("[;；、,，|]", cell)) if part]


def shown(cell: str) -> str:
    """A cell short enough to stand in a sentence."""
    return cell if len(cell) <= 60 else cell[:57] + "..."


def _refuse_controls(cell: str) -> None:
    for char in cell:
        kind = unicodedata.category(char)
        if kind == "Cs":
            raise Unreadable("holds bytes that are no text in the encoding of this file")
        if kind == "Cc" or (
            kind == "Cf" and char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
        ):
            raise Unreadable(f"holds a control character (U+{ord(char):04X})")


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str | None:
    """A domain as we keep it, None if no mail can go there. Cached: colleagues share a domain."""
    try:
        found = validate_email(f"a@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.domain


def _validated(text: str) -> str:
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Unreadable(f'"{shown(text)}" is not an email address ({str(error).rstrip(".")})') from None
    return found.normalized


@lru_cache(maxsize=2000)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _subtag(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part.lower()


_LANGUAGES = {
    "japanese": "ja",
    "日本語": "ja",
    "日语": "ja",
    "english": "en",
    "英語": "en",
    "英语": "en",
    "chinese": "zh",
    "中国語": "zh",
    "中文": "zh",
    "简体中文": "zh-CN",
    "繁體中文": "zh-TW",
    "jp": "ja",
    "cn": "zh",
}
