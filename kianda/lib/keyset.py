"""The rows beside a place in a list, of which the database reads no others (keyset paging).

The place of a row is what its list is in order by, the key last. Who goes on from a place meets
each row once, whatever came or went meanwhile. A link carries a place as a cursor: sealed, for it
holds values of a row, and bound to the address and the order that it was made for.
"""

import json
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import F, OrderBy, Q, QuerySet
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from kianda.lib.sealing import WrongKeyRing, purpose, seal, unseal

Place = tuple[Any, ...]

# Servers and proxies refuse long addresses.
LONGEST_CURSOR = 2_000


class _Term(NamedTuple):
    """One of the values that a list is in order by."""

    name: str
    expression: Any
    descending: bool
    may_be_null: bool
    nulls_last: bool


class Keyset:
    """The places of the rows of a list, in the order that people see."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        """Take the rows; those that are equal in their order are put in order by their keys."""
        usual = (rows.model._meta.ordering or ()) if rows.query.default_ordering else ()
        order = [*map(_ordered, rows.query.order_by or usual)]
        keys = ("pk", rows.model._meta.pk.name)
        ends = [at for at, one in enumerate(order) if getattr(one.expression, "name", "") in keys]
        if not ends:
            rows, ends = rows.order_by(*order, "-pk"), [len(order)]
            order.append(OrderBy(F("pk"), descending=True))
        *terms, key = order[: ends[0] + 1]
        self._key_descending = key.descending
        self._terms = [_term(rows, at, one) for at, one in enumerate(terms)]
        names = {term.name: term.expression for term in self._terms}
        self.rows: QuerySet[Any, Place] = rows.annotate(**names).values_list(*names, "pk")

    @property
    def order(self) -> str:
        """Return the order in words, which differ for each order."""
        known = self.rows.query.annotations
        terms = [(known[one.name], one.descending, one.nulls_last) for one in self._terms]
        return repr((terms, self._key_descending))

    def beside(
        self, rows: QuerySet[Any, Place], place: Place, *, forward: bool, most: int
    ) -> list[Place]:
        """Return the places next to one, behind it or before it, in their order."""
        rows = rows if forward else rows.reverse()
        found: list[Place] = []
        for side in self._sides(self._terms, place, forward=forward):
            if len(found) < most:
                found += rows.filter(side)[: most - len(found)]
        return found if forward else found[::-1]

    def _sides(self, terms: Sequence[_Term], place: Place, *, forward: bool) -> list[Q]:
        """Return what holds of the rows beyond a place: first of those nearer to it.

        Rows with a value and rows without one are asked for apart: together, no index tells them.
        """
        value, *rest = place
        if not terms:
            return [Q(**{"pk__lt" if self._key_descending == forward else "pk__gt": value})]
        term, *others = terms
        inner = reduce(or_, self._sides(others, tuple(rest), forward=forward))
        is_null, beyond = f"{term.name}__isnull", "lt" if term.descending == forward else "gt"
        if value is None:
            near = Q(**{is_null: True}) & inner
        else:
            further = Q(**{f"{term.name}__{beyond}": value})
            near = Q(**{f"{term.name}__{beyond}e": value}) & (further | inner)
        nulls_are_beyond = term.nulls_last == forward
        if not term.may_be_null or nulls_are_beyond == (value is None):
            return [near]
        return [near, Q(**{is_null: value is not None})]


def _ordered(one: Any) -> OrderBy:
    if isinstance(one, str):
        return OrderBy(F(one.removeprefix("-")), descending=one.startswith("-"))
    return one if isinstance(one, OrderBy) else OrderBy(one)


def _term(rows: QuerySet[Any], at: int, one: OrderBy) -> _Term:
    nulls_come_first = connections[rows.db].features.order_by_nulls_first
    usual = one.descending == nulls_come_first
    nulls_last = bool(one.nulls_last) or (usual and not one.nulls_first)
    may_be_null = _may_be_null(rows, getattr(one.expression, "name", ""))
    return _Term(f"order_{at}", one.expression, one.descending, may_be_null, nulls_last)


def _may_be_null(rows: QuerySet[Any], name: str) -> bool:
    columns = {field.name: field.null for field in rows.model._meta.concrete_fields}
    return name in rows.query.annotations or columns.get(name, True)


def cursor_at(place: Place, *, forward: bool, of: str) -> str:
    """Return the cursor of a place, to go on from there; nothing where it would be too long."""
    text = json.dumps([forward, *place], default=str)
    made = seal(text.encode(), _purpose(of))
    return made if len(made) <= LONGEST_CURSOR else ""


def place_of(cursor: str, *, of: str) -> tuple[bool, Place]:
    """Return whether to go forward, and the place; Invalid when it is no cursor of this list."""
    try:
        forward, *place = json.loads(unseal(cursor, _purpose(of)))
    except WrongKeyRing:
        said = _(
            "This cursor belongs to another page, order or filter. Follow next and previous as "
            "they are, or omit cursor."
        )
        raise Invalid.at("/cursor", said) from None
    return forward, tuple(place)


def _purpose(of: str) -> tuple[str, ...]:
    return purpose(f"cursor {of}")
