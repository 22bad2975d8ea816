"""Short ways to tell a story: a published process, an instance, a trigger, what is stored."""

from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient

from processes.designs.lifecycle import create_design, publish_design
from processes.document_cache import document_of
from processes.instances.lifecycle import create_instance
from processes.instances.stored_values import stored_values
from processes.models import ProcessInstance, Run
from processes.running import runs
from tests.processes.conftest import VALUES


def published(definition: dict[str, Any], *, user: Any) -> str:
    """Save and publish a process; return its name."""
    create_design(raw=definition, user=user)
    publish_design(name=definition["name"], user=user)
    return str(definition["name"])


def made(client: APIClient, process: str, **data: Any) -> str:
    """Make a live instance; return its Process ID."""
    answer = client.post("/api/v1/instances/", {"process": process, "data": data})
    assert answer.status_code == 201, answer.data
    return str(answer.data["process_id"])


def read(client: APIClient, process_id: str) -> dict[str, Any]:
    """Return an instance as the API gives it."""
    answer = client.get(f"/api/v1/instances/{process_id}/")
    assert answer.status_code == 200, answer.data
    return dict(answer.data)


def fired(client: APIClient, process_id: str, target: str, **data: Any) -> dict[str, Any]:
    """Trigger a target and return its finished run."""
    answer = client.post(
        f"/api/v1/instances/{process_id}/trigger/", {"target": target, "data": data}
    )
    assert answer.status_code == 200, answer.data
    return dict(answer.data)


Make = Callable[..., ProcessInstance]


def enqueued(instance: ProcessInstance, user: Any, **data: Any) -> Run:
    """Ask for the refresh button without waiting for it."""
    return runs.enqueue(
        process_id=instance.process_id, target="refresh", user=user, trigger="api", data=data
    )


def press(instance: ProcessInstance, user: Any, *, trigger: str = "button", **more: Any) -> Run:
    """Press Refresh on an instance of the scenario."""
    return runs.trigger(
        process_id=instance.process_id, target="refresh", user=user, trigger=trigger, **more
    )


def values_of(instance: ProcessInstance) -> dict[str, Any]:
    """Return the stored values of an instance, secrets included."""
    fresh = ProcessInstance.objects.select_related("version").get(pk=instance.pk)
    return dict(stored_values(document_of(fresh.version), fresh))


def live(user: Any, **values: Any) -> ProcessInstance:
    """Make a live instance of the scenario."""
    return create_instance(
        process="token-refresh", mode="live", data={**VALUES, **values}, user=user
    )
