"""The settings of one field, form, process or rule as a form, made from its typed model.

    form = settings_form(kind, raw, document=document, catalog=catalog, flaws=flaws, prefix="rule")
    {% load settings_forms %}{% settings_form form %}
    raw | changed_settings(kind, raw, request.POST, prefix="rule")

`flaws` are about this element: `/title`, `/on_success/0/field`; `flaws_within` cuts them out of
those of a whole definition. Controls are named `<prefix>/title`, `<prefix>/on_success/0/field`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from pydantic import BaseModel

from kianda.lib.dialogs.posted import posted, shown_settings
from kianda.lib.dialogs.row_actions import rearranged
from kianda.lib.dialogs.specs import Spec, specs_of
from kianda.lib.errors import Flaw
from kianda.web.pages import control_id
from processes.designer.settings_forms.bound_control import BoundControl
from processes.designer.settings_forms.controls import ON_CANVAS, Sent, control_for
from processes.designer.settings_forms.editor_scope import CatalogLists, EditorScope, scope_of
from processes.designer.settings_forms.labels import GROUPS, Words
from processes.designer.settings_forms.mapping_rows import NAMES, MappingSamples
from processes.designer.settings_forms.missing_inputs import coverage_of
from processes.designer.settings_forms.source_trees import Leaf
from processes.rules.instances import source_of

Model = type[BaseModel]


@dataclass
class SettingsForm:
    """A form of settings: what it is about, and what is known around it."""

    kind: Model
    raw: Mapping[str, Any]
    document: Mapping[str, Any]
    catalog: CatalogLists
    flaws: Sequence[Flaw] = ()
    # What works and is unwise.
    hints: Sequence[Flaw] = ()
    prefix: str = ""
    # Where the focus goes: the place of the row that was added.
    focus: str = ""
    samples: MappingSamples | None = None
    # The table whose rows a loop around the element goes through.
    loop: str = ""

    @cached_property
    def scope(self) -> EditorScope:
        """Return what is known around the element."""
        return scope_of(self.document, self.catalog, self.raw, loop=self.loop)

    @cached_property
    def controls(self) -> "list[BoundControl]":
        """Return the controls of all settings: the title, then the others as in the model."""
        specs = sorted(settings_of(self.kind), key=lambda spec: spec.name != "title")
        return [one for one in (BoundControl(spec, self) for spec in specs) if self._is_of_use(one)]

    def _is_of_use(self, one: "BoundControl") -> bool:
        """Tell whether a setting means anything with the data source that is chosen.

        What stands in it all the same is shown: it is wrong, and has to be taken out.
        """
        useless = source_of(self.scope.datasource).ignores
        if one.spec.name not in useless.get(getattr(self.kind, "act", ""), ()):
            return True
        return self.raw.get(one.spec.name, one.spec.default) not in (one.spec.default, None, [])

    @property
    def has_otherwise(self) -> bool:
        """Tell whether the rule does something when its conditions do not hold."""
        return "opposite" in self.kind.model_fields

    @cached_property
    def groups(self) -> "list[SettingsGroup]":
        """Return the groups that have a setting."""
        found = [
            SettingsGroup(key, title, [one for one in self.controls if one.group == key])
            for key, title in GROUPS.items()
        ]
        return [group for group in found if group.controls]

    def control(self, name: str) -> "BoundControl | None":
        """Return the control of one setting."""
        return next((one for one in self.controls if one.spec.name == name), None)

    def errors_at(self, place: str) -> list[str]:
        """Return the sentences about a place, not those below it."""
        return [flaw.detail for flaw in self.flaws if flaw.pointer == place]

    def errors_below(self, place: str) -> int:
        """Count the sentences about a place and all below it."""
        return len(self.all_errors(place))

    def all_errors(self, place: str) -> list[str]:
        """Return the sentences about a place and all below it."""
        return _details(self.flaws, place)

    def hints_at(self, place: str) -> list[str]:
        """Return what is unwise about a place and all below it."""
        return _details(self.hints, place)

    def name(self, place: str) -> str:
        """Return what the control of a place is called."""
        return f"{self.prefix}{place}"

    @property
    def parts(self) -> str:
        """Return the address below which the parts of the form answer."""
        name = self.document.get("name")
        return f"{reverse('designer', args=[name])}parts/" if isinstance(name, str) and name else ""

    @property
    def has_source(self) -> bool:
        """Tell whether a method is chosen together with its data source."""
        return any(one.drawing == "datasource" for one in self.controls)

    @property
    def side(self) -> "list[BoundControl]":
        """Return the controls that stand in the narrow column of a dialog."""
        return [one for one in self.controls if not one.is_wide and not one.is_fixed]

    @property
    def wide(self) -> "list[BoundControl]":
        """Return the controls that need the room: mappings and conditions."""
        return [one for one in self.controls if one.is_wide]

    @property
    def marker(self) -> str:
        """Return the name under which the page says which settings it shows."""
        return f"{self.prefix}!shown"

    def within(self, kind: Model, raw: Mapping[str, Any], place: str) -> "SettingsForm":
        """Return the form of an element that stands inside this one."""
        inner, hints = (flaws_within(found, place) for found in (self.flaws, self.hints))
        return SettingsForm(
            kind, raw, self.document, self.catalog, inner, hints, f"{self.prefix}{place}",
            self.focus.removeprefix(place) if self.focus.startswith(f"{place}/") else "",
        )  # fmt: skip

    @property
    def inner_rules(self) -> list[tuple[str, str]]:
        """Return the rules that stand in a rule: what each is called, and its id."""
        held = self.raw.get("rules")
        found = held if isinstance(held, list) and "rules" in self.kind.model_fields else ()
        return [
            (str(one.get("title") or one.get("id")), str(one.get("id")))
            for one in found
            if isinstance(one, dict)
        ]

    @property
    def first_needed(self) -> str:
        """Return the place of the first setting that has to be filled in."""
        needed = (one for one in self.controls if one.spec.required and not one.is_fixed)
        for one in needed:
            return f"{one.pointer}/0" if one.drawing == "rows" else one.pointer
        return ""

    @property
    def coverage(self) -> str:
        """Return what a call still lacks."""
        return coverage_of(self.raw, self.scope)

    @property
    def holds_rules(self) -> bool:
        """Tell whether it is a rule that other rules stand in."""
        return "rules" in self.kind.model_fields and "id" in self.kind.model_fields

    @property
    def list_id(self) -> str:
        """Return what the ids of the plain lists of names begin with."""
        return f"{control_id(self.prefix)}-names"

    @property
    def lists(self) -> list[tuple[str, list[Leaf]]]:
        """Return the names that a box without script offers, by what it picks from."""
        used = {
            cell.tree
            for one in self.controls
            if one.drawing == "rows"
            for row in one.rows
            for cell in row.cells.values()
        }
        trees = {which: self.scope.tree(which) for which in sorted(used & NAMES)}
        return [(key, [leaf for one in tree for leaf in one.leaves]) for key, tree in trees.items()]

    @property
    def act(self) -> str:
        """Return the name of the buttons that add, move and remove rows."""
        return f"{self.prefix}!act"

    @property
    def other_errors(self) -> list[str]:
        """Return what is wrong with no control of its own: it stands above the form."""
        known = [one.pointer for one in self.controls]
        return [
            flaw.detail for flaw in self.flaws
            if not any(flaw.pointer == one or flaw.pointer.startswith(f"{one}/") for one in known)
        ]  # fmt: skip


@dataclass(frozen=True)
class SettingsGroup:
    """Settings that stand together."""

    key: str
    title: Words
    controls: list[BoundControl]

    @property
    def wrong(self) -> int:
        """Count what is wrong in it."""
        return sum(one.wrong for one in self.controls)


def settings_form(
    kind: Model, raw: Mapping[str, Any], *, document: Mapping[str, Any], catalog: CatalogLists,
    flaws: Iterable[Flaw] = (), hints: Iterable[Flaw] = (), prefix: str = "", focus: str = "",
    samples: MappingSamples | None = None, loop: str = "",
) -> SettingsForm:  # fmt: skip
    """Return the form of one element's settings."""
    return SettingsForm(
        kind, raw, document, catalog, list(flaws), list(hints), prefix, focus, samples, loop
    )


