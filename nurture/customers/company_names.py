"""What two spellings of one company's name have in common.

In:  a company name as someone wrote it.
Out: a key for comparing; the name itself is kept for display.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

MAX_KEY_CHARS = 200
# NFKC has already turned ㈱ into (株), ㍿ into 株式会社, and full-width letters into plain ones.
_SHORT_FORMS = {
    "株": "株式会社",
    "有": "有限会社",
    "合": "合同会社",
    "同": "合同会社",
    "資": "合資会社",
    "名": "合名会社",
    "財": "財団法人",
    "一財": "一般財団法人",
    "公財": "公益財団法人",
    "社": "社団法人",
    "一社": "一般社団法人",
    "公社": "公益社団法人",
    "学": "学校法人",
    "医": "医療法人",
    "福": "社会福祉法人",
    "独": "独立行政法人",
    "協": "協同組合",
}
_LEGAL_FORMS = (
    *sorted(set(_SHORT_FORMS.values()), key=len, reverse=True),
    *("特例有限会社", "医療法人社団", "医療法人財団", "国立大学法人", "地方独立行政法人", "農業協同組合"),
    *("股份有限公司", "有限责任公司", "有限責任公司", "有限公司"),
)
_FORM = "|".join(sorted(_LEGAL_FORMS, key=len, reverse=True))
_AT_EITHER_END = re.compile(rf"^(?:{_FORM})|(?:{_FORM})$")
_BRACKETED = re.compile(r"\(([株有合同資名財社学医福独協]|[一公][財社])\)")
_WORDS = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")
_LATIN_FORMS = frozenset(
    [
        "co",
        "company",
        "corp",
        "corporation",
        "inc",
        "incorporated",
        "ltd",
        "limited",
        "llc",
        "llp",
        "lp",
        "plc",
        "gmbh",
        "mbh",
        "ag",
        "kg",
        "kk",
        "nv",
        "bv",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "ab",
        "oy",
        "as",
        "aps",
        "pte",
        "pty",
        "sdn",
        "bhd",
        "ltda",
    ]
)
# Forms of one character that NFKC leaves apart (FIELD: 髙島屋 is 高島屋 to everyone who types it).
# Other old forms (邊, 澤) are left apart: they may well be two companies; `customers hygiene` shows them.
_VARIANTS = str.maketrans({"髙": "高", "﨑": "崎", "德": "徳"})


@lru_cache(maxsize=5_000)
def match_key(name: str) -> str:
    """The name in one width and case, without its legal form, spaces and punctuation.

    >>> match_key("㈱朝霧精機") == match_key("朝霧精機 株式会社") == match_key("（株） 朝霧精機")
    True
    >>> match_key("Larkfield Motion Systems Ltd."), match_key("ＡＢＣ Co., Ltd.")
    ('larkfieldmotionsystems', 'abc')
    """
    text = unicodedata.normalize("NFKC", name).casefold().translate(_VARIANTS).strip()
    text = _BRACKETED.sub(lambda found: _SHORT_FORMS[found[1]], text)
    # K.K. and S.A. are one word each.
    text = _DOTTED.sub(lambda found: found[0].replace(".", ""), text)
    words = _without_latin_forms(_WORDS.findall(text))
    key = "".join(words)
    stripped = _AT_EITHER_END.sub("", key)
    # A name that is nothing but a legal form, or nothing but signs, stands for itself.
    return _short(stripped or key or text)


def _short(key: str) -> str:
    """A key that fits into an index of every database; NFKC makes eighteen letters of one (U+FDFA)."""
    if len(key) <= MAX_KEY_CHARS:
        return key
    return f"{key[:MAX_KEY_CHARS]}#{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _without_latin_forms(words: list[str]) -> list[str]:
    kept = list(words)
    while len(kept) > 1 and kept[-1] in _LATIN_FORMS:
        kept.pop()
    return kept
