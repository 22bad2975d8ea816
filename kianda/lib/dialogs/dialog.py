"""A dialog made from a typed model: its controls, what stands in them, what is wrong with each.

    dialog = Dialog(kind=Model, raw=raw, flaws=flaws, prefix="rule")
    {% for control in dialog.controls %}{% include "settings_forms/_one.html" %}{% endfor %}
    raw | changed_settings(Model, raw, request.POST, prefix="rule")

`flaws` are about what is asked: `/title`, `/on_success/0/field`; `flaws_within` cuts them out of
those of a whole. Controls are named `<prefix>/title`, `<prefix>/on_success/0/field`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

from pydantic import BaseModel

from kianda.lib.dialogs.controls import CONTROLS, Sent, control_for
from kianda.lib.dialogs.posted import Posted, posted, shown_settings
from kianda.lib.dialogs.row_actions import rearranged
from kianda.lib.dialogs.specs import Spec, specs_of
from kianda.lib.errors import Flaw
from kianda.lib.i18n import gettext as _
from kianda.lib.names import as_title
from kianda.lib.pointers import control_id, pointer
from kianda.lib.secret_names import MASK

Model = type[BaseModel]


@dataclass(frozen=True)
class Option:
    """One choice of a setting."""

    value: str
    title: Any
    help: Any = ""
    # Choices of one group stand together under its words.
    group: str = ""


@dataclass(frozen=True)
class BoundControl:
    """One control of a dialog: a setting with what stands in it."""

    spec: Spec
    form: "Dialog"

    @property
    def pointer(self) -> str:
        """Return the place of the setting in what is asked."""
        return pointer(self.spec.name)

    @property
    def place(self) -> str:
        """Return its place in the outermost dialog, which its buttons name."""
        return f"{self.form.at}{self.pointer}"

    @property
    def name(self) -> str:
        """Return the name under which it is sent."""
        return self.form.name(self.pointer)

    @property
    def id(self) -> str:
        """Return the id that errors lead to."""
        return control_id(self.name)

    @property
    def template(self) -> str:
        """Return the template that draws it."""
        return f"settings_forms/controls/{self.drawing}.html"

    @property
    def drawing(self) -> str:
        """Return which template draws it, by its short name."""
        return control_for(self.spec).template

    @property
    def title(self) -> Any:
        """Return what it is called."""
        return _(self.spec.title)

    @property
    def help(self) -> Any:
        """Return what stands below it."""
        return _(self.spec.help) if self.spec.help else ""

    @property
    def raw(self) -> Any:
        """Return the setting as it stands there; its default when it is left out."""
        return setting_in(self.form.raw, self.spec)

    @property
    def value(self) -> Any:
        """Return the setting as its template shows it."""
        return control_for(self.spec).shown(self.spec, self.raw)

    @property
    def lines(self) -> int:
        """Return how many lines a text in it has."""
        return str(self.value).count("\n") + 1

    @property
    def is_stored(self) -> bool:
        """Tell whether a secret is stored for it."""
        return bool((self.form.held or {}).get(self.spec.name))

    @property
    def is_lost(self) -> bool:
        """Tell whether a secret was typed and not saved: it is to be typed again."""
        return self.raw not in (None, "", MASK)

    @property
    def errors(self) -> list[str]:
        """Return what is wrong with it; of lists of people, with each name too."""
        if self.drawing in {"people", "recipients", "refs"}:
            return self.form.all_errors(self.pointer)
        return self.form.errors_at(self.pointer)

    @property
    def hints(self) -> list[str]:
        """Return what works in it and is unwise."""
        return self.form.hints_at(self.pointer)

    @property
    def wrong(self) -> int:
        """Count what is wrong with it and with what is in it."""
        return len(self.form.all_errors(self.pointer))

    @property
    def width(self) -> int:
        """Return how many of twelve columns it takes where there is room."""
        half = self.drawing in {"number", "name"} or self.spec.name == "title"
        return 6 if half or self.spec.extra.get("half") else 12

    @property
    def inner(self) -> "Dialog":
        """Return the dialog of the parts of a setting."""
        raw = self.raw if isinstance(self.raw, Mapping) else {}
        assert self.spec.model is not None
        return self.form.within(self.spec.model, raw, self.pointer)

    @property
    def described(self) -> str:
        """Return the ids of the texts that describe it."""
        found = [f"{self.id}-help"] if self.help else []
        return " ".join([*found, f"{self.id}-error"] if self.errors else found)

    @property
    def focused(self) -> bool:
        """Tell whether the focus goes here."""
        return self.form.focus == self.pointer

    @property
    def is_fixed(self) -> bool:
        """Tell whether it cannot be changed any more: others know the element by it."""
        return self.spec.control == "slug"

    @property
    def options(self) -> list[Option]:
        """Return the choices of the setting; one that is not among them is there all the same."""
        known, chosen = [*([""] if self.spec.nullable else []), *self.spec.choices], self.value
        found = known if chosen in known else [*known, chosen]
        return [Option(one, *self.words_of(one)) for one in found]

    def words_of(self, choice: str) -> tuple[Any, Any]:
        """Return what a choice is called, and what follows from it."""
        return as_title(choice), ""

    @property
    def explained(self) -> bool:
        """Tell whether its choices come with sentences: then each has a radio button."""
        return bool(self.spec.choices) and any(option.help for option in self.options)


@dataclass(kw_only=True)
class Dialog:
    """A form of settings: what is asked, what stands there, what is wrong with it."""

    bound: ClassVar[type[BoundControl]] = BoundControl
    # Whether what is typed is kept at once: then a box to tick looks like a switch.
    is_live: ClassVar[bool] = False

    kind: Model
    raw: Mapping[str, Any]
    flaws: Sequence[Flaw] = ()
    # What works and is unwise.
    hints: Sequence[Flaw] = ()
    prefix: str = ""
    # Where the focus goes: the place of the row that was added.
    focus: str = ""
    # What is stored, secrets masked; None where nothing is stored yet.
    held: Mapping[str, Any] | None = None
    # The place of an element in the outermost dialog, where it stands inside one.
    at: str = ""

    @cached_property
    def controls(self) -> Sequence[BoundControl]:
        """Return the controls of all settings, as they stand in the model."""
        return [self.bound(spec, self) for spec in asked_of(self.kind)]

    def control(self, name: str) -> BoundControl | None:
        """Return the control of one setting."""
        return next((one for one in self.controls if one.spec.name == name), None)

    def errors_at(self, place: str) -> list[str]:
        """Return the sentences about a place, not those below it."""
        return [flaw.detail for flaw in self.flaws if flaw.pointer == place]

    def all_errors(self, place: str) -> list[str]:
        """Return the sentences about a place and all below it."""
        return [flaw.detail for flaw in flaws_within(self.flaws, place)]

    def hints_at(self, place: str) -> list[str]:
        """Return what is unwise about a place and all below it."""
        return [flaw.detail for flaw in flaws_within(self.hints, place)]

    def name(self, place: str) -> str:
        """Return what the control of a place is called."""
        return f"{self.prefix}{place}"

    @property
    def marker(self) -> str:
        """Return the name under which the page says which settings it shows."""
        return self.name("!shown")

    @property
    def act(self) -> str:
        """Return the name of the buttons that add, move and remove rows: the outermost one's."""
        return f"{self.prefix.removesuffix(self.at)}!act"

    @property
    def other_errors(self) -> list[str]:
        """Return what is wrong with no control of its own: it stands above the form."""
        known = [one.pointer for one in self.controls]
        return [
            flaw.detail for flaw in self.flaws
            if not any(flaw.pointer == one or flaw.pointer.startswith(f"{one}/") for one in known)
        ]  # fmt: skip

    def within(self, kind: Model, raw: Mapping[str, Any], place: str) -> Self:
        """Return the form of an element that stands inside this one."""
        flaws, hints = (flaws_within(found, place) for found in (self.flaws, self.hints))
        focus = self.focus.removeprefix(place) if self.focus.startswith(f"{place}/") else ""
        return replace(
            self, kind=kind, raw=raw, flaws=flaws, hints=hints, prefix=self.name(place),
            focus=focus, at=f"{self.at}{place}",
        )  # fmt: skip


