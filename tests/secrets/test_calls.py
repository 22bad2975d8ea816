"""No credential of a data source stands readable anywhere."""

import base64
import json

import pytest
from pytest_httpserver import HTTPServer

from tests.processes.definitions import TOKEN_SERVICE
from tests.secrets.searching import KEY, SECRETS, Search, good, press, quoting, set_up, spellings

pytestmark = pytest.mark.django_db(transaction=True)
AUTHS = [
    {"scheme": "bearer", "token": KEY},
    {"scheme": "basic", "username": "somebody", "password": KEY},
    {"scheme": "api_key", "name": "X-Api-Key", "place": "header", "key": KEY},
    {"scheme": "api_key", "name": "apikey", "place": "query", "key": KEY},
]


@pytest.mark.parametrize("auth", AUTHS, ids=lambda auth: f"{auth['scheme']} {auth.get('place')}")
def test_the_credentials_of_a_datasource_are_shown_nowhere(
    search: Search, service: HTTPServer, auth: dict[str, str]
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(403, "application/json"))
    service.expect_request("/").respond_with_handler(quoting(200, "text/plain"))
    process_id = set_up(search, service, auth=auth, test_path="/?probe=1")
    run = press(search, process_id)
    assert run["error"]["kind"] == "http_status"
    assert search.call("post", "/datasources/token-service/test/")["ok"]
    basic = base64.b64encode(f"somebody:{KEY}".encode()).decode()
    sent = f"{service.log[0][0].headers} {service.log[0][0].url}"
    assert any(text in sent for text in (*spellings(KEY), basic))
    assert search.finds(KEY, basic, *SECRETS.values()) == []


def test_a_fixed_secret_parameter_of_a_method_is_shown_nowhere(
    search: Search, service: HTTPServer
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(400, "application/json"))
    methods = json.loads(json.dumps(TOKEN_SERVICE["methods"]))
    methods[0]["request_headers"].append({"name": "X-Api-Key", "value": KEY})
    press(search, set_up(search, service, methods=methods))
    assert service.log[0][0].headers["X-Api-Key"] == KEY
    assert search.finds(KEY) == []


@pytest.mark.parametrize("status", [200, 503])
def test_attempts_conditions_and_the_log_of_calls_hold_no_secret(
    search: Search, service: HTTPServer, status: int
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(status, "application/json"))
    methods = json.loads(json.dumps(TOKEN_SERVICE["methods"]))
    methods[0] |= {
        "retry": {"attempts": 2, "wait_s": 0, "on": [503]},
        "idempotency_header": "Idempotency-Key",
        "success_when": {"items": [{"left": "[response.body.ok]", "operator": "eq", "right": "1"}]},
    }
    run = press(search, set_up(search, service, methods=methods))
    step = next(step for step in run["steps"] if step["request"])
    assert step["error"]["kind"] == ("http_status" if status == 503 else "bad_answer")
    assert len(service.log) == (2 if status == 503 else 1)
    [call] = search.call("get", "/calls/")["results"]
    assert call["curl"].startswith("curl --request POST")
    assert search.finds(*SECRETS.values()) == []


def test_the_answer_of_send_is_shown_once_and_recorded_nowhere(
    search: Search, service: HTTPServer
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(good)
    set_up(search, service)
    body = {"input": {"body.client_secret": SECRETS["client secret"], "body.refresh_token": "x-1"}}
    shown = search.client.post(
        "/api/v1/datasources/token-service/methods/refresh-token/call/", body
    )
    assert shown.json()["body"]["access_token"] == SECRETS["next access token"]
    assert search.finds(*SECRETS.values()) == []
