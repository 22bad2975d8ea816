"""No secret of a run stands readable anywhere: of its call, its values, its failures."""

import json
import logging
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from processes.running import runs
from tests.processes.definitions import TOKEN_SERVICE
from tests.secrets.searching import (
    KEY,
    SECRETS,
    VISIBLE,
    Search,
    good,
    press,
    quoting,
    secret_definition,
    set_up,
    spellings,
    stored,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_search_finds_what_is_there(search: Search, service: HTTPServer) -> None:
    service.expect_request("/oauth/token").respond_with_handler(good)
    set_up(search, service)
    found = search.finds(VISIBLE)
    assert any(place.startswith("the database") for place in found)
    assert any(place.startswith("the answers") for place in found)
    logging.getLogger("kianda.test").debug("a line of %s", VISIBLE)
    assert any(place.startswith("the log") for place in search.finds(VISIBLE))


def test_a_refresh_that_succeeds_leaves_no_secret_behind(
    search: Search, service: HTTPServer
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(good)
    run = press(search, set_up(search, service))
    assert (run["status"], run["saved"]) == ("succeeded", True)
    assert service.log[0][0].form["client_secret"] == SECRETS["client secret"]
    assert search.finds(*SECRETS.values()) == []


@pytest.mark.parametrize("status", [200, 302, 400, 401, 500])
@pytest.mark.parametrize("content_type", ["application/json", "text/html", "text/plain"])
def test_an_error_that_quotes_the_secrets_back_is_masked(
    search: Search, service: HTTPServer, status: int, content_type: str
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(status, content_type))
    run = press(search, set_up(search, service))
    assert run["status"] == "failed"
    assert service.log[0][0].form["refresh_token"] == SECRETS["refresh token"]
    assert search.finds(*SECRETS.values()) == []


def test_an_answer_that_cannot_be_used_is_masked_where_it_held_a_secret(
    search: Search, service: HTTPServer
) -> None:
    body = {"refresh_token": SECRETS["next refresh token"], "note": "no access token at all"}
    service.expect_request("/oauth/token").respond_with_json(body)
    run = press(search, set_up(search, service))
    assert run["error"]["kind"] == "bad_answer"
    assert search.finds(*SECRETS.values()) == []


def test_secrets_sent_with_a_trigger_are_masked(search: Search, service: HTTPServer) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(500, "application/json"))
    process_id = set_up(search, service)
    sent = SECRETS["sent with a trigger"]
    run = press(search, process_id, data={"client_secret": sent})
    assert run["status"] == "failed"
    assert service.log[0][0].form["client_secret"] == sent
    assert search.finds(*SECRETS.values()) == []


def test_secrets_of_a_run_that_waits_are_encrypted(search: Search, service: HTTPServer) -> None:
    process_id = set_up(search, service)
    sent = SECRETS["sent with a trigger"]
    fields = search.client.get(f"/api/v1/instances/{process_id}/").json()["data"]
    queued = runs.enqueue(
        process_id=process_id,
        target="refresh",
        user=get_user_model().objects.get(username="admin"),
        trigger="api",
        data={"client_secret": sent},
    )
    assert fields["client_secret"] == "********"
    assert search.finds(*SECRETS.values()) == []
    service.expect_request("/oauth/token").respond_with_handler(good)
    runs.execute_queued(queued.pk)
    assert service.log[0][0].form["client_secret"] == sent
    assert search.finds(*SECRETS.values()) == []


def test_secrets_are_encrypted_while_their_call_is_under_way(
    search: Search, service: HTTPServer
) -> None:
    meanwhile: list[str] = []

    def look(request: Request) -> Response:
        meanwhile.append(stored())
        connection.close()
        return good(request)

    service.expect_request("/oauth/token").respond_with_handler(look)
    assert press(search, set_up(search, service))["status"] == "succeeded"
    [text] = meanwhile
    assert VISIBLE in text
    for secret in SECRETS.values():
        assert not any(spelling in text for spelling in spellings(secret))


def test_a_repeated_request_keeps_no_secret_in_its_kept_answer(
    search: Search, service: HTTPServer
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(400, "application/json"))
    path = f"/instances/{set_up(search, service)}/trigger/"
    body = {"target": "refresh", "data": {"client_secret": SECRETS["sent with a trigger"]}}
    first = search.call("post", path, body, **{"Idempotency-Key": "one-and-only"})
    again = search.call("post", path, body, **{"Idempotency-Key": "one-and-only"})
    assert first == again
    assert search.finds(*SECRETS.values()) == []


def test_a_flaw_does_not_quote_the_secret_that_was_sent(
    search: Search, service: HTTPServer
) -> None:
    process_id = set_up(search, service)
    broken = {"scheme": "bearer", "token": f"{KEY}\n", "secret": KEY}
    search.call("post", "/datasources/", TOKEN_SERVICE | {"name": "other", "auth": broken})
    data = {"client_secret": {"a": [KEY]}, "expires_in": "no number", "nobody": 1}
    search.call("patch", f"/instances/{process_id}/", {"revision": 1, "data": data})
    flaws = [answer for answer in search.answers if '"errors"' in answer]
    assert len(flaws) == 2
    assert search.finds(KEY) == []


QUOTED = {
    "on": [{"field": "last_error", "value": "[error.message]"}],
    "call": [{"target": "body.client_secret", "value": "=[client_secret] * 2"}],
    "start": [{"target": "refresh_token", "value": "=AddDays([client_secret], 1)"}],
}


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "create_item", "datasource": "token-service", "method": "refresh-token",
         "input_mapping": QUOTED["call"], "on_error": QUOTED["on"]},
        {"type": "start_a_process", "process": "token-refresh",
         "input_mapping": QUOTED["start"], "on_error": QUOTED["on"]},
        {"type": "set_form_field",
         "assignments": [{"field": "refresh_token", "value": "=Number([client_secret])"}]},
        {"type": "loop_table", "table": "lines", "on_row_failure": "continue", "rules": [
            {"type": "create_item", "datasource": "token-service", "method": "refresh-token",
             "input_mapping": QUOTED["call"], "on_failure": "continue",
             "on_error": [{"field": "row.problem", "value": "[error.message]"}]}]},
    ],
    ids=lambda rule: rule["type"],
)  # fmt: skip
def test_a_failure_that_quotes_a_value_quotes_no_secret(
    search: Search, service: HTTPServer, rule: dict[str, Any]
) -> None:
    set_up(search, service)
    made = secret_definition()
    table = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "problem"}]}
    made["forms"][0]["fields"].insert(0, table)
    made["forms"][0]["fields"][-1]["rules"] = [rule, {"type": "save"}]
    search.call("put", "/processes/token-refresh/", made)
    data = {"client_id": VISIBLE, "client_secret": SECRETS["client secret"], "lines": [{}]}
    new = {"process": "token-refresh", "mode": "preview", "data": data}
    run = press(search, search.call("post", "/instances/", new)["process_id"])
    told = json.dumps([run["error"], run["data"]["lines"]])
    assert '\\"********\\" is not a ' in told
    assert search.finds(*SECRETS.values()) == []
