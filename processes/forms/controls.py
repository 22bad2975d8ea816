"""The controls of a process's forms as a page shows them, in rows and containers."""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import NamedTuple

from django.utils import timezone

from kianda.accounts.services.directory import DirectoryEntry, entries
from kianda.lib.pointers import control_id, pointer
from processes.definition.display import Display
from processes.definition.document import Form
from processes.fields import List
from processes.fields.base import FormField, Written
from processes.fields.text import Text
from processes.files.uploads import most_bytes
from processes.forms.control_values import PREFIX, ShownFile, files_shown
from processes.instances.history import ForeignChange
from processes.language.file_types import file_size

_FULL = 12
_AT_FIRST = Display()


@dataclass(frozen=True)
class Control:
    """One field of a form as a page shows it."""

    field: FormField
    value: Written = ""
    sentences: tuple[str, ...] = ()
    is_set: bool = False
    again: bool = False
    changed: bool = False
    conflict: ForeignChange | None = None
    display: Display = _AT_FIRST
    inner: tuple["Control", ...] = ()
    # Of a cell of a table: where it stands below the values, its name, the number of its row.
    place: str = ""
    key: str = ""
    row: str = ""
    rows_shown: "TableView | None" = None
    # Of what holds no value: safe HTML, or where a link leads.
    content: str = ""
    focus: bool = False
    # Its value in words, where it is only read.
    told: str | None = None

    @property
    def template(self) -> str:
        """Return the template of its type; what is only read is drawn in one way."""
        return "fields/value.html" if self.told is not None else f"fields/{self.field.slug()}.html"

    @property
    def id(self) -> str:
        """Return the id of the control, which error summaries link to."""
        return control_id("/data" + (self.place or pointer(self.field.name)))

    @property
    def name(self) -> str:
        """Return the name that is posted."""
        return PREFIX + (self.key or self.field.name)

    @property
    def required(self) -> bool:
        """Tell whether it must be filled in; a secret that is stored is."""
        return self.display.required and not self.is_set

    @property
    def enabled(self) -> bool:
        """Tell whether a person may change or press it."""
        return self.display.enabled

    @property
    def rows(self) -> list["GridRow"]:
        """Return the rows of what stands in it."""
        return rows_of(self.inner)

    @property
    def wrong(self) -> bool:
        """Tell whether it, or anything that stands in it, has an error or a conflict."""
        return any(one.sentences or one.conflict or one.has_wrong_rows for one in every([self]))

    @property
    def has_wrong_rows(self) -> bool:
        """Tell whether a cell of a table that is shown has an error."""
        rows = self.rows_shown.rows if self.rows_shown else []
        return any(cell.sentences for row in rows for cell in row.cells)

    @property
    def described(self) -> str:
        """Return the ids of the help and the errors beside it."""
        helped = not self.row and (self.field.help or self.field.is_secret)
        parts = [f"{self.id}-help"] if helped else []
        return " ".join(parts + ([f"{self.id}-error"] if self.sentences else []))

    @property
    def zone(self) -> str:
        """Return the time zone that a moment is shown and read in."""
        return timezone.get_current_timezone_name()

    @property
    def long(self) -> bool:
        """Tell whether a text needs several lines: an input would drop its line breaks."""
        return isinstance(self.field, Text) and (
            self.field.mode == "long" or "\n" in str(self.value)
        )

    @property
    def words(self) -> str:
        """Return what stands in it as a person reads it."""
        return self.field.control_in_words(self.value)

    @property
    def people(self) -> list[DirectoryEntry]:
        """Return the people and groups that are named in it."""
        refs = self.value.split("\n") if isinstance(self.value, str) else self.value
        return list(entries(refs).values())

    @property
    def files(self) -> list[ShownFile]:
        """Return the files that stand in it."""
        return files_shown(self.field, self.value) if self.field.holds_files else []

    @property
    def largest_file(self) -> int:
        """Return how many bytes a file in it can have."""
        own = getattr(self.field, "largest_mb", None)
        return most_bytes() if own is None else min(own * 1_000_000, most_bytes())

    @property
    def largest_file_words(self) -> str:
        """Return it as people read it."""
        return file_size(self.largest_file)

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """Return (value, title, chosen) of a list; a value that is no choice any more stays."""
        if not isinstance(self.field, List):
            return []
        known = [(one.value, one.title, one.value in self.value) for one in self.field.choices]
        titles = {value for value, _, _ in known}
        return known + [(one, one, True) for one in self.value if known and one not in titles]


