"""The form in which a filter of a list is added or changed: what it offers, holds and refuses."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext as _

from kianda.accounts.services.groups import group_names_in
from kianda.lib.numbers import figures_typed, with_point
from processes.definition.views import ViewCondition, ViewFilter
from processes.fields.number import not_a_number
from processes.language.comparisons import OPERATORS, Right
from processes.language.dates import is_date
from processes.language.expressions import Template
from processes.language.people import kind_and_name
from processes.language.people_refs import user_ref
from processes.language.values import as_text
from processes.lists.columns import ListColumn
from processes.lists.conditions import sources_of
from processes.lists.records import RecordList
from processes.lists.state import ListState, written
from processes.views.lists.chips import operator_words

NEW = "new:"
# What a filter by ticked choices offers, and one by chosen people.
_OF_CHOICES = ("in", "neq", "blank", "not_blank")
_OF_PEOPLE = ("in", "neq", "is_me", "has_me", "blank", "not_blank")
_MOST_TYPED = 50


class OfferedOperator(NamedTuple):
    """An operator of the form: its words, and what stands at its right side."""

    name: str
    words: str
    right: str


class FilterForm(NamedTuple):
    """A filter that is being changed: what its form offers and holds, and what is wrong with it."""

    column: ListColumn
    at: str
    operators: list[OfferedOperator]
    operator: str
    values: list[str]
    flaw: str = ""

    @property
    def ticked(self) -> bool:
        """Tell whether it is changed by ticking choices."""
        return bool(self.column.choices)

    @property
    def choose(self) -> str:
        """Return who can be chosen in a filter by people: users, groups, both."""
        if self.column.field is not None:
            return str(getattr(self.column.field, "choose", "both"))
        return "users" if self.column.name == "process.created_by" else "both"

    @property
    def control(self) -> str:
        """Return the kind of its controls: a value that is computed is no day to be picked."""
        is_plain = all(is_date(one) for one in self.values if one)
        return "date" if self.column.kind in {"day", "moment"} and is_plain else "text"

    @property
    def flaws(self) -> list[str]:
        """Return what is wrong as a list, as the control for people takes it."""
        return [self.flaw] if self.flaw else []

    @property
    def has_pair(self) -> bool:
        """Tell whether it can ask for what is between two values."""
        return "between" in self.column.operators


def filter_form(records: RecordList, state: ListState, query: QueryDict) -> FilterForm | None:
    """Return the form that a query wants open: of a filter by its place, or of a new one.

    What was sent and cannot be applied is in it as it was typed.
    """
    edit = query.get("edit", "")
    row = None if edit.startswith(NEW) else _row_at(state, edit)
    column = records.columns.get(row.column if row else edit.removeprefix(NEW))
    if column is None or not column.operators or not (row or edit.startswith(NEW)):
        return None
    offered = column.operators
    if column.choices or column.kind == "person":
        offered = _OF_CHOICES if column.choices else _OF_PEOPLE
    operators = [
        OfferedOperator(name, operator_words(column, name), OPERATORS[name].right.value)
        for name in offered
    ]
    operator, values, flaw = "", list[str](), ""
    if "apply" in query:
        operator, values = query.get("operator", ""), _typed(column, query)
        flaw = _flaw(column, operator, values)
    elif row:
        operator, values = row.operator, _held(column, row)
    operator = operator if operator in offered else offered[0]
    return FilterForm(column, edit, operators, operator, values, flaw)


def _row_at(state: ListState, edit: str) -> ViewCondition | None:
    at = int(edit) if edit.isdecimal() and len(edit) < 4 else -1
    part = state.filters[at] if 0 <= at < len(state.filters) else None
    return part if isinstance(part, ViewCondition) else None


def _held(column: ListColumn, row: ViewCondition) -> list[str]:
    """Return the values of a filter as its controls have them; what is computed as written."""
    if column.kind == "quantity":
        return _as_typed(row)
    is_one = not _is_chosen(column) and OPERATORS[row.operator].right is not Right.PAIR
    return [_plain(one) for one in ([row.right] if is_one else sources_of(row))]


def _as_typed(row: ViewCondition) -> list[str]:
    """Return the numbers of a filter as their reader types them; what is computed as written."""
    if not Template.parse(row.right).is_constant:
        return [row.right]
    numbers = [with_point(one) for one in sources_of(row)]
    return numbers if OPERATORS[row.operator].right is Right.PAIR else ["; ".join(numbers)]


def _plain(source: str) -> str:
    template = Template.parse(source)
    return as_text(template.evaluate(lambda _name: None)) if template.is_constant else source


def _typed(column: ListColumn, query: QueryDict) -> list[str]:
    values = query.getlist("value")
    if column.kind == "person":
        values = [_ref(one) for one in group_names_in(values)]
    return [one.strip() for one in values][:_MOST_TYPED]


def _flaw(column: ListColumn, operator: str, values: Sequence[str]) -> str:
    """Return what is missing for an operator; the list itself says what it does not take."""
    right = OPERATORS[operator].right if operator in column.operators else Right.NOTHING
    if right is Right.PAIR and not all(_pair(values)):
        return _("Enter both values.")
    is_missing = not any(values[:1] if _is_single(column, right) else values)
    if is_missing and right is not Right.NOTHING:
        return _("Enter a value.")
    typed = _sent(column, operator, values) if column.kind == "quantity" else ()
    return next((not_a_number(one) for one in typed if figures_typed(one) is None), "")


def _pair(values: Sequence[str]) -> list[str]:
    return [*values, "", ""][:2]


def _is_single(column: ListColumn, right: Right) -> bool:
    """Tell whether a value stands alone: its form has a second control for other operators."""
    return right is Right.VALUE and not _is_chosen(column)


def _is_chosen(column: ListColumn) -> bool:
    """Tell whether values are chosen, any number of them, and not typed."""
    return bool(column.choices) or column.kind == "person"


def changed_filters(records: RecordList, state: ListState, query: QueryDict) -> list[str]:
    """Return the filters of a list with the one that was changed or added, as a query has them."""
    texts = [written(one) for one in state.filters]
    made, at = _made(records, query), query.get("edit", "")
    if at.isdecimal() and len(at) < 4 and int(at) < len(texts):
        texts[int(at)] = made
    else:
        texts.append(made)
    return texts


def _made(records: RecordList, query: QueryDict) -> str:
    name, operator = query.get("column", "")[:100], query.get("operator", "")[:40]
    column = records.columns.get(name)
    if column is None:
        return f"{name}:{operator}:"
    values = list(_sent(column, operator, _typed(column, query)))
    if column.kind == "quantity":
        values = [figures_typed(one) or one for one in values]
    if column.kind not in {"day", "moment"}:
        if _needs_rows(column, operator, values):
            by = "eq" if operator == "in" else operator
            rows = [{"left": f"[{name}]", "operator": by, "right": _literal(v)} for v in values]
            match = "any" if operator == "in" else "all"
            return written(ViewFilter.model_validate({"match": match, "items": rows}))
        values = [_literal(one) for one in values]
    return f"{name}:{operator}:{', '.join(values)}"


def _sent(column: ListColumn, operator: str, values: Sequence[str]) -> Iterator[str]:
    """Yield the values that an operator takes, of all that its form sends."""
    right = OPERATORS[operator].right if operator in OPERATORS else Right.NOTHING
    if right is Right.NOTHING:
        return
    if right is Right.LIST and column.kind == "quantity":
        values = [one.strip() for typed in values for one in _parted(typed)]
    most = {Right.VALUE: 1, Right.PAIR: 2}.get(right, len(values))
    yield from filter(None, values if _is_chosen(column) else values[:most])


def _parted(typed: str) -> list[str]:
    """Return the numbers in a text: a comma parts two of them unless it is part of a number."""
    if figures_typed(typed) is not None:
        return [typed]
    return typed.split(next((one for one in (";", ", ") if one in typed), ","))


def _needs_rows(column: ListColumn, operator: str, values: Sequence[str]) -> bool:
    """Tell whether values cannot stand in one row: it takes only one, or commas part them."""
    if not _is_chosen(column):
        return False
    return len(values) > 1 if operator == "neq" else any("," in one for one in values)


def _ref(typed: str) -> str:
    """Return a person or group as values have them; a plain name is that of a user."""
    return typed if kind_and_name(typed)[0] else user_ref(typed)


def _literal(text: str) -> str:
    """Return what somebody has typed as the value that it is, with nothing in it evaluated."""
    escaped = text.replace("[", "[[")
    return f"={escaped}" if escaped.startswith("=") else escaped
