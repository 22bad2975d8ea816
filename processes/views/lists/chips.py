"""The filters of a list as chips: a sentence each, opened to change it, removed with x."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from processes.definition.views import ViewFilter
from processes.language.comparisons import OPERATORS, Right
from processes.language.expressions import Template
from processes.language.labels import name_in_words
from processes.lists.cells import value_words
from processes.lists.columns import ListColumn
from processes.lists.conditions import sources_of
from processes.lists.records import RecordList
from processes.lists.state import ListState, Part, written

# What reads better on a chip than the words of an operator: by as what values are compared.
_SHORT = {
    ("", "in"): gettext_lazy("is"),
    ("files", "not_blank"): gettext_lazy("has a file"),
    ("files", "blank"): gettext_lazy("has no file"),
    **{
        (kind, operator): words
        for kind in ("day", "moment")
        for operator, words in (
            ("gte", gettext_lazy("is from")), ("lte", gettext_lazy("is until")),
            ("gt", gettext_lazy("is after")), ("lt", gettext_lazy("is before")),
        )
    },
}  # fmt: skip


class FilterChip(NamedTuple):
    """A filter as it is shown: its sentence in parts, and the addresses that open and remove it."""

    column: str
    operator: str
    value: str
    opens: str
    removes: str


def with_changes(query: QueryDict, **changes: Any) -> str:
    """Return an address with some parameters changed: a list is several of one, None removes it."""
    made = query.copy()
    for name in ("page", "cursor", "edit", "value", "operator", "column", "apply"):
        made.pop(name, None)
    for name, value in changes.items():
        made.pop(name, None)
        if value is not None:
            made.setlist(name, value if isinstance(value, list) else [str(value)])
    return f"?{made.urlencode()}"


def texts_of(parts: Sequence[Part]) -> list[str]:
    """Return filters as a query has them; an empty one tells that there are none."""
    return [written(one) for one in parts] or [""]


def chips_of(records: RecordList, state: ListState, query: QueryDict) -> list[FilterChip]:
    """Return the chips of a list."""
    found = []
    for at, part in enumerate(state.filters):
        rest = texts_of([one for one in state.filters if one is not part])
        opens = "" if isinstance(part, ViewFilter) else with_changes(query, edit=at)
        removes = with_changes(query, filter=rest)
        found.append(FilterChip(*_sentence(records, part), opens, removes))
    return found


def _sentence(records: RecordList, part: Part) -> tuple[str, str, str]:
    titles = {name: one.title for name, one in records.columns.items()}
    if not columns_in(part) <= titles.keys():
        return _("A field that you cannot see"), "", ""
    if isinstance(part, ViewFilter):
        return part.in_words(titles), "", ""
    column = records.columns[part.column]
    operator = OPERATORS[part.operator]
    title = column.title
    words = str(_SHORT.get(("", part.operator)) or operator_words(column, part.operator))
    if operator.right is Right.NOTHING:
        return title, words, ""
    between = _(" and ") if operator.right is Right.PAIR else _(" or ")
    if operator.right is Right.PAIR and column.kind in {"day", "moment"}:
        words, between = str(_SHORT["", "in"]), pgettext("between two days", " to ")
    return title, words, between.join(_said(column, one) for one in sources_of(part))


def operator_words(column: ListColumn, operator: str) -> str:
    """Return an operator in words, as it reads best for a column."""
    return str(_SHORT.get((column.kind, operator)) or _(OPERATORS[operator].words))


def columns_in(part: Part) -> set[str]:
    """Return the columns that a filter asks about."""
    if isinstance(part, ViewFilter):
        return {name for one in part.items for name in columns_in(one)}
    return {part.column}


def _said(column: ListColumn, source: str) -> str:
    template = Template.parse(source)
    if template.only_reference is not None:
        return name_in_words(template.only_reference).lower()
    if not template.is_constant:
        return source
    return value_words(column, template.evaluate(lambda _name: None))
