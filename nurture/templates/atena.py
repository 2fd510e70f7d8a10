"""The first line of a Japanese letter: 会社名 部署 役職 氏名 様.

In:  a customer as a template sees one.
Out: the line that a careful assistant would write, whatever is missing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any


# Abbreviated legal forms are spelled out in a salutation; NFKC makes ㈱ "(株)" and ㍿ the full word.
def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


LEGAL_FORMS = {
    "(株)": "株式会社",
    "(有)": "有限会社",
    "(合)": "合同会社",
    "(同)": "合同会社",
    "(資)": "合資会社",
    "(名)": "合名会社",
    "(財)": "財団法人",
    "(社)": "社団法人",
}
# Written in one character or with full-width brackets, they come to the same.
WIDE_FORMS = (
    "㈱",
    "㈲",
    "㈳",
    "㈶",
    "㈾",
    "㈴",
    "㍿",
    *(form.replace("(", "（").replace(")", "）") for form in LEGAL_FORMS),
)
SPELLED_OUT = {
    form: LEGAL_FORMS.get(folded, folded) for form in WIDE_FORMS if (folded := _folded(form))
} | LEGAL_FORMS
LEGAL_FORM = re.compile("|".join(map(re.escape, SPELLED_OUT)))
# Honorifics that may already stand at the end of what was imported; one is enough.
HONORIFICS = ("ご担当者様", "御中", "先生", "さま", "様", "殿")
NOBODY = "ご担当者様"


def atena(customer: Mapping[str, Any] | None, separator: str = "　") -> str:
    """How to address a customer in Japanese.

    御中 stands only where there is no person; a title comes before the name and takes no 様 of its own.

    >>> atena({"family_name": "佐藤", "given_name": "花子", "title": "部長", "department": "技術部",
    ...        "company": {"name": "㈱山田製作所"}})
    '株式会社山田製作所　技術部　部長　佐藤 花子 様'
    >>> atena({"company": {"name": "山田製作所(有)"}})
    '山田製作所有限会社　御中'
    >>> atena({})
    'ご担当者様'
    """
    customer = customer or {}
    company = customer.get("company") or {}
    house = [_company(_text(company, "name")), _text(customer, "department")]
    name = " ".join(part for part in (_name(customer, "family_name"), _name(customer, "given_name")) if part)
    parts = [part for part in house if part]
    if name:
        honorific = _text(customer, "honorific") or "様"
        title = _without_honorific(_text(customer, "title"))
        return separator.join([*parts, *([title] if title else []), f"{name} {honorific}"])
    return separator.join([*parts, "御中"]) if parts else NOBODY


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return " ".join(str(value).split()) if value else ""


def _name(customer: Mapping[str, Any], key: str) -> str:
    return _without_honorific(_text(customer, key))


def _company(name: str) -> str:
    # Only the legal form is normalised: 髙 and full-width letters in a company's name are its own.
    return LEGAL_FORM.sub(lambda found: SPELLED_OUT[found.group()], name)


def _without_honorific(text: str) -> str:
    for honorific in HONORIFICS:
        # A given name may be 様 alone only by mistake; a name is never emptied by this.
        if text.endswith(honorific) and len(text) > len(honorific):
            return text.removesuffix(honorific).rstrip()
    return text
