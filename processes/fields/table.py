"""Table: rows of typed columns."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pydantic import Field, StrictBool, ValidationInfo, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop, grouped
from kianda.lib.pointers import pointer
from processes.fields.base import FormField, InputField, MomentWords, Read, words_of
from processes.language.expressions import Resolve
from processes.language.references import flaw, names_in
from processes.language.values import MAX_LIST, Value, ValueFailure, from_json, is_blank
from processes.language.values import shown as in_message

MAX_COLUMNS = 50
MAX_TOLD = 50

# Which kinds a column may be is known only where all kinds are.
Column: TypeAlias = InputField
if TYPE_CHECKING:
    AnyColumn: TypeAlias = InputField


class Table(InputField):
    """Holds rows with the same columns, such as the lines of an order.

    Its value is a list of objects, one per row, with one key for each column. When a rule writes
    objects into it, keys that are not columns are ignored, and a column without a key is empty. In
    a formula, [lines] is all rows, and [lines.amount] the values of one column.
    """

    label = gettext_noop("Table")
    kind_icon = "table"
    look = "table"
    holds_rows = True
    operators = ("blank", "not_blank")

    type: Literal["table"] = "table"
    columns: list["AnyColumn"] = Field(
        default=[],
        max_length=MAX_COLUMNS,
        title=gettext_noop("Columns"),
        description=gettext_noop(
            "What each row holds, as fields: text, number, date, list, toggle or user."
        ),
        json_schema_extra={"control": "columns"},
    )
    allow_add: StrictBool = Field(
        default=True,
        title=gettext_noop("Rows can be added"),
        description=gettext_noop("Whether a person can add rows."),
        json_schema_extra={"control": "switch"},
    )
    allow_remove: StrictBool = Field(
        default=True,
        title=gettext_noop("Rows can be removed"),
        description=gettext_noop("Whether a person can remove rows."),
        json_schema_extra={"control": "switch"},
    )
    allow_move: StrictBool = Field(
        default=True,
        title=gettext_noop("Rows can be moved"),
        description=gettext_noop("Whether a person can change the order of the rows."),
        json_schema_extra={"control": "switch"},
    )
    first_rows: int = Field(
        default=0,
        ge=0,
        le=100,
        strict=True,
        title=gettext_noop("Initial rows"),
        description=gettext_noop(
            "How many rows a new record starts with, filled with the defaults of the columns."
        ),
        json_schema_extra={"control": "number"},
    )
    max_rows: int = Field(
        default=MAX_LIST,
        ge=1,
        le=MAX_LIST,
        strict=True,
        title=gettext_noop("Maximum rows"),
        description=gettext_noop("How many rows are allowed."),
        json_schema_extra={"control": "number"},
    )
    page_size: int = Field(
        default=25,
        ge=5,
        le=100,
        strict=True,
        title=gettext_noop("Rows per page"),
        description=gettext_noop(
            "How many rows the form shows at once; buttons lead to the others."
        ),
        json_schema_extra={"control": "number"},
    )

    @field_validator("columns")
    @classmethod
    def _columns_fit(cls, columns: list[Column]) -> list[Column]:
        seen: set[str] = set()
        for column in columns:
            if column.rules:
                raise flaw(
                    _(
                        "The column %(name)s has rules. Add them to the table, or to a button, "
                        "instead."
                    )
                    % {"name": column.name}
                )
            if column.name.lower() in seen:
                raise flaw(
                    _("The column %(name)s exists twice. Rename one of them.")
                    % {"name": column.name}
                )
            seen.add(column.name.lower())
        return columns

    @field_validator("max_rows")
    @classmethod
    def _not_below_first_rows(cls, most: int, info: ValidationInfo) -> int:
        # A design that was stored before this was looked at is read all the same.
        first = info.data.get("first_rows", 0)
        if names_in(info) is not None and first > most:
            raise flaw(
                _(
                    "A new record starts with %(first)s rows, but at most %(most)s are allowed. "
                    "Change one of them."
                )
                % {"first": first, "most": most}
            )
        return most

    def column(self, name: str) -> Column | None:
        """Return a column by name."""
        return next((column for column in self.columns if column.name == name), None)

    def refs(self, value: Value) -> Iterator[tuple[str, str, FormField]]:
        """Yield whom its cells name."""
        people = [column for column in self.columns if column.names_people]
        for at, row in enumerate(value if people and isinstance(value, list) else ()):
            for column in people:
                for place, ref, field in column.refs(row.get(column.name)):
                    yield f"/{at}/{column.name}{place}", ref, field

    def groups_asked_for(self) -> Iterator[tuple[str, str]]:
        """Yield the groups whose members its columns take."""
        for at, column in enumerate(self.columns):
            yield from (
                (f"/columns/{at}{below}", group) for below, group in column.groups_asked_for()
            )

    def empty(self) -> Value:
        """Return a table without rows."""
        return []

    def to_python(self, raw: object) -> Value:
        """Return a list of objects, or one object alone, as rows in the columns' types."""
        return [self._row(number, row) for number, row in enumerate(_rows_of(raw), 1)]

    def _row(self, number: int, raw: Mapping[str, Any]) -> dict[str, Value]:
        row: dict[str, Value] = {}
        for column in self.columns:
            try:
                row[column.name] = column.to_python(raw.get(column.name))
            except ValueFailure as failure:
                raise ValueFailure(_told(number, column, failure)) from failure
        return row

    def clean(self, value: Value) -> Value:
        """Check the number of rows, and each cell by its column."""
        rows, wrong = self._cleaned(_rows_of(value))
        if wrong:
            raise ValueFailure(wrong[0][1])
        return rows

    def read(self, raw: object) -> Read:
        """Return sent rows with everything that is wrong with them, cell by cell.

        What is sent names its columns: a key that is none is a slip there.
        """
        try:
            given = _list_of(raw)
        except ValueFailure as failure:
            return [], [("", str(failure))]
        no_rows = [(f"/{at}", _no_row(at, row)) for at, row in enumerate(given) if not _is_row(row)]
        rows = [row if _is_row(row) else {} for row in given]
        made, wrong = self._cleaned(rows)
        wrong = [*no_rows, *self._unknown(rows), *wrong]
        if len(wrong) > MAX_TOLD:
            more = grouped(len(wrong) - MAX_TOLD)
            wrong = [
                *wrong[:MAX_TOLD],
                ("", _("%(more)s more cells are not valid.") % {"more": more}),
            ]
        return made, wrong

    def _unknown(self, rows: list[Mapping[str, Any]]) -> list[tuple[str, str]]:
        known = {column.name for column in self.columns}
        names = ", ".join(sorted(known)) or _("none")
        return [
            (
                pointer(at, key),
                _("row %(number)s: there is no column %(key)s. There are: %(names)s.")
                % {"number": at + 1, "key": key, "names": names},
            )
            for at, row in enumerate(rows)
            for key in row
            if key not in known
        ]

    def _cleaned(self, rows: list[Mapping[str, Any]]) -> Read:
        wrong: list[tuple[str, str]] = []
        if len(rows) > self.max_rows:
            wrong.append(
                (
                    "",
                    _("There are %(count)s rows; at most %(most)s are allowed.")
                    % {"count": grouped(len(rows)), "most": grouped(self.max_rows)},
                )
            )
        made: list[Value] = []
        for at, raw in enumerate(rows):
            row: dict[str, Value] = {}
            for column in self.columns:
                try:
                    row[column.name] = column.clean(column.to_python(raw.get(column.name)))
                except ValueFailure as failure:
                    wrong.append((f"/{at}/{column.name}", _told(at + 1, column, failure)))
            made.append(row)
        return made, wrong

    def missing(self, value: Value) -> bool:
        """Tell whether it has no row and needs one, or a row lacks what its column requires."""
        return super().missing(value) or any(True for _cell in self._blank_cells(value))

    def gaps(self, value: Value) -> list[tuple[str, str]]:
        """Return a sentence for each required cell that is blank; one when all rows are missing."""
        if super().missing(value):
            return [("", _("%(title)s is required. Add a row.") % {"title": self.title})]
        return [
            (
                f"/{at}/{column.name}",
                _("%(title)s: row %(number)s, %(column)s is required.")
                % {"title": self.title, "number": at + 1, "column": column.title},
            )
            for at, column in self._blank_cells(value)
        ][:MAX_TOLD]

    def _blank_cells(self, value: Value) -> Iterator[tuple[int, Column]]:
        # Nothing is required of a person who cannot fill it in.
        required = [
            column
            for column in self.columns
            if column.required and column.visible and column.enabled
        ]
        rows: Any = value or ()
        for at, row in enumerate(rows if required else ()):
            for column in required:
                if is_blank(row.get(column.name)):
                    yield at, column

    def initial(self, resolve: Resolve) -> Value:
        """Return the rows of a new instance, filled with the columns' defaults."""
        if not self.first_rows:
            return []
        row = {column.name: column.initial(resolve) for column in self.columns}
        return [dict(row) for _row in range(self.first_rows)]

    def in_words(self, value: Any, moment: MomentWords) -> Any:
        """Return the rows with words in their cells; of a table that was cut there are none."""
        if not isinstance(value, list) or not all(_is_row(row) for row in value):
            return value
        columns = {column.name: column for column in self.columns}
        return [
            {name: words_of(columns.get(name), cell, moment) for name, cell in row.items()}
            for row in value
        ]

    def shown(self, value: Value) -> str:
        """Return how many rows there are."""
        count = len(value) if isinstance(value, list) else 0
        said = _("%(count)s row") if count == 1 else _("%(count)s rows")
        return said % {"count": grouped(count)} if count else ""


