"""Words that cells of other systems hold, in ours.

In:  what stands in a column such as "consent" or "opted out", or a whole name.
Out: our word for it.
"""

from __future__ import annotations

import unicodedata

_BASIS_WORDS = {
    "opt_in": (
        *(
            "opt_in",
            "opt-in",
            "optin",
            "opt in",
            "consent",
            "subscribed",
            "form",
            "web form",
            "double opt-in",
        ),
        *(
            "オプトイン",
            "同意",
            "同意済",
            "同意済み",
            "許諾",
            "承諾",
            "フォーム",
            "同意する",
            "已同意",
            "订阅",
        ),
    ),
    "business_card": ("business_card", "business card", "card", "名刺", "名刺交換", "名片", "交换名片"),
    "customer": (
        *("customer", "existing customer", "client", "transaction"),
        *("取引先", "既存顧客", "取引", "取引あり", "顧客", "客户", "老客户"),
    ),
    "published": ("published", "public", "公開", "公表", "公開アドレス", "サイト公開", "公开"),
}
BASES = {word: basis for basis, words in _BASIS_WORDS.items() for word in words}

# Words that say the same whatever the column is called.
_REFUSES = (
    *(
        "opted out",
        "opt-out",
        "opt out",
        "optout",
        "opted_out",
        "unsubscribed",
        "unsubscribe",
        "stop",
        "refused",
    ),
    *("do not email", "do not mail", "blocked", "停止", "配信停止", "停止済", "停止済み", "拒否", "配信拒否"),
    *("配信不可", "解除", "配信解除", "オプトアウト", "退会", "退订", "拒收"),
)
_AGREES = (
    *("subscribed", "active", "opted in", "opted_in", "opt-in", "opt in", "optin"),
    *("配信可", "配信中", "配信", "有効", "オプトイン", "订阅"),
)
_BOTH = dict.fromkeys(_REFUSES, True) | dict.fromkeys(_AGREES, False)
# What a column about refusing may say: True means "send me nothing". 希望する is not among them: under
# 配信停止 it asks for silence, and under メール配信 for email.
OPT_OUT_WORDS = _BOTH | {"済": True, "済み": True, "未": False}
# What a column about email may say: True means "you may write to me".
_WANTED = (
    "可",
    "希望",
    "希望する",
    "許可",
    "同意",
    "同意する",
    "同意済",
    "必要",
    "ok",
    "allowed",
    "允许",
    "同意订阅",
)
_UNWANTED = ("不可", "希望しない", "不要", "同意しない", "ng", "not allowed", "不允许")
MAIL_WORDS = (
    {word: not refuses for word, refuses in _BOTH.items()}
    | dict.fromkeys(_WANTED, True)
    | dict.fromkeys(_UNWANTED, False)
)


def split_name(name: str, family: str, given: str) -> dict[str, str]:
    """A whole name as family and given name; one that cannot be split is a family name.

    Names in Chinese characters and kana put the family first, names in Latin letters last, unless a
    comma says otherwise.

    >>> split_name("森 花子", "f", "g"), split_name("Sophie Clarke", "f", "g")
    ({'f': '森', 'g': '花子'}, {'f': 'Clarke', 'g': 'Sophie'})
    >>> split_name("Clarke, Sophie", "f", "g")
    {'f': 'Clarke', 'g': 'Sophie'}
    """
    if "," in name:
        first, _, rest = name.partition(",")
        return _named(family, first, given, rest)
    first, _, rest = name.partition(" ")
    if not rest:
        return _named(family, first, given, "")
    if any(unicodedata.name(char, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL")) for char in name):
        return _named(family, first, given, rest)
    before, _, last = name.rpartition(" ")
    return _named(family, last, given, before)


def _named(family: str, family_name: str, given: str, given_name: str) -> dict[str, str]:
    names = {family: family_name.strip(), given: given_name.strip()}
    return {field: name for field, name in names.items() if name}
