"""What a definition may refer to outside itself, as it is stored now."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.contrib.auth.models import Group, User

from datasources.rest.document import DatasourceDocument, RestDatasource
from datasources.selectors import all_datasources, get_any_document, rest_document_of
from kianda.lib.errors import Missing
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.instances.form_states import known_groups, known_people
from processes.models import ProcessDesign


class StoredCatalog:
    """Implements `processes.definition.checks.Catalog`; looks each name up once."""

    def __init__(self) -> None:
        """Start with nothing looked up."""
        self.datasource = lru_cache(maxsize=None)(self._datasource)
        self.process = lru_cache(maxsize=None)(self._process)

    def datasources(self) -> Sequence[RestDatasource]:
        """Return every datasource that has methods, by title."""
        found = [rest_document_of(row) for row in all_datasources().filter(kind="rest")]
        return sorted(found, key=lambda one: one.title.lower())

    def processes(self) -> Sequence[tuple[str, str]]:
        """Return name and title of every process, by title."""
        rows = ProcessDesign.objects.values_list("name", "title")
        return sorted(((str(name), str(title)) for name, title in rows), key=lambda one: one[1])

    def unknown_users(self, names: Iterable[str]) -> set[str]:
        """Return those of the names that are no user names."""
        wanted = set(names)
        known = User.objects.filter(username__in=wanted) if wanted else User.objects.none()
        return wanted - set(known.values_list("username", flat=True))

    def unknown_groups(self, names: Iterable[str]) -> set[str]:
        """Return those of the names that no group has."""
        wanted = set(names)
        known = Group.objects.filter(name__in=wanted) if wanted else Group.objects.none()
        return wanted - set(known.values_list("name", flat=True))

    def unassignable(
        self, *, people: Iterable[str], groups: Iterable[str]
    ) -> tuple[set[str], set[str]]:
        """Return those people (user names, addresses) and groups that Assign form does not find."""
        wanted = set(people)
        known = User.objects.filter(username__in=wanted, is_active=True) if wanted else ()
        # Nearly always all are there as they are written: one question for all of them.
        left = wanted - {user.get_username() for user in known}
        return set(known_people(left)[1]), set(known_groups(groups)[1] if groups else ())

    def _datasource(self, name: str) -> DatasourceDocument | None:
        try:
            return get_any_document(name)
        except Missing:
            return None

    def _process(self, name: str) -> Document | None:
        design = (
            ProcessDesign.objects.select_related("draft", "published").filter(name=name).first()
        )
        version = design and (design.published or design.draft)
        return document_of(version) if version else None
