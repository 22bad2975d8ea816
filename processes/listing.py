"""The lists of the pages: filtered, searched, ordered; only the columns that a list shows."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    Count,
    Exists,
    F,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Concat
from django.db.models.sql.compiler import SQLCompiler

from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.lib.pagination import FEW_HITS, MOST_HITS, last_looked_at
from kianda.lib.word_search import (
    as_in_json,
    found_in,
    holds_words,
    like_pattern,
    loose_pattern,
)
from processes.document_cache import document_of
from processes.instances.unsaved import to_see_to
from processes.models import Change, DesignVersion, ProcessDesign, ProcessInstance, Run, WorkingCopy
from processes.rights.instance_rights import InstanceRights
from processes.rights.listed import first_seen, listed_instances, listed_runs, searched_instances
from processes.rights.querysets import known_designs
from processes.rights.seen import seen_values

M = TypeVar("M", bound=Model)

DESIGN_ORDER = {"title": "title", "name": "name", "modified": "modified"}
INSTANCE_ORDER = {"process_id": "key", "modified": "modified", "created": "created"}
RUN_ORDER = {"started": "started", "finished": "finished"}
# A list of choices that is longer helps nobody.
MOST_CHOICES = 200
# What a list never shows is not read: documents are large, secrets and journals are encrypted.
_RUN_REST = ("journal", "unsaved_values", "steps", "data")


class _HoldsText(Func):
    """Whether any value of a JSON object, not its keys, holds a text."""

    output_field = BooleanField()

    def __init__(self, name: str, text: str) -> None:
        """Take the name of the column, and the text."""
        super().__init__(F(name))
        self._text = text

    def as_sql(  # type: ignore[override]  # it is written in one piece, from no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it for SQLite or PostgreSQL."""
        column, before = compiler.compile(self.get_source_expressions()[0])
        each = "jsonb_each_text" if connection.vendor == "postgresql" else "json_each"
        asked, given = found_in("item.value", self._text, vendor=connection.vendor)
        sql = f"EXISTS (SELECT 1 FROM {each}({column}) AS item WHERE {asked})"  # noqa: S608 - ours
        return sql, (*before, *given)


