"""The kept tokens of a workspace and how they are, for the start page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from datasources.models import Datasource
from kianda.lib.secrets import opens
from kianda.lib.validity_strip import Strip
from processes.definition.document import Document
from processes.document_cache import document_of
from processes.models import ProcessDesign, ProcessInstance, Run
from processes.selectors import visible_instances
from scheduler.models import ScheduledTask
from scheduler.selectors import visible_tasks
from scheduler.services.due_times import next_of, status_of, words_of
from scheduler.tokens.health import (
    AMBER,
    RED,
    URGENCY,
    Facts,
    TokenFields,
    TokenState,
    Validity,
    state_of,
    token_fields,
    validity,
)
from scheduler.tokens.validity_strip import DAY, strip_of, window

# More tokens than this are not looked at one by one; those that went wrong come first.
MOST_LOOKED_AT = 200
SHOWN = 10
# What tells how a token is; the rest of a task is read for those that are shown.
_JUDGED_BY = (
    "name", "process_id", "target", "enabled", "next_run_at", "finished_at", "created",
)  # fmt: skip
# Which of the tasks of one token speaks for it: the first of these that there is.
_SPEAKS = ("planned", "active", "paused", "finished")
CLOSED = (
    Run.Status.SUCCEEDED, Run.Status.FAILED, Run.Status.INTERRUPTED, Run.Status.REFUSED,
)  # fmt: skip


@dataclass
class KeptToken:
    """One kept token, with what its row on the start page shows."""

    task: ScheduledTask
    instance: ProcessInstance
    fields: TokenFields
    service: str
    validity: Validity
    state: TokenState
    last_run: Run | None
    strip: Strip | None = None
    # Whether the person sees the instance, and so what its runs say.
    is_seen: bool = True

    @property
    def title(self) -> str:
        """Return what the field with the token is called."""
        return document_of(self.instance.version).fields[self.fields.token].title

    @property
    def is_current(self) -> bool:
        """Tell whether the token can be used now."""
        return self.state not in {"expired", "missing", "waiting"}

    @property
    def schedule(self) -> str:
        """Return the schedule in words, for who reads it now."""
        return words_of(self.task)

    @property
    def next_refresh(self) -> datetime | None:
        """Return when it is refreshed next; None while paused, or when nothing is planned."""
        return next_of(self.task)

    @property
    def idle(self) -> str:
        """Return why nothing is planned, "finished", "paused" or "on_demand"; "" when it is."""
        status = status_of(self.task)
        if status == "active" and self.task.schedule["kind"] == "on_demand":
            return "on_demand"
        return status if self.next_refresh is None else ""


@dataclass(frozen=True)
class TokenHealth:
    """All kept tokens that a person may see: the worst in detail, the others as a number."""

    shown: list[KeptToken]
    count: int
    current: int
    more: int
    # How many need attention, though the token may still be valid.
    worrying: int = 0


def token_health(user: User, *, now: datetime) -> TokenHealth:
    """Return the kept tokens of the tasks that a person may see, the worst first."""
    tasks = visible_tasks(user).filter(process_id__isnull=False)
    going, over = tasks.filter(finished_at__isnull=True), tasks.filter(finished_at__isnull=False)
    keeps = _keeping(going)
    candidates = [*_going(going.filter(keeps)), *_over(over.filter(_keeping(over)), keeps)]
    found = _kept_tokens(candidates, now=now)
    found.sort(key=lambda kept: (URGENCY.index(kept.state), kept.instance.process_id))
    shown = found[:SHOWN]
    whole = ScheduledTask.objects.in_bulk([kept.task.pk for kept in shown])
    for kept in shown:
        kept.task = whole.get(kept.task.pk, kept.task)
    seen = visible_instances(user, among=[kept.instance.pk for kept in shown])
    pks = set(seen.values_list("pk", flat=True))
    for kept in shown:
        kept.is_seen = kept.instance.pk in pks
    _add_strips(shown, now=now)
    current = sum(kept.is_current for kept in found)
    worrying = sum(kept.state in RED | AMBER for kept in found)
    return TokenHealth(shown, len(found), current, len(found) - len(shown), worrying)


def token_of_task(
    task: ScheduledTask, *, now: datetime, length: timedelta = DAY
) -> KeptToken | None:
    """Return the token that a task keeps, with its last hours or days; None when it keeps none."""
    found = _kept_tokens([task] if task.process_id else [], now=now)
    _add_strips(found, now=now, length=length)
    return next(iter(found), None)


def tokens_of_instance(
    instance: ProcessInstance, user: User, *, now: datetime | None = None
) -> list[KeptToken]:
    """Return the tokens that an instance keeps, by the tasks that the person may see."""
    now = now or timezone.now()
    tasks = (
        visible_tasks(user)
        .filter(design=instance.design_id, process_id=instance.process_id)
        .order_by(F("finished_at").desc(nulls_first=True), "name")
    )
    found = _kept_tokens(list(tasks[:MOST_LOOKED_AT]), now=now)
    _add_strips(found, now=now)
    return found


def _add_strips(found: Sequence[KeptToken], *, now: datetime, length: timedelta = DAY) -> None:
    """Give each token the strip of its last hours or days."""
    if not found:
        return
    within = window(now, length)
    for kept in found:
        current = kept.validity if kept.is_current else None
        kept.strip = strip_of(
            kept.instance, kept.task.target, kept.fields, current=current, within=within
        )


def _going(tasks: QuerySet[ScheduledTask]) -> list[ScheduledTask]:
    """Return the first tasks that go on and may keep a token; those that went wrong come first."""
    return _read(
        tasks.order_by(
            F("last_outcome").asc(nulls_last=True), F("next_run_at").asc(nulls_first=True)
        )
    )


def _over(tasks: QuerySet[ScheduledTask], keeps: Q) -> list[ScheduledTask]:
    """Return tasks that are over and kept a token which none that goes on may keep now."""
    newest = tasks.order_by("-finished_at").values("pk")[: MOST_LOOKED_AT * 4]
    goes_on = ScheduledTask.objects.filter(
        keeps, process_id=OuterRef("process_id"), finished_at__isnull=True
    )
    # It is asked of those few alone: there may be any number of tasks that are over.
    alone = ScheduledTask.objects.filter(~Exists(goes_on), pk__in=newest)
    return _read(alone.order_by("-finished_at"))


def _read(tasks: QuerySet[ScheduledTask]) -> list[ScheduledTask]:
    """Return the first tasks, with what tells how their token is."""
    pks = list(tasks.values_list("pk", flat=True)[:MOST_LOOKED_AT])
    return list(ScheduledTask.objects.filter(pk__in=pks).only(*_JUDGED_BY).order_by())


def _keeping(tasks: QuerySet[ScheduledTask]) -> Q:
    """Return the filter of targets that may keep a token: judged by design, not task by task."""
    pairs = tasks.order_by().values_list("design_id", "target").distinct()[: MOST_LOOKED_AT * 4]
    pinned = _documents_of({design for design, _ in pairs if design})
    keeping = Q(pk__in=[])
    for design, target in pairs:
        if any(token_fields(document, target) for document in pinned.get(design, ())):
            keeping |= Q(design_id=design, target=target)
    return keeping


def _documents_of(designs: set[int]) -> dict[int, list[Document]]:
    """Return the newest and the published document of each design."""
    rows = (
        ProcessDesign.objects.filter(pk__in=designs)
        .select_related("draft", "published")
        .defer("draft__document", "published__document")
    )
    return {
        design.pk: [document_of(version) for version in (design.published, design.draft) if version]
        for design in rows
    }


def _kept_tokens(tasks: Sequence[ScheduledTask], *, now: datetime) -> list[KeptToken]:
    keys = {str(task.process_id).lower() for task in tasks}
    instances = {
        row.key: row
        for row in ProcessInstance.objects.filter(key__in=keys)
        .select_related("version", "design")
        .defer("version__document")
    }
    keeping = [(task, one) for task in tasks if (one := _fields_of(task, instances)) is not None]
    named = {fields.datasource for _, fields in keeping}
    services = dict(Datasource.objects.filter(name__in=named).values_list("name", "title"))
    last_runs = _last_runs(tasks, instances.values())
    made: dict[tuple[int, str], KeptToken] = {}
    # The task that fires next speaks for the token; a second one is a spare.
    for task, fields in sorted(keeping, key=lambda one: _order(one[0])):
        instance = instances[str(task.process_id).lower()]
        if (instance.pk, fields.token) in made:
            continue
        runs = last_runs.get((instance.pk, task.target), (None, None))
        service = services.get(fields.datasource, fields.datasource)
        made[instance.pk, fields.token] = _kept_token(task, instance, fields, service, runs, now)
    return list(made.values())


def _fields_of(task: ScheduledTask, instances: Mapping[str, ProcessInstance]) -> TokenFields | None:
    """Return the fields of the token that a task keeps on its instance; None when it keeps none."""
    instance = instances.get(str(task.process_id).lower())
    return token_fields(document_of(instance.version), task.target) if instance else None


def _order(task: ScheduledTask) -> tuple[int, float, int]:
    if task.finished_at:
        # The one that was over last says most of what is now.
        return _SPEAKS.index("finished"), -task.finished_at.timestamp(), task.pk
    planned = next_of(task)
    first = "planned" if planned else status_of(task)
    return _SPEAKS.index(first), (planned or task.created).timestamp(), task.pk


def _kept_token(
    task: ScheduledTask,
    instance: ProcessInstance,
    fields: TokenFields,
    service: str,
    runs: tuple[Run | None, Run | None],
    now: datetime,
) -> KeptToken:
    closed, succeeded = runs
    lives = validity(fields, instance.values, refreshed=succeeded.finished if succeeded else None)
    facts = Facts(
        is_set=_is_set(instance, fields.token),
        validity=lives,
        last_outcome=closed.status if closed else None,
        next_refresh=next_of(task),
    )
    return KeptToken(task, instance, fields, service, lives, state_of(facts, now), closed)


def _is_set(instance: ProcessInstance, name: str) -> bool:
    if instance.values.get(name):
        return True
    return opens(instance, "secrets") and bool((instance.secrets or {}).get(name))


def _last_runs(
    tasks: Iterable[ScheduledTask], instances: Iterable[ProcessInstance]
) -> dict[tuple[int, str], tuple[Run | None, Run | None]]:
    """Return the last closed and the last succeeded run of each target, also those by hand."""
    pks = [instance.pk for instance in instances]
    rows = [
        (pk, target, closed, succeeded)
        for target in {task.target for task in tasks}
        for pk, closed, succeeded in ProcessInstance.objects.filter(pk__in=pks).values_list(
            "pk", _newest(target, CLOSED), _newest(target, (Run.Status.SUCCEEDED,))
        )
    ]
    wanted = {pk for *_, closed, succeeded in rows for pk in (closed, succeeded) if pk}
    runs = Run.objects.only("status", "finished", "error", "process_id").in_bulk(wanted)
    return {
        (pk, target): (runs.get(closed), runs.get(succeeded))
        for pk, target, closed, succeeded in rows
    }


def _newest(target: str, statuses: Iterable[str]) -> Subquery:
    runs = Run.objects.filter(instance=OuterRef("pk"), target=target, status__in=statuses)
    return Subquery(runs.order_by("-pk").values("pk")[:1])
