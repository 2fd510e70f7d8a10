"""Days as the reference reads them: listed one by one, and counted on fingers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass
class Days:
    """What words about days mean, asked at a moment."""

    now: datetime
    zone: ZoneInfo
    fiscal_month: int

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def day(self, operator: str, operand: Any, value: date) -> bool:
        if operator == "anniversary":
            return self.anniversary(operand, value)
        if operator in ("is", "on", "in"):
            return any(value in self.days(each) for each in listed(operand))
        if operator == "between":
            return self.days(operand[0])[0] <= value <= self.days(operand[1])[-1]
        if operator in ("before", "after", "since", "until"):
            days = self.days(operand)
            return {
                "before": value < days[0],
                "after": value > days[-1],
                "since": value >= days[0],
                "until": value <= days[-1],
            }[operator]
        if operator in ("in_the_last", "within"):
            return self.away(operand, -1) < value <= self.today
        if operator == "at_least_ago":
            return value <= self.away(operand, -1)
        if operator == "in_the_next":
            return self.today <= value < self.away(operand, 1)
        return value >= self.away(operand, 1)

    def away(self, duration: str, sign: int) -> date:
        amount, unit = duration.split()
        number, unit = int(amount), unit.rstrip("s")
        if unit in ("day", "week"):
            return self.today + sign * number * (7 if unit == "week" else 1) * DAY
        return months_away(self.today, sign * number * {"month": 1, "quarter": 3, "year": 12}[unit])

    def days(self, words: Any) -> list[date]:
        """Every day of a period, one by one."""
        if isinstance(words, date):
            return [words]
        words = str(words)
        if words in ("today", "yesterday", "tomorrow"):
            return [self.today + {"today": 0, "yesterday": -1, "tomorrow": 1}[words] * DAY]
        if words.endswith(" ago"):
            return [self.away(words.removesuffix(" ago"), -1)]
        if words.startswith("in "):
            return [self.away(words.removeprefix("in "), 1)]
        which, *rest = words.split()
        if which not in ("this", "last", "next"):
            return days_where(int(words[:4]), lambda day: day.isoformat().startswith(words))
        step = {"last": -1, "this": 0, "next": 1}[which]
        number = self.numbering(" ".join(rest))
        wanted = number(self.today) + step
        span = [self.today + DAY * count for count in range(-800, 801)]
        return [day for day in span if number(day) == wanted]

    def numbering(self, unit: str) -> Any:
        """Numbers the periods of a kind one after the other: the day of one gives the number of it."""
        start = self.fiscal_month

        def fiscal(day: date, length: int) -> int:
            return (day.year * 12 + day.month - start) // length

        return {
            "week": lambda day: (day - date(2001, 1, 1)).days // 7,
            "month": lambda day: day.year * 12 + day.month,
            "quarter": lambda day: (day.year * 12 + day.month - 1) // 3,
            "year": lambda day: day.year,
            "half": lambda day: fiscal(day, 6),
            "fiscal quarter": lambda day: fiscal(day, 3),
            "fiscal half": lambda day: fiscal(day, 6),
            "fiscal year": lambda day: fiscal(day, 12),
        }[unit]

    def anniversary(self, asked: Any, value: date) -> bool:
        options = asked if isinstance(asked, dict) else {"on": asked}
        if "on" in options:
            wanted = self.days(options["on"])
        else:
            end = self.away(options["within_next"], 1)
            wanted = [self.today + DAY * count for count in range((end - self.today).days)]
        for day in wanted:
            years = [day.year - value.year]
            if options.get("shift", "none") != "none":
                # A day before or after this one may be kept on it.
                years += [years[0] - 1, years[0] + 1]
            for count in years:
                if count < 1 or not self.counts(count, options):
                    continue
                if self.kept(value, value.year + count, options) == day:
                    return True
        return False

    @staticmethod
    def counts(count: int, options: dict[str, Any]) -> bool:
        nth = options.get("nth", [])
        nth = nth if isinstance(nth, list) else [nth]
        every = options.get("every")
        if not nth and every is None:
            return True
        return count in nth or (every is not None and count % every == 0)

    @staticmethod
    def kept(value: date, year: int, options: dict[str, Any]) -> date | None:
        try:
            day = date(year, value.month, value.day)
        except ValueError:
            policy = options.get("leap_day", "feb 28")
            if policy == "feb 29 only":
                return None
            day = date(year, 2, 28) if policy == "feb 28" else date(year, 3, 1)
        step = {"none": 0, "before": -1, "after": 1}[options.get("shift", "none")] * DAY
        if step:
            import holidays

            closed = holidays.country_holidays("JP")
            while day.weekday() >= 5 or day in closed:
                day += step
        return day


def months_away(day: date, months: int) -> date:
    """The same day of another month, or the last day that month has."""
    count = day.year * 12 + day.month - 1 + months
    for number in (day.day, 30, 29, 28):
        try:
            return date(count // 12, count % 12 + 1, min(number, day.day))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def days_where(year: int, wanted: Any) -> list[date]:
    first = date(year, 1, 1)
    return [day for count in range(366) if (day := first + DAY * count).year == year and wanted(day)]


def listed(operand: Any) -> list[Any]:
    return operand if isinstance(operand, list) else [operand]
