"""What charts of a list count: by a column or over time, of what the reader may see alone.

The database counts. What is answered is bounded: the largest groups and what is left of all, the
newest parts of time, and no more records than can be counted while a person waits.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Avg, Count, DateField, DateTimeField, F, Field, Func, Q, QuerySet, Sum
from django.db.models.functions import Trunc
from django.db.models.sql.compiler import SQLCompiler
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid
from kianda.lib.i18n import grouped
from processes.definition.views import Every, ViewChart, ViewFilter
from processes.language.people import called
from processes.lists.columns import ListColumn
from processes.lists.records import ALL, RecordList
from processes.models import ProcessInstance

MOST_GROUPS = 20
MOST_PARTS = 60
MOST_SERIES = 2
MOST_COUNTED = 200_000
_MOST_LETTERS = 60
TIMES = frozenset({"day", "moment"})


@dataclass(frozen=True)
class ChartGroup:
    """Some of the records: the value they have in common, how many, what was calculated of them.

    `value` is as it is stored (a part of time: its first day), None where there is none. `result`
    is the number of records, or the sum or average of a field; None where none has a value. Of a
    split chart `parts` are the results of its two series.
    """

    value: str | None
    label: str
    count: int
    result: float | None
    parts: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class ChartNumbers:
    """What a chart shows: its groups in their order, what is left of all, and all together.

    `series` are what the parts of each group are called, where the chart is split.
    """

    groups: tuple[ChartGroup, ...]
    rest: ChartGroup | None
    all: ChartGroup
    measure: ListColumn | None
    by: ListColumn | None
    over_time: bool
    series: tuple[str, ...] = ()


def numbers_of(
    found: RecordList, chart: ViewChart, filter: ViewFilter = ALL, *, at: str = "/filter"
) -> ChartNumbers:
    """Count the records that hold a filter as a chart shows them.

    Raises Invalid at /field, /by and /split for columns that are not there, not the reader's or of
    another kind, at /split for more than two series, at the flaws of the filter, and at /filter
    for more than MOST_COUNTED records, unless they are only counted.
    """
    measure, by = _measure(found, chart), _by(found, chart)
    rows = found.rows(filter, at=at)
    split = _split(found, chart)
    # Only to count the rows takes little, whatever number of them.
    if by is not None or measure is not None:
        _refuse_too_many(rows)
    series: tuple[_Series, ...] = ()
    if split is not None:
        rows = rows.alias(split_at=split.expression())
        series = _series(rows, split, chart.split_value)
    counting = _Counting(chart, measure, series)
    whole = counting.group(None, _("All"), rows.aggregate(**counting.values))
    if by is None:
        return ChartNumbers((), None, whole.shown, measure, None, over_time=False)
    over_time = by.kind in TIMES
    parts = list(
        _parts_of_time(rows, by, chart.every, found, counting)
        if over_time
        else _largest(rows, by, counting)
    )
    left = whole.less(parts, _("Earlier, or no date") if over_time else _("Other"))
    if over_time:
        parts = list(_without_gaps(parts, chart.every, counting))
    return ChartNumbers(
        tuple(one.shown for one in parts), left.shown if left.count else None, whole.shown,
        measure, by, over_time=over_time, series=tuple(one.title for one in series),
    )  # fmt: skip


@dataclass(frozen=True)
class _Series:
    """One of the two parts of a split chart: what it is called, and which records are of it."""

    title: str
    holds: Q


@dataclass(frozen=True)
class _Sums:
    """A group with what averages are made of: sums can be taken from each other, averages not."""

    value: str | None
    label: str
    count: int
    sum: float
    valued: int
    calculate: str
    parts: tuple["_Sums", ...] = ()

    @property
    def result(self) -> float | None:
        by_calculation: Mapping[str, float | None] = {
            "count": self.count,
            "sum": _rounded(self.sum),
            "average": _rounded(self.sum / self.valued) if self.valued else None,
        }
        return by_calculation[self.calculate]

    @property
    def shown(self) -> ChartGroup:
        parts = tuple(one.result for one in self.parts)
        return ChartGroup(self.value, self.label, self.count, self.result, parts)

    def less(self, others: Sequence["_Sums"], label: str) -> "_Sums":
        """Return what is left of it without some of its parts."""
        return _Sums(
            None, label, self.count - sum(one.count for one in others),
            self.sum - sum(one.sum for one in others),
            self.valued - sum(one.valued for one in others), self.calculate,
            tuple(
                part.less([one.parts[at] for one in others], part.label)
                for at, part in enumerate(self.parts)
            ),
        )  # fmt: skip


class _Counting:
    """What is asked of each group of records, and of each series in it."""

    def __init__(
        self, chart: ViewChart, measure: ListColumn | None, series: tuple[_Series, ...]
    ) -> None:
        self.calculate, self._series = chart.calculate, series
        self.values: dict[str, Any] = {}
        for at, holds in ("", None), *((f"_{at}", one.holds) for at, one in enumerate(series)):
            self.values[f"count{at}"] = Count("pk", filter=holds)
            if measure is not None:
                value = measure.expression()
                self.values[f"total{at}"] = Sum(value, filter=holds)
                self.values[f"valued{at}"] = Count(value, filter=holds)
        if measure is not None and chart.calculate == "average":
            self.values["mean"] = Avg(measure.expression())

    @property
    def largest_first(self) -> list[Any]:
        """Return the order that has the groups to be shown at its beginning."""
        name = {"count": "count", "sum": "total", "average": "mean"}[self.calculate]
        return [F(name).desc(nulls_last=True), F("value").asc(nulls_last=True)]

    def group(self, value: str | None, label: str, row: Mapping[str, Any]) -> _Sums:
        """Return what a row of the database says of a group, and of each series in it."""
        parts = (self._sums(row, f"_{at}", one.title) for at, one in enumerate(self._series))
        return replace(self._sums(row, "", label), value=value, parts=tuple(parts))

    def _sums(self, row: Mapping[str, Any], at: str, label: str) -> _Sums:
        total, valued = row.get(f"total{at}") or 0, row.get(f"valued{at}") or 0
        return _Sums(
            None, label, row.get(f"count{at}") or 0, float(total), valued, self.calculate
        )  # fmt: skip


def _rounded(value: float) -> float:
    # Sums of fractions come with noise in their last places.
    return round(value, 6)


def _measure(found: RecordList, chart: ViewChart) -> ListColumn | None:
    if not chart.field:
        return None
    column = found.columns.get(chart.field)
    if column is None or not column.countable:
        words = _("%(name)s is no number that you can add up.")
        raise Invalid.at("/field", words % {"name": chart.field})
    return column


def _by(found: RecordList, chart: ViewChart) -> ListColumn | None:
    if not chart.by:
        return None
    column = found.columns.get(chart.by)
    over_time = column is not None and column.sortable and column.kind in TIMES
    if column is None or not (over_time or column.groupable):
        words = _("Records cannot be counted by %(name)s.")
        raise Invalid.at("/by", words % {"name": chart.by})
    return column


def _split(found: RecordList, chart: ViewChart) -> ListColumn | None:
    if not chart.split:
        return None
    column = found.columns.get(chart.split)
    if column is None or not column.groupable:
        words = _("A chart cannot be split by %(name)s.")
        raise Invalid.at("/split", words % {"name": chart.split})
    return column


def _series(
    rows: QuerySet[ProcessInstance], split: ListColumn, first: str
) -> tuple[_Series, ...]:  # fmt: skip
    """Return the two series of a chart: one value and all others, or the two that there are."""
    if first:
        [label] = _labels(split, [first]).values()
        is_first = Q(split_at=first)
        # What has no value is not the first part, though a database compares it with nothing.
        others = ~is_first | Q(split_at__isnull=True)
        return _Series(label, is_first), _Series(_("Other"), others)
    values_there = rows.annotate(value=split.expression()).values_list("value", flat=True)
    found = list(values_there.distinct().order_by("value")[: MOST_SERIES + 1])
    if len(found) > MOST_SERIES:
        words = _("%(name)s has more than two values. Choose the first part of the chart.")
        raise Invalid.at("/split", words % {"name": split.title})
    chosen = [value for value, _title in split.choices]
    values = [str(value) for value in found if value is not None]
    values.sort(key=lambda value: chosen.index(value) if value in chosen else len(chosen))
    labels = _labels(split, values)
    if split.kind == "yes_no":
        # A legend of yes and no alone says nothing.
        named = {"name": split.title}
        labels = {
            value: _("%(name)s: %(value)s") % {**named, "value": label}
            for value, label in labels.items()
        }
    made = [_Series(labels[value], Q(split_at=value)) for value in values]
    if len(values) < len(found):
        made.append(_Series(_("No value"), Q(split_at__isnull=True)))
    return tuple(made)


def _refuse_too_many(rows: QuerySet[ProcessInstance]) -> None:
    if len(rows.values_list("pk")[MOST_COUNTED : MOST_COUNTED + 1]):
        words = _("There are more than %(most)s records. Filter the list to see charts of them.")
        raise Invalid.at("/filter", words % {"most": grouped(MOST_COUNTED)})


def _largest(
    rows: QuerySet[ProcessInstance], by: ListColumn, counting: _Counting
) -> Iterator[_Sums]:
    grouped = rows.annotate(value=by.expression()).values("value").annotate(**counting.values)
    largest = list(grouped.order_by(*counting.largest_first)[:MOST_GROUPS])
    labels = _labels(by, [str(row["value"]) for row in largest if row["value"] is not None])
    for row in largest:
        value = None if row["value"] is None else str(row["value"])
        yield counting.group(value, _("No value") if value is None else labels[value], row)


def _labels(by: ListColumn, values: list[str]) -> dict[str, str]:
    if by.kind == "person":
        return dict(zip(values, called(values), strict=True))
    choices = dict(by.choices)
    said = {one: choices.get(one, one) for one in values}
    return {one: Truncator(text).chars(_MOST_LETTERS) for one, text in said.items()}


# Over time.


class _InTime(Func):
    """The stored text of a day or a moment as the database counts time."""

    def __init__(self, value: Any, kind: "Field[Any, Any]") -> None:
        super().__init__(value, output_field=kind)

    def as_sql(  # type: ignore[override]  # it is written in one piece, from no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it for SQLite or PostgreSQL."""
        value, given = compiler.compile(self.get_source_expressions()[0])
        is_day = isinstance(self.output_field, DateField) and not isinstance(
            self.output_field, DateTimeField
        )
        if connection.vendor == "postgresql":
            return (f"({value})::date" if is_day else f"({value} || 'Z')::timestamptz"), (*given,)
        return (value if is_day else f"replace({value}, 'T', ' ')"), (*given,)


