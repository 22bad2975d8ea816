"""No secret of whatever else is done stands readable anywhere: tasks, tokens, exports, trying."""

import json
import logging

import pytest
from django.contrib.auth import get_user_model
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from processes.library.exporter import export_text
from processes.models import ProcessDesign
from processes.preview import debugger
from processes.running import pinned_answers
from scheduler import services as scheduler
from scheduler.models import Occurrence
from tests.secrets.searching import KEY, SECRETS, VISIBLE, Search, good, quoting, set_up, spellings

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_scheduled_run_and_its_occurrence_show_no_secret(
    search: Search, service: HTTPServer
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(400, "text/plain"))
    process_id = set_up(search, service)
    task = {
        "name": "Refresh",
        "process": "token-refresh",
        "process_id": process_id,
        "target": "refresh",
        "schedule": {"kind": "on_demand"},
    }
    made = search.client.post("/api/v1/scheduled-tasks/", task)
    assert made.status_code == 201, made.content
    hook = made.json()["hook_url"].rstrip("/").rpartition("/")[2]
    assert search.client.post(f"/hooks/{hook}/", {"nonsense": 1}).status_code == 400
    fired = search.client.post(f"/hooks/{hook}/", {})
    assert fired.status_code == 202
    scheduler.execute(int(fired.json()["occurrence"]))
    assert Occurrence.objects.get().outcome == "failed"
    assert search.finds(hook, *SECRETS.values()) == []


def test_api_tokens_and_passwords_stand_nowhere(search: Search, service: HTTPServer) -> None:
    service.expect_request("/oauth/token").respond_with_handler(good)
    set_up(search, service)
    token = vars(search.client)["_credentials"]["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    wrong = f"kia_{'w' * 30}"
    refused = APIClient().get("/api/v1/runs/", headers={"Authorization": f"Bearer {wrong}"})
    assert refused.status_code == 401
    logging.getLogger("kianda.test").warning("Authorization: Bearer %s", token)
    assert search.finds(token, wrong, "a good test password") == []


def test_loops_nested_runs_and_exports_show_no_secret(search: Search, service: HTTPServer) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(400, "application/json"))
    set_up(search, service)
    secrets = [
        {"target": "client_secret", "value": "[client_secret]"},
        {"target": "refresh_token", "value": "=Concat([refresh_token], '')"},
        {"target": "client_id", "value": "[row.who]"},
    ]
    start = {
        "type": "start_a_process", "process": "token-refresh", "target": "refresh",
        "input_mapping": secrets, "on_failure": "continue",
        "on_error": [{"field": "row.problem", "value": "[error.message]"}],
    }  # fmt: skip
    find = {
        "type": "find_items", "datasource": "kianda", "method": "token-refresh",
        "on_success": [{"field": "found", "value": "[item.access_token]"}],
    }  # fmt: skip
    literal = {
        "type": "set_form_field", "id": "literal",
        "assignments": [{"field": "found", "value": KEY}],
    }  # fmt: skip
    columns = [{"type": "text", "name": name} for name in ("who", "problem")]
    fields = [
        {"type": "secret", "name": "client_secret"},
        {"type": "secret", "name": "refresh_token"},
        {"type": "secret", "name": "found"},
        {"type": "table", "name": "lines", "columns": columns},
        {"type": "button", "name": "go", "rules": [
            find, {"type": "loop_table", "table": "lines", "rules": [start]}, {"type": "save"}]},
        {"type": "button", "name": "never", "rules": [literal]},
    ]  # fmt: skip
    design = {"name": "many", "forms": [{"name": "f", "fields": fields}]}
    search.call("post", "/processes/", design)
    search.call("post", "/processes/many/publish/", {})
    data = {
        "client_secret": SECRETS["client secret"],
        "refresh_token": SECRETS["refresh token"],
        "lines": [{"who": VISIBLE}, {"who": VISIBLE}],
    }
    made = search.call("post", "/instances/", {"process": "many", "data": data})
    run = search.call("post", f"/instances/{made['process_id']}/trigger/", {"target": "go"})
    assert (run["status"], run["handled_errors"]) == ("succeeded", 2)
    assert len(service.log) == 2
    assert search.finds(*SECRETS.values()) == []
    user = get_user_model().objects.get(username="admin")
    assert KEY not in export_text(["many"], user=user)


def test_a_debugging_session_and_pinned_samples_show_no_secret(
    search: Search, service: HTTPServer
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(200, "application/json"))
    set_up(search, service)
    data = {"client_id": VISIBLE, "client_secret": SECRETS["client secret"]}
    new = {"process": "token-refresh", "mode": "preview", "data": data}
    made = search.call("post", "/instances/", new)
    user = get_user_model().objects.get(username="admin")
    run = debugger.start(
        process_id=made["process_id"], target="refresh", user=user, trigger="button"
    )
    at = debugger.Paused(run.pk, user, answer="do")
    by_hand = SECRETS["sent with a trigger"]
    debugger.edit_value(at, field="refresh_token", value=by_hand)
    assert search.finds(*SECRETS.values()) == []
    debugger.step(at)
    debugger.step(at)
    # It stands at the failure: the answer quoted what was sent and had no token in it.
    assert service.log[0][0].form["refresh_token"] == by_hand
    assert search.finds(*SECRETS.values()) == []
    design = ProcessDesign.objects.get(name="token-refresh")
    found = pinned_answers.last_answer(design, "get-token", user=user)
    assert found is not None
    sample = json.dumps(found[1])
    pinned_answers.pin_answer(name=design.name, rule_id="get-token", text=sample, user=user)
    assert not any(spelling in sample for one in SECRETS.values() for spelling in spellings(one))
    debugger.stop(at)
    assert search.finds(*SECRETS.values()) == []
