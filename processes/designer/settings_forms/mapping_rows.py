"""Mapping rows as the dialogs show them: their boxes, what is wrong, what no longer is there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.translation import gettext as _

from kianda.lib.dialogs.posted_rows import columns_of
from kianda.lib.dialogs.specs import Spec
from kianda.lib.pointers import control_id, pointer
from processes.designer.settings_forms.editor_scope import EditorScope
from processes.designer.settings_forms.labels import Words, choice_words
from processes.designer.settings_forms.value_chips import NAMES, ValueChip, chips_in


@dataclass(frozen=True)
class MappingSample:
    """What a row would carry; a secret is told of, never shown."""

    text: str = ""
    secret: bool = False
    empty: bool = False
    # Of a formula: what kind of value it gives.
    type: Words = ""
    # It names a field that is not there.
    gone: bool = False


class MappingSamples(Protocol):
    """Knows the values of a last run."""

    @property
    def process_id(self) -> str:
        """Return whose values they are; nothing when there are none."""

    def of(self, control: str, texts: Mapping[str, str], *, secret: bool) -> MappingSample:
        """Return what a row of a mapping would carry."""


NO_SAMPLE = MappingSample()
# What the value of a row may name, by the control of the list that it stands in.
TREE_OF = {
    "assignments": "value", "input_mapping": "value", "success_mapping": "result",
    "error_mapping": "error",
}  # fmt: skip
PICKED = {
    "field_picker": "field", "field": "own_field", "field_or_form": "field_or_form",
    "input_target": "target", "other_field": "other_field",
}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One box of a row."""

    spec: Spec
    place: str
    name: str
    value: str
    tree: str
    label: str
    errors: tuple[str, ...] = ()
    broken: str = ""
    # The name that is not there, and the one that was probably meant.
    gone: str = ""
    meant: str = ""
    focused: bool = False
    chips: Sequence[ValueChip] = ()

    @property
    def id(self) -> str:
        """Return the id that errors lead to."""
        return control_id(self.name)

    @property
    def wrong(self) -> str:
        """Return what is wrong with it, in one text."""
        return self.broken or " ".join(self.errors)

    @property
    def lost(self) -> str:
        """Return what the field is called that its value names and that is not there."""
        if self.listed:
            return ""
        return next((chip.title for chip in self.chips if chip.name == self.gone), "")

    @property
    def listed(self) -> bool:
        """Tell whether the names that fit are few enough for a plain list without script."""
        return self.tree in NAMES

    @property
    def lines(self) -> int:
        """Return how many lines stand in it."""
        return self.value.count("\n") + 1

    @property
    def options(self) -> list[tuple[str, Words, bool]]:
        """Return the choices of a box that offers some."""
        chosen = self.value
        known = self.spec.choices if chosen in self.spec.choices else (*self.spec.choices, chosen)
        return [
            (one, choice_words(self.spec.name, one)[0], one == chosen) for one in known
        ]  # fmt: skip


@dataclass(frozen=True)
class MappingRow:
    """One row: its boxes by what they are, its number, what is wrong with the row as a whole."""

    at: int
    place: str
    cells: dict[str, Cell]
    errors: tuple[str, ...] = ()
    sample: MappingSample = NO_SAMPLE

    @property
    def about(self) -> str:
        """Return what the row is about, for the names of its buttons."""
        named = next(filter(None, map(self.cells.get, ("target", "field", "name"))), None)
        return (named.value if named else "") or str(_("row %(number)s") % {"number": self.at + 1})

    @property
    def lost(self) -> list[Cell]:
        """Return the boxes whose value names a field that is not there."""
        return [cell for cell in self.cells.values() if cell.lost]

    @property
    def left(self) -> Cell:
        """Return the box at the left: what fills, or what is filled."""
        return self.cells[_first(self.cells)]

    @property
    def right(self) -> Cell | None:
        """Return the box at the right; a row that only chooses has none."""
        return self.cells.get("target") or (
            self.cells.get("value") if "field" in self.cells else None
        )

    @property
    def choice(self) -> Cell | None:
        """Return the box that offers choices, such as what to do when a value is missing."""
        return next((cell for cell in self.cells.values() if cell.spec.choices), None)


def _first(columns: Collection[str]) -> str:
    """Return which column stands at the left."""
    return next(name for name in ("field", "value", "name") if name in columns)


def lines_of(bound: Any, scope: EditorScope) -> list[MappingRow]:
    """Return the rows of a control; where one is required and none is there, one to fill in."""
    rows = bound.value or ([{}] if bound.spec.required else [])
    return [_row(bound, scope, at, texts) for at, texts in enumerate(rows)]


def _row(bound: Any, scope: EditorScope, at: int, texts: dict[str, str]) -> MappingRow:
    place = f"{bound.pointer}/{at}"
    form = bound.form
    cells = {
        column.name: _cell(bound, scope, column, f"{place}{pointer(column.name)}", texts)
        for column in columns_of(bound.spec.row)
    }
    sample = NO_SAMPLE
    if form.samples is not None:
        sample = sample_of(form.samples, scope, bound.spec.control, texts)
    errors = tuple(form.errors_at(place))
    return MappingRow(at, f"{form.at}{place}", cells, errors, sample)


def sample_of(
    samples: MappingSamples, scope: EditorScope, control: str, texts: Mapping[str, str]
) -> MappingSample:
    """Return what a row would carry, or why that cannot be told."""
    if scope.broken_names(texts.get("value", "")):
        return MappingSample(gone=True)
    return samples.of(control, texts, secret=scope.is_secret_row(texts))


def _cell(bound: Any, scope: EditorScope, column: Spec, place: str, texts: dict[str, str]) -> Cell:
    name, value = bound.form.name(place), texts.get(column.name, "")
    tree = PICKED.get(column.control) or TREE_OF.get(bound.spec.control, "value")
    # A plain text is neither picked nor completed.
    tree = "" if column.control == "line" else tree
    errors = tuple(bound.form.errors_at(place)) if value or column.required else ()
    chips = chips_in(value, tree, scope) if tree else []
    gone = _gone(tree, value, scope, chips)
    return Cell(
        column, place, name, value, tree, _label(tree, texts) if tree else _(column.title), errors,
        broken=_("%(name)s no longer exists. Choose another one.") % {"name": gone} if gone else "",
        gone=gone, meant=scope.meant_by(gone, tree) if gone else "",
        focused=_focused(bound, column, place), chips=chips,
    )  # fmt: skip


def _focused(bound: Any, column: Spec, place: str) -> bool:
    """Tell whether the focus goes here: into the left box of the row that was added."""
    first = _first({one.name for one in columns_of(bound.spec.row)})
    return (
        column.name == first and bool(bound.form.focus) and place == f"{bound.form.focus}/{first}"
    )


def _gone(tree: str, value: str, scope: EditorScope, chips: Sequence[ValueChip]) -> str:
    """Return the name in a box that is not there."""
    if tree in NAMES:
        return next((chip.name for chip in chips if chip.gone), "")
    return next(iter(scope.broken_names(value)), "") if tree else ""


def _label(tree: str, texts: dict[str, str]) -> str:
    about = texts.get("target") or texts.get("field") or ""
    words = {
        "field": _("Form field"), "own_field": _("Form field"),
        "target": _("Data source field"), "result": _("Response or text"),
        "error": _("Error or text"), "value": _("Form field or text"),
        "field_or_form": _("Field or form"), "other_field": _("Field of the other process"),
    }  # fmt: skip
    word = words[tree]
    return word if tree in NAMES or not about else f"{word}: {about}"
