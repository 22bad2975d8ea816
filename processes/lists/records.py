"""The records of one process as a person may list them: the one way for pages, API and exports."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from kianda.lib.errors import Invalid, Missing
from processes.definition.document import Document
from processes.definition.views import ViewFilter
from processes.document_cache import document_of
from processes.lists.columns import ListColumn, readable_columns
from processes.lists.conditions import Asker, no_such_column, reads_all, where
from processes.models import ProcessDesign, ProcessInstance, SavedView
from processes.record_titles import SeenRecord, learn_names, seen_record
from processes.rights.listed import few_of, instances_among
from processes.rights.querysets import knows_design, views_had_by

ALL = ViewFilter()
# Rows that are read at once where all of a list are gone through.
CHUNK = 200
# So many views of others are shown beside the own ones, which are no more.
MOST_SHARED = 50


class RecordList:
    """The live records of a published process that a person sees, and the columns they may read.

    `columns` are the reader's columns by name: fields of the published version, then the facts
    `process.*`. What is not `openly` seen may be shown record by record (`seen`), and never
    filtered, sorted, grouped or counted by.
    """

    def __init__(self, design: ProcessDesign, user: User) -> None:
        """Take a published design, with its published version, and who reads its records."""
        self.design, self.user = design, user

    @cached_property
    def document(self) -> Document:
        """The published definition."""
        assert self.design.published is not None  # `record_list` has looked
        return document_of(self.design.published)

    @cached_property
    def columns(self) -> dict[str, ListColumn]:
        """The columns that the person may read, by name."""
        return readable_columns(self.design, self.user, among=self._few)

    def reads_all(self, filter: ViewFilter) -> bool:
        """Tell whether all records are read to find the first that hold a filter.

        So it is where there are few: what it takes is to find out which.
        """
        return self._few is not None or reads_all(filter)

    @cached_property
    def _few(self) -> set[int] | None:
        return few_of(self.user, self.design)

    @cached_property
    def saved(self) -> list[SavedView]:
        """The views that people have saved and the person has: the own ones, then by title."""
        rows = views_had_by(self.user).filter(design=self.design.pk).select_related("owner")
        rows = rows.prefetch_related("readers")
        own = rows.filter(owner=self.user.pk).order_by("position", "pk")
        others = rows.exclude(owner=self.user.pk).order_by("title", "pk")
        return [*own, *others[:MOST_SHARED]]

    @cached_property
    def asker(self) -> Asker:
        """What names in a filter stand for: the person, now, today."""
        return Asker(self.user)

    def rows(self, filter: ViewFilter = ALL, *, at: str = "") -> QuerySet[ProcessInstance]:
        """Return the records that hold a filter, in no order; `at` is where the filter stands.

        Raises Invalid with a pointer for each row of the filter that cannot be asked.
        """
        seen = instances_among(self._few, self.user, self.design)
        rows = seen.filter(mode=ProcessInstance.Mode.LIVE)
        return rows.filter(where(filter, self.columns, self.asker, at=at)).order_by()

    def sorted(self, rows: QuerySet[ProcessInstance], sort: str = "") -> QuerySet[ProcessInstance]:
        """Return records in the order of a column, `-` before it the largest first; else newest.

        What has no value comes last. Raises Invalid when it is no column to sort by.
        """
        if not sort:
            return rows.order_by("-pk")
        name, down = sort.removeprefix("-"), sort.startswith("-")
        column = self.columns.get(name)
        if column is None or not column.sortable:
            raise Invalid(no_such_column())
        value = column.expression()
        if column.kind == "words":
            value = Lower(value)
        # The key comes last, so that equal rows keep their place from page to page.
        last = value.desc(nulls_last=True) if down else value.asc(nulls_last=True)
        return rows.order_by(last, "-pk")

    def seen(self, instances: Sequence[ProcessInstance]) -> list[SeenRecord]:
        """Return records as the person meets them: values they do not see are left out of each."""
        learn_names(instances)
        return [seen_record(one, self.user) for one in instances]

    def all_seen(self, rows: QuerySet[ProcessInstance]) -> Iterator[SeenRecord]:
        """Yield all of some rows in their order as the person meets them, some at a time."""
        found = with_versions(rows).iterator(chunk_size=CHUNK)
        while some := list(islice(found, CHUNK)):
            yield from self.seen(some)


def with_versions(rows: QuerySet[ProcessInstance]) -> QuerySet[ProcessInstance]:
    """Return rows with what is asked to show one, and nothing that is not."""
    related = rows.select_related("design", "version", "created_by", "modified_by")
    return related.defer("secrets", "version__document")


def record_list(process: str, user: User) -> RecordList:
    """Return the list of a process for a person; raises Missing for one that they do not know.

    So it is for one that was never published: it has no records.
    """
    named = ProcessDesign.objects.filter(name=process.replace("\0", ""), published__isnull=False)
    design = named.select_related("published").defer("published__document").first()
    if design is None or not knows_design(user, design):
        raise Missing(_("There is no process %(name)s.") % {"name": process})
    return RecordList(design, user)
