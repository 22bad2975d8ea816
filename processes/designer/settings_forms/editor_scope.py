"""What is in scope for an element: the method of a rule, names it may write, the catalog."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from django.utils.translation import gettext as _

from datasources.rest.document import DatasourceDocument, RestDatasource, RestMethod
from processes.definition.checks import Catalog
from processes.definition.tree import DefinitionTree
from processes.designer.settings_forms import source_trees
from processes.designer.settings_forms.answer_trees import answer_tree
from processes.designer.settings_forms.source_trees import Branch
from processes.language.expressions import Template, TemplateError
from processes.language.labels import of_the_row
from processes.language.references import is_system_name
from processes.language.scope import FieldKind, NameTable
from processes.rules.instances import process_setting, source_of


class CatalogLists(Catalog, Protocol):
    """A catalog that can also be looked through."""

    def datasources(self) -> Sequence[RestDatasource]:
        """Return every datasource, by title."""

    def processes(self) -> Sequence[tuple[str, str]]:
        """Return name and title of every process, by title."""


FREE_ROOTS = frozenset({"response", "error", "item", "row"})


@dataclass(frozen=True)
class EditorScope:
    """The working copy and the catalog, as seen from one element."""

    document: Mapping[str, Any]
    catalog: CatalogLists
    datasource: str = ""
    method: str = ""
    # Another process that a rule starts or works on.
    looks_into: str = ""
    # The table whose rows are gone through around it.
    loop: str = ""

    @cached_property
    def source(self) -> DatasourceDocument | None:
        """Return the datasource that is called."""
        if not self.datasource or self.calls_processes:
            return None
        return self.catalog.datasource(self.datasource)

    @property
    def calls_processes(self) -> bool:
        """Tell whether the methods of the datasource are the processes."""
        return source_of(self.datasource).of_processes

    @cached_property
    def rest_method(self) -> RestMethod | None:
        """Return the method that is called."""
        return self.source.method(self.method) if self.source is not None else None

    @cached_property
    def process(self) -> Mapping[str, Any] | None:
        """Return the definition of the process that a rule looks into."""
        if not self.looks_into:
            return None
        if self.looks_into == self.document.get("name"):
            return self.document
        found = self.catalog.process(self.looks_into)
        return found.normalised() if found is not None else None

    @cached_property
    def names(self) -> NameTable:
        """Return the names that are known here."""
        names = DefinitionTree(self.document).names()
        return names.in_rows_of(self.loop) if self.loop else names

    @cached_property
    def kinds(self) -> Mapping[str, type[FieldKind]]:
        """Return the kind of each field by its name; in a loop those of the columns too."""
        columns = {f"row.{name}": kind for name, kind in (self.names.row or {}).items()}
        return {**self.names.fields, **columns}

    @cached_property
    def column_titles(self) -> Mapping[str, str]:
        """Return the titles of the columns of the table whose rows are gone through."""
        return source_trees.column_titles(self.document, self.loop)

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """Return what each field, column and field of an item found is called, by its name."""
        fields = {one.name: one.title for one in source_trees.fields_in(self.document)}
        columns = {f"row.{name}": of_the_row(title) for name, title in self.column_titles.items()}
        found = source_trees.fields_in(self.process or {})
        return {**fields, **columns, **{f"item.{one.name}": one.title for one in found}}

    @cached_property
    def other_fields(self) -> frozenset[str]:
        """Return the fields of the process that it looks into."""
        return frozenset(one.name for one in source_trees.fields_in(self.process or {}))

    def is_secret(self, source: str) -> bool:
        """Tell whether a text of the design refers to a secret field."""
        return any(self.names.is_secret(name) for name in references(source))

    def is_secret_row(self, texts: Mapping[str, str]) -> bool:
        """Tell whether a row of a mapping moves a secret."""
        target, field, value = (texts.get(key, "") for key in ("target", "field", "value"))
        if self.is_secret(value) or self.names.is_secret(field):
            return True
        method = self.rest_method
        return bool(target) and method is not None and method.is_secret_target(target)

    def tree(self, which: str) -> list[Branch]:
        """Return the tree that a box picks from: field, own_field, value, target, result..."""
        if which not in self._trees:
            self._trees[which] = self._tree(which)
        return self._trees[which]

    @cached_property
    def _trees(self) -> dict[str, list[Branch]]:
        return {}

    def _tree(self, which: str) -> list[Branch]:
        named = which in {"field", "own_field", "field_or_form", "table"}
        row = [] if which == "own_field" else self._row(brackets=not named)
        fields = [*row, *self._fields(which, brackets=not named)]
        if named:
            return fields
        if which == "other_field" or (which == "target" and self.calls_processes):
            return source_trees.other_tree(self.process, "" if which == "other_field" else "body.")
        if which == "target":
            return source_trees.request_tree(self.rest_method)
        if which == "error":
            return [*source_trees.error_tree(), *fields, *source_trees.system_tree()]
        if which in {"result", "item"}:
            return [*self._results(which), *fields, *source_trees.system_tree()]
        return [*fields, *source_trees.system_tree()]

    def _row(self, *, brackets: bool) -> list[Branch]:
        return source_trees.row_tree(self.names.row or {}, self.column_titles, brackets=brackets)

    def _fields(self, which: str, *, brackets: bool) -> list[Branch]:
        rows_only = which == "table"
        found = source_trees.field_tree(self.document, brackets=brackets, rows_only=rows_only)
        if which != "field_or_form":
            return found
        return [
            *source_trees.all_fields_tree(self.document),
            *source_trees.forms_tree(self.document),
        ]

    def _results(self, which: str) -> list[Branch]:
        if self.looks_into or which == "item":
            return source_trees.item_tree(self.process)
        return answer_tree(self.rest_method)

    def broken_source(self) -> str:
        """Return what is no longer there of datasource and method."""
        if not self.datasource:
            return ""
        if self.calls_processes:
            gone = bool(self.method) and self.process is None
            return _("There is no process %(name)s.") % {"name": self.method} if gone else ""
        if self.source is None:
            return _("The data source %(name)s no longer exists. Choose another one.") % {
                "name": self.datasource
            }
        if self.method and self.rest_method is None:
            return _("The REST method %(name)s no longer exists. Choose another one.") % {
                "name": self.method
            }
        return ""

    def broken_field(self, name: str, which: str = "field") -> bool:
        """Tell whether a field is named that is not there."""
        if not name:
            return False
        if which == "other_field":
            return self.process is not None and name not in self.other_fields
        return name not in self.kinds and not (
            which == "field_or_form" and name in self.names.forms
        )

    def broken_target(self, target: str) -> bool:
        """Tell whether a place is named that the method does not have."""
        if self.calls_processes and target.startswith("body."):
            return self.broken_field(target.removeprefix("body."), "other_field")
        if not target or self.rest_method is None:
            return False
        return self.rest_method.canonical_target(target) is None

    def meant_by(self, name: str, which: str = "value") -> str:
        """Return the name that was probably meant by one that is not there; or nothing."""
        if which == "target" and self.rest_method is not None:
            known = self.rest_method.input_targets()
        elif which == "other_field":
            known = sorted(self.other_fields)
        else:
            return self.names.nearest(name) or ""
        return next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.7)), "")

    def broken_names(self, source: str) -> list[str]:
        """Return the fields that a text names and that are not there."""
        return [
            name for name in references(source)
            if name not in self.kinds and not is_system_name(name)
            and not self._has_root(name)
        ]  # fmt: skip

    def _has_root(self, name: str) -> bool:
        """Tell whether the first part of a name is one that paths hang on: an answer, a table."""
        root, dot, _rest = name.partition(".")
        return root in FREE_ROOTS or (bool(dot) and root in self.names.tables)


def scope_of(
    document: Mapping[str, Any], catalog: CatalogLists, raw: Mapping[str, Any], *, loop: str = ""
) -> EditorScope:  # fmt: skip
    """Return what is known around an element with these settings."""
    datasource, method, process = (
        one if isinstance(one, str) else ""
        for one in map(raw.get, ("datasource", "method", process_setting(raw)))
    )
    return EditorScope(document, catalog, datasource, method, process, loop)


def references(source: str) -> tuple[str, ...]:
    """Return the names in a text of the design; none when it cannot be read."""
    try:
        return Template.parse(source).references
    except TemplateError:
        return ()
