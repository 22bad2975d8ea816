"""Neither a secret variable nor the token that an instance keeps stands readable anywhere."""

import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.authorities import Authority
from tests.processes.definitions import TOKEN_SERVICE
from tests.secrets.searching import KEY, SECRETS, Search, press, quoting, set_up

pytestmark = pytest.mark.django_db(transaction=True)
VARIABLES = [{"name": "crm_key", "value": KEY, "secret": True}, {"name": "tenant", "value": "t1"}]


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize("auth", [{"scheme": "none"}, {"scheme": "bearer", "token": "{{crm_key}}"}])
def test_a_secret_variable_is_shown_nowhere_wherever_it_is_sent(
    search: Search, service: HTTPServer, auth: dict[str, str], status: int
) -> None:
    kind = "application/json"
    service.expect_request("/oauth/token").respond_with_handler(quoting(status, kind))
    service.expect_request("/").respond_with_handler(quoting(200, "text/plain"))
    search.call("put", "/variables/", {"variables": VARIABLES})
    methods: list[dict[str, Any]] = json.loads(json.dumps(TOKEN_SERVICE["methods"]))
    methods[0]["request_headers"].append({"name": "X-Note", "value": "for {{tenant}} {{crm_key}}"})
    methods[0]["query"] = [{"name": "plain", "value": "{{crm_key}}"}]
    process_id = set_up(search, service, auth=auth, methods=methods, test_path="/?probe=1")
    press(search, process_id)
    search.call("post", "/datasources/token-service/test/")
    search.call("post", "/datasources/token-service/methods/refresh-token/call/", {"input": {}})
    shown = search.call("get", "/variables/")["variables"]
    assert [one["value"] for one in shown] == ["********", "t1"]
    search.call("put", "/variables/", {"variables": [{"name": "tenant", "value": KEY[:3]}]})
    assert service.log[0][0].headers["X-Note"] == f"for t1 {KEY}"
    assert service.log[0][0].args["plain"] == KEY
    assert search.finds(KEY, *SECRETS.values()) == []


@pytest.mark.parametrize("status", [200, 401])
def test_the_token_that_an_instance_keeps_is_shown_nowhere(
    search: Search, service: HTTPServer, status: int
) -> None:
    service.expect_request("/me").respond_with_handler(quoting(status, "application/json"))
    service.expect_request("/oauth/token").respond_with_handler(quoting(400, "application/json"))
    process_id = set_up(search, service)
    auth = {
        "scheme": "instance_token", "process_id": process_id, "field": "access_token",
        "on_401": "trigger", "target": "refresh", "place": "query", "name": "token", "prefix": "",
    }  # fmt: skip
    base = service.url_for("/").rstrip("/")
    methods = [{"name": "me", "url_path": "/me"}]
    made = {"name": "crm", "title": "CRM", "base_url": base, "auth": auth, "methods": methods}
    search.call("post", "/datasources/", made)
    answer = search.call("post", "/datasources/crm/methods/me/call/", {"input": {}})
    assert answer["status"] == status
    search.call("post", "/datasources/crm/test/")
    asked = [request for request, _answer in service.log if request.path == "/me"]
    assert asked[0].args["token"] == SECRETS["access token"]
    assert search.finds(*SECRETS.values()) == []


def test_the_key_of_a_client_certificate_is_shown_nowhere(
    search: Search, service: HTTPServer
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(400, "application/json"))
    pair = Authority("Ours").client()
    lines = pair.key_pem().splitlines()[1:-1]
    sent = {"pem": pair.certificate_pem + pair.key_pem(), "password": KEY}
    process_id = set_up(search, service, client_certificate=sent)
    press(search, process_id)
    told = search.call("patch", "/datasources/token-service/", {"client_certificate": {"pem": "x"}})
    assert told["status"] == 400
    assert search.finds(KEY, *lines) == []
