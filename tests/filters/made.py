"""Filters made up by hypothesis, as the YAML data that a marketer would have written."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.filters.world import TEXTS, TODAY, URLS

Data = Any

TEXT_FIELDS = (
    "industry",
    "company.name",
    "title",
    "department",
    "owner",
    "email",
    "attributes.machine",
    "locale",
)
DAY_FIELDS = (
    "last_purchase_on",
    "first_purchase_on",
    "last_click_on",
    "birthday",
    "company.founded_on",
    "added_on",
    "lead_since",
    "attributes.met_on",
    "special_days.wedding",
    "company.special_days.opening",
)
NUMBER_FIELDS = ("purchases", "clicks", "activities", "attributes.machines")
SEGMENTS = ("inner", "outer")


def texts() -> st.SearchStrategy[str]:
    return st.sampled_from(TEXTS)


def one_or_many(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return of | st.lists(of, min_size=1, max_size=3)


def durations() -> st.SearchStrategy[str]:
    exact = st.sampled_from(
        [
            "1 day",
            "2 days",
            "7 days",
            "30 days",
            "31 days",
            "90 days",
            "365 days",
            "1 week",
            "1 month",
            "3 months",
        ]
    )
    return exact | st.sampled_from(["3 months", "1 quarter", "1 year", "2 years", "5 years"])


def periods() -> st.SearchStrategy[Any]:
    near = st.integers(-400, 400).map(lambda days: TODAY + timedelta(days=days))
    words = [
        f"{which} {unit}"
        for which in ("this", "last", "next")
        for unit in ("week", "month", "quarter", "year")
    ]
    words += ["this fiscal year", "last fiscal year", "next fiscal quarter", "this half", "last fiscal half"]
    words += ["today", "yesterday", "tomorrow", "2024", "2026-10", "2024-02", "2024-02-29"]
    ago = durations().map(lambda duration: f"{duration} ago") | durations().map(lambda each: f"in {each}")
    return near | st.sampled_from(words) | ago


def anniversaries() -> st.SearchStrategy[Any]:
    when = st.fixed_dictionaries({"on": periods().filter(_short)}) | st.fixed_dictionaries(
        {"within_next": st.sampled_from(["1 day", "7 days", "30 days", "1 year"])}
    )
    options = st.fixed_dictionaries(
        {},
        optional={
            "nth": one_or_many(st.sampled_from([1, 2, 10, 30, 50, 60])),
            "every": st.sampled_from([2, 5, 10]),
            "leap_day": st.sampled_from(["feb 28", "mar 1", "feb 29 only"]),
            "shift": st.sampled_from(["none", "before", "after"]),
        },
    )
    return periods().filter(_short) | st.tuples(when, options).map(lambda pair: pair[0] | pair[1])


def _short(period: Any) -> bool:
    return isinstance(period, (date, str))


def signed(operators: st.SearchStrategy[tuple[str, Any]]) -> st.SearchStrategy[Data]:
    """Operators, some of them negated, one or two at a time."""
    one = st.tuples(operators, st.booleans()).map(
        lambda pair: (f"not_{pair[0][0]}" if pair[1] else pair[0][0], pair[0][1])
    )
    return st.lists(one, min_size=1, max_size=2).map(dict)


def text_tests() -> st.SearchStrategy[Data]:
    patterns = st.sampled_from(["*price*", "?_b", "*", "*%*", "machine??", "a*b", "[a]*", "x?y*"]) | texts()
    plain = ["is", "in", "contains", "starts_with", "ends_with"]
    operators = st.tuples(st.sampled_from(plain), one_or_many(texts())) | st.tuples(
        st.just("matches"), one_or_many(patterns)
    )
    return (
        one_or_many(texts().filter(lambda text: text != "set"))
        | st.sampled_from(["set", "not set"])
        | signed(operators)
    )


def number_tests(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Data]:
    bounds = st.tuples(st.sampled_from(["at_least", "at_most", "more_than", "less_than"]), values)
    between = st.tuples(st.just("between"), st.tuples(values, values).map(lambda pair: sorted(pair)))
    operators = bounds | between | st.tuples(st.sampled_from(["is", "in"]), one_or_many(values))
    return one_or_many(values) | signed(operators)


def counts() -> st.SearchStrategy[Data]:
    values = st.integers(0, 7)
    bounds = st.dictionaries(
        st.sampled_from(["at_least", "at_most", "more_than", "less_than"]), values, min_size=1, max_size=2
    )
    return one_or_many(values) | bounds


def day_operators() -> st.SearchStrategy[tuple[str, Any]]:
    near = st.tuples(
        st.sampled_from(["in_the_last", "in_the_next", "at_least_ago", "at_least_ahead"]), durations()
    )
    side = st.tuples(st.sampled_from(["before", "after", "since", "until"]), periods())
    between = st.tuples(
        st.just("between"),
        st.tuples(st.dates(date(2020, 1, 1), date(2028, 1, 1)), st.just("this year")).map(list),
    )
    return near | side | between | st.tuples(st.sampled_from(["is", "in", "on"]), one_or_many(periods()))


def day_tests() -> st.SearchStrategy[Data]:
    celebrated = st.tuples(st.just("anniversary"), anniversaries())
    return (
        one_or_many(periods())
        | signed(day_operators())
        | signed(celebrated)
        | st.sampled_from(["set", "not set"])
    )


def fields() -> st.SearchStrategy[Data]:
    amounts = st.sampled_from([0, 0.1, 0.3, 100, 99.99, 1200, 2400, 3000000])
    wholes = st.integers(-5, 7)
    return (
        st.tuples(st.sampled_from((*TEXT_FIELDS, "attributes.machine")), text_tests())
        | st.tuples(st.sampled_from(NUMBER_FIELDS), number_tests(wholes))
        | st.tuples(st.just("attributes.machines"), number_tests(st.sampled_from([0.1, 12.5, 3])))
        | st.tuples(st.just("spent"), number_tests(amounts))
        | st.tuples(st.sampled_from(DAY_FIELDS), day_tests())
        | st.tuples(st.sampled_from(["tracking", "attributes.dealer"]), st.booleans())
        | st.tuples(st.just("attributes.dealer"), st.sampled_from(["set", "not set", {"is_not": True}]))
        | st.tuples(
            st.just("attributes.interests"),
            one_or_many(st.sampled_from(["bearings", "自動車", "PRICE"]))
            | signed(
                st.tuples(
                    st.sampled_from(["has", "has_all"]), one_or_many(st.sampled_from(["Bearings", "自動車"]))
                )
            )
            | st.sampled_from(["set", "not set"]),
        )
        | st.tuples(st.just("lead_state"), one_or_many(st.sampled_from(["hot", "warm", "Hot"])))
        | st.tuples(st.just("segment"), one_or_many(st.sampled_from(SEGMENTS)))
    ).map(lambda pair: {pair[0]: pair[1]})


def behaviours() -> st.SearchStrategy[Data]:
    mail = {
        "campaign": st.sampled_from(["newsletter", "win-*", {"is_not": "newsletter"}]),
        "step": st.sampled_from(["news-1", ["news-1", "news-2"]]),
        "topic": st.sampled_from(["news", "not set", {"not_in": ["news"]}]),
    }
    amounts = number_tests(st.sampled_from([0, 0.1, 100, 1200, 0.15]))
    words = st.sampled_from(["ever", "never"])
    return (
        _behaviour(
            "bought",
            {"product": text_tests() | st.just("LG*"), "amount": amounts},
            words | st.just("LG*"),
            "amount",
        )
        | _behaviour(
            "did",
            {
                "activity": st.sampled_from(["inquiry", ["webinar", "visit"]]),
                "detail": st.sampled_from(["*価格*", "set", "not set"]),
            },
            words | st.sampled_from(["inquiry", "webinar"]),
            "value",
        )
        | _behaviour(
            "visited", {"page": st.sampled_from(["/price", "not set"])}, words | st.just("/pri*"), "value"
        )
        | _behaviour("answered", {"answer": st.sampled_from(["set", "*"])}, words, None)
        | _behaviour("received", mail, words | st.just("newsletter"), None)
        | _behaviour("bounced", mail, words, None)
        | _behaviour("opened", mail, words, None)
        | _behaviour(
            "clicked",
            {
                "link": st.sampled_from(["*price*", URLS[1]]),
                "tag": st.sampled_from(["price", "not set"]),
                **_some(mail),
            },
            words | st.just("*price*"),
            None,
        )
        | _behaviour(
            "consent",
            {
                "basis": st.sampled_from(["opt_in", {"is_not": "opt_in"}]),
                "valid": st.booleans(),
                "expired": st.booleans(),
            },
            st.sampled_from(["valid", "withdrawn", "expired", "none", "ever", "never"]),
            None,
        )
        | _behaviour(
            "suppressed", {"reason": st.just("unsubscribed")}, st.booleans() | st.just("hard_bounce"), None
        )
    )


def _some(mail: dict[str, Any]) -> dict[str, Any]:
    return {key: mail[key] for key in ("campaign", "step")}


def _behaviour(
    name: str, own: dict[str, st.SearchStrategy[Any]], short: st.SearchStrategy[Any], value: str | None
) -> st.SearchStrategy[Data]:
    dated: dict[str, st.SearchStrategy[Any]] = {
        "within": durations(),
        "since": periods(),
        "before": periods(),
        "not_in_the_last": durations(),
    }
    amounts = number_tests(st.sampled_from([0, 0.1, 0.15, 100, 1200])).filter(_not_negated)
    numbers = {
        fold: st.fixed_dictionaries({value: amounts})
        for fold in ("sum", "average", "minimum", "maximum")
        if value
    }
    one = _some_of({**own, **dated}, 2)
    counted = {"times": counts(), "days": counts(), **numbers}
    some = _some_of({**own, **dated, **counted, "latest": one, "first": one}, 3)
    plain = some.filter(lambda asked: not {"first", "latest"} <= set(asked))
    # Counts by themselves too: who has no event at all meets some of them.
    return (plain | _some_of(counted, 2) | short).map(lambda asked: {name: asked})


def _some_of(options: dict[str, st.SearchStrategy[Any]], most: int) -> st.SearchStrategy[Data]:
    """A few of the options: many at once are met by nobody."""
    names = st.lists(st.sampled_from(sorted(options)), min_size=1, max_size=most, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: options[name] for name in chosen}))


def _not_negated(test: Any) -> bool:
    return not isinstance(test, dict) or not any(key.startswith("not_") for key in test)


def sequences() -> st.SearchStrategy[Data]:
    steps: list[dict[str, Any]] = [
        {"did": "ever"},
        {"did": {"activity": ["webinar", "inquiry"]}},
        {"bought": "ever"},
        {"bought": {"product": "LG*"}},
        {"clicked": {"tag": "price"}},
        {"received": {"step": "news-1"}},
        {"received": {"campaign": "newsletter"}},
        {"opened": {"step": "news-2"}},
        {"consent": "valid"},
    ]
    step = st.sampled_from(steps)
    limits: list[dict[str, Any]] = [{}, {"within": "14 days"}, {"within": "1 day"}, {"within": "30 weeks"}]
    limit = st.sampled_from(limits)
    later = st.tuples(step, limit).map(lambda pair: pair[0] | pair[1])
    return st.tuples(step, st.lists(later, min_size=1, max_size=2)).map(
        lambda pair: {"sequence": [pair[0], *pair[1]]}
    )


def among_others(inner: st.SearchStrategy[Data]) -> st.SearchStrategy[Data]:
    """Conditions that look at other people; `inner` asks about them."""
    by = st.sampled_from(["spent", "purchases", "last_purchase_on", "attributes.machines", "clicks"])
    top = st.fixed_dictionaries({"count": st.integers(1, 30), "by": by}, optional={"among": inner})
    score = number_tests(st.integers(1, 5)).filter(_not_negated)
    rfm = st.fixed_dictionaries(
        {"within": st.sampled_from(["1 year", "90 days", "20 years"]), "recency": score},
        optional={"frequency": score, "monetary": score},
    )
    sample = st.sampled_from(["10%", "33.3%", "100%", {"percent": 50, "seed": "autumn"}])
    companies = st.sampled_from(["company.anyone", "company.nobody", "company.colleague"])
    return (
        st.fixed_dictionaries({"top": top})
        | st.fixed_dictionaries({"rfm": rfm})
        | st.fixed_dictionaries({"sample": sample})
        | st.fixed_dictionaries({"company.customers": counts()})
        | companies.flatmap(lambda key: st.fixed_dictionaries({key: inner}))
    )


def filters() -> st.SearchStrategy[Data]:
    leaves = fields() | behaviours() | sequences()
    leaves |= among_others(fields() | behaviours())

    def nested(inner: st.SearchStrategy[Data]) -> st.SearchStrategy[Data]:
        some = st.lists(inner, min_size=1, max_size=3)
        others = among_others(inner) | st.fixed_dictionaries({"not": inner})
        return others | st.sampled_from(["all", "any", "none"]).flatmap(
            lambda key: st.fixed_dictionaries({key: some})
        )

    return st.recursive(leaves, nested, max_leaves=6)
