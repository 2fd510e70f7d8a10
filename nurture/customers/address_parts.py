"""The two parts of an address, in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer, String, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from nurture.store import tables as t


class _Place(GenericFunction[int]):
    """Where a text begins inside another, from 1: the two databases have different words for it."""

    type = Integer()
    inherit_cache = True
    name = "nurture_place"


def _as(function: str) -> Any:
    def render(element: _Place, compiler: Any, **words: Any) -> str:
        return f"{function}({compiler.process(element.clauses, **words)})"

    return render


compiles(_Place, "sqlite")(_as("instr"))
compiles(_Place, "postgresql")(_as("strpos"))


# Written out, not bound: PostgreSQL groups by an expression only where it is the same to the letter.
_AT: ColumnElement[str] = literal_column("'@'", String())
_ONE: ColumnElement[int] = literal_column("1", Integer())


def domain() -> ColumnElement[str]:
    """The part of a customer's address behind the @."""
    key = t.customers.c.email_key
    return func.substr(key, _Place(key, _AT) + _ONE)


def local_part() -> ColumnElement[str]:
    """The part of a customer's address before the @."""
    key = t.customers.c.email_key
    return func.substr(key, _ONE, _Place(key, _AT) - _ONE)
