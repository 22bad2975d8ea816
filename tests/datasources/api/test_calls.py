"""Connection tests and calls over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from datasources.models import Datasource
from kianda.accounts.models import AuditEntry
from tests.datasources.api.addresses import CALL, LIST, ONE, TEST, pointers
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import always, answer, serving


@pytest.fixture
def server(loopback: None) -> Any:
    """A loopback server that answers with a token and says 404 elsewhere."""
    token = answer(b'{"access_token": "at-777", "expires_in": 3600}')

    def handle(visit: Any) -> None:
        while request := visit.read():
            found = request.startswith((b"POST /oauth/token", b"GET / "))
            visit.write(token if found else answer(b"{}", status="404 Not Found"))

    with serving(handle) as running:
        yield running


def _saved(manager: APIClient, **changes: Any) -> None:
    response = manager.post(LIST, raw_datasource(**changes))
    assert response.status_code == 201, response.json()


def test_a_connection_test_tells_what_happened_and_is_kept(manager: APIClient, server: Any) -> None:
    _saved(manager, base_url=server.url)
    before = manager.get(ONE)["ETag"]
    body = manager.post(TEST).json()
    assert body.pop("elapsed_ms") >= 0
    assert body == {"ok": True, "status": 200, "detail": "Token service answered 200 OK."}
    row = Datasource.objects.get()
    assert (row.last_test_ok, row.last_test_detail) == (True, body["detail"])
    assert row.last_test_at is not None
    assert manager.get(ONE)["ETag"] == before


@pytest.mark.parametrize(
    ("status", "ok"), [("404 Not Found", True), ("302 Found", True), ("503 Down", False)]
)
def test_a_status_below_500_counts_as_there(
    manager: APIClient, loopback: None, status: str, ok: bool
) -> None:
    with serving(always(answer(status=status))) as other:
        _saved(manager, base_url=other.url, test_path="/health")
        body = manager.post(TEST, {}).json()
        assert other.requests[0].startswith(b"GET /health ")
    assert (body["ok"], body["status"]) == (ok, int(status[:3]))
    assert body["detail"] == f"Token service answered {status}."


def test_a_test_that_meets_nobody_is_200_and_not_ok(
    manager: APIClient, server: Any, settings: Any
) -> None:
    _saved(manager, base_url=server.url, auth={"scheme": "bearer", "token": "tok-12345"})
    settings.KIANDA_EGRESS_ALLOW = []
    response = manager.post(TEST)
    assert response.status_code == 200
    body = response.json()
    assert (body["ok"], body["status"]) == (False, None)
    assert "KIANDA_EGRESS_ALLOW" in body["detail"]
    assert "tok-12345" not in body["detail"]
    assert Datasource.objects.get().last_test_ok is False


def test_a_call_shows_its_answer_in_clear_and_keeps_it_nowhere(
    manager: APIClient, server: Any
) -> None:
    _saved(manager, base_url=server.url)
    response = manager.post(
        CALL, {"input": {"body.grant_type": "refresh_token", "body.client_secret": "cs-1"}}
    )
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"status", "headers", "body", "elapsed_ms"}
    assert body["status"] == 200
    assert body["body"] == {"access_token": "at-777", "expires_in": 3600}
    assert body["headers"]["Content-Type"] == "application/json"
    assert server.requests[-1].endswith(b"grant_type=refresh_token&client_secret=cs-1")
    assert "at-777" not in str(list(Datasource.objects.values()))
    assert "at-777" not in str(list(AuditEntry.objects.values()))
    assert response["Cache-Control"] == "no-store"


def test_an_error_status_is_the_answer_of_a_call(manager: APIClient, server: Any) -> None:
    _saved(manager, base_url=server.url)
    body = manager.post(CALL, {"input": {"url_path": "/nowhere"}}).json()
    assert (body["status"], body["body"]) == (404, {})


def test_a_call_without_an_answer_is_200_with_its_error(
    manager: APIClient, server: Any, settings: Any
) -> None:
    _saved(manager, base_url=server.url)
    settings.KIANDA_EGRESS_ALLOW = []
    response = manager.post(CALL, {"input": {}})
    assert response.status_code == 200
    body = response.json()
    assert (body["status"], body["body"], body["headers"]) == (None, None, {})
    assert body["error"]["kind"] == "refused_address"
    assert body["error"]["message"].startswith("Token service cannot be reached")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], {""}),
        ({"input": []}, {"/input"}),
        ({"input": {"body.x": 1, "query.y": 2}}, {"/input/body.x", "/input/query.y"}),
        ({"input": {"url_path": "nowhere"}}, {"/input/url_path"}),
        ({"inputs": {}}, {"/inputs"}),
    ],
)
def test_bad_input_of_a_call_is_400_at_its_place(
    manager: APIClient, made: dict[str, Any], body: Any, expected: set[str]
) -> None:
    assert pointers(manager.post(CALL, body)) == expected


def test_a_method_that_is_not_there_is_404(manager: APIClient, made: dict[str, Any]) -> None:
    response = manager.post(CALL.replace("refresh-token", "other"), {"input": {}})
    assert response.status_code == 404
    assert "no REST method other" in response.json()["detail"]
