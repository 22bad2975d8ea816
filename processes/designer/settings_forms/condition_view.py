"""Conditions as the dialogs show them: rows and groups, the operators that fit, the sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import BaseModel, ValidationError

from kianda.lib.pointers import control_id
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.source_trees import fields_in
from processes.designer.settings_forms.value_chips import ValueChip, chips_of
from processes.fields import Date, List, Text
from processes.language.comparisons import OPERATORS, Right
from processes.language.conditions import Condition, ItemCondition
from processes.language.expressions import Template, TemplateError
from processes.language.labels import called_by
from processes.language.parser import Reference, expression_in_words
from processes.language.references import SYSTEM_NAMES, is_system_name
from processes.language.scope import FieldKind, NameTable

# What stands at the left as if it were a field of a kind.
_NAMES: Mapping[str, type[FieldKind]] = {
    **dict.fromkeys(SYSTEM_NAMES, Text), "process.created": Date, "now": Date, "today": Date,
    "user.groups": List,
}  # fmt: skip


@dataclass(frozen=True)
class ConditionRow:
    """One condition."""

    place: str
    name: str
    number: int
    texts: Mapping[str, str]
    errors: Mapping[str, tuple[str, ...]]
    gone: Mapping[str, str]
    meant: Mapping[str, str]
    chips: Mapping[str, list[ValueChip]]
    tree: str
    kind: type[FieldKind] | None
    focused: bool = False

    is_group = False

    @property
    def id(self) -> str:
        """Return what the ids of its controls begin with."""
        return control_id(self.name)

    @property
    def operators(self) -> list[tuple[str, str, str, bool]]:
        """Return value, words, what stands at the right, and which is chosen."""
        return operators_for(self.kind, self.texts["operator"])

    @property
    def wrong_left(self) -> str:
        """Return what is wrong at its left side."""
        return _gone(self.gone["left"]) or " ".join([*self.errors["left"], *self.errors[""]])

    @property
    def wrong_right(self) -> str:
        """Return what is wrong at its right side."""
        return _gone(self.gone["right"]) or " ".join(self.errors["right"])


@dataclass(frozen=True)
class ConditionGroupView:
    """Conditions of which all or any must hold."""

    place: str
    name: str
    match: str
    items: "list[ConditionRow | ConditionGroupView]"
    depth: int
    errors: tuple[str, ...] = ()

    is_group = True

    @property
    def id(self) -> str:
        """Return the id that errors lead to."""
        return control_id(self.name)

    @property
    def items_place(self) -> str:
        """Return the place to which rows are added."""
        return f"{self.place}/items"


def operators_for(kind: type[FieldKind] | None, chosen: str) -> list[tuple[str, str, str, bool]]:
    """Return the operators that fit a kind, and the one that is chosen, fitting or not."""
    fitting = tuple(OPERATORS) if kind is None else kind.operators
    known = [name for name in OPERATORS if name in fitting or name == chosen]
    found = [
        (name, _(OPERATORS[name].words), OPERATORS[name].right.value, name == (chosen or "eq"))
        for name in known
    ]
    if chosen and chosen not in OPERATORS:
        found.append((chosen, chosen, Right.VALUE.value, True))
    return found


def group_of(bound: Any, scope: EditorScope) -> ConditionGroupView:
    """Return the group of a control."""
    counter = iter(range(1, 100_000))
    return _group(bound, scope, bound.value, bound.pointer, counter, 1)


def _group(
    bound: Any, scope: EditorScope, texts: Mapping[str, Any], place: str, counter: Iterator[int],
    depth: int,
) -> ConditionGroupView:  # fmt: skip
    items: list[ConditionRow | ConditionGroupView] = []
    for at, item in enumerate(texts["items"]):
        below = f"{place}/items/{at}"
        if "items" in item:
            items.append(_group(bound, scope, item, below, counter, depth + 1))
        else:
            items.append(row_of(bound, scope, item, below, next(counter)))
    errors = (*bound.form.errors_at(place), *bound.form.errors_at(f"{place}/items"))
    return ConditionGroupView(
        f"{bound.form.at}{place}", bound.form.name(place), texts["match"], items, depth, errors
    )


def row_of(
    bound: Any, scope: EditorScope, texts: Mapping[str, str], place: str, number: int
) -> ConditionRow:  # fmt: skip
    """Return one condition."""
    at = {cell: f"{place}/{cell}" if cell else place for cell in ("", "left", "operator", "right")}
    names = {"left": scope.broken_names(texts["left"]), "right": _names_right(texts, scope)}
    gone = {cell: next(iter(found), "") for cell, found in names.items()}
    return ConditionRow(
        f"{bound.form.at}{place}", bound.form.name(place), number, texts,
        {cell: tuple(bound.form.errors_at(where)) for cell, where in at.items()},
        gone, {cell: scope.meant_by(name) if name else "" for cell, name in gone.items()},
        {cell: chips_of(texts[cell], scope) for cell in ("left", "right")},
        "item" if bound.is_filter else "value",
        left_kind(texts["left"], scope), focused=bound.form.focus == place,
    )  # fmt: skip


def _gone(name: str) -> str:
    return _("%(name)s no longer exists. Choose another one.") % {"name": name} if name else ""


def _names_right(texts: Mapping[str, str], scope: EditorScope) -> list[str]:
    operator = OPERATORS.get(texts["operator"])
    if operator is None or operator.right in {Right.NOTHING, Right.PATTERN}:
        return []
    return scope.broken_names(texts["right"])


def left_kind(source: str, scope: EditorScope) -> type[FieldKind] | None:
    """Return the kind of the field that stands alone at the left; nothing when it is more."""
    try:
        name = Template.parse(source).only_reference
    except TemplateError:
        return None
    if name is not None and name.startswith("item.") and scope.process is not None:
        name = name.removeprefix("item.")
        kinds: Mapping[str, type[FieldKind]] = {
            one.name: one.field_kind for one in fields_in(scope.process)
        }
    else:
        kinds = scope.kinds
    found = kinds.get(name or "") or _NAMES.get(name or "")
    return found or (Text if is_system_name(name or "") else None)


@dataclass(frozen=True)
class ConditionSide:
    """A piece of a sentence; a reference is drawn as one."""

    text: str
    ref: bool = False


@dataclass(frozen=True)
class Sentence:
    """Conditions in words."""

    parts: list[ConditionSide]
    to_mend: int = 0


def sentence_of(group: Any, scope: EditorScope, *, of_items: bool = False) -> Sentence:
    """Return a group in words; conditions that cannot be read are counted, not told."""
    model: type[BaseModel] = ItemCondition if of_items else Condition
    parts, wrong = _in_words(group, scope.titles, model, scope.names)
    if wrong:
        mend = ngettext("%(n)s condition to fix", "%(n)s conditions to fix", wrong) % {"n": wrong}
        parts = [*parts, *([ConditionSide("; ")] if parts else []), ConditionSide(mend)]
    return Sentence(parts, wrong)


def _in_words(
    group: Mapping[str, Any], titles: Mapping[str, str], model: type[BaseModel], names: NameTable
) -> tuple[list[ConditionSide], int]:
    told: list[list[ConditionSide]] = []
    wrong = 0
    for item in group["items"]:
        if "items" in item:
            inner, count = _in_words(item, titles, model, names)
            wrong += count
            if inner:
                many = len(item["items"]) > 1
                told.append([ConditionSide("("), *inner, ConditionSide(")")] if many else inner)
        elif item["left"] or item["right"]:
            try:
                model.model_validate(dict(item), context={"names": names})
            except ValidationError:
                wrong += 1
            else:
                told.append(_row_in_words(item, titles))
    between = ConditionSide(_(" and ") if group["match"] == "all" else _(" or "))
    parts = [part for index, one in enumerate(told) for part in ([between] if index else []) + one]
    return parts, wrong


def _row_in_words(item: Mapping[str, str], titles: Mapping[str, str]) -> list[ConditionSide]:
    operator = OPERATORS[item["operator"]]
    left = [*_side(item["left"], titles), ConditionSide(f" {_(operator.words)}")]
    if operator.right is Right.NOTHING:
        return left
    if operator.right is Right.VALUE:
        return [*left, ConditionSide(" "), *_side(item["right"], titles)]
    return [*left, ConditionSide(f" {item['right']}")]


def _side(source: str, titles: Mapping[str, str]) -> list[ConditionSide]:
    template = Template.parse(source)
    name = template.only_reference
    if name is not None:
        return [_ref(name, titles)]
    if source == "":
        return [ConditionSide(_("empty"))]
    if template.expression is None:
        return [ConditionSide(f"\u201c{source}\u201d")]
    parts = expression_in_words(source.removeprefix("="))
    return [
        _ref(one.name, titles) if isinstance(one, Reference) else ConditionSide(one)
        for one in parts
    ]


def _ref(name: str, titles: Mapping[str, str]) -> ConditionSide:
    return ConditionSide(called_by(name, titles), ref=True)
