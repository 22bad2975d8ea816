"""Short ways to tell a story through the API: a published process, an instance, a trigger."""

from typing import Any

from rest_framework.test import APIClient

from processes.services.designs import create_design, publish_design


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
