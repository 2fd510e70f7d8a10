"""What reasons sound like, in the language of the workspace: sales reads them, and reads them aloud.

In:  what a customer did, on which days.
Out: a sentence without its full stop, in Japanese for a Japanese workspace and in English elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

# More days than these are counted, not listed.
MAX_DAYS = 3
MAX_SUBJECT = 60

STATES = {
    "hot": ("contact now", "今すぐ連絡"),
    "warm": ("warm", "見込みあり"),
    "cooling": ("cooling down", "冷めかけ"),
    "active": ("buying now", "お取引中"),
    "dormant": ("dormant", "休眠"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language: `ja`, or English for every other."""

    japanese: bool

    def state(self, state: str, name: str = "") -> str:
        """What a lead state is called: as its rule says, else as we do."""
        english, japanese = STATES.get(state, (state, state))
        return name or (japanese if self.japanese else english)

    def clicked(self, subject: str, days: Sequence[date]) -> str:
        """
        >>> Words(japanese=False).clicked("価格表", [date(2026, 11, 3), date(2026, 11, 5)])
        'clicked "価格表" on 3 Nov and 5 Nov'
        >>> Words(japanese=True).clicked("価格表", [date(2026, 11, 3), date(2026, 11, 5)])
        '「価格表」を11月3日と11月5日にクリック'
        """
        subject = _short(subject)
        if self.japanese:
            return f"「{subject}」を{self.days(days)}にクリック"
        return f'clicked "{subject}" on {self.days(days)}'

    def did(self, activity: str, detail: str | None, days: Sequence[date]) -> str:
        """
        >>> Words(japanese=False).did("inquiry", "納期", [date(2026, 11, 3)])
        'inquiry on 3 Nov (納期)'
        >>> Words(japanese=True).did("inquiry", None, [date(2026, 11, 3)])
        '11月3日に inquiry'
        """
        note = _short(detail or "")
        if self.japanese:
            return f"{self.days(days)}に {_short(activity)}" + (f"（{note}）" if note else "")
        return f"{_short(activity)} on {self.days(days)}" + (f" ({note})" if note else "")

    def colleagues(self, number: int, within_days: int) -> str:
        """
        >>> Words(japanese=False).colleagues(2, 30)
        '2 more people of the same company clicked within 30 days'
        """
        if self.japanese:
            return f"同じ会社のほか{number}名も{within_days}日以内にクリック"
        people = "1 more person" if number == 1 else f"{number} more people"
        return f"{people} of the same company clicked within {within_days} days"

    def rule(self, state: str, name: str) -> str:
        """
        >>> Words(japanese=False).rule("hot", "")
        'meets the rule "contact now" (hot)'
        """
        called = self.state(state, name)
        if self.japanese:
            return f"ルール「{called}」（{state}）に該当"
        return f'meets the rule "{called}" ({state})'

    def days(self, days: Sequence[date]) -> str:
        """Days in order; many of them as a number and the latest.

        >>> Words(japanese=False).days([date(2026, 11, day) for day in (3, 4, 5, 9)])
        '4 days, last on 9 Nov'
        """
        ordered = sorted(set(days))
        if len(ordered) > MAX_DAYS:
            if self.japanese:
                return f"{len(ordered)}日（最近は{self._day(ordered[-1])}）"
            return f"{len(ordered)} days, last on {self._day(ordered[-1])}"
        named = [self._day(day) for day in ordered]
        if self.japanese:
            return "と".join(named)
        return " and ".join([", ".join(named[:-1]), named[-1]] if named[1:] else named)

    def _day(self, day: date) -> str:
        return format_date(day, "M月d日", "ja") if self.japanese else format_date(day, "d MMM", "en")


def words_for(language: str) -> Words:
    """The words of a workspace language."""
    return Words(japanese=language.split("-")[0] == "ja")


def _short(text: str) -> str:
    """One line, cut where it would fill a report."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_SUBJECT else f"{line[: MAX_SUBJECT - 1]}…"
