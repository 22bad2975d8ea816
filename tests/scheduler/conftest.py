"""A process whose button counts, an instance of it, and tasks that press the button."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from scheduler.models import Occurrence, ScheduledTask
from scheduler.selectors import waiting_occurrences
from scheduler.services import create_task
from tests.processes.definitions import button, process

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

ADD = {
    "type": "set_form_field",
    "id": "add",
    "title": "Add one",
    "assignments": [{"field": "total", "value": "=[total] + 1"}],
}
FAIL = {
    "type": "set_form_field",
    "id": "fail",
    "title": "Fail",
    "assignments": [{"field": "total", "value": "=1 / 0"}],
}
SAVE = {"type": "save", "id": "save", "title": "Save"}

Make = Callable[..., ScheduledTask]


@pytest.fixture
def counter(ada: Any) -> ProcessInstance:
    """An instance of the process `counter`: `add` counts in `total`, `fail` fails."""
    definition = process(
        {"type": "number", "name": "total"},
        button("add", ADD, SAVE),
        button("fail", {**FAIL, "id": "fail"}),
        name="counter",
    )
    create_design(raw=definition, user=ada)
    publish_design(name="counter", user=ada)
    return create_instance(process="counter", mode="live", data={}, user=ada)


def body(**settings: Any) -> dict[str, Any]:
    """Return a task as the API takes it: `add` every minute."""
    return {
        "name": "Count",
        "process": "counter",
        "process_id": "counter-1",
        "target": "add",
        "schedule": {"kind": "minutes", "every": 1},
        "timezone": "Europe/Dublin",
        **settings,
    }


@pytest.fixture
def make_task(counter: ProcessInstance, ada: Any) -> Make:
    """Return `make_task(**settings)`: a task of Ada's that was made at noon."""

    def make(*, moment: datetime = NOON, user: Any = None, **settings: Any) -> ScheduledTask:
        return create_task(raw=body(**settings), user=user or ada, moment=moment)[0]

    return make


def a_run(instance: ProcessInstance, **columns: Any) -> Run:
    """Return a new run of an instance: one that another process works on, unless told otherwise."""
    moment = timezone.now()
    running = {
        "trigger": "schedule",
        "status": Run.Status.RUNNING,
        "holder": "another",
        "lease_until": moment + timedelta(seconds=60),
    }
    return Run.objects.create(
        instance=instance, process_id=instance.process_id, process="counter", version="1.0",
        target="add", queued=moment, started=moment, **{**running, **columns},
    )  # fmt: skip


def waiting(pk: int) -> Occurrence:
    """Return a waiting occurrence as a worker reads it that has its message."""
    return waiting_occurrences().select_related("task__design", "task__run_as").get(pk=pk)


def total(instance: ProcessInstance) -> Any:
    """Return how often the button was pressed."""
    return ProcessInstance.objects.get(pk=instance.pk).values["total"]
