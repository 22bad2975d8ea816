"""Instances, designs and versions as the doors ask for them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from kianda.lib.db.prepared_statements import PreparedQuery
from kianda.lib.errors import Missing
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.models import DesignVersion, FormOwner, ProcessDesign, ProcessInstance, Run
from processes.rights.decisions import may_read_design
from processes.rights.instance_rights import InstanceRights
from processes.rights.listed import (
    first_seen,
    listed_instances,
    listed_runs,
    runs_seen_among,
    searched_instances,
)
from processes.rights.querysets import knows_design, visible_instances, visible_runs

__all__ = [
    "NO_NUMBERS",
    "DocumentsOfRuns",
    "FlowNumbers",
    "document_of_run",
    "first_seen",
    "flow_numbers",
    "get_design",
    "get_version",
    "listed_instances",
    "listed_runs",
    "living_instance",
    "readable_design",
    "runs_seen_among",
    "searched_instances",
    "still_as_read",
    "traces_of",
    "visible_instance",
    "visible_instances",
    "visible_runs",
]


# From one form to another.
FlowStretch: TypeAlias = tuple[str, str]
# Of so many records, and so many ways, it is looked up which went where.
MOST_FOLLOWED, MOST_WAYS = 10_000, 100


class FlowNumbers(NamedTuple):
    """How many records are at each status and in each open form, and went from form to form."""

    at_status: Mapping[str, int]
    in_form: Mapping[str, int]
    on_way: Mapping[FlowStretch, int]


NO_NUMBERS = FlowNumbers({}, {}, {})


def flow_numbers(design: ProcessDesign, user: User, ways: Iterable[FlowStretch]) -> FlowNumbers:
    """Count the live records of a process that a person sees; of very many, not their ways."""
    live = visible_instances(user, design=design).filter(mode=ProcessInstance.Mode.LIVE)
    at_status = live.order_by().values("status").annotate(n=Count("pk", distinct=True))
    owned = FormOwner.objects.filter(instance__in=live.order_by().values("pk")).order_by()
    in_form = owned.values("form").annotate(n=Count("instance", distinct=True))
    statuses = dict(at_status.values_list("status", "n"))
    few = sum(statuses.values()) <= MOST_FOLLOWED
    on_way = _on_way(live, list(dict.fromkeys(ways))[:MOST_WAYS]) if few else {}
    return FlowNumbers(statuses, dict(in_form.values_list("form", "n")), on_way)


def _on_way(live: QuerySet[ProcessInstance], ways: list[FlowStretch]) -> dict[FlowStretch, int]:
    """Count the records that went from one form to another, when they last left the first.

    What one run completes and opens has one moment.
    """
    went = {
        f"way_{at}": Count(
            "pk", distinct=True, filter=Exact(_state(form, "completed"), _state(to, "started"))
        )
        for at, (form, to) in enumerate(ways)
    }
    return dict(zip(ways, live.order_by().aggregate(**went).values(), strict=True))


def _state(form: str, part: str) -> KeyTextTransform:
    """Return a part of the state of a form, as instances store it."""
    return KeyTextTransform(part, KeyTransform(form, KeyTransform("forms", "forms")))


def visible_instance(process_id: str, user: User | None, *, lock: bool) -> ProcessInstance | None:
    """Return one instance, with design and version, when the person may see it; locked if asked."""
    if user is None or not user.is_active:
        return None
    found = living_instance(process_id.lower(), lock=lock)
    return found if found is not None and InstanceRights(user, found).see else None


def living_instance(key: str, *, lock: bool) -> ProcessInstance | None:
    """Return an instance with design and version, whoever asks; locked if asked."""
    if lock and connection.features.has_select_for_update:
        # The row alone, and first: a statement that has waited for a lock sees the rows it joins
        # as they were before, so an instance that was moved meanwhile would not be found at all.
        _LOCKED.first(key)
    return _ONE.first(key)


# Every run begins with these, so their text is made once.
_LOCKED = PreparedQuery(
    lambda key: ProcessInstance.objects.select_for_update().only("pk").filter(key=key), "key"
)
_ONE = PreparedQuery(
    lambda key: (
        ProcessInstance.objects.filter(key=key)
        .select_related("version", "design")
        .defer("version__document")
    ),
    "key",
)


def still_as_read(instance: ProcessInstance) -> ProcessInstance | None:
    """Return the row of an instance when it still is as it was read; it is locked from here on.

    Its `has_left` tells whether any run on it has left an answer unstored.
    """
    row = _STATE.first(instance.pk)
    if row is None or any(getattr(row, one) != getattr(instance, one) for one in _STATE_COLUMNS):
        return None
    return row


# Each act on an instance makes a new revision, but for a run that only shows or hides something.
_STATE_COLUMNS = ("revision", "version_id", "display")
_LEFT = Run.objects.filter(instance=OuterRef("pk"), unsaved_answer=True)
_STATE = PreparedQuery(
    lambda pk: (
        ProcessInstance.objects.select_for_update()
        .only(*_STATE_COLUMNS)
        .annotate(has_left=Exists(_LEFT))
        .filter(pk=pk)
    ),
    -4711,
)


def get_design(name: str) -> ProcessDesign:
    """Return a design with its draft and published version; raises Missing.

    Their definitions are read when they are asked for.
    """
    design = (
        ProcessDesign.objects.select_related("draft", "published", "modified_by")
        .defer("draft__document", "published__document")
        .filter(name=name)
        .first()
    )
    if design is None:
        raise Missing(_("There is no process %(name)s.") % {"name": name})
    return design


def traces_of(process: str, user: User) -> QuerySet[Run]:
    """Return the runs of a process that the person sees, newest first, with what `seen_run` asks.

    Nothing of their journals is read.
    """
    rows = visible_runs(user).filter(process=process).order_by("-pk")
    rows = rows.select_related("run_as", "instance__design", "instance__version")
    return rows.defer(
        "journal", "unsaved_values", "instance__secrets", "instance__values",
        "instance__version__document",
    )  # fmt: skip


class DocumentsOfRuns:
    """Finds the definitions of many runs, each once."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: dict[tuple[str, str], Document | None] = {}

    def __call__(self, run: Run) -> Document | None:
        """Return the definition that a run worked by, if it is still there."""
        key = (run.process, run.version)
        if key not in self._known:
            self._known[key] = document_of_run(run)
        return self._known[key]


def document_of_run(run: Run) -> Document | None:
    """Return the definition that a run worked by, if it is still there."""
    design = ProcessDesign.objects.filter(name=run.process).first()
    if design is None:
        return None
    try:
        return document_of(get_version(design, run.version))
    except Missing:
        return None


def readable_design(name: str, user: User) -> ProcessDesign:
    """Return a design whose definition a person reads.

    Raises Missing when they do not know of the process, Forbidden when they only use it.
    """
    design = get_design(name)
    decision = may_read_design(user, design)
    if not decision and not knows_design(user, design):
        raise Missing(_("There is no process %(name)s.") % {"name": name})
    decision.or_refuse()
    return design


def get_version(design: ProcessDesign, number: str) -> DesignVersion:
    """Return a version by its number, `0.3`; raises Missing."""
    major, _dot, minor = number.partition(".")
    if not (_is_number(major) and _is_number(minor)):
        raise Missing(
            _("%(process)s has no version %(number)s.") % {"process": design.name, "number": number}
        )
    version = design.versions.filter(major=int(major), minor=int(minor)).first()
    if version is None:
        raise Missing(
            _("%(process)s has no version %(number)s.") % {"process": design.name, "number": number}
        )
    return version


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9
