"""What is asked of a list: a view, and over it other filters, columns, an order, a search."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError

from kianda.lib.errors import Flaw, Invalid
from kianda.lib.pointers import flaws_of
from processes.definition.views import (
    MOST_COLUMNS,
    MOST_TOTALS,
    RecordView,
    ViewCondition,
    ViewFilter,
    ViewTotal,
)

MOST_FILTERS = 20
# The list that every process has.
EVERYTHING = "all"
Part = ViewCondition | ViewFilter


@dataclass(frozen=True)
class ListState:
    """A list as it is asked for; what is not asked is as the view has it."""

    view: str
    filters: tuple[Part, ...] = ()
    columns: tuple[str, ...] = ()
    sort: str = ""
    group: str = ""
    totals: tuple[ViewTotal, ...] = ()
    words: str = ""
    # It differs from its view.
    changed: bool = False

    @property
    def filter(self) -> ViewFilter:
        """Return the filters as one, all of which must hold."""
        return ViewFilter(items=self.filters)


def state_of(view: RecordView) -> ListState:
    """Return a list as its view has it."""
    filters = view.filter.items if view.filter.match == "all" else (view.filter,)
    return ListState(
        view.name, filters, view.columns, view.sort, view.group_by, view.totals
    )  # fmt: skip


def asked_state(view: RecordView, asked: Mapping[str, Sequence[str]]) -> ListState:
    """Return a list as the parameters of a query ask for it.

    `filter` (any number: `amount:gt:10`, or conditions as JSON; an empty one: none), `columns`
    (names with commas), `sort`, `group`, `totals` (any number: `amount:sum`; an empty one: none),
    `q`. Raises Invalid at `/filter` and `/totals`.
    """
    state, changes = state_of(view), dict[str, Any]()
    if "filter" in asked:
        changes["filters"] = read_filters(asked["filter"])
    if any(asked.get("columns", ())):
        changes["columns"] = names_in(",".join(asked["columns"]))
    if "totals" in asked:
        changes["totals"] = _totals(asked["totals"])
    for parameter in ("sort", "group"):
        if parameter in asked:
            changes[parameter] = asked[parameter][0].strip()[:100]
    made = replace(state, **changes)
    words = asked.get("q", [""])[0].replace("\0", "").strip()[:200]
    return replace(made, words=words, changed=made != state)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of columns that stand in a text with commas, each once."""
    names = dict.fromkeys(part.strip() for part in text.split(",") if part.strip())
    return tuple(names)[:MOST_COLUMNS]


def moved(columns: Sequence[str], asked: str) -> tuple[str, ...]:
    """Return columns with one of them moved by a place, as `up:amount` or `down:amount` asks."""
    step, _colon, name = asked.partition(":")
    made = list(columns)
    if name in made:
        at = made.index(name)
        to = at + (-1 if step == "up" else 1)
        if 0 <= to < len(made):
            made[at], made[to] = made[to], made[at]
    return tuple(made)


def _totals(texts: Sequence[str]) -> tuple[ViewTotal, ...]:
    found = dict[str, ViewTotal]()
    for text in filter(None, (one.strip() for one in texts)):
        name, _colon, calculate = text.partition(":")
        raw = {"field": name, "calculate": calculate or "sum"}
        try:
            found.setdefault(name, ViewTotal.model_validate(raw))
        except ValidationError:
            words = _("Write a total as column:sum or column:average.")
            raise Invalid.at("/totals", words) from None
    return tuple(found.values())[:MOST_TOTALS]


def read_filters(texts: Sequence[str], *, at: str = "/filter") -> tuple[Part, ...]:
    """Return filters that were sent as texts; raises Invalid with the place of each flaw."""
    found: list[Part] = []
    flaws: list[Flaw] = []
    for text in texts[: MOST_FILTERS + 1]:
        if not text.strip():
            continue
        try:
            found.append(_read(text.strip(), at))
        except Invalid as refusal:
            flaws += refusal.errors
    if len(found) > MOST_FILTERS:
        words = _("A list takes at most %(most)s filters.") % {"most": MOST_FILTERS}
        flaws.append(Flaw(at, words))
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)
    return tuple(found)


def _read(text: str, at: str) -> Part:
    if "\0" in text:
        raise Invalid.at(at, _("The filter holds the character NUL."))
    if text.startswith("{"):
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            raise Invalid.at(at, _("The filter is no JSON that can be read.")) from None
        return _checked(ViewFilter, raw, at)
    column, colon, rest = text.partition(":")
    operator, _colon, value = rest.partition(":")
    if not colon:
        words = _("Write a filter as column:operator:value, such as amount:gt:10.")
        raise Invalid.at(at, words)
    raw = {"left": f"[{column}]", "operator": operator, "right": value}
    return _checked(ViewCondition, raw, at)


def _checked(model: type[ViewCondition] | type[ViewFilter], raw: Any, at: str) -> Part:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, raw, model=model, prefix=at)) from error


def written(part: Part) -> str:
    """Return a filter as a query has it, so that it is read back as it is."""
    if isinstance(part, ViewFilter):
        return json.dumps(part.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":"))
    return f"{part.column}:{part.operator}:{part.right}"