class GridRow(NamedTuple):
    """What shares a place in the grid of a form: one control, or buttons after each other."""

    controls: list[Control]
    buttons: bool = False

    @property
    def classes(self) -> str:
        """Return its classes: how wide it is, and what it is."""
        field = self.controls[0].field
        made = [f"k-w{field.width} k-p{field.width_phone}"]
        made += ["k-actions"] if self.buttons else []
        made += ["is-changed"] if not self.buttons and self.controls[0].changed else []
        return " ".join(made)


def rows_of(controls: Iterable[Control]) -> list[GridRow]:
    """Return controls as rows: full-width buttons after each other share one."""
    found: list[GridRow] = []
    for one in controls:
        shares = one.field.is_button and one.field.width == _FULL
        if shares and found and found[-1].buttons:
            found[-1].controls.append(one)
        else:
            found.append(GridRow([one], buttons=shares))
    return found


def every(controls: Iterable[Control]) -> Iterator[Control]:
    """Yield controls and what stands in them."""
    for one in controls:
        yield one
        yield from every(one.inner)


def without(controls: Iterable[Control], left_out: Iterable[Control]) -> list[Control]:
    """Return controls without some of them, wherever they stand."""
    names = {one.field.name for one in left_out}
    return [
        replace(one, inner=tuple(without(one.inner, left_out)))
        for one in controls
        if one.field.name not in names
    ]


def only_open(controls: Iterable[Control], names: Container[str]) -> list[Control]:
    """Return controls of which those named alone can be filled in."""
    return [
        replace(
            one,
            display=one.display._replace(
                enabled=one.enabled and (one.field.name in names or bool(one.inner))
            ),
            inner=tuple(only_open(one.inner, names)),
        )
        for one in controls
    ]


def only_read(controls: Iterable[Control], words: Callable[[FormField], str]) -> list[Control]:
    """Return controls as they are read: values in words, files and tables as such, no buttons."""
    return [
        replace(
            one,
            display=one.display._replace(enabled=False),
            told=words(one.field) if one.field.holds_value and not _draws_itself(one) else None,
            inner=tuple(only_read(one.inner, words)),
        )
        for one in controls
        if not one.field.is_button
    ]


def _draws_itself(control: Control) -> bool:
    return control.field.holds_rows or control.field.holds_files


@dataclass(frozen=True)
class FormView:
    """One form of a process as a page shows it."""

    form: Form
    controls: list[Control]
    footer: list[Control] = dataclass_field(default_factory=list)

    @property
    def rows(self) -> list[GridRow]:
        """Return its rows."""
        return rows_of(self.controls)

    @property
    def wrong(self) -> bool:
        """Tell whether any of its controls has an error or a conflict."""
        return any(one.wrong for one in self.controls)


class RowView(NamedTuple):
    """A row of a table in its window: the key it is posted with, its number, its cells."""

    key: str
    number: int
    cells: list[Control]
    focus: str = ""

    @property
    def place(self) -> int:
        """Return which row it is, counted from 0."""
        return self.number - 1


class TableView(NamedTuple):
    """The window on the rows of a table, and what travels with it unseen."""

    rows: list[RowView]
    total: int
    start: int
    size: int
    around: str
    blank: RowView
    focus: str = ""

    @property
    def end(self) -> int:
        """Return the number of the last row that is shown."""
        return self.start + len(self.rows)

    @property
    def windows(self) -> list[tuple[int, int, int]]:
        """Return (start, first, last) of the windows that buttons lead to: around, and the ends."""
        starts = range(0, self.total, self.size)
        here = self.start // self.size
        near = {0, here - 1, here, here + 1, len(starts) - 1}
        return [
            (at, at + 1, min(at + self.size, self.total))
            for number, at in enumerate(starts)
            if number in near
        ]
