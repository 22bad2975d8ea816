"""The forms of a process: what stands in them, what a person typed, what it means."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, cast

from django.http import QueryDict
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from kianda.lib.dialogs.row_actions import Act
from kianda.lib.errors import Flaw
from kianda.lib.pointers import pointer
from kianda.web.pages import Errors
from processes.definition.display import Display, Overrides, displays
from processes.definition.document import Document, Form
from processes.fields import Button, Table
from processes.fields.base import FormField, InputField, Written
from processes.forms.control_values import PREFIX, input_of, means_same, posted
from processes.forms.control_values import sent_of as sent_of_written
from processes.forms.controls import Control, FormView, every, without
from processes.forms.table_input import Grid, TypedTable, act_on, read_table
from processes.forms.table_view import table_view
from processes.language.expressions import Resolve
from processes.language.people import inside
from processes.language.values import Value, ValueFailure

TypedValue: TypeAlias = Written | TypedTable

NO_ERRORS = Errors()


def no_names(name: str) -> Value:
    """Resolve nothing: for defaults of new rows where no names are known."""
    raise ValueFailure(_("%(name)s is not known here.") % {"name": name})


def sent_of(field: FormField, typed: TypedValue) -> Any:
    """Return what was typed into a field, as JSON for the services."""
    return typed.meant() if isinstance(typed, TypedTable) else sent_of_written(field, typed)


def editable(
    document: Document,
    overrides: Overrides | None = None,
    *,
    form: Form | None = None,
    meet: Callable[[FormField], FormField] = lambda field: field,
) -> dict[str, InputField]:
    """Return the fields that a person can fill in, by name; each says whether it is required.

    `meet` gives a field as the person meets it.
    """
    stand = displays(document, overrides)
    fields = document.fields.values() if form is None else form.all_fields()
    return {
        one.name: _as_it_stands(cast(InputField, meet(one)), stand[one.name])
        for one in fields
        if one.holds_value and stand[one.name].visible and stand[one.name].enabled
    }


def _as_it_stands(field: InputField, display: Display) -> InputField:
    same = field.required == display.required
    return field if same else field.model_copy(update={"required": display.required})


def typed_in(
    fields: Mapping[str, InputField],
    post: QueryDict,
    base: Mapping[str, Value],
    resolve: Resolve = no_names,
) -> dict[str, TypedValue]:
    """Return what was posted for each field, over the values that the person saw.

    A secret only when it is set anew or removed.
    """
    typed = {name: _posted(field, post, base, resolve) for name, field in fields.items()}
    return {name: content for name, content in typed.items() if content is not None}


def _posted(
    field: InputField, post: QueryDict, base: Mapping[str, Value], resolve: Resolve
) -> TypedValue | None:
    if isinstance(field, Table):
        return read_table(grid_of(field, base, resolve), post)
    written = posted(field, PREFIX + field.name, post)
    if not field.is_secret:
        return written
    return written or ("" if f"remove-{field.name}" in post else None)


def typed_of(
    field: FormField, value: Value, base: Mapping[str, Value], resolve: Resolve = no_names
) -> TypedValue:
    """Return a value as a person would have typed it over the values that are there."""
    if not isinstance(field, Table):
        return input_of(field, value)
    wanted = TypedTable.of(grid_of(field, {field.name: value}, resolve))
    return wanted.over(grid_of(field, base, resolve))


def grid_of(field: Table, values: Mapping[str, Value], resolve: Resolve = no_names) -> Grid:
    """Return a table as it is stored, to lay typed rows over."""
    return Grid(field, cast(list[dict[str, Value]], values.get(field.name) or []), resolve)


def changed_by_hand(
    fields: Mapping[str, InputField], typed: Mapping[str, TypedValue], base: Mapping[str, Value]
) -> dict[str, Any]:
    """Return what differs from the values that the person saw, as JSON for the services."""
    return {
        name: sent_of(fields[name], content)
        for name, content in typed.items()
        if _is_change(fields[name], content, base.get(name))
    }


def _is_change(field: FormField, typed: TypedValue, before: Value) -> bool:
    if isinstance(typed, TypedTable):
        return typed.is_changed
    return field.is_secret or not means_same(field, typed, input_of(field, before))


def act_on_rows(
    act: Act,
    fields: Mapping[str, FormField],
    typed: dict[str, TypedValue],
    values: Mapping[str, Value],
    resolve: Resolve = no_names,
) -> None:
    """Carry out an act on the rows of a table, such as `up:/<table>/<row>`, in what was typed."""
    name = next(iter(act.parts), "")
    field, now = fields.get(name), typed.get(name)
    if isinstance(field, Table):
        rows = (
            now if isinstance(now, TypedTable) else TypedTable.of(grid_of(field, values, resolve))
        )
        typed[name] = act_on(rows, act)


def missing_in(
    fields: Iterable[InputField], values: Mapping[str, Value], changes: Mapping[str, Any]
) -> list[Flaw]:
    """Return a flaw for each required field that would be left blank."""
    flaws = []
    for field in fields:
        value, wrong = values.get(field.name), set[str]()
        if field.name in changes:
            value, found = field.read(changes[field.name])
            wrong = {place for place, _ in found}
        # What is there and wrong is told by the service.
        flaws += [
            Flaw(pointer("data", field.name) + place, detail)
            for place, detail in field.gaps(value)
            if place not in wrong
        ]
    return flaws


def in_form_order(document: Document, flaws: Iterable[Flaw]) -> list[Flaw]:
    """Return flaws as their fields, and the rows in them, stand on the forms."""
    order = {pointer("data", name): at for at, name in enumerate(document.fields)}

    def place(flaw: Flaw) -> tuple[int, int]:
        parts = flaw.pointer.split("/")
        row = parts[3] if len(parts) > 3 else ""
        at = order.get("/".join(parts[:3]), len(order))
        return at, int(row) if row.isascii() and row.isdigit() else -1

    return sorted(flaws, key=place)


def control_of(
    field: FormField,
    values: Mapping[str, Value],
    typed: Mapping[str, TypedValue],
    errors: Errors = NO_ERRORS,
    resolve: Resolve = no_names,
) -> Control:
    """Return the control of a field: what was typed, else the value."""
    sentences = tuple(errors.at(pointer("data", field.name)))
    content = typed.get(field.name)
    if isinstance(field, Table):
        grid = grid_of(field, values, resolve)
        rows = content if isinstance(content, TypedTable) else TypedTable.of(grid)
        return Control(field, "", sentences, rows_shown=table_view(rows, errors))
    if not field.holds_value:
        return Control(field, content=_content(field, values, resolve))
    secret = field.is_secret
    written = input_of(field, values.get(field.name))
    if not secret and content is not None and not isinstance(content, TypedTable):
        written = content
    return Control(
        field,
        written,
        sentences,
        is_set=secret and bool(values.get(field.name)),
        again=secret and bool(typed.get(field.name)),
    )


def _content(field: FormField, values: Mapping[str, Value], resolve: Resolve) -> str:
    """Return what a field shows that holds no value, from the values as they are stored."""

    def read(name: str) -> Value:
        table, _, column = name.partition(".")
        if name in values:
            return values[name]
        try:
            return inside(values[table], column) if table in values else resolve(name)
        except LookupError:
            return None  # Before there is an instance it has no Process ID.

    try:
        content = field.content(read)
        return mark_safe(content) if field.is_html else content  # noqa: S308 - it was cleaned
    except ValueFailure as failure:
        return _("This text cannot be shown: %(reason)s") % {"reason": failure}


def form_views(
    document: Document,
    make: Callable[[FormField], Control],
    overrides: Overrides | None = None,
    *,
    first_only: bool = False,
) -> list[FormView]:
    """Return the forms with a control for each visible field; buttons of the footer apart."""
    stand = displays(document, overrides)

    def made(field: FormField) -> Control:
        inner = tuple(made(one) for one in field.inner if stand[one.name].visible)
        return replace(make(field), display=stand[field.name], inner=inner)

    views = []
    for form in document.forms[:1] if first_only else document.forms:
        shown = [made(field) for field in form.fields if stand[field.name].visible]
        footer = [one for one in every(shown) if _in_footer(one.field)]
        views.append(FormView(form, without(shown, footer), footer))
    return views


def _in_footer(field: FormField) -> bool:
    return isinstance(field, Button) and field.place == "footer"
