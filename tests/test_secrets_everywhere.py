"""No secret stands readable anywhere: not in the database, not in the log, not in an answer."""

import base64
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.db import connection
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient
from werkzeug import Request, Response

from kianda.logs import formatter
from processes.models import ProcessDesign, Run
from processes.services import debugging, pinned, runs
from processes.services.exporting import export_text
from scheduler import services as scheduler
from scheduler.models import Occurrence
from tests.processes.definitions import TOKEN_SERVICE, token_refresh

pytestmark = pytest.mark.django_db(transaction=True)

# Signs that each spelling writes in its own way.
ODD = '/+ "&=é%'
SECRETS = {
    "client secret": f"cs-7d1e{ODD}secret",
    "refresh token": f"rt-4a9b{ODD}before",
    "next refresh token": f"rt-8c2f{ODD}after",
    "access token": f"at-5e6d{ODD}before",
    "next access token": f"at-1b3c{ODD}after",
    "sent with a trigger": f"tr-6f0a{ODD}sent",
}
VISIBLE = "client-that-may-be-seen"
KEY = "key-9f8e7d6c/of=the+service"


def spellings(secret: str) -> set[str]:
    """Return the ways in which a secret may be written somewhere."""
    raw = secret.encode()
    coded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    in_json = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    in_urls = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {secret, *in_json, *in_urls, *coded, *(text.rstrip("=") for text in coded)}


class Search:
    """Gathers everything that the product has written or said."""

    def __init__(self, client: APIClient) -> None:
        self.client = client
        self.answers: list[str] = []
        self.lines: list[str] = []

    def call(self, verb: str, path: str, body: Any = None, **headers: Any) -> Any:
        """Call the API; its answer is among what is searched."""
        answer = getattr(self.client, verb)(f"/api/v1{path}", body, headers=headers)
        assert answer.status_code < 500, answer.content
        head = "\n".join(f"{name}: {value}" for name, value in answer.items())
        self.answers.append(f"{verb} {path}\n{head}\n{answer.content.decode()}")
        return answer.json() if answer.content else None

    def read_everything(self) -> None:
        """Read every list and every object of it."""
        paths = ("datasources", "processes", "instances", "runs", "scheduled-tasks")
        keys = ("name", "name", "process_id", "id", "id")
        for path, key in zip(paths, keys, strict=True):
            for row in self.call("get", f"/{path}/")["results"]:
                self.call("get", f"/{path}/{row[key]}/")
        for row in self.call("get", "/processes/")["results"]:
            self.call("get", f"/processes/{row['name']}/versions/")
        for row in self.call("get", "/scheduled-tasks/")["results"]:
            self.call("get", f"/scheduled-tasks/{row['id']}/occurrences/")

    def places(self) -> dict[str, str]:
        """Return all texts to be searched, by place."""
        self.read_everything()
        return {
            "the database": stored(),
            "the log": "\n".join(self.lines),
            "the answers": "\n\n".join(self.answers),
        }

    def finds(self, *secrets: str) -> list[str]:
        """Return where which spelling of a secret was found, with what stands around it."""
        places = self.places()
        for name in ("the database", "the answers"):
            assert VISIBLE in places[name], f"{name} was not searched"
        return [
            f"{name}: ...{text[max(0, text.index(spelling) - 200) :][:300]}..."
            for name, text in places.items()
            for secret in secrets
            for spelling in spellings(secret)
            if spelling in text
        ]


def stored() -> str:
    """Return every value of every table, and on SQLite the bytes of the files as well."""
    texts = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            texts += [str(value) for row in cursor.fetchall() for value in row]
    if connection.vendor == "sqlite":
        file = str(connection.settings_dict["NAME"])
        for path in (Path(file), Path(f"{file}-wal")):
            if path.exists():
                texts.append(path.read_bytes().decode("latin-1"))
                texts.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(texts)


