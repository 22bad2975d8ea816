"""The filter of a list as a database asks for it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from kianda.accounts.services.person_data import PersonValues
from kianda.lib.errors import Flaw, Invalid
from kianda.lib.pointers import flaws_of
from processes.definition.views import ViewCondition, ViewFilter
from processes.language.comparisons import OPERATORS, Right
from processes.language.dates import is_date, parse_moment, to_date
from processes.language.expressions import Resolve, Template, TemplateError
from processes.language.people import refs_of_me
from processes.language.timestamps import moment_text, today_in
from processes.language.values import Value, ValueFailure, as_text, is_blank, to_number, to_toggle
from processes.lists.columns import ListColumn
from processes.lists.stored_json import Asked

NOTHING = Q(pk__in=[])
# `in` and a list of names compare with so many at most.
MOST_VALUES = 200
# What holds them is found by reading all values: even the first page takes the time of all.
_READ_WHOLE = {"contains", "not_contains", "blank"}


class Asker:
    """Who reads a list and when: what the right sides of its filter stand for."""

    def __init__(self, user: User) -> None:
        """Take the person; their zone is that of the request."""
        now, zone = timezone.now(), timezone.get_current_timezone_name()
        self.zone = timezone.get_current_timezone()
        self.today = today_in(now, zone)
        known = {"now": moment_text(now), "today": self.today}
        self._names = PersonValues(known, user)

    def resolve(self, name: str) -> Value:
        """Return what a name stands for; nothing where it is none."""
        found: Value = self._names.get(name)
        return found

    @property
    def me(self) -> list[str]:
        """Return the refs that name the person: the own one, then their groups."""
        return refs_of_me(self.resolve("user.username"), self.resolve("user.groups"))


def where(group: ViewFilter, columns: Mapping[str, ListColumn], asker: Asker, *, at: str = "") -> Q:
    """Return the filter of the records that hold a group of conditions.

    Raises Invalid with the place of each row that cannot be asked, as a JSON pointer after `at`: a
    column that is not there or not the reader's, an operator that it does not take, a value that is
    none of its kind.
    """
    flaws: list[Flaw] = []
    found = _group(group, columns, asker, at, flaws)
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
    return found


def reads_all(group: ViewFilter) -> bool:
    """Tell whether a database has to read all values to find the first that hold a filter."""
    return any(
        reads_all(one) if isinstance(one, ViewFilter) else one.operator in _READ_WHOLE
        for one in group.items
    )


def counts_all(group: ViewFilter) -> bool:
    """Tell whether a database counts all that hold a filter quicker than the first ten thousand.

    PostgreSQL looks for the first ones one by one, and for all of them in several processes: 57 and
    31 ms for the records of a year.
    """
    return bool(group.items) and connection.vendor == "postgresql"


def _group(
    group: ViewFilter, columns: Mapping[str, ListColumn], asker: Asker, at: str, flaws: list[Flaw]
) -> Q:
    parts: list[Q] = []
    for index, item in enumerate(group.items):
        place = f"{at}/items/{index}"
        if isinstance(item, ViewFilter):
            one = _group(item, columns, asker, place, flaws)
        else:
            one = _row(item, columns, asker, place, flaws)
        parts.append(one)
    return reduce(and_ if group.match == "all" else or_, parts) if parts else Q()


def _row(
    row: ViewCondition, columns: Mapping[str, ListColumn], asker: Asker, at: str, flaws: list[Flaw]
) -> Q:
    column = columns.get(row.column)
    if column is None or not column.openly:
        flaws.append(Flaw(f"{at}/left", no_such_column()))
        return NOTHING
    if row.operator not in column.operators:
        said = _("%(column)s cannot be filtered by “%(operator)s”.")
        words = {"column": column.title, "operator": _(OPERATORS[row.operator].words)}
        flaws.append(Flaw(f"{at}/operator", said % words))
        return NOTHING
    if _lacks_value(row):
        said = _("The filter %(filter)s has no value. Add one, as in amount:gt:10.")
        words = {"filter": f"{row.column}:{row.operator}:{row.right}"}
        flaws.append(Flaw(f"{at}/right", said % words))
        return NOTHING
    try:
        return _asked(row, column, asker)
    except (ValueFailure, TemplateError) as failure:
        flaws.append(Flaw(f"{at}/right", f"{column.title}: {failure}"))
        return NOTHING


def _lacks_value(row: ViewCondition) -> bool:
    """Tell whether a value is missing; what is, or is not, nothing is blank or is not."""
    kind = OPERATORS[row.operator].right
    if kind is Right.NOTHING or row.operator in {"eq", "neq"}:
        return False
    given = [bool(source.strip()) for source in sources_of(row)]
    return not (all(given) if kind is Right.PAIR else any(given))


def sources_of(row: ViewCondition) -> list[str]:
    """Return the values of a filter, each as it is written."""
    kind = OPERATORS[row.operator].right
    whole = kind is Right.VALUE or (row.right.startswith("=") and row.right[:2] != "==")
    return [row.right] if whole else [one.strip() for one in row.right.split(",")]


def no_such_column() -> str:
    """Return the sentence about a column that is not there, or not for the person who asks.

    It names none: a view may name what its reader does not know of.
    """
    return _("A field used here does not exist, or you cannot see it.")


def _asked(row: ViewCondition, column: ListColumn, asker: Asker) -> Q:
    opposite = _OPPOSITES.get(row.operator)
    if opposite is not None:
        return ~_held(opposite, row, replace(column, negated=True), asker)
    return _held(row.operator, row, column, asker)


def _held(operator: str, row: ViewCondition, column: ListColumn, asker: Asker) -> Q:
    if operator in _UNARY:
        return _UNARY[operator](column, asker)
    values = _right_values(row, asker.resolve)
    if operator == "in":
        return _one_of(column, values, asker)
    if operator == "between":
        low, high = values
        return column.holds({**_from(column, low, asker), **_upto(column, high, asker)})
    (value,) = values
    if operator == "eq":
        return _same(column, value, asker)
    if operator in {"contains", "starts_with"}:
        return _texts(operator, column, value, asker)
    if is_blank(value):
        return NOTHING
    return column.holds(_ORDERS[operator](column, value, asker))


def _right_values(row: ViewCondition, resolve: Resolve) -> list[Value]:
    kind = OPERATORS[row.operator].right
    values = [Template.parse(source).evaluate(resolve) for source in sources_of(row)]
    if kind is Right.VALUE:
        return values
    if len(values) == 1 and isinstance(values[0], list):
        values = values[0]
    if len(values) > MOST_VALUES:
        raise ValueFailure(_("At most %(most)s values can be compared.") % {"most": MOST_VALUES})
    if kind is Right.PAIR and len(values) != 2:
        raise ValueFailure(_("Enter two values with a comma between them, such as 1, 10."))
    return values


def _is_set(column: ListColumn) -> Q:
    return column.holds({"gte": -1e308} if column.part == "quantity" else {"gt": ""})


def _same(column: ListColumn, value: Value, asker: Asker) -> Q:
    if is_blank(value):
        return ~_is_set(replace(column, negated=not column.negated))
    if column.kind == "quantity":
        return column.holds({"exact": _number(value)})
    if column.kind == "moment":
        return column.holds({**_from(column, value, asker), **_upto(column, value, asker)})
    return column.holds({"exact": _text(column, value)})


def _one_of(column: ListColumn, values: list[Value], asker: Asker) -> Q:
    wanted = [one for one in values if not is_blank(one)]
    if not wanted:
        return NOTHING
    if column.kind == "quantity":
        return column.holds({"in": [_number(one) for one in wanted]})
    return column.holds({"in": [_text(column, one) for one in wanted]})


def _texts(operator: str, column: ListColumn, value: Value, asker: Asker) -> Q:
    if column.kind in {"choice", "person"}:
        return _same(column, value, asker)
    text = as_text(value)
    if not text:
        return Q()
    return column.holds({"startswith": text} if operator == "starts_with" else {"contains": text})


def _text(column: ListColumn, value: Value) -> str:
    """Return a value as the database has it for a column."""
    if column.kind == "day":
        return to_date(value) or ""
    if column.kind == "yes_no":
        return as_text(to_toggle(value))
    return as_text(value)


def _number(value: Value) -> float:
    found = to_number(value)
    return float(found or 0)


def _bounds(value: Value, asker: Asker) -> tuple[str, str]:
    """Return from when to before when a value is: a day without a time lasts until the next."""
    if isinstance(value, str) and is_date(value.strip()):
        day = date.fromisoformat(str(to_date(value)))
        try:
            return _start_of(day, asker), _start_of(day + timedelta(days=1), asker)
        except OverflowError:
            raise ValueFailure(_("%(day)s is outside of the calendar.") % {"day": value}) from None
    moment = _stripped(parse_moment(value))
    return moment, moment


def _start_of(day: date, asker: Asker) -> str:
    return _stripped(datetime.combine(day, time(), asker.zone))


def _stripped(moment: datetime) -> str:
    return moment_text(moment.astimezone(UTC)).removesuffix("Z")


def _from(column: ListColumn, value: Value, asker: Asker) -> Asked:
    if column.kind == "moment":
        return {"gte": _bounds(value, asker)[0]}
    return {"gte": _number(value) if column.kind == "quantity" else _text(column, value)}


def _upto(column: ListColumn, value: Value, asker: Asker) -> Asked:
    if column.kind == "moment":
        start, end = _bounds(value, asker)
        return {"lt": end} if end != start else {"lte": end}
    return {"lte": _number(value) if column.kind == "quantity" else _text(column, value)}


def _before(column: ListColumn, value: Value, asker: Asker) -> Asked:
    return {"lt": _from(column, value, asker)["gte"]}


def _after(column: ListColumn, value: Value, asker: Asker) -> Asked:
    upto = _upto(column, value, asker)
    return {"gte": upto["lt"]} if "lt" in upto else {"gt": upto["lte"]}


_ORDERS: Mapping[str, Callable[[ListColumn, Value, Asker], Asked]] = {
    "gt": _after, "gte": _from, "lt": _before, "lte": _upto,
}  # fmt: skip
_OPPOSITES = {"neq": "eq", "not_contains": "contains", "blank": "not_blank"}
_UNARY: Mapping[str, Callable[[ListColumn, Asker], Q]] = {
    "not_blank": lambda column, asker: _is_set(column),
    "before_today": lambda column, asker: column.holds(_before(column, asker.today, asker)),
    "today": lambda column, asker: _same(column, asker.today, asker),
    "after_today": lambda column, asker: column.holds(_after(column, asker.today, asker)),
    "is_me": lambda column, asker: column.holds({"in": asker.me[:1]}),
    "has_me": lambda column, asker: column.holds({"in": asker.me}),
}


def read_filter(raw: Any, *, at: str) -> ViewFilter:
    """Return a filter that was sent as JSON; raises Invalid with the place of each flaw."""
    try:
        return ViewFilter.model_validate(raw)
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, raw, model=ViewFilter, prefix=at)) from error
