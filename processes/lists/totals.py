"""Counts, sums and averages of all records of a list, and of each of its groups."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Aggregate, Avg, Count, Q, QuerySet, Sum

from kianda.lib import i18n
from kianda.lib.errors import Invalid
from processes.definition.views import ViewTotal
from processes.language.values import as_text, significant
from processes.lists.cells import value_words
from processes.lists.columns import ListColumn
from processes.lists.conditions import no_such_column
from processes.lists.records import RecordList
from processes.models import ProcessInstance

GROUP = "list_group"


class GroupHead(NamedTuple):
    """The head of a group of records: its value in words, how many there are, its totals."""

    title: str
    records: int
    totals: Mapping[str, str]


def readable_totals(
    records: RecordList, totals: Sequence[ViewTotal]
) -> list[tuple[ViewTotal, ListColumn]]:
    """Return the totals of a list that its reader may have, each with its column."""
    found = [(one, records.columns.get(one.field)) for one in totals]
    return [(one, column) for one, column in found if column is not None and column.countable]


def totals_of(
    records: RecordList, rows: QuerySet[ProcessInstance], totals: Sequence[ViewTotal]
) -> dict[str, str]:
    """Return the totals of all rows in words, by the name of the column."""
    wanted = readable_totals(records, totals)
    if not wanted:
        return {}
    return _told(wanted, rows.order_by().aggregate(**_aggregates(wanted)))


def grouped(
    records: RecordList, rows: QuerySet[ProcessInstance], name: str
) -> QuerySet[ProcessInstance]:
    """Return rows with the value of the column they are grouped by; raises Invalid for none."""
    column = records.columns.get(name)
    if column is None or not column.groupable:
        raise Invalid.at("/group", no_such_column())
    return rows.annotate(**{GROUP: column.expression()})


def group_heads(
    records: RecordList,
    rows: QuerySet[ProcessInstance],
    name: str,
    values: Collection[Any],
    totals: Sequence[ViewTotal],
) -> dict[Any, GroupHead]:
    """Return the heads of some groups of grouped rows, by their values; None is what is empty."""
    column, wanted = records.columns[name], readable_totals(records, totals)
    known = Q(**{f"{GROUP}__in": [one for one in values if one is not None]})
    known |= Q(**{f"{GROUP}__isnull": True}) if None in values else Q(pk__in=[])
    found = rows.filter(known).order_by().values(GROUP)
    found = found.annotate(list_count=Count("pk"), **_aggregates(wanted))
    return {
        row[GROUP]: GroupHead(
            value_words(column, row[GROUP]), row["list_count"], _told(wanted, row)
        )
        for row in found
    }  # fmt: skip


def _aggregates(wanted: Sequence[tuple[ViewTotal, ListColumn]]) -> dict[str, Aggregate]:
    kinds = {"sum": Sum, "average": Avg}
    return {
        f"total_{at}": kinds[one.calculate](column.expression())
        for at, (one, column) in enumerate(wanted)
    }


def _told(
    wanted: Sequence[tuple[ViewTotal, ListColumn]], row: Mapping[str, Any]
) -> dict[str, str]:  # fmt: skip
    return {
        one.field: number_words(column, row[f"total_{at}"])
        for at, (one, column) in enumerate(wanted)
        if row[f"total_{at}"] is not None
    }


def number_words(column: ListColumn, number: float) -> str:
    """Return a sum or an average in figures: with the decimals of its field, else two at most.

    A database adds up in floating point: what it keeps are 15 significant digits.
    """
    value = significant(Decimal(repr(float(number))))
    places = getattr(column.field, "decimals", None)
    rounded = round(value, places if isinstance(places, int) else 2)
    text = as_text(rounded) if not isinstance(places, int) else f"{rounded:.{places}f}"
    return i18n.grouped(Decimal(text))
