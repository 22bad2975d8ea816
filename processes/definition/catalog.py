"""What exists outside a definition, as its checks ask for it."""

from collections.abc import Iterable
from typing import Protocol

from datasources.rest.document import DatasourceDocument
from processes.definition.document import Document


class Catalog(Protocol):
    """What exists outside a definition."""

    def datasource(self, name: str) -> DatasourceDocument | None:
        """Return a datasource by name."""

    def process(self, name: str) -> Document | None:
        """Return the definition that other processes see: published, else the draft."""

    def unknown_users(self, names: Iterable[str]) -> set[str]:
        """Return those of the names that are no user names."""

    def unknown_groups(self, names: Iterable[str]) -> set[str]:
        """Return those of the names that no group has."""

    def unassignable(
        self, *, people: Iterable[str], groups: Iterable[str]
    ) -> tuple[set[str], set[str]]:
        """Return those people (user names, addresses) and groups that Assign form does not find."""
