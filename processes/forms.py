"""The controls of a process's forms: what stands in them, what a person typed, what it means."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias, cast

from django.http import QueryDict
from django.utils import timezone

from kianda.lib.errors import Flaw
from kianda.lib.pointers import pointer
from kianda.pages import Errors, control_id
from processes.clock import moment_text
from processes.display import Display, Overrides, displays
from processes.document import Document, Form
from processes.fields import Button, Date, List
from processes.fields.base import FormField, InputField
from processes.fields.text import Text
from processes.services.history import Meanwhile
from processes.values import Value, ValueFailure, as_text, to_list

Typed: TypeAlias = "str | list[str]"

PREFIX = "v-"
_FULL = 12
NO_ERRORS = Errors()
_AT_FIRST = Display()


@dataclass(frozen=True)
class Control:
    """One field of a form as a page shows it."""

    field: FormField
    value: Typed = ""
    sentences: tuple[str, ...] = ()
    is_set: bool = False
    again: bool = False
    changed: bool = False
    conflict: Meanwhile | None = None
    display: Display = _AT_FIRST
    inner: tuple["Control", ...] = ()

    @property
    def template(self) -> str:
        """Return the template of its type."""
        return f"fields/{self.field.slug()}.html"

    @property
    def id(self) -> str:
        """Return the id of the control, which error summaries link to."""
        return control_id(pointer("data", self.field.name))

    @property
    def name(self) -> str:
        """Return the name that is posted."""
        return PREFIX + self.field.name

    @property
    def kind(self) -> str:
        """Return the slug of the field's type."""
        return self.field.slug()

    @property
    def required(self) -> bool:
        """Tell whether it must be filled in; a secret that is stored is."""
        return self.display.required and not self.is_set

    @property
    def enabled(self) -> bool:
        """Tell whether a person may change or press it."""
        return self.display.enabled

    @property
    def rows(self) -> list["Row"]:
        """Return the rows of what stands in it."""
        return rows_of(self.inner)

    @property
    def wrong(self) -> bool:
        """Tell whether it, or anything that stands in it, has an error or a conflict."""
        return any(one.sentences or one.conflict for one in every([self]))

    @property
    def described(self) -> str:
        """Return the ids of the help and the errors beside it."""
        parts = [f"{self.id}-help"] if self.field.help or self.kind == "secret" else []
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
    def choices(self) -> list[tuple[str, str, bool]]:
        """Return (value, title, chosen) of a list; a value that is no choice any more stays."""
        if not isinstance(self.field, List):
            return []
        known = [(one.value, one.title, one.value in self.value) for one in self.field.choices]
        titles = {value for value, _, _ in known}
        return known + [(one, one, True) for one in self.value if known and one not in titles]


class Row(NamedTuple):
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


def rows_of(controls: Iterable[Control]) -> list[Row]:
    """Return controls as rows: full-width buttons after each other share one."""
    found: list[Row] = []
    for one in controls:
        shares = one.kind == "button" and one.field.width == _FULL
        if shares and found and found[-1].buttons:
            found[-1].controls.append(one)
        else:
            found.append(Row([one], buttons=shares))
    return found


def every(controls: Iterable[Control]) -> Iterator[Control]:
    """Yield controls and what stands in them."""
    for one in controls:
        yield one
        yield from every(one.inner)


@dataclass(frozen=True)
class FormView:
    """One form of a process as a page shows it."""

    form: Form
    controls: list[Control]
    footer: list[Control] = dataclass_field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """Return its rows."""
        return rows_of(self.controls)

    @property
    def wrong(self) -> bool:
        """Tell whether any of its controls has an error or a conflict."""
        return any(one.wrong for one in self.controls)


def input_of(field: FormField, value: Value) -> Typed:
    """Return what stands in a field's control; a secret never does."""
    if field.slug() == "secret" or value is None:
        return ""
    if isinstance(field, List):
        chosen = to_list(value)
        return chosen if field.choices else "\n".join(chosen)
    if isinstance(field, Date) and field.mode == "datetime" and isinstance(value, str):
        return _local(value)
    return field.shown(value) if field.slug() == "number" else as_text(value)


def _local(text: str) -> str:
    try:
        local = timezone.localtime(datetime.fromisoformat(text))
    except OverflowError:
        return text  # At the ends of the calendar a zone has no such moment.
    return local.replace(tzinfo=None).isoformat(timespec="seconds")