class _TextLike(Func):
    """Whether the text of a JSON value holds a text, at any place."""

    output_field = BooleanField()

    def as_sql(  # type: ignore[override]  # it is written in one piece, from no template
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        """Write it for SQLite or PostgreSQL."""
        (column, before), (pattern, after) = map(compiler.compile, self.get_source_expressions())
        as_text, like = (
            (f"{column}::text", "ILIKE") if connection.vendor == "postgresql" else (column, "LIKE")
        )
        return f"{as_text} {like} {pattern} ESCAPE '\\'", (*before, *after)


def designs(
    *, words: str = "", state: str = "", group: str = "", ordering: str = ""
) -> QuerySet[ProcessDesign]:
    """Return the designs group by group, in it by title unless ordered otherwise."""
    rows = ProcessDesign.objects.select_related("draft", "published", "modified_by").defer(
        "draft__document", "published__document"
    )
    rows = rows.filter(holds_words(words.split(), "title", "name", "description"))
    chosen = {
        "published": Q(published__isnull=False),
        "draft": Q(published__isnull=False) & ~Q(draft=F("published")),
        "never": Q(published__isnull=True),
    }
    rows = rows.filter(chosen.get(state, Q(pk__in=()))) if state else rows
    rows = rows.filter(group=group) if group else rows
    ordered = _ordered(rows, ordering, DESIGN_ORDER, "title")
    return ordered.order_by("group", *ordered.query.order_by)


def group_counts(
    rows: QuerySet[ProcessDesign], *, hits: list[int] | None, in_order: bool
) -> dict[str, int]:
    """Return how many of some designs each group has; those without one under an empty name.

    An index tells it of all of them, `in_order` of their groups. Of a search it is told of its
    `hits` alone; and what is filtered is looked at in the order in which it lies: by the groups of
    the index it would be a jump for each design there is.
    """
    rows = rows if hits is None else ProcessDesign.objects.filter(pk__in=hits)
    group = F("group") if in_order else Concat("group", Value(""))
    return dict(rows.order_by().values_list(group).annotate(count=Count("*")))


def edited_designs(shown: Iterable[ProcessDesign]) -> set[int]:
    """Return which of some designs have edits in the designer that nobody saved."""
    copies = WorkingCopy.objects.filter(design__in=[one.pk for one in shown])
    return set(copies.exclude(digest=F("base_digest")).values_list("design", flat=True))


def instance_counts(shown: Iterable[ProcessDesign]) -> dict[int, int]:
    """Return how many instances some designs have; an index alone answers it."""
    rows = ProcessInstance.objects.filter(design__in=[one.pk for one in shown]).order_by()
    return dict(rows.values_list("design").annotate(n=Count("*")))


def versions_of(design: ProcessDesign) -> QuerySet[DesignVersion]:
    """Return the versions of a design, newest first, without their documents."""
    return design.versions.select_related("created_by").defer("document")


class FoundInstances(NamedTuple):
    """Instances of a list; with what a search knows: where it ended, their keys in their order."""

    rows: QuerySet[ProcessInstance]
    last: int | None = None
    keys: list[int] | None = None


def instances(
    user: User,
    *,
    words: str = "",
    process: str = "",
    mode: str = "",
    status: str = "",
    ordering: str = "",
    before: int | None = None,
    kept: Sequence[int] = (),
) -> FoundInstances:
    """Return the instances that a person may see, newest first, by facts and by values.

    Every word must stand in the Process ID or in the value of a field; secrets are not looked at.
    Process IDs of all are looked at, values only of the newest LOOKED_AT; when there are more,
    `last` is the key of the last one looked at, to go on `before` it. Whoever goes on names the
    hits to be `kept` by their keys.
    """
    asked = {"design__name": process, "mode": mode, "status": status}
    facts = Q(**{name: value for name, value in asked.items() if value})
    older = Q(pk__lt=before) if before else Q()
    pks, last = _hits(facts, words.split()[:8], user, older, kept) if words else (None, None)
    facts &= older
    rows = listed_instances(user).filter(facts) if pks is None else _by_keys(pks)
    shown = rows.select_related("design", "version", "created_by", "modified_by")
    shown = shown.defer("secrets", "version__document")
    in_order = _ordered(shown, ordering, INSTANCE_ORDER, "-pk")
    return FoundInstances(in_order, last, None if ordering else pks)


def _by_keys(pks: list[int]) -> QuerySet[ProcessInstance]:
    return ProcessInstance.objects.filter(pk__in=pks)


def _hits(
    facts: Q, words: list[str], user: User, older: Q, kept: Sequence[int]
) -> tuple[list[int], int | None]:
    """Return the newest instances that hold all words, and where the look into values ended."""
    every = searched_instances(user).filter(facts).order_by("-pk")
    newest = every.filter(older)
    by_id = newest.filter(*(Q(key__contains=word.lower()) for word in words))
    ended = last_looked_at(newest)
    by_value = newest.filter(pk__gte=ended) if ended else newest
    found = {*first_seen(user, by_id, most=MOST_HITS + 1)}
    for rows in (by_value, every.filter(pk__in=kept)) if kept else (by_value,):
        found.update(that_hold(rows, words, user, most=MOST_HITS + 1))
    return sorted(found, reverse=True)[: MOST_HITS + 1], ended


def that_hold(
    rows: QuerySet[ProcessInstance], words: Sequence[str], user: User, *, most: int
) -> Iterator[int]:
    """Yield the keys of the first of some instances that hold all words in what a person sees."""
    found = first_seen(user, rows.filter(*(_held(word) for word in words)), most=most)
    return _by_seen_values(found, words, user)


def _by_seen_values(found: list[int], words: Sequence[str], user: User) -> Iterator[int]:
    """Yield those of some instances that hold all words in what a person sees of them."""
    rows = _by_keys(found)
    versions = DesignVersion.objects.filter(pk__in=rows.values("version")).defer("document")
    hiding = {one.pk: document_of(one) for one in versions if document_of(one).has_hidden_parts}
    lost = set()
    for one in rows.filter(version__in=hiding).select_related("design").defer("secrets"):
        rights = InstanceRights(user, one, hiding[one.version_id])
        values = list(seen_values(one.values, rights).values())
        text = f"{one.key} {json.dumps(values, ensure_ascii=False)}".casefold()
        if not all(word.casefold() in text for word in words):
            lost.add(one.pk)
    return (pk for pk in found if pk not in lost)


def _held(word: str) -> Q:
    """Return whether a word stands in the Process ID or in the value of a field."""
    # Most rows hold it nowhere in their text: they need not be taken apart.
    if connection.vendor == "postgresql":
        pattern = like_pattern(json.dumps(word, ensure_ascii=False)[1:-1])
    else:
        pattern = loose_pattern(word, stored=as_in_json)
    in_text = Q(_TextLike(F("values"), Value(f"%{pattern}%")))
    in_values = Q(_HoldsText("values", word))
    return Q(key__contains=word.lower()) | (in_text & in_values)


def statuses() -> list[str]:
    """Return the statuses that instances can have; more come with the forms' own."""
    return ["open", "completed"]


def processes_to_choose(chosen: str = "", *, user: User) -> tuple[list[tuple[str, str]], bool]:
    """Return name and title of the processes that a filter offers, and whether there are more."""
    rows = known_designs(user).order_by("title", "name").values_list("name", "title")
    few = list(rows[: MOST_CHOICES + 1])
    if len(few) <= MOST_CHOICES:
        return few, False
    few = few[:MOST_CHOICES]
    if chosen and chosen not in dict(few):
        few = [*rows.filter(name=chosen), *few]
    return few, True


def runs(user: User, *, words: str = "", status: str = "", ordering: str = "") -> QuerySet[Run]:
    """Return the runs that a person may see, newest first; a search is for a Process ID."""
    facts = Q(status=status) if status else Q()
    if words:
        rows = Run.objects.filter(pk__in=_runs_named(user, facts, words.split()[:8]))
    else:
        rows = listed_runs(user).filter(facts)
    return _ordered(rows.select_related("run_as").defer(*_RUN_REST), ordering, RUN_ORDER, "-pk")


def _runs_named(user: User, facts: Q, words: list[str]) -> list[int]:
    """Return the newest of some runs that a person sees and whose Process ID holds all words.

    The instances are asked first: there are fewer of them than of their runs.
    """
    sees_all = has_role(user, ADMINISTRATOR)
    named = ProcessInstance.everything.all() if sees_all else searched_instances(user)
    named = named.filter(*(Q(key__contains=word.lower()) for word in words)).order_by()
    if sees_all:
        seen = list(named.values_list("pk", flat=True)[: FEW_HITS + 1])
    else:
        seen = first_seen(user, named, most=FEW_HITS + 1)
    if len(seen) <= FEW_HITS:
        found = _newest(Run.objects.filter(facts, instance__in=seen))
    else:
        of_named = Exists(named.filter(pk=OuterRef("instance")))
        found = _newest(listed_runs(user).filter(facts, of_named))
    if sees_all:
        gone = Run.objects.filter(facts, instance=None)
        found += _newest(gone.filter(*(Q(process_id__icontains=word) for word in words)))
    return sorted(found, reverse=True)[: MOST_HITS + 1]


def _newest(rows: QuerySet[Run]) -> list[int]:
    return list(rows.order_by("-pk").values_list("pk", flat=True)[: MOST_HITS + 1])


def runs_of(instance: ProcessInstance) -> QuerySet[Run]:
    """Return the runs of an instance, newest first."""
    return instance.runs.defer(*_RUN_REST).order_by("-pk")


def changes_of(instance: ProcessInstance) -> QuerySet[Change]:
    """Return the history of an instance, newest first, with the runs that wrote it."""
    rows = instance.changes.select_related("run").order_by("-pk")
    return rows.defer(*(f"run__{name}" for name in _RUN_REST))


def run_with_unsaved_answer(instance: ProcessInstance) -> Run | None:
    """Return the newest of the last hundred runs whose answer nobody stored, lookups apart."""
    newest = list(instance.runs.order_by("-pk").values_list("pk", flat=True)[:100])
    return next(iter(to_see_to(Run.objects.filter(pk__in=newest), most=1)), None)


def neighbours(run: Run) -> tuple[Run | None, Run | None]:
    """Return the runs of the same instance right before and right after this one."""
    if run.instance_id is None:
        return None, None
    rows = Run.objects.filter(instance_id=run.instance_id).defer(*_RUN_REST)
    before = rows.filter(pk__lt=run.pk).order_by("-pk").first()
    return before, rows.filter(pk__gt=run.pk).order_by("pk").first()


def _ordered(rows: QuerySet[M], ordering: str, known: dict[str, str], usual: str) -> QuerySet[M]:
    name = ordering.removeprefix("-")
    if name not in known:
        return rows.order_by(usual, "-pk") if usual != "-pk" else rows.order_by("-pk")
    # The key comes last, so that equal rows keep their place from page to page.
    return rows.order_by("-" * ordering.startswith("-") + known[name], "-pk")
