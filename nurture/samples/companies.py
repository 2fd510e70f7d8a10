"""The fictional companies of the sample workspace.

In:  a seeded random generator.
Out: Company values: Japanese, Chinese and English-speaking ones, every domain under `.example`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from nurture.samples import names_abroad as abroad
from nurture.samples import names_ja as ja

JAPANESE, CHINESE, ENGLISH = 222, 48, 30
# The sales reps in charge; each writes the language of their companies.
OWNERS_JA = ("佐藤 健一", "小林 真由美", "高橋 直樹", "森 彩香")
OWNERS_ZH = ("陈 静怡", "周 文涛")
OWNERS_EN = ("Emma Tanaka", "Daniel Wong")
COMPETITORS = ("精密直動", "ベアリング研究所", "直線工学")

# The forms in which Japanese address books write one legal form; the importer has to see through them.
_FORMS = ("株式会社{}",) * 6 + ("{}株式会社",) * 5 + ("(株){}", "{}(株)", "㈱{}", "有限会社{}", "{}合同会社")
_UNKNOWN = date(1900, 1, 1)  # replaced as soon as the list of companies is complete


@dataclass(frozen=True, slots=True)
class Company:
    """A company: its display name, its domain, and the language its people read."""

    name: str
    domain: str
    language: str
    industry: str
    founded_on: date
    owner: str
    competitor: bool = False


def make_companies(random: Random) -> list[Company]:
    """Three hundred companies, in a fixed order for one state of the generator.

    Founding days are spread so evenly over the year that every month has some, whatever the month.
    """
    made = [*_japanese(random), *_chinese(random), *_english(random)]
    return [replace(company, founded_on=_founded(random, at)) for at, company in enumerate(made)]


def _founded(random: Random, at: int) -> date:
    """A founding day in month `at` modulo twelve; a few firms are a century old, most are not."""
    year = random.choice((1921, 1938, *range(1946, 2016)))
    first = date(year, at % 12 + 1, 1)
    following = date(year + at % 12 // 11, (at + 1) % 12 + 1, 1)
    return first + timedelta(days=random.randrange((following - first).days))


def _japanese(random: Random) -> list[Company]:
    pairs = [(word, trade) for word in ja.COMPANY_WORDS for trade in ja.COMPANY_TRADES]
    chosen = random.sample(pairs, JAPANESE - len(COMPETITORS))
    made = [
        Company(
            random.choice(_FORMS).format(word + trade),
            f"{latin}-{trade_latin}.example",
            "ja",
            industry,
            _UNKNOWN,
            random.choice(OWNERS_JA),
        )
        for (word, latin), (trade, trade_latin, industry) in chosen
    ]
    rivals = [
        Company(f"株式会社{name}", f"rival-{at}.example", "ja", "machinery", _UNKNOWN, "", competitor=True)
        for at, name in enumerate(COMPETITORS, start=1)
    ]
    return made + rivals


def _chinese(random: Random) -> list[Company]:
    pairs = [(word, trade) for word in abroad.ZH_WORDS for trade in abroad.ZH_TRADES]
    return [
        Company(
            f"{random.choice(abroad.ZH_CITIES)}{word}{trade}有限公司",
            f"{latin}-{trade_latin}.example",
            "zh",
            industry,
            _UNKNOWN,
            random.choice(OWNERS_ZH),
        )
        for (word, latin), (trade, trade_latin, industry) in random.sample(pairs, CHINESE)
    ]


def _english(random: Random) -> list[Company]:
    pairs = [(word, trade) for word in abroad.EN_WORDS for trade in abroad.EN_TRADES]
    return [
        Company(
            f"{word} {trade} {random.choice(abroad.EN_FORMS)}",
            f"{word.lower().replace(' ', '')}-{trade_latin}.example",
            "en",
            industry,
            _UNKNOWN,
            random.choice(OWNERS_EN),
        )
        for word, (trade, trade_latin, industry) in random.sample(pairs, ENGLISH)
    ]
