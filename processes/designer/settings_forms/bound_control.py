"""One control of a form of settings, and its typed elements: what their templates need to know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from django.utils.translation import gettext as _
from pydantic import BaseModel

from kianda.lib.dialogs.specs import Spec, kind_among, tag_of
from kianda.lib.errors import Flaw
from kianda.lib.pointers import pointer
from kianda.web.pages import control_id
from processes.designer.settings_forms.condition_view import (
    ConditionGroupView,
    Sentence,
    sentence_of,
)
from processes.designer.settings_forms.condition_view import group_of as group_of_conditions
from processes.designer.settings_forms.controls import control_for
from processes.designer.settings_forms.datasource_choices import (
    Chosen,
    Source,
    chosen_in,
    sources_in,
)
from processes.designer.settings_forms.editor_scope import CatalogLists, EditorScope
from processes.designer.settings_forms.labels import (
    HELP,
    TITLES,
    Option,
    Words,
    group_of,
    options_of,
)
from processes.designer.settings_forms.mapping_heads import Heads, heads_of
from processes.designer.settings_forms.mapping_rows import MappingRow, MappingSamples, lines_of
from processes.designer.settings_forms.posted_rows import columns_of
from processes.designer.settings_forms.source_trees import Branch, form_names


class FormOfControls(Protocol):
    """What a control asks of the form that it stands in."""

    @property
    def raw(self) -> Mapping[str, Any]: ...
    @property
    def document(self) -> Mapping[str, Any]: ...
    @property
    def catalog(self) -> CatalogLists: ...
    @property
    def flaws(self) -> Sequence[Flaw]: ...
    @property
    def focus(self) -> str: ...
    @property
    def samples(self) -> MappingSamples | None: ...
    @property
    def scope(self) -> EditorScope: ...
    @property
    def has_otherwise(self) -> bool: ...
    @property
    def has_source(self) -> bool: ...
    def name(self, place: str) -> str: ...
    def errors_at(self, place: str) -> list[str]: ...
    def errors_below(self, place: str) -> int: ...
    def all_errors(self, place: str) -> list[str]: ...
    def hints_at(self, place: str) -> list[str]: ...
    def within(
        self, kind: type[BaseModel], raw: Mapping[str, Any], place: str
    ) -> "FormOfControls": ...


@dataclass(frozen=True)
class ElementView:
    """One typed element of a list, such as a column: a form of settings inside the form."""

    at: int
    place: str
    form: FormOfControls
    tag_name: str
    slug: str
    kinds: list[tuple[str, str, bool]]
    errors: list[str]
    focused: bool

    @property
    def title(self) -> str:
        """Return what it is called."""
        raw = self.form.raw
        return str(raw.get("title") or raw.get("name") or _("New column"))

    @property
    def label(self) -> str:
        """Return what kind it is, in words."""
        return next((title for slug, title, _chosen in self.kinds if slug == self.slug), self.slug)

    @property
    def open(self) -> bool:
        """Tell whether its settings show at first: it is new, or something in it is wrong."""
        return self.focused or bool(self.form.flaws) or not self.form.raw.get("name")


def elements_of(bound: "BoundControl") -> list[ElementView]:
    """Return the typed elements of a control."""
    found = bound.raw if isinstance(bound.raw, (list, tuple)) else ()
    return [
        _element(bound, at, one if isinstance(one, dict) else {}) for at, one in enumerate(found)
    ]


def _element(bound: "BoundControl", at: int, raw: dict[str, Any]) -> ElementView:
    kinds, form, place = bound.spec.kinds, bound.form, f"{bound.pointer}/{at}"
    tag, usual = tag_of(kinds[0])
    slug = str(raw.get(tag) or usual)
    known = [(tag_of(kind)[1], _(str(getattr(kind, "label", "")))) for kind in kinds]
    known += [(slug, slug)] if slug not in dict(known) else []
    return ElementView(
        at, place, form.within(kind_among(kinds, slug) or kinds[0], raw, place),
        form.name(f"{place}/{tag}"), slug,
        [(one, title, one == slug) for one, title in known],
        form.errors_at(place), focused=form.focus == place,
    )  # fmt: skip


@dataclass(frozen=True)
class BoundControl:
    """One control of a form: a setting with what stands in it."""

    spec: Spec
    form: FormOfControls

    @property
    def pointer(self) -> str:
        """Return the place of the setting in its element."""
        return pointer(self.spec.name)

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
        return f"settings_forms/controls/{control_for(self.spec).template}.html"

    @property
    def drawing(self) -> str:
        """Return which template draws it, by its short name."""
        return control_for(self.spec).template

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
        return HELP.get(self.spec.name, "" if self.explained else _(self.spec.help))

    @property
    def raw(self) -> Any:
        """Return the setting as it stands in the definition; its default when it is left out."""
        return self.form.raw.get(self.spec.name, self.spec.default)

    @property
    def value(self) -> Any:
        """Return the setting as its template shows it."""
        return control_for(self.spec).shown(self.spec, self.raw)

    @property
    def lines(self) -> int:
        """Return how many lines a text in it has."""
        return str(self.value).count("\n") + 1

    @property
    def errors(self) -> list[str]:
        """Return what is wrong with it; of lists of people, with each name too."""
        if self.drawing == "people":
            return self.form.all_errors(self.pointer)
        return self.form.errors_at(self.pointer)

    @property
    def hints(self) -> list[str]:
        """Return what works in it and is unwise."""
        return self.form.hints_at(self.pointer)

    @property
    def wrong(self) -> int:
        """Count what is wrong with it and with what is in it."""
        return self.form.errors_below(self.pointer)

    @property
    def width(self) -> int:
        """Return how many of twelve columns it takes where there is room."""
        return 6 if self.drawing in {"number", "name"} or self.spec.name == "title" else 12

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
    def is_wide(self) -> bool:
        """Tell whether it needs more room than the narrow column of a dialog."""
        return self.drawing in {"rows", "conditions", "columns", "rules"}

    @property
    def rows(self) -> list[MappingRow]:
        """Return its rows."""
        return lines_of(self, self.form.scope)

    @property
    def elements(self) -> list[ElementView]:
        """Return its typed elements, such as columns."""
        return elements_of(self)

    @property
    def groups(self) -> list[tuple[str, bool]]:
        """Return the groups of people to tick; one that is no longer there too."""
        chosen = self.value["groups"]
        known = [*self.form.catalog.groups()]
        return [(one, one in chosen) for one in dict.fromkeys([*known, *chosen])]

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
    def has_otherwise(self) -> bool:
        """Tell whether its conditions choose between two acts."""
        return self.spec.name == "conditions" and self.form.has_otherwise

    @property
    def branches(self) -> list[Branch]:
        """Return the fields to choose from, by form."""
        return self.form.scope.tree("table" if self.spec.control == "table" else "field")

    @property
    def gone(self) -> str:
        """Return the field that it names and that is not there."""
        return str(self.value) if self.form.scope.broken_field(str(self.value)) else ""

    @property
    def options(self) -> list[Option]:
        """Return the choices of the setting; one that is not among them is there all the same."""
        return options_of(self.spec, self.value)

    @property
    def explained(self) -> bool:
        """Tell whether its choices come with sentences: then each has a radio button."""
        return bool(self.spec.choices) and any(option.help for option in self.options)

    @property
    def forms(self) -> list[tuple[str, str]]:
        """Return name and title of the forms of the process."""
        return form_names(self.form.document)

    @property
    def form_gone(self) -> str:
        """Return the form that it names and that is not there."""
        known = {name for name, _title in self.forms}
        return "" if self.value in known else str(self.value)

    @property
    def processes(self) -> Sequence[tuple[str, str]]:
        """Return name and title of every process."""
        return self.form.catalog.processes()

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
    def triggers(self) -> list[tuple[str, str]]:
        """Return what can be triggered in the other process, and what it is called."""
        found = self.form.catalog.process(self.form.scope.looks_into)
        return [(one.target, one.title) for one in found.targets()] if found is not None else []

    @property
    def completes(self) -> str:
        """Return what is offered after `[` in it."""
        return "early" if self.spec.name == "default" else "value"