def read_settings(kind: Model, post: QueryDict, *, prefix: str = "") -> dict[str, Any]:
    """Return the settings that a form showed, as they were typed, rows added or moved included."""
    return read_with_act(kind, post, prefix=prefix)[0]


def read_with_act(
    kind: Model, post: QueryDict, *, prefix: str = ""
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """Return the settings, and the place of the row that the pressed button has added."""
    root, shown = posted(post, prefix=prefix), shown_settings(post, prefix=prefix)
    act = post.get(f"{prefix}!act", "")
    place = rearranged(root, act)
    found: dict[str, Any] = {}
    for spec in settings_of(kind):
        with_source = spec.name == "method" and "/" in root.text_at("datasource")
        if spec.name in shown or with_source:
            sent = Sent(kind, spec, root.at(spec.name), root, bool(act))
            found[spec.name] = control_for(spec).read(sent)
    return found, place


def settings_of(kind: Model) -> list[Spec]:
    """Return the settings that its form asks for; a test tells of those that have no control."""
    return [spec for spec in specs_of(kind) if spec.control not in ON_CANVAS]


def changed_settings(
    kind: Model, raw: Mapping[str, Any], post: QueryDict, *, prefix: str = ""
) -> dict[str, Any]:
    """Return only those settings that somebody has changed: what was left alone stays as it is."""
    read = read_settings(kind, post, prefix=prefix)
    specs = {spec.name: spec for spec in specs_of(kind)}
    return {
        name: value for name, value in read.items()
        if _display(specs[name], raw.get(name, specs[name].default)) != _display(specs[name], value)
    }  # fmt: skip


def _display(spec: Spec, value: Any) -> Any:
    return control_for(spec).shown(spec, value)


def _details(flaws: Iterable[Flaw], place: str) -> list[str]:
    below = f"{place}/"
    return [
        flaw.detail for flaw in flaws if flaw.pointer == place or flaw.pointer.startswith(below)
    ]


def flaws_within(flaws: Iterable[Flaw], place: str) -> list[Flaw]:
    """Return the flaws about an element that stands at `place`, as seen from the element."""
    return [
        Flaw(flaw.pointer.removeprefix(place), flaw.detail)
        for flaw in flaws
        if flaw.pointer == place or flaw.pointer.startswith(f"{place}/")
    ]
