"""Who may do what over the API of processes."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories import Api
from tests.processes.conftest import local

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = [
    ("get", "/api/v1/processes/", {"ada": 200, "ben": 200, "dan": 200, "cleo": 403}),
    ("post", "/api/v1/processes/", {"ada": 400, "ben": 403, "dan": 403, "cleo": 403}),
    ("post", "/api/v1/instances/", {"ada": 400, "ben": 400, "dan": 400, "cleo": 403}),
    ("get", "/api/v1/runs/", {"ada": 200, "ben": 200, "dan": 200, "cleo": 403}),
    ("get", "/api/v1/rule-types/", {"ada": 200, "ben": 200, "dan": 200, "cleo": 403}),
]


@pytest.mark.parametrize(("verb", "path", "expected"), ROLES)
def test_each_call_is_checked_on_the_server(
    verb: str,
    path: str,
    expected: dict[str, int],
    request: pytest.FixtureRequest,
    api: Api,
) -> None:
    for name, status in expected.items():
        client = api(request.getfixturevalue(name))
        assert getattr(client, verb)(path, {}).status_code == status, name
    assert getattr(APIClient(), verb)(path).status_code == 401


def test_a_token_can_do_no_more_than_its_scopes(api: Api, ada: Any) -> None:
    reader = api(ada, ["read"])
    assert reader.get("/api/v1/processes/").status_code == 200
    assert reader.post("/api/v1/processes/", local()).status_code == 403
    assert api(ada, ["design"]).post("/api/v1/processes/", local()).status_code == 201


def test_a_user_does_not_see_the_previews_of_others(
    designer: APIClient, published: str, api: Api, ben: Any
) -> None:
    designer.post("/api/v1/instances/", {"process": published, "mode": "preview"})
    assert api(ben).get("/api/v1/instances/").json()["count"] == 0
    assert api(ben).get("/api/v1/instances/token-refresh-1/").status_code == 404
