"""The filters of a list as chips: a sentence each, opened to change it, removed with x."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.services.groups import group_names_in
from processes.definition.views import ViewCondition, ViewFilter
from processes.language.comparisons import OPERATORS, Right
from processes.language.expressions import Template
from processes.language.labels import name_in_words
from processes.language.people import kind_and_name
from processes.language.people_refs import user_ref
from processes.language.values import as_text
from processes.lists.cells import value_words
from processes.lists.columns import ListColumn
from processes.lists.records import RecordList
from processes.lists.state import ListState, Part, written

NEW = "new:"
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
# What a filter by ticked choices offers, and one by chosen people.
_OF_CHOICES = ("in", "blank", "not_blank")
_OF_PEOPLE = ("in", "neq", "is_me", "has_me", "blank", "not_blank")


class FilterChip(NamedTuple):
    """A filter as it is shown: its sentence in parts, and the addresses that open and remove it."""

    column: str
    operator: str
    value: str
    opens: str
    removes: str


class OpenFilter(NamedTuple):
    """A filter that is being changed: what its form offers and holds."""

    column: ListColumn
    at: str
    operators: list[tuple[str, str]]
    operator: str
    value: str
    chosen: list[str]

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
        """Return the kind of its control."""
        plain = not self.value or self.value[:4].isdigit()
        return "date" if self.column.kind == "day" and plain else "text"


def with_changes(query: QueryDict, **changes: Any) -> str:
    """Return an address with some parameters changed: a list is several of one, None removes it."""
    made = query.copy()
    for name in ("page", "cursor", "edit", "value", "operator", "column"):
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
    words = _SHORT.get((column.kind, part.operator)) or _SHORT.get(("", part.operator))
    if operator.right is Right.NOTHING:
        return title, str(words or _(operator.words)), ""
    between = _(" and ") if operator.right is Right.PAIR else _(" or ")
    value = between.join(_said(column, one) for one in _sources(part))
    return title, str(words or _(operator.words)), value


def columns_in(part: Part) -> set[str]:
    """Return the columns that a filter asks about."""
    if isinstance(part, ViewFilter):
        return {name for one in part.items for name in columns_in(one)}
    return {part.column}


def _sources(row: ViewCondition) -> list[str]:
    kind = OPERATORS[row.operator].right
    whole = kind is Right.VALUE or (row.right.startswith("=") and row.right[:2] != "==")
    return [row.right] if whole else [one.strip() for one in row.right.split(",")]


def _said(column: ListColumn, source: str) -> str:
    template = Template.parse(source)
    if template.only_reference is not None:
        return name_in_words(template.only_reference).lower()
    if not template.is_constant:
        return source
    return value_words(column, template.evaluate(lambda _name: None))


def open_filter(records: RecordList, state: ListState, edit: str) -> OpenFilter | None:
    """Return the filter that a query wants to change: one by its place, or a new one."""
    if edit.startswith(NEW):
        column = records.columns.get(edit.removeprefix(NEW))
        row = None
    else:
        at = int(edit) if edit.isdecimal() and len(edit) < 4 else -1
        part = state.filters[at] if 0 <= at < len(state.filters) else None
        row = part if isinstance(part, ViewCondition) else None
        column = records.columns.get(row.column) if row else None
    if column is None or not column.operators:
        return None
    offered = column.operators
    if column.choices or column.kind == "person":
        offered = _OF_CHOICES if column.choices else _OF_PEOPLE
    operators = [
        (name, str(_SHORT.get((column.kind, name)) or _(OPERATORS[name].words))) for name in offered
    ]
    right = row.right if row else ""
    is_chosen = column.choices or column.kind == "person"
    chosen = [_plain(one.strip()) for one in right.split(",")] if is_chosen and right else []
    operator = row.operator if row and row.operator in offered else offered[0]
    return OpenFilter(column, edit, operators, operator, _plain(right), chosen)


def _plain(source: str) -> str:
    """Return a value as it is typed; one that is computed as it is written."""
    template = Template.parse(source)
    return as_text(template.evaluate(lambda _name: None)) if template.is_constant else source


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
    column, values = records.columns.get(name), query.getlist("value")
    if column is not None and column.kind == "person":
        values = [_ref(one) for one in group_names_in(values)]
    values = [one.strip() for one in values if one.strip()][:50]
    if column is not None and column.kind not in {"day", "moment"}:
        if _needs_rows(column, operator, values):
            by = "eq" if operator == "in" else operator
            rows = [{"left": f"[{name}]", "operator": by, "right": _literal(v)} for v in values]
            match = "any" if operator == "in" else "all"
            return written(ViewFilter.model_validate({"match": match, "items": rows}))
        values = [_literal(one) for one in values]
    return f"{name}:{operator}:{', '.join(values)}"


def _needs_rows(column: ListColumn, operator: str, values: Sequence[str]) -> bool:
    """Tell whether values cannot stand in one row: it takes only one, or commas part them."""
    if column.kind == "person" and operator == "neq":
        return len(values) > 1
    named = bool(column.choices) or column.kind == "person"
    return operator == "in" and named and any("," in one for one in values)


def _ref(typed: str) -> str:
    """Return a person or group as values have them; a plain name is that of a user."""
    return typed if kind_and_name(typed)[0] else user_ref(typed)


def _literal(text: str) -> str:
    """Return what somebody has typed as the value that it is, with nothing in it evaluated."""
    escaped = text.replace("[", "[[")
    return f"={escaped}" if escaped.startswith("=") else escaped