def _rows_of(raw: object) -> list[Mapping[str, Any]]:
    rows = _list_of(raw)
    for at, row in enumerate(rows):
        if not _is_row(row):
            raise ValueFailure(_no_row(at, row))
    return rows


def _is_row(row: object) -> bool:
    return isinstance(row, Mapping)


def _no_row(at: int, row: Any) -> str:
    return _("row %(number)s is %(row)s, not an object with the columns.") % {
        "number": at + 1,
        "row": in_message(from_json(row)),
    }


def _list_of(raw: object) -> list[Any]:
    if raw is None or raw == "":
        return []
    rows = [raw] if isinstance(raw, Mapping) else raw
    if not isinstance(rows, (list, tuple)):
        raise ValueFailure(
            _("%(raw)s is not a table. A list of objects is needed, one per row.")
            % {"raw": in_message(from_json(raw))}
        )
    if len(rows) > MAX_LIST:
        raise ValueFailure(
            _("There are %(count)s rows; at most %(most)s are allowed.")
            % {"count": grouped(len(rows)), "most": grouped(MAX_LIST)}
        )
    return list(rows)


def _told(number: int, column: Column, failure: ValueFailure) -> str:
    return _("row %(number)s, %(column)s: %(failure)s") % {
        "number": number,
        "column": column.title,
        "failure": failure,
    }


def may_name_people(fields: Mapping[str, FormField], name: str, *, row: str = "") -> bool:
    """Tell whether a value by a name can be people: anything but what is typed into other fields.

    `row` is the table of whose row a loop is at.
    """
    head, _dot, part = name.partition(".")
    found: FormField | None = fields.get(row if head == "row" and row else head)
    if part:
        # Of a person in a field, a part of what is known of them.
        found = found.column(part) if isinstance(found, Table) else None
    return found is None or found.names_people
