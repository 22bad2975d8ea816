"""/metrics: the state of the product in Prometheus' text format, counted in the database."""

import time
from collections.abc import Iterator, Sequence

from django.db.models import Count, Max, Min, Model, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from datasources.models import Connection, ConnectionState
from kianda.accounts.authentication import BearerTokenAuthentication
from kianda.accounts.permissions import check_scope
from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.lib.api.problems import plain_problem
from kianda.lib.errors import Forbidden
from kianda.mail import outbox
from kianda.mail.models import OVER, MailState
from kianda.ops.health import heartbeat_ages
from kianda.web.request_metrics import FOLDER
from processes.models import Run
from scheduler.models import Occurrence, ScheduledTask

OUTCOMES = ("open", "succeeded", "failed", "interrupted", "skipped", "missed", "coalesced")
UNSENT = [str(state) for state in MailState if state not in OVER]
LOOPBACK = frozenset({"127.0.0.1", "::1"})
# Counting a large table is not free, and Prometheus is not the only one who may ask.
KEPT_S = 5.0
_kept: tuple[float, bytes] = (0.0, b"")


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the metrics to this machine, or to an administrator's token with scope admin."""
    if not _is_local(request) and not _is_administrator(request):
        return plain_problem(
            request, 403, "Metrics are for this machine, or a token with the scope admin."
        )
    return HttpResponse(_text(), content_type=CONTENT_TYPE_LATEST)


def _is_local(request: HttpRequest) -> bool:
    # A proxy on this machine would make every caller look local; it says so in a header.
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not request.META.get("KIANDA_FORWARDED")


def _is_administrator(request: HttpRequest) -> bool:
    try:
        found = BearerTokenAuthentication().authenticate(Request(request))
        if found is None:
            return False
        check_scope(found[1], "admin")
    except (APIException, Forbidden):
        return False
    return has_role(found[0], ADMINISTRATOR)


def _text() -> bytes:
    global _kept
    now = time.monotonic()
    if now - _kept[0] > KEPT_S or not _kept[1]:
        registry = CollectorRegistry()
        registry.register(_Counted())
        MultiProcessCollector(registry, path=str(FOLDER))  # type: ignore[no-untyped-call]
        _kept = (now, generate_latest(registry))
    return _kept[1]


class _Counted:
    """What the database tells, at the moment of the question."""

    def describe(self) -> list[Metric]:
        """Name nothing beforehand, so that registering does not count."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Count runs, occurrences and tasks, and measure what is late or silent."""
        yield _by("kianda_runs", "Runs kept, by status.", Run, "status", Run.Status.values)
        yield _by(
            "kianda_occurrences", "Occurrences kept, by outcome.", Occurrence, "outcome", OUTCOMES
        )
        waiting = GaugeMetricFamily("kianda_waiting", "What waits for a worker.", labels=["what"])
        waiting.add_metric(["runs"], Run.objects.filter(status="queued").count())
        queued = Occurrence.objects.filter(outcome__isnull=True, started_at__isnull=True)
        waiting.add_metric(["occurrences"], queued.count())
        # Those that were sent are many, and nobody is alerted of them.
        messages = GaugeMetricFamily(
            "kianda_messages", "Messages that are not over, by state.", labels=["state"]
        )
        for state, count in outbox.counts(UNSENT).items():
            messages.add_metric([state], count)
        yield messages
        yield _connections()
        yield waiting
        yield from _punctuality()
        ages = GaugeMetricFamily(
            "kianda_heartbeat_age_seconds", "Since the last sign of life.", labels=["part"]
        )
        for part, age in sorted(heartbeat_ages().items()):
            ages.add_metric([part], age)
        yield ages


def _connections() -> Metric:
    family = GaugeMetricFamily("kianda_connections", "Connections, by state.", labels=["state"])
    living = Connection.objects.filter(datasource__deleted_at__isnull=True).order_by()
    counts = dict(living.values_list("state").annotate(count=Count("pk")))
    for state in ConnectionState.values:
        family.add_metric([state], counts.get(state, 0))
    return family


def _punctuality() -> Iterator[Metric]:
    now = timezone.now()
    planned = Occurrence.objects.filter(trigger="planned", started_at__isnull=False)
    last = planned.order_by("-planned_at").first()
    late = GaugeMetricFamily("kianda_last_planned_late_seconds", "How late the last firing began.")
    if last and last.started_at:
        late.add_metric([], max(0.0, (last.started_at - last.planned_at).total_seconds()))
    yield late
    due = ScheduledTask.objects.filter(enabled=True, next_run_at__lt=now).aggregate(
        count=Count("pk"), oldest=Min("next_run_at")
    )
    yield GaugeMetricFamily("kianda_overdue_tasks", "Tasks due and not fired.", value=due["count"])
    overdue = (now - due["oldest"]).total_seconds() if due["oldest"] else 0.0
    yield GaugeMetricFamily("kianda_overdue_seconds", "The longest such wait.", value=overdue)
    newest = Run.objects.filter(~Q(finished=None)).aggregate(at=Max("finished"))["at"]
    if newest:
        age = (now - newest).total_seconds()
        yield GaugeMetricFamily("kianda_last_run_age_seconds", "Since a run ended.", value=age)


def _by(name: str, text: str, model: type[Model], column: str, known: Sequence[str]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[column])
    rows = model._default_manager.order_by().values_list(column).annotate(count=Count("pk"))
    # A zero is told too: an alert on a rise sees the first failure only when it came from there.
    counts = dict.fromkeys(known, 0) | {value or "open": count for value, count in rows}
    for value, count in counts.items():
        family.add_metric([value], count)
    return family