def asked_of(kind: Model) -> list[Spec]:
    """Return the settings that a dialog asks for: those that have a control."""
    return [spec for spec in specs_of(kind) if spec.control in CONTROLS]


def read_settings(
    kind: Model, post: Posted, *, prefix: str = "", held: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the settings that a form showed, as they were typed, rows added or moved included."""
    return read_with_act(kind, post, prefix=prefix, held=held)[0]


def read_with_act(
    kind: Model, post: Posted, *, prefix: str = "", held: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], str]:
    """Return the settings, and the place of the row that the pressed button has added."""
    root, shown = posted(post, prefix=prefix), shown_settings(post, prefix=prefix)
    act = next(iter(post.getlist(f"{prefix}!act")), "")
    place = rearranged(root, act)
    found: dict[str, Any] = {}
    for spec in asked_of(kind):
        control = control_for(spec)
        if spec.name in shown or "/" in root.text_at(control.beside):
            stored = (held or {}).get(spec.name)
            sent = Sent(kind, spec, root.at(spec.name), root, bool(act), stored)
            found[spec.name] = control.read(sent)
    return found, place


def changed_settings(
    kind: Model, raw: Mapping[str, Any], post: Posted, *, prefix: str = ""
) -> dict[str, Any]:
    """Return only those settings that somebody has changed: what was left alone stays as it is."""
    read = read_settings(kind, post, prefix=prefix)
    specs = {spec.name: spec for spec in asked_of(kind)}
    return {
        name: value for name, value in read.items()
        if _display(specs[name], setting_in(raw, specs[name])) != _display(specs[name], value)
    }  # fmt: skip


def setting_in(raw: Mapping[str, Any], spec: Spec) -> Any:
    """Return a setting as it stands there, by its name of before too; else its default."""
    before = raw.get(str(spec.extra.get("before", "")), spec.default)
    return raw.get(spec.name, before)


def _display(spec: Spec, value: Any) -> Any:
    return control_for(spec).shown(spec, value)


def flaws_within(flaws: Iterable[Flaw], place: str) -> list[Flaw]:
    """Return the flaws about an element that stands at `place`, as seen from the element."""
    return [
        Flaw(flaw.pointer.removeprefix(place), flaw.detail)
        for flaw in flaws
        if flaw.pointer == place or flaw.pointer.startswith(f"{place}/")
    ]