def sent_of(field: FormField, typed: Typed) -> Any:
    """Return what a control's content means, as JSON for the services."""
    if isinstance(typed, list):
        return [one for one in typed if one]
    text = typed.replace("\r\n", "\n")
    if isinstance(field, List):
        return [line.strip() for line in text.split("\n") if line.strip()]
    if isinstance(field, Date) and field.mode == "datetime" and text:
        return _utc(text)
    return (text or None) if field.slug() == "toggle" else text


def _utc(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        zone = timezone.get_current_timezone()
        return moment_text(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return text  # The field says what is wrong with it.


def editable(
    document: Document, overrides: Overrides | None = None, *, form: Form | None = None
) -> dict[str, InputField]:
    """Return the fields that a person can fill in, by name; each says whether it is required."""
    stand = displays(document, overrides)
    fields = document.fields.values() if form is None else form.all_fields()
    return {
        one.name: _as_it_stands(cast(InputField, one), stand[one.name])
        for one in fields
        if one.holds_value and stand[one.name].visible and stand[one.name].enabled
    }


def _as_it_stands(field: InputField, display: Display) -> InputField:
    same = field.required == display.required
    return field if same else field.model_copy(update={"required": display.required})


def typed_in(fields: Mapping[str, InputField], post: QueryDict) -> dict[str, Typed]:
    """Return what was posted for each field; a secret only when it is set anew or removed."""
    typed: dict[str, Typed] = {}
    for name, field in fields.items():
        posted = post.getlist(PREFIX + name)
        if field.slug() == "secret":
            if (posted and posted[-1]) or f"remove-{name}" in post:
                typed[name] = posted[-1] if posted else ""
        elif isinstance(field, List) and field.choices:
            if posted:
                typed[name] = [one for one in posted if one]
        elif posted:
            typed[name] = posted[-1].replace("\r\n", "\n")
    return typed


def changed_by_hand(
    fields: Mapping[str, InputField], typed: Mapping[str, Typed], base: Mapping[str, Value]
) -> dict[str, Any]:
    """Return what differs from the values that the person saw, as JSON for the services."""
    return {
        name: sent_of(fields[name], content)
        for name, content in typed.items()
        if fields[name].slug() == "secret" or content != input_of(fields[name], base.get(name))
    }


def missing_in(
    fields: Iterable[InputField], values: Mapping[str, Value], changes: Mapping[str, Any]
) -> list[Flaw]:
    """Return a flaw for each required field that would be left blank."""
    flaws = []
    for field in fields:
        try:
            sent = field.name in changes
            value = field.to_python(changes[field.name]) if sent else values.get(field.name)
        except ValueFailure:
            continue  # The service tells what is wrong with it.
        flaws += [
            Flaw(pointer("data", field.name) + place, detail) for place, detail in field.gaps(value)
        ]  # fmt: skip
    return flaws


def control_of(
    field: FormField,
    values: Mapping[str, Value],
    typed: Mapping[str, Typed],
    errors: Errors = NO_ERRORS,
) -> Control:
    """Return the control of a field: what was typed, else the value."""
    secret = field.slug() == "secret"
    shown = input_of(field, values.get(field.name))
    if not secret and field.name in typed:
        shown = typed[field.name]
    return Control(
        field,
        shown,
        tuple(errors.at(pointer("data", field.name))),
        is_set=secret and bool(values.get(field.name)),
        again=secret and bool(typed.get(field.name)),
    )


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
        views.append(FormView(form, _kept(shown, lambda one: not _in_footer(one.field)), footer))
    return views


def _kept(controls: Iterable[Control], keep: Callable[[Control], bool]) -> list[Control]:
    return [
        replace(one, inner=tuple(_kept(one.inner, keep))) for one in controls if keep(one)
    ]  # fmt: skip


def _in_footer(field: FormField) -> bool:
    return isinstance(field, Button) and field.where == "footer"


def without_buttons(views: list[FormView]) -> list[FormView]:
    """Return the forms without what can be pressed: there is no instance to press it on yet."""
    return [
        replace(view, controls=_kept(view.controls, lambda one: one.kind != "button"), footer=[])
        for view in views
    ]