def _parts_of_time(
    rows: QuerySet[ProcessInstance],
    by: ListColumn,
    every: Every,
    found: RecordList,
    counting: _Counting,
) -> Iterator[_Sums]:
    """Yield the newest parts of time in which there are records, the oldest of these first."""
    value: Any = by.expression()
    if by.field is not None:
        value = _InTime(value, DateField() if by.kind == "day" else DateTimeField())
    zone = found.asker.zone if by.kind == "moment" else None
    part = Trunc(value, every, output_field=DateField(), tzinfo=zone)
    grouped = rows.annotate(value=part).filter(value__isnull=False).values("value")
    newest = grouped.annotate(**counting.values).order_by("-value")[:MOST_PARTS]
    for row in reversed(newest):
        first = row["value"]
        yield counting.group(first.isoformat(), part_words(first, every), row)


def part_words(first: date, every: Every) -> str:
    """Return what a part of time is called by its first day: 28 Sep 2026, Sep 2026, Q3 2026."""
    if every == "year":
        return str(first.year)
    if every == "quarter":
        return f"Q{(first.month + 2) // 3} {first.year}"
    return date_format(first, "M Y" if every == "month" else "j M Y")


def _without_gaps(parts: list[_Sums], every: Every, counting: _Counting) -> Iterator[_Sums]:
    """Yield parts of time with the empty ones between them, where these are not too many."""
    if not parts:
        return
    known = {str(one.value): one for one in parts}
    days = list(
        _days_between(date.fromisoformat(min(known)), date.fromisoformat(max(known)), every)
    )
    if len(days) > MOST_PARTS:
        yield from parts
        return
    for day in days:
        empty = counting.group(day.isoformat(), part_words(day, every), {"count": 0})
        yield known.get(day.isoformat(), empty)


def _days_between(first: date, last: date, every: Every) -> Iterator[date]:
    day = first
    for _step in range(MOST_PARTS + 1):
        if day > last:
            return
        yield day
        day = _next(day, every)


def _next(day: date, every: Every) -> date:
    if every in {"day", "week"}:
        return day + timedelta(days=1 if every == "day" else 7)
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    month = day.month - 1 + months
    return date(day.year + month // 12, month % 12 + 1, 1)
