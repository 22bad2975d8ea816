"""The API against its own description: whatever is sent, the answer is one that it describes."""

import functools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
import schemathesis
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import databases, factories
from tests.processes.definitions import TOKEN_SERVICE, token_refresh
from tests.processes.rights.doors import DOORS

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@schemathesis.serializer("application/offset+octet-stream")
def _bytes_of(_context: object, value: Any) -> bytes:
    """Send a piece of a file as it is."""
    return value if isinstance(value, bytes) else str(value).encode()


Names = dict[str, dict[str, str]]


class Workspace(NamedTuple):
    """An administrator's token, and what is there: its names by the start of the address."""

    token: str
    names: Names


@pytest.fixture(scope="module")
def kept() -> list[tuple[Workspace, databases.Rows]]:
    """The workspace that the first test has made, with its rows."""
    return []


@pytest.fixture
def workspace(db: None, settings: Any, kept: list[tuple[Workspace, databases.Rows]]) -> Workspace:
    """One object of each kind, and an administrator who calls; made once, put in for each test."""
    settings.KIANDA_EGRESS_ALLOW = ["127.0.0.1:9"]
    if connection.vendor != "sqlite":
        return new_workspace()
    if kept:
        databases.put_in(kept[0][1])
    else:
        before = databases.all_rows()
        kept.append((new_workspace(), databases.rows_since(before)))
    return kept[0][0]


def new_workspace() -> Workspace:
    admin = factories.make_user("admin", "Administrator")
    client = factories.api_client(admin)

    def make(path: str, body: Any) -> Any:
        answer = client.post(f"/api/v1/{path}", body)
        assert answer.status_code < 300, answer.content
        return answer.json()

    make("datasources/", TOKEN_SERVICE | {"base_url": "http://127.0.0.1:9"})
    make("processes/", token_refresh())
    make("processes/token-refresh/publish/", {})
    process_id = make("instances/", {"process": "token-refresh"})["process_id"]
    run = make(f"instances/{process_id}/trigger/", {"target": "refresh#clear"})
    task = TASK | {"process_id": process_id, "schedule": {"kind": "on_demand"}}
    names = {
        "/api/v1/datasources/": {"name": "token-service", "method": "refresh-token"},
        "/api/v1/processes/": {"name": "token-refresh"},
        "/api/v1/instances/": {"process_id": process_id},
        "/api/v1/runs/": {"run_id": run["id"]},
        "/api/v1/scheduled-tasks/": {"task_id": make("scheduled-tasks/", task)["id"]},
        "/api/v1/users/": {"username": make("users/", {"username": "eve"})["username"]},
        "/api/v1/groups/": {"name": make("groups/", {"name": "Crew", "members": ["eve"]})["name"]},
        "/api/v1/people/": {},
        "/api/v1/me/": {},
    }
    return Workspace(factories.make_token(admin), names)


@contextmanager
def changing_nothing() -> Iterator[None]:
    """Keep the test's connection over a request, as Django's own test client does; then undo it."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    with transaction.atomic():
        yield
        # The next case finds everything as this one did.
        transaction.set_rollback(True)
    for signal in signals:
        signal.connect(close_old_connections)


# The doors of the API, as the description calls them: it is read by the tests, not before each run.
OPERATIONS = sorted(
    re.sub(r"<\w+:(\w+)>", r"{\1}", door)
    for door in DOORS
    if door.split()[1].startswith(("/api/v1/", "/hooks/"))
)


@functools.cache
def described() -> Any:
    """Return the description, read once for all tests."""
    with changing_nothing():
        return schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())


@functools.cache
def operations() -> dict[str, Any]:
    """Return what is described, by its label."""
    found = [one.ok() for one in described().get_all_operations()]
    return {operation.label: operation for operation in found}


def test_each_operation_of_the_description_is_tried() -> None:
    assert sorted(operations()) == OPERATIONS


@pytest.mark.parametrize("label", OPERATIONS)
def test_each_answer_is_one_that_the_description_promises(label: str, workspace: Workspace) -> None:
    @seed(20261123)
    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operations()[label].as_strategy())
    def holds(case: Any) -> None:
        cache.clear()
        name_something(case, workspace.names)
        with changing_nothing():
            case.call_and_validate(headers=bearer(workspace), checks=CHECKS)

    holds()


def bearer(workspace: Workspace) -> dict[str, str]:
    """Return the header of the administrator's calls."""
    return {"Authorization": f"Bearer {workspace.token}"}


def name_something(case: Any, names: Names) -> None:
    """Put names of what is there into most addresses; some keep the names that were made up."""
    for start, known in names.items():
        if case.path.startswith(start) and len(str(case.path_parameters)) % 4:
            given = {key: known[key] for key in case.path_parameters or {} if key in known}
            case.path_parameters = {**(case.path_parameters or {}), **given}


