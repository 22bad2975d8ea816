"""What is known around an element: the method that a rule calls, the names that it may write."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from datasources.document import RestDatasource, RestMethod
from processes import raw as definitions
from processes.expressions import Template, TemplateError
from processes.references import SYSTEM_NAMES
from processes.settings_forms import places
from processes.settings_forms.places import Branch
from processes.settings_forms.shelf import Shelf

BUILT_IN = "kianda"
FREE_ROOTS = frozenset({"response", "error", "item", "row"})


@dataclass(frozen=True)
class Around:
    """The working copy and the catalog, as seen from one element."""

    document: Mapping[str, Any]
    catalog: Shelf
    datasource: str = ""
    method: str = ""

    @cached_property
    def source(self) -> RestDatasource | None:
        """Return the datasource that is called."""
        if not self.datasource or self.built_in:
            return None
        return self.catalog.datasource(self.datasource)

    @property
    def built_in(self) -> bool:
        """Tell whether the datasource is the product's own."""
        return self.datasource == BUILT_IN

    @cached_property
    def rest_method(self) -> RestMethod | None:
        """Return the method that is called."""
        return self.source.method(self.method) if self.source is not None else None

    @cached_property
    def process(self) -> Mapping[str, Any] | None:
        """Return the definition of the process that a rule looks into."""
        if not self.built_in or not self.method:
            return None
        if self.method == self.document.get("name"):
            return self.document
        found = self.catalog.process(self.method)
        return found.normalised() if found is not None else None

    @cached_property
    def types(self) -> dict[str, str]:
        """Return the type of each field by its name."""
        return dict(definitions.names_in(dict(self.document)).fields)

    def is_secret(self, source: str) -> bool:
        """Tell whether a text of the design refers to a secret field."""
        return any(self.types.get(name) == "secret" for name in references(source))

    def is_secret_row(self, texts: Mapping[str, str]) -> bool:
        """Tell whether a row of a mapping moves a secret."""
        target, field, value = (texts.get(key, "") for key in ("target", "field", "value"))
        if self.is_secret(value) or self.types.get(field) == "secret":
            return True
        method = self.rest_method
        return bool(target) and method is not None and method.is_secret_target(target)

    def tree(self, which: str) -> list[Branch]:
        """Return the tree that a box picks from: field, value, target, result, error, item."""
        fields = places.field_tree(self.document, brackets=which != "field")
        if which == "field":
            return fields
        if which == "target":
            return places.request_tree(self.rest_method)
        if which == "error":
            return [*places.error_tree(), *fields, *places.system_tree()]
        if which in {"result", "item"}:
            return [*self._results(which), *fields, *places.system_tree()]
        return [*fields, *places.system_tree()]

    def _results(self, which: str) -> list[Branch]:
        if self.built_in or which == "item":
            return places.item_tree(self.process)
        return places.answer_tree(self.rest_method)

    def broken_source(self) -> str:
        """Return what is no longer there of datasource and method."""
        if not self.datasource:
            return ""
        if self.built_in:
            gone = bool(self.method) and self.process is None
            return _("There is no process %(name)s.") % {"name": self.method} if gone else ""
        if self.source is None:
            return _("The data source %(name)s is no longer there: choose again.") % {
                "name": self.datasource
            }
        if self.method and self.rest_method is None:
            return _("The REST method %(name)s is no longer there: choose again.") % {
                "name": self.method
            }
        return ""

    def broken_field(self, name: str) -> bool:
        """Tell whether a field is named that is not there."""
        return bool(name) and name not in self.types

    def broken_target(self, target: str) -> bool:
        """Tell whether a place is named that the method does not have."""
        if not target or self.rest_method is None:
            return False
        return self.rest_method.canonical_target(target) is None

    def broken_names(self, source: str) -> list[str]:
        """Return the fields that a text names and that are not there."""
        return [
            name for name in references(source)
            if name not in self.types and name not in SYSTEM_NAMES
            and not self._has_root(name)
        ]  # fmt: skip

    def _has_root(self, name: str) -> bool:
        """Tell whether the first part of a name is one that paths hang on: an answer, a table."""
        root, dot, _rest = name.partition(".")
        return root in FREE_ROOTS or (bool(dot) and self.types.get(root) == "table")


def around_of(
    document: Mapping[str, Any], catalog: Shelf, raw: Mapping[str, Any]
) -> Around:  # fmt: skip
    """Return what is known around an element with these settings."""
    chosen = [raw.get(name) for name in ("datasource", "method")]
    return Around(document, catalog, *(one if isinstance(one, str) else "" for one in chosen))


def references(source: str) -> tuple[str, ...]:
    """Return the names in a text of the design; none when it cannot be read."""
    try:
        return Template.parse(source).references
    except TemplateError:
        return ()
