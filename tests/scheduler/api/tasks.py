"""Where tasks stand in the API, and one made there."""

from typing import Any

from rest_framework.test import APIClient

from tests.scheduler.conftest import body

URL = "/api/v1/scheduled-tasks/"


def made(client: APIClient, **settings: Any) -> dict[str, Any]:
    """Make a task and return it."""
    answer = client.post(URL, body(**settings))
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def hook_of(task: dict[str, Any]) -> str:
    """Return the path of the hook that an answer shows."""
    return "/hooks/" + str(task["hook_url"]).split("/hooks/")[1]
