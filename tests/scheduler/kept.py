"""Kept tokens as rows: a process like the contract's, instances, tasks and runs of any age."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from datasources.models import Datasource
from datasources.services.datasources import create_datasource
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessDesign, ProcessInstance, Run
from scheduler.models import ScheduledTask
from scheduler.services import create_task
from tests.factories import SEEN_BY_ALL
from tests.processes.conftest import TOKEN_METHOD
from tests.processes.definitions import TOKEN_REFRESH

HOUR = 3600


def make_process(user: Any) -> None:
    """Make datasource and process, once."""
    if not Datasource.objects.filter(name="token-service").exists():
        raw = {
            "name": "token-service",
            "title": "Token service",
            "kind": "rest",
            "base_url": "https://auth.example.org",
            "auth": {"scheme": "none"},
            "methods": [TOKEN_METHOD],
        }
        create_datasource(raw=raw, user=user)
    if not ProcessDesign.objects.filter(name="token-refresh").exists():
        create_design(raw={**TOKEN_REFRESH, "security": SEEN_BY_ALL}, user=user)
        publish_design(name="token-refresh", user=user)


def make_token(
    user: Any,
    *,
    age_s: int = 600,
    life_s: Any = HOUR,
    next_in_s: int = 300,
    outcome: str = "succeeded",
    task: Any = None,
) -> Any:
    """Make an instance with a token of that age, its task, and its last refreshes."""
    make_process(user)
    now = timezone.now()
    fetched = now - timedelta(seconds=age_s) if age_s is not None else None
    data = {}
    if fetched:
        data = {"access_token": "at-1", "expires_in": life_s, "created_at": fetched.isoformat()}
    instance = create_instance(process="token-refresh", mode="live", data=data, user=user)
    made, _ = create_task(
        raw={
            "name": task or f"Refresh {instance.process_id}",
            "process": "token-refresh",
            "process_id": instance.process_id,
            "target": "refresh",
            "schedule": {"kind": "minutes", "every": 55},
        },
        user=user,
    )
    planned = None if next_in_s is None else now + timedelta(seconds=next_in_s)
    ScheduledTask.objects.filter(pk=made.pk).update(
        next_run_at=planned or made.next_run_at, enabled=planned is not None
    )
    if fetched:
        make_run(instance, finished=fetched)
    if outcome != "succeeded":
        make_run(instance, finished=now - timedelta(seconds=60), status=outcome)
    return instance


def make_run(instance: Any, *, finished: Any, status: str = "succeeded", **more: Any) -> Any:
    """Make a closed run of the instance's Refresh."""
    instance = ProcessInstance.objects.get(pk=instance.pk)
    failed = {"kind": "http_status", "message": "Token service answered 400.", "step": "get-token"}
    values = {name: instance.values.get(name) for name in ("expires_in",)}
    return Run.objects.create(
        instance=instance,
        process_id=instance.process_id,
        process="token-refresh",
        version="1.0",
        target="refresh",
        trigger="schedule",
        run_as_name="ada",
        status=status,
        queued=finished,
        started=finished - timedelta(milliseconds=162),
        finished=finished,
        error=None if status == "succeeded" else failed,
        data={**values, "created_at": finished.isoformat()},
        **more,
    )
