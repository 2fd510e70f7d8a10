"""The filter grammar: YAML to a typed tree, the tree to SQL, and the tree to words about one person.

In:  a document and a place in it (`parse_filter`); a moment, a calendar and segments (`Scope`).
Out: one SQL statement (`select_customers`), or an `Explanation` for one `Person`.

The whole grammar is in docs/segments.md.
"""

from nurture.filters.explain import Condition, Explanation, explain
from nurture.filters.fields import FieldCatalogue, field_catalogue
from nurture.filters.parse import parse_filter
from nurture.filters.person import Person, load_people, load_person
from nurture.filters.scope import Scope
from nurture.filters.sql import audience_from, compile_filter, select_customers
from nurture.filters.tree import Filter

__all__ = [
    "Condition",
    "Explanation",
    "FieldCatalogue",
    "Filter",
    "Person",
    "Scope",
    "audience_from",
    "compile_filter",
    "explain",
    "field_catalogue",
    "load_people",
    "load_person",
    "parse_filter",
    "select_customers",
]
