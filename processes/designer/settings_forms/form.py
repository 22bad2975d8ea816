"""The settings of one field, form, process or rule as a form, made from its typed model.

form = SettingsForm(kind=kind, raw=raw, document=document, catalog=catalog, prefix="rule")
{% include "settings_forms/_groups.html" with open="main" %}
"""

from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from kianda.lib.dialogs.dialog import asked_of
from kianda.lib.pointers import control_id
from processes.designer.settings_forms.bound_control import ScopedDialog, SettingControl
from processes.designer.settings_forms.labels import GROUPS, Words
from processes.designer.settings_forms.missing_inputs import coverage_of
from processes.designer.settings_forms.source_trees import Leaf
from processes.designer.settings_forms.value_chips import NAMES
from processes.rules.instances import source_of


@dataclass(kw_only=True)
class SettingsForm(ScopedDialog):
    """The form of an element of a process, as the designer draws it."""

    @cached_property
    def controls(self) -> "list[SettingControl]":
        """Return the controls of all settings: the title, then the others as in the model."""
        specs = sorted(asked_of(self.kind), key=lambda spec: spec.name != "title")
        return [
            one for one in (SettingControl(spec, self) for spec in specs) if self._is_of_use(one)
        ]

    def _is_of_use(self, one: "SettingControl") -> bool:
        """Tell whether a setting means anything with the data source that is chosen.

        What stands in it all the same is shown: it is wrong, and has to be taken out.
        """
        useless = source_of(self.scope.datasource).ignores
        if one.spec.name not in useless.get(getattr(self.kind, "act", ""), ()):
            return True
        return self.raw.get(one.spec.name, one.spec.default) not in (one.spec.default, None, [])

    @cached_property
    def groups(self) -> "list[SettingsGroup]":
        """Return the groups that have a setting."""
        found = [
            SettingsGroup(key, title, [one for one in self.controls if one.group == key])
            for key, title in GROUPS.items()
        ]
        return [group for group in found if group.controls]

    @property
    def parts(self) -> str:
        """Return the address below which the parts of the form answer."""
        name = self.document.get("name")
        return f"{reverse('designer', args=[name])}parts/" if isinstance(name, str) and name else ""

    @property
    def side(self) -> "list[SettingControl]":
        """Return the controls that stand in the narrow column of a dialog."""
        return [one for one in self.controls if not one.is_wide and not one.is_fixed]

    @property
    def wide(self) -> "list[SettingControl]":
        """Return the controls that need the room: mappings and conditions."""
        return [one for one in self.controls if one.is_wide]

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


@dataclass(frozen=True)
class SettingsGroup:
    """Settings that stand together."""

    key: str
    title: Words
    controls: list[SettingControl]

    @property
    def wrong(self) -> int:
        """Count what is wrong in it."""
        return sum(one.wrong for one in self.controls)
