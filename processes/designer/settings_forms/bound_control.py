"""One control of a form of settings, and its typed elements: what their templates need to know."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kianda.lib.dialogs.controls import register
from kianda.lib.dialogs.dialog import BoundControl, Dialog, Option
from kianda.lib.dialogs.posted_rows import columns_of
from kianda.mail.ports import account_titles
from processes.definition.form_owners import QuickActions
from processes.designer.settings_forms.condition_view import (
    ConditionGroupView,
    Sentence,
    sentence_of,
)
from processes.designer.settings_forms.condition_view import group_of as group_of_conditions
from processes.designer.settings_forms.controls import OF_PROCESSES
from processes.designer.settings_forms.datasource_choices import (
    Chosen,
    Source,
    chosen_in,
    sources_in,
)
from processes.designer.settings_forms.editor_scope import CatalogLists, EditorScope, scope_of
from processes.designer.settings_forms.elements import ElementView, elements_of
from processes.designer.settings_forms.labels import (
    HELP,
    TITLES,
    Words,
    choice_words,
    group_of,
)
from processes.designer.settings_forms.list_columns import (
    OF_LISTS,
    both_ways,
    columns_among,
    is_column,
    spare_places,
)
from processes.designer.settings_forms.mapping_heads import Heads, heads_of
from processes.designer.settings_forms.mapping_rows import MappingRow, MappingSamples, lines_of
from processes.designer.settings_forms.source_trees import form_names, system_tree
from processes.designer.settings_forms.value_chips import ValueChip, chips_of
from processes.language.people_refs import (
    CREATOR,
    CREATOR_MANAGER,
    EVERYONE,
    OWNER_MANAGER,
    OWNERS,
    PARTICIPANTS,
    ref_in_words,
)

# Whom a right names by their part in an instance.
PARTS = (EVERYONE, CREATOR, OWNERS, PARTICIPANTS, CREATOR_MANAGER, OWNER_MANAGER)
# What is known of the person of a run that names a person.
PERSON_NAMES = ("user.username", "user.manager")

register(OF_PROCESSES)


@dataclass(kw_only=True)
class ScopedDialog(Dialog):
    """A dialog about one element of a process, with what is known around the element."""

    is_live = True

    document: Mapping[str, Any]
    catalog: CatalogLists
    samples: MappingSamples | None = None
    # The table whose rows a loop around the element goes through.
    loop: str = ""

    @cached_property
    def scope(self) -> EditorScope:
        """Return what is known around the element."""
        return scope_of(self.document, self.catalog, self.raw, loop=self.loop)

    @property
    def has_otherwise(self) -> bool:
        """Tell whether the rule does something when its conditions do not hold."""
        return "opposite" in self.kind.model_fields

    @property
    def has_source(self) -> bool:
        """Tell whether a method is chosen together with its data source."""
        return any(one.drawing == "datasource" for one in self.controls)


@dataclass(frozen=True)
class SettingControl(BoundControl):
    """One control of the designer: a setting of an element, and what it may refer to."""

    form: ScopedDialog

    @property
    def group(self) -> str:
        """Return the group that it stands in."""
        return group_of(self.spec.name, self.spec.control, self.spec.extra.get("group"))

    @property
    def title(self) -> Words:
        """Return what it is called."""
        return TITLES.get(self.spec.name, _(self.spec.title))

    @property
    def help(self) -> Words:
        """Return what stands below it."""
        # Choices that explain themselves are not told again, by the words of the definition.
        return HELP.get(self.spec.name, "" if self.explained else super().help)

    def words_of(self, choice: str) -> tuple[Words, Words]:
        """Return what a choice is called, and what follows from it."""
        return choice_words(self.spec.name, choice)

    @property
    def is_wide(self) -> bool:
        """Tell whether it needs more room than the narrow column of a dialog."""
        return self.drawing in {"rows", "conditions", "columns", "rules", "markdown"}

    @cached_property
    def rows(self) -> list[MappingRow]:
        """Return its rows."""
        return lines_of(self, self.form.scope)

    @property
    def elements(self) -> list[ElementView]:
        """Return its typed elements, such as columns."""
        return elements_of(self)

    @property
    def takes_values(self) -> bool:
        """Tell whether people may be named by values too, such as the field [owner]."""
        return bool(self.spec.extra.get("values"))

    @property
    def people_choices(self) -> list[tuple[str, Words, str, str]]:
        """Return the values to choose from beside people and groups: ref, title, icon, text."""
        if not self.takes_values:
            return []
        of_person = [
            (leaf.value, leaf.title, leaf.icon or "person", leaf.value)
            for branch in system_tree()
            for leaf in branch.leaves
            if leaf.value.strip("[]") in PERSON_NAMES
        ]
        found = [*self._fields_naming_people(texts=True), *of_person]
        return [(f"user:{ref}", title, icon, text) for ref, title, icon, text in found]

    @property
    def lists(self) -> list[tuple[str, str, Words, Words, list[str], list[str]]]:
        """Return the lists of people in it: place, name, title, help, refs, what is wrong."""
        return [
            (
                place, self.form.name(place), _(str(info.title)), _(str(info.description)),
                self.value[key], self.form.all_errors(place),
            )
            for key, info in QuickActions.model_fields.items()
            for place in [f"{self.pointer}/{key}"]
        ]  # fmt: skip

    @property
    def ref_choices(self) -> list[tuple[str, Words, str, str]]:
        """Return whom a right can name by their part in an instance: ref, title, icon, text."""
        if self.spec.name == "administrators":
            return []
        known = (EVERYONE,) if self.spec.name == "start" else PARTS
        found: list[tuple[str, Words, str, str]] = [
            (
                ref,
                capfirst(ref_in_words(ref)),
                "globe" if ref == EVERYONE else "person-workspace",
                "",
            )
            for ref in known
        ]
        return found if self.spec.name == "start" else found + self._fields_naming_people()

    @property
    def recipient_choices(self) -> list[tuple[str, Words, str, str]]:
        """Return who can be named as a recipient: by part, or in a field, people or addresses."""
        by_part = [one for one in self.ref_choices if one[0] in PARTS and one[0] != EVERYONE]
        return by_part + self._fields_naming_people(texts=True)

    def _fields_naming_people(self, *, texts: bool = False) -> list[tuple[str, Words, str, str]]:
        """Return the fields that hold people, with `texts` those too that people are written in."""
        scope = self.form.scope
        return [
            (leaf.value, leaf.title, leaf.icon, leaf.value)
            for branch in scope.tree("value")
            for leaf in branch.leaves
            if (kind := scope.names.kind_of(leaf.value.strip("[]"))) is not None
            and (kind.names_people or (texts and kind.holds_text and not kind.is_secret))
        ]

    @property
    def heads(self) -> Heads:
        """Return what stands above the columns of its rows."""
        samples = self.form.samples
        columns = frozenset(one.name for one in columns_of(self.spec.row))
        whose = samples.process_id if samples else ""
        return heads_of(self.spec.control, columns, instance=whose)

    @property
    def by_name(self) -> bool:
        """Tell whether its rows can be filled by names that are the same on both sides."""
        targets = {one.control for one in columns_of(self.spec.row)}
        return self.spec.control in {"input_mapping", "success_mapping"} or "other_field" in targets

    @property
    def conditions(self) -> ConditionGroupView:
        """Return its group of conditions."""
        return group_of_conditions(self, self.form.scope)

    @property
    def sentence(self) -> Sentence:
        """Return its conditions in words."""
        return sentence_of(self.value, self.form.scope, of_items=self.is_filter)

    @property
    def is_filter(self) -> bool:
        """Tell whether its conditions choose items, and not when a rule runs."""
        return self.spec.control == "item_filter"

    @property
    def drawn_alone(self) -> bool:
        """Tell whether it can be drawn anew alone: what stands in elements comes with the form."""
        return not self.form.at and self.spec.control != "elements"

    @property
    def of_records(self) -> bool:
        """Tell whether its conditions choose the records of a list."""
        return self.spec.control == "view_filter"

    @property
    def add_words(self) -> str:
        """Return what the button says that adds a row or an element; nothing: the usual words."""
        words = self.spec.extra.get("add")
        return _(str(words)) if words else ""

    @property
    def has_otherwise(self) -> bool:
        """Tell whether its conditions choose between two acts."""
        return self.spec.name == "conditions" and self.form.has_otherwise

    @property
    def options(self) -> list[Option]:
        """Return what may be chosen: what it refers to, or a choice of the setting itself."""
        catalog, scope, control = self.form.catalog, self.form.scope, self.spec.control
        if control == "process":
            return [Option(*one) for one in catalog.processes()]
        if control == "trigger":
            found = catalog.process(scope.looks_into)
            return [Option(one.target, one.title) for one in (found.targets() if found else ())]
        if control == "mail_account":
            titles = account_titles()
            lost = {} if self.value in {"", *titles} else {self.value: self.value}
            known = [Option(*one) for one in {**titles, **lost}.items()]
            return [Option("", _("The one of the workspace")), *known]
        if control == "form":
            itself = self.form.raw.get("name") if self.spec.extra.get("but_itself") else None
            forms = [
                one
                for one in form_names(self.form.document)
                if one[0] != itself or one[0] == self.value
            ]
            known = [Option(name, f"{title} ({name})") for name, title in forms]
            return self._or_none(_("Choose a form"), known)
        if control in {"field", "field_picker", "table"}:
            return self._or_none(_("Choose a field"), self._fields)
        if control == "column":
            return self._or_none("", self._fields)
        if control == "sort":
            return self._or_none("", list(both_ways(self._fields)))
        return super().options

    @property
    def _fields(self) -> list[Option]:
        which = "table" if self.spec.control == "table" else "field"
        found = [
            Option(leaf.value, f"{leaf.title} ({leaf.note})", group=str(branch.title))
            for branch in self.form.scope.tree(which)
            for leaf in branch.leaves
        ]
        of_lists = self.spec.control in OF_LISTS
        return columns_among(found, self.form.scope) if of_lists else found

    @property
    def places(self) -> list[tuple[str, list[Option]]]:
        """Return the places of a list of fields: what is chosen in each, and the choices."""
        chosen = [str(one) for one in self.value]
        spare = spare_places(len(chosen), most=self.spec.longest)
        known = self._fields
        return [(one, self._or_none("", known, one)) for one in [*chosen, *[""] * spare]]

    def _or_none(self, ask: str, known: list[Option], chosen: str | None = None) -> list[Option]:
        """Put before what is known that nothing is chosen, and what is chosen and not among it."""
        chosen = str(self.value) if chosen is None else chosen
        first = [Option("", ask if self.spec.required else "\u2013")]
        if chosen not in {"", *(one.value for one in known)}:
            gone = not is_column(chosen, self.form.scope)
            words = f"{chosen} ({_('no longer exists, choose another one')})" if gone else chosen
            first.append(Option(chosen, words))
        return first + known

    @cached_property
    def sources(self) -> list[Source]:
        """Return the data sources to choose from, with their methods."""
        return sources_in(self.form.catalog, self.form.scope)

    @property
    def chosen_source(self) -> Chosen | None:
        """Return the data source and method that are chosen, in words."""
        return chosen_in(self.form.scope)

    @property
    def lost_source(self) -> str:
        """Return what is chosen and not among the choices: it is sent back as it is."""
        scope = self.form.scope
        value = f"{scope.datasource}/{scope.method}"
        known = {leaf.value for source in self.sources for leaf in source.leaves}
        return "" if value in known or not scope.datasource else value

    @property
    def wrong_source(self) -> str:
        """Return what is wrong with the data source or its method."""
        errors = [*self.errors, *self.form.errors_at("/method")]
        if errors and not self.form.scope.datasource:
            return _("Choose a data source.")
        return self.form.scope.broken_source() or " ".join(dict.fromkeys(errors))

    @property
    def awaits_source(self) -> bool:
        """Tell whether nothing can be mapped in it before a data source is chosen."""
        moves = self.spec.control in {"input_mapping", "success_mapping"}
        return moves and self.form.has_source and not (self.form.scope.datasource or self.value)

    @property
    def opened(self) -> bool:
        """Tell whether it is worked on now: a row in it was added."""
        return self.form.focus.startswith(f"{self.pointer}/")

    @property
    def chips(self) -> list[ValueChip]:
        """Return the names in its text, as they are shown."""
        return chips_of(str(self.value), self.form.scope)

    @property
    def completes(self) -> str:
        """Return what is offered after `[` in it."""
        return "early" if self.spec.name == "default" else "value"
