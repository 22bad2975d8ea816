"""Whether the product is well: alive, able to serve, and working as a whole."""

import functools
import logging
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from kombu import Connection
from kombu.exceptions import KombuError
from redis.backoff import NoBackoff
from redis.retry import Retry

from kianda.ops.start_checks import unapplied_migrations
from scheduler.services import unplanned
from scheduler.services.heartbeats import name_of, told_by

RED_AFTER = timedelta(seconds=15)
BROKER_TIMEOUT_S = 1.0
# A probe that repeats itself answers late; who asks will ask again.
ONCE = Retry(NoBackoff(), 0)
PARTS = ("planner", "worker")

logger = logging.getLogger("kianda.health")
_migrated_until = 0.0


@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Answer that this process runs, whatever else does."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Answer whether this process can serve: the database answers and is migrated."""
    return _answer({"database": database_answers, "migrations": is_migrated})


@never_cache
@require_safe
def full(_request: HttpRequest) -> JsonResponse:
    """Answer whether everything works: also the broker, the planner and a worker."""
    return _answer(
        {
            "database": database_answers,
            "migrations": is_migrated,
            "broker": broker_answers,
            "planning": all_is_planned,
            **{part: functools.partial(is_beating, part) for part in PARTS},
        }
    )


def _answer(checks: Mapping[str, Callable[[], bool]]) -> JsonResponse:
    """Run the checks; the answer names what is red and tells nothing more to a stranger."""
    found = {name: check() for name, check in checks.items()}
    red = [name for name, well in found.items() if not well]
    return JsonResponse(
        {
            "status": "failing" if red else "ok",
            "red": red,
            "checks": {name: "ok" if well else "red" for name, well in found.items()},
        },
        status=503 if red else 200,
    )


def database_answers() -> bool:
    """Tell whether the database answers a query."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        logger.warning("The database does not answer.", exc_info=True)
        # The next request opens a new connection instead of meeting this broken one.
        connection.close()
        return False
    return True


def is_migrated() -> bool:
    """Tell whether every migration is applied; a yes holds for a minute, for it costs 50 ms."""
    global _migrated_until
    if time.monotonic() < _migrated_until:
        return True
    try:
        missing = unapplied_migrations()
    except Error:
        return False
    if not missing:
        _migrated_until = time.monotonic() + 60
    return not missing


def broker_answers() -> bool:
    """Tell whether the broker answers within a second."""
    url = settings.CELERY_BROKER_URL
    try:
        if url.startswith("redis+socket:"):
            path = url.removeprefix("redis+socket://").split("?")[0]
            with redis.Redis(
                unix_socket_path=path, socket_timeout=BROKER_TIMEOUT_S, retry=ONCE
            ) as client:
                return bool(client.ping())
        if url.startswith(("redis:", "rediss:")):
            with redis.Redis.from_url(
                url,
                socket_timeout=BROKER_TIMEOUT_S,
                socket_connect_timeout=BROKER_TIMEOUT_S,
                retry=ONCE,
            ) as client:
                return bool(client.ping())
        with Connection(url, connect_timeout=BROKER_TIMEOUT_S) as other:
            other.ensure_connection(max_retries=1, timeout=round(BROKER_TIMEOUT_S))
            return True
    except (redis.RedisError, KombuError, OSError):
        logger.warning("The broker does not answer.", exc_info=True)
        return False


def all_is_planned() -> bool:
    """Tell whether no scheduled task stands still though it is due."""
    try:
        return not unplanned(timezone.now())
    except Error:
        return False


def heartbeat_ages(*, host: str = "") -> dict[str, float]:
    """Return the seconds since the newest sign of life of each part, of one host or of all."""
    now = timezone.now()
    told = told_by(now)
    of_host = told.filter(name__startswith=name_of(host)) if host else told
    rows = of_host.values_list("part").annotate(newest=Max("at"))
    return {part: (now - newest).total_seconds() for part, newest in rows}


def is_beating(part: str, *, host: str = "") -> bool:
    """Tell whether a part gave a sign of life in the last 15 seconds, on one host or on any."""
    try:
        age = heartbeat_ages(host=host).get(part)
    except Error:
        return False
    return age is not None and age <= RED_AFTER.total_seconds()