TASK = {
    "name": "Refresh",
    "process": "token-refresh",
    "process_id": None,
    "target": "refresh",
    "schedule": {"kind": "minutes", "every": 55},
}
MADE = {"name": "another", "title": "Another"}
CHANGES = {"data": {"client_id": "client-2"}, "revision": 1}
GOOD: list[tuple[str, str, Any, int]] = [
    ("GET", "datasources/", None, 200),
    ("POST", "datasources/", TOKEN_SERVICE | MADE, 201),
    ("GET", "datasources/{name}/", None, 200),
    ("PUT", "datasources/{name}/", TOKEN_SERVICE | {"title": "New"}, 200),
    ("PATCH", "datasources/{name}/", {"title": "New"}, 200),
    ("POST", "datasources/{name}/test/", None, 200),
    ("GET", "processes/", None, 200),
    ("POST", "processes/", token_refresh() | MADE, 201),
    ("GET", "processes/{name}/", None, 200),
    ("PUT", "processes/{name}/", token_refresh() | {"title": "New"}, 200),
    ("POST", "processes/{name}/publish/", {}, 200),
    ("GET", "processes/{name}/versions/", None, 200),
    ("GET", "instances/", None, 200),
    ("POST", "instances/", {"process": "token-refresh", "mode": "preview"}, 201),
    ("GET", "instances/{process_id}/", None, 200),
    ("PATCH", "instances/{process_id}/", CHANGES | {"revision": 1}, 200),
    ("GET", "instances/{process_id}/forms/", None, 200),
    ("POST", "instances/{process_id}/trigger/", {"target": "refresh"}, 200),
    ("GET", "runs/", None, 200),
    ("GET", "runs/{run_id}/", None, 200),
    ("GET", "scheduled-tasks/", None, 200),
    ("POST", "scheduled-tasks/", TASK | {"name": "Another"}, 201),
    ("GET", "scheduled-tasks/{task_id}/", None, 200),
    ("PUT", "scheduled-tasks/{task_id}/", TASK, 200),
    ("PATCH", "scheduled-tasks/{task_id}/", {"enabled": False}, 200),
    ("POST", "scheduled-tasks/{task_id}/pause/", None, 200),
    ("POST", "scheduled-tasks/{task_id}/resume/", None, 200),
    ("GET", "scheduled-tasks/{task_id}/occurrences/", None, 200),
    ("DELETE", "scheduled-tasks/{task_id}/", None, 204),
    ("GET", "users/", None, 200),
    ("POST", "users/", {"username": "adam", "groups": ["Crew"], "manager": "eve"}, 201),
    ("GET", "users/{username}/", None, 200),
    ("PATCH", "users/{username}/", {"manager": "admin", "active": False}, 200),
    ("GET", "groups/", None, 200),
    ("POST", "groups/", {"name": "Night crew"}, 201),
    ("GET", "groups/{name}/", None, 200),
    ("PATCH", "groups/{name}/", {"members": []}, 200),
    ("DELETE", "groups/{name}/", None, 204),
    ("GET", "people/", None, 200),
    ("GET", "me/", None, 200),
]


@pytest.mark.parametrize(("verb", "path", "body", "status"), GOOD)
def test_each_good_answer_is_as_described(
    workspace: Workspace, verb: str, path: str, body: Any, status: int
) -> None:
    address = f"/api/v1/{path}"
    names = next(found for start, found in workspace.names.items() if address.startswith(start))
    given = {key: name for key, name in names.items() if f"{{{key}}}" in path}
    sent = {} if body is None else {"body": body, "media_type": "application/json"}
    case = described()[address][verb].Case(path_parameters=given, **sent)
    with changing_nothing():
        answer = case.call(headers=bearer(workspace))
        assert answer.status_code == status, answer.content
        case.validate_response(answer, checks=CHECKS)


UNSURE = (
    TOKEN_SERVICE
    | MADE
    | {"methods": [{"name": "call", "request_body": [{"name": "client_secret", "secret": None}]}]}
)


@pytest.mark.parametrize(
    ("verb", "path", "body", "pointer"),
    [
        ("GET", "instances/?page=", None, "/page"),
        ("GET", "runs/?page_size=", None, "/page_size"),
        ("GET", "runs/?page_size=201", None, "/page_size"),
        ("POST", "datasources/", UNSURE, "/methods/0/request_body/0/secret"),
    ],
)
def test_what_the_description_excludes_is_refused_at_its_place(
    api: factories.Api, admin: Any, verb: str, path: str, body: Any, pointer: str
) -> None:
    answer = api(admin).generic(
        verb, f"/api/v1/{path}", json.dumps(body) if body else "", content_type="application/json"
    )
    assert answer.status_code == 400
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == [pointer]


def test_the_description_bounds_the_pages_of_a_list() -> None:
    listed = described()["/api/v1/runs/"]["GET"].definition.raw["parameters"]
    bounds = {one["name"]: one["schema"] for one in listed if one["name"].startswith("page")}
    assert bounds == {
        "page": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
        "page_size": {"type": "integer", "minimum": 1, "maximum": 200},
    }