@pytest.fixture
def search(admin: Any, api: Callable[..., APIClient]) -> Iterator[Search]:
    """An administrator's search; the log is kept as it is written, from the level debug on."""
    found = Search(api(admin))

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.lines.append(self.format(record))

    handler, root = Keep(), logging.getLogger()
    handler.setFormatter(formatter())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def service(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    """The outside world."""
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    return httpserver


def secret_definition() -> dict[str, Any]:
    """Return the scenario with its access token in a secret field, as the templates have it."""
    made = token_refresh()
    for field in made["forms"][0]["fields"]:
        if field["name"] == "access_token":
            field["type"] = "secret"
    return made


def set_up(search: Search, service: HTTPServer, **datasource: Any) -> str:
    """Make datasource, published process and an instance over the API; return its Process ID."""
    base = {"base_url": service.url_for("/").rstrip("/")}
    search.call("post", "/datasources/", TOKEN_SERVICE | base | datasource)
    search.call("post", "/processes/", secret_definition())
    search.call("post", "/processes/token-refresh/publish/", {})
    data = {
        "client_id": VISIBLE,
        "client_secret": SECRETS["client secret"],
        "refresh_token": SECRETS["refresh token"],
        "access_token": SECRETS["access token"],
    }
    made = search.call("post", "/instances/", {"process": "token-refresh", "data": data})
    return str(made["process_id"])


def press(search: Search, process_id: str, **more: Any) -> Any:
    return search.call("post", f"/instances/{process_id}/trigger/", {"target": "refresh", **more})


def good(request: Request) -> Response:
    granted = {
        "access_token": SECRETS["next access token"],
        "refresh_token": SECRETS["next refresh token"],
        "expires_in": 3600,
    }
    cookie = {"Set-Cookie": f"session={quote(SECRETS['next access token'])}"}
    return Response(json.dumps(granted), content_type="application/json", headers=cookie)


def quoting(status: int, content_type: str) -> Callable[[Request], Response]:
    """Return a handler that quotes everything it was sent, in every spelling."""

    def answer(request: Request) -> Response:
        values = [*request.form.values(), *request.args.values()]
        sent = [text for value in values for text in sorted(spellings(value))]
        head = [f"{name}: {value}" for name, value in request.headers.items()]
        body: Any = {"error": "invalid_grant", "you_sent": sent, "head": head, "q": request.url}
        text = json.dumps(body)
        if content_type == "text/html":
            text = f"<h1>No</h1><pre>{' '.join(sent + head)}</pre>"
        location = {"X-You-Sent": quote(" ".join(values)), "Location": f"/?t={quote(values[-1])}"}
        return Response(text, status=status, content_type=content_type, headers=location)

    return answer


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
        user=Run.run_as.field.related_model.objects.get(username="admin"),
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
    token = search.client._credentials["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    wrong = f"kia_{'w' * 30}"
    refused = APIClient().get("/api/v1/runs/", headers={"Authorization": f"Bearer {wrong}"})
    assert refused.status_code == 401
    logging.getLogger("kianda.test").warning("Authorization: Bearer %s", token)
    assert search.finds(token, wrong, "a good test password") == []


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
    user = Run.run_as.field.related_model.objects.get(username="admin")
    assert KEY not in export_text(["many"], user=user)


def test_a_debugging_session_and_pinned_samples_show_no_secret(
    search: Search, service: HTTPServer
) -> None:
    service.expect_request("/oauth/token").respond_with_handler(quoting(200, "application/json"))
    set_up(search, service)
    data = {"client_id": VISIBLE, "client_secret": SECRETS["client secret"]}
    new = {"process": "token-refresh", "mode": "preview", "data": data}
    made = search.call("post", "/instances/", new)
    user = Run.run_as.field.related_model.objects.get(username="admin")
    run = debugging.start(
        process_id=made["process_id"], target="refresh", user=user, trigger="button"
    )
    at = debugging.Paused(run.pk, user, answer="do")
    by_hand = SECRETS["sent with a trigger"]
    debugging.edit_value(at, field="refresh_token", value=by_hand)
    assert search.finds(*SECRETS.values()) == []
    debugging.step(at)
    debugging.step(at)
    # It stands at the failure: the answer quoted what was sent and had no token in it.
    assert service.log[0][0].form["refresh_token"] == by_hand
    assert search.finds(*SECRETS.values()) == []
    design = ProcessDesign.objects.get(name="token-refresh")
    found = pinned.last_answer(design, "get-token")
    assert found is not None
    sample = json.dumps(found[1])
    pinned.pin_answer(name=design.name, rule_id="get-token", text=sample, user=user)
    assert not any(spelling in sample for one in SECRETS.values() for spelling in spellings(one))
    debugging.stop(at)
    assert search.finds(*SECRETS.values()) == []
