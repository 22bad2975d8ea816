"""What may be chosen from outside a definition: the catalog with its lists."""

from collections.abc import Sequence
from typing import Protocol

from datasources.rest.document import RestDatasource
from processes.definition.checks import Catalog


class Shelf(Catalog, Protocol):
    """A catalog that can also be looked through."""

    def datasources(self) -> Sequence[RestDatasource]:
        """Return every datasource, by title."""

    def processes(self) -> Sequence[tuple[str, str]]:
        """Return name and title of every process, by title."""

    def groups(self) -> Sequence[str]:
        """Return the names of the groups of people."""

    def people(self, words: str) -> Sequence[tuple[str, str]]:
        """Return user name and full name of people whose name or address holds these words."""
