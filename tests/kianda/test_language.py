"""Every page in another language: what it says is translated, and only data stays as it is."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from datasources.services.access import set_security
from datasources.services.datasources import create_datasource
from kianda.accounts.services.groups import add_group
from kianda.accounts.services.tokens import create_token
from kianda.accounts.services.users import invite_person
from kianda.environment import BASE_DIR
from kianda.management.commands.makemessages import told
from processes.designs.lifecycle import create_design, publish_design
from processes.fields import fields
from processes.instances.lifecycle import create_instance
from processes.models import Run
from processes.rules import rules
from processes.running import runs
from scheduler.models import ScheduledTask
from scheduler.schedules import schedules
from scheduler.services import create_task, run_now
from scheduler.services.execution import execute
from tests.factories import make_user
from tests.language import Wide, plain_words, said_on, spoken, wide
from tests.pages import client_of, fresh_client_of

pytestmark = pytest.mark.django_db

# Names in the fixture are one letter with digits. These are names of the product, of protocols,
# formats and programs, which no language has other words for, and gaps that a script fills.
DATA = re.compile(
    r"\b(?:Kianda|kianda|English|Deutsch|Wide|GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE|UTC|Python|Django|SQLite|urlPath)\b|"
    r"\{\w+\}|KIANDA_\w+|https?://\S+|\bx\d@\S+|\d{4}-\d\d-\d\dT\S+|\b(?:now|today|(?:body|row|item|process|user)\.\w+)\b|"
    + "|".join(sorted(map(re.escape, available_timezones()), key=len, reverse=True))
)
# Names of settings and of kinds in an answer of the API are those of the document.
SETTINGS = sorted({name for model in told() for name in model.model_fields}, reverse=True)
CODES = re.compile(
    r"'[\w.]+'|\bDELETE\b|\[\[?[\w.]+\]|\b(?:"
    + "|".join([*SETTINGS, "scheme", "kind", *fields.kinds, *rules.kinds, *schedules.kinds])
    + r")\b"
)
WHEN = {"items": [{"left": "[a1]", "operator": "eq", "right": "1"}]}

FIELDS: list[dict[str, Any]] = [
    {"type": "text", "name": "a1", "title": "1", "required": True},
    {"type": "number", "name": "a2", "title": "2", "min": 0},
    {"type": "secret", "name": "a3", "title": "3"},
    {"type": "date", "name": "a4", "title": "4"},
    {"type": "list", "name": "a5", "title": "5", "choices": [{"value": "1", "title": "1"}]},
    {"type": "toggle", "name": "a6", "title": "6", "on_text": "1", "off_text": "0"},
    {"type": "table", "name": "a7", "title": "7",
     "columns": [{"type": "text", "name": "b1", "title": "1"}]},
    {"type": "panel", "name": "a8", "title": "8",
     "fields": [{"type": "text", "name": "c1", "title": "1"}]},
    {"type": "rich_text", "name": "a9", "title": "9", "text": "1"},
    {"type": "link", "name": "e1", "title": "1", "url": "https://x.example"},
]  # fmt: skip
RULES: list[dict[str, Any]] = [
    {"type": "set_form_field", "id": "r1", "title": "1", "conditions": WHEN,
     "assignments": [{"field": "a2", "value": ""}]},
    {"type": "create_item", "id": "r2", "title": "2", "datasource": "d1", "method": "m1",
     "input_mapping": [{"target": "body.x", "value": "[a1]"}],
     "on_success": [{"field": "a1", "value": "[response.body.x]", "if_missing": "keep"}],
     "on_error": [{"field": "a1", "value": "[error.message]"}]},
    {"type": "hide_or_disable", "id": "r3", "title": "3",
     "changes": [{"field": "a5", "action": "disable"}]},
    {"type": "make_required", "id": "r4", "title": "4", "changes": [{"field": "a2"}]},
    {"type": "field_display_mode", "id": "q4", "title": "4", "changes": [{"field": "a2"}]},
    {"type": "loop_table", "id": "r5", "title": "5", "table": "a7", "rules": [
        {"type": "set_form_field", "id": "r6", "title": "6",
         "assignments": [{"field": "row.b1", "value": "1"}]}]},
    {"type": "assign_form", "id": "r7", "title": "7", "form": "f2", "everyone": True},
    {"type": "go_to_form", "id": "r8", "title": "8", "form": "f2"},
    {"type": "save", "id": "r9", "title": "9"},
    {"type": "save", "id": "r0", "title": "0", "enabled": False},
]  # fmt: skip
FAILING = {
    "type": "set_form_field", "id": "s1", "title": "1",
    "assignments": [{"field": "a2", "value": "=1 / 0"}],
}  # fmt: skip
DESIGN: dict[str, Any] = {
    "name": "p1", "title": "1", "description": "1", "forms": [
        {"name": "f1", "title": "1", "fields": [
            *FIELDS, {"type": "button", "name": "g1", "title": "1", "rules": RULES},
            {"type": "button", "name": "g2", "title": "2",
             "rules": [FAILING, {"type": "save", "id": "s2", "title": "2"}]}]},
        {"name": "f2", "title": "2", "fields": [{"type": "text", "name": "h1", "title": "1"}]},
    ],
}  # fmt: skip
SHORT: dict[str, Any] = {"name": "p2", "title": "2", "forms": [{"name": "f1", "title": "1"}]}
SERVICE: dict[str, Any] = {
    "name": "d1", "title": "1", "kind": "rest",
    "auth": {"scheme": "basic", "username": "1", "password": "12345"},
    "methods": [{"name": "m1", "title": "1", "http_method": "POST", "url_path": "/1",
                 "request_body": [{"name": "x"}], "response_body": [{"name": "x"}]}],
}  # fmt: skip
SCHEDULES: list[dict[str, Any]] = [
    {"kind": "minutes", "every": 5}, {"kind": "hourly", "every": 2, "minute": 5},
    {"kind": "weekly", "days": ["monday", "friday"], "at": "09:30"},
    {"kind": "monthly", "nth": 1, "weekday": "monday", "at": "09:30"},
    {"kind": "daily", "at": "09:30", "weekdays_only": True}, {"kind": "on_demand"},
    {"kind": "once", "in": {"days": 1, "hours": 2}}, {"kind": "seconds", "every": 100},
]  # fmt: skip

PAGES = """
/ /search/?q=1 /system/ /nowhere/ /password/ /profile/ /variables/ /audit/ /tokens/ /tokens/new/
/users/ /users/invite/ /users/groups/ /users/groups/new/
/datasources/ /datasources/new/ /datasources/d1/ /datasources/d1/security/ /datasources/d1/delete/
/datasources/d1/certificates/
/datasources/d1/methods/new/ /datasources/d1/methods/m1/ /datasources/d1/methods/m1/delete/
/designs/ /designs/new/ /designs/new/definition/ /designs/import/ /designs/export/ /bin/
/designs/templates/ /designs/templates/approval-request/ /designs/templates/fetch-a-list/
/designs/templates/oauth-token-refresh/
/designs/p1/ /designs/p1/details/ /designs/p1/duplicate/ /designs/p1/publish/ /designs/p1/delete/
/designs/p1/versions/ /designs/p1/versions/1.0/ /designs/p1/versions/1.0/restore/
/designs/p1/designer/ /designs/p1/designer/keys/ /designs/p1/designer/publish/
/designs/p1/designer/discard/ /designs/p1/designer/delete/?target=field:a1
/designs/p1/designer/uses/?target=field:a1 /designs/p1/designer/move/?target=field:a1
/designs/p1/designer/type/?target=field:a1 /designs/p1/designer/?at=field:a1
/designs/p1/designer/?at=field:a7 /designs/p1/designer/?at=field:g1
/designs/p1/designer/delete/?target=form:f1
/designs/p1/designer/parts/tree/?which=value&target=rule:r2
/designs/p1/designer/parts/completion/?which=value&target=rule:r2&q=a
/designs/p1/preview/new/ /designs/p1/preview/new/form/ /designs/p1/preview/answers/r2/
/work/ /instances/ /start/ /start/p1/
/instances/p1-1/ /instances/p1-1/runs/ /instances/p1-1/changes/ /instances/p1-1/delete/
/instances/p2-1/ /instances/p2-1/changes/
/runs/ /scheduled-tasks/ /scheduled-tasks/new/
"""
# What a form says when it is sent with nothing in it, or with what cannot stand there.
WRONG: dict[str, dict[str, str]] = {
    "/password/": {}, "/password/again/": {}, "/password/forgotten/": {},
    "/tokens/new/": {}, "/users/invite/": {}, "/users/groups/new/": {},
    "/datasources/new/": {}, "/datasources/d1/methods/new/": {}, "/designs/new/": {},
    "/designs/new/definition/": {"definition": "{"}, "/designs/import/": {},
    "/designs/templates/oauth-token-refresh/": {}, "/designs/p1/designer/act/": {"act": "move"},
    "/scheduled-tasks/new/": {"kind": "monthly"},
    "/instances/p1-1/": {"act": "press:g1", "v-a1": "", "v-a2": "z", "revision": "2"},
}  # fmt: skip
REFUSED: list[tuple[str, str, Any]] = [
    ("get", "/api/v1/processes/p9/", None),
    ("post", "/api/v1/processes/", {"name": "", "forms": [{"name": 1, "x": []}]}),
    ("post", "/api/v1/processes/", {"name": "p2", "forms": [{"name": "f1", "fields": [
        {"type": "text", "name": "a2", "mode": "z"},
        {"type": "number", "name": "a1", "default": "[x1]"}, {"type": "z"}, {"type": "button",
         "name": "g1", "rules": [{"type": "set_form_field", "assignments": []}]}]}]}),
    ("post", "/api/v1/datasources/", {"name": "d2", "base_url": "1", "auth": {"scheme": "z"}}),
    ("post", "/api/v1/scheduled-tasks/", {"schedule": {"kind": "daily", "every": 0, "at": "1"}}),
    ("post", "/api/v1/instances/", {"process": "p9"}),
    ("get", "/api/v1/runs/0/", None),
    ("delete", "/api/v1/instances/", None),
    ("get", "/api/v1/nowhere/", None),
]  # fmt: skip


@pytest.fixture
def language(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wide]:
    """Speak the language of wide letters."""
    with spoken(monkeypatch) as catalog:
        yield catalog


@pytest.fixture
def client(language: Wide, httpserver: HTTPServer, settings: Any) -> Client:
    """Everything that the product keeps, made by an Administrator who speaks the language."""
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    httpserver.expect_request("/1").respond_with_json({"x": "1"})
    user = make_user("x1", "Administrator")
    create_datasource(raw={**SERVICE, "base_url": httpserver.url_for("").rstrip("/")}, user=user)
    set_security(name="d1", raw={"callers": {"groups": ["Designer"]}}, user=user)
    for design in (DESIGN, SHORT):
        create_design(raw=design, user=user)
        publish_design(name=design["name"], user=user)
    create_instance(process="p1", mode="live", data={"a1": "1", "a7": [{"b1": "1"}]}, user=user)
    create_instance(process="p2", mode="live", data={}, user=user)
    runs.trigger(process_id="p2-1", target="form:f1#submit", user=user, trigger="button")
    for number, schedule in enumerate(SCHEDULES):
        target = "g1" if number else "g2"
        raw = {"name": f"{number}", "process": "p1", "process_id": "p1-1", "target": target}
        task, _hook = create_task(raw={**raw, "schedule": schedule}, user=user)
        if number < 2:
            execute(run_now(task_id=str(task.pk), user=user).pk)
            runs.trigger(process_id="p1-1", target=target, user=user, trigger="button")
    add_group(name="7", members=["x1"], by=user)
    invite_person(username="x2", name="2", email="x2@example.org", roles=["Designer"], by=user)
    create_token(user, name="1", by=user)
    return fresh_client_of(user)


def test_every_page_is_in_the_language_of_whoever_reads_it(client: Client) -> None:
    pages = [
        *PAGES.split(),
        *(f"/runs/{run}/" for run in Run.objects.values_list("pk", flat=True)),
        *(f"/designs/p1/designer/rule/r{number}/" for number in range(10)),
        *(f"/scheduled-tasks/{task}/{part}"
          for task in ScheduledTask.objects.values_list("pk", flat=True)[:2]
          for part in ("", "history/", "delete/")),
        *(f"/users/{user}/" for user in User.objects.values_list("pk", flat=True)),
    ]  # fmt: skip
    answers = {path: client.get(path) for path in pages}
    answers |= {f"POST {path}": client.post(path, sent) for path, sent in WRONG.items()}
    stranger = Client()
    answers["/audit/ for others"] = client_of(make_user("x3", "User")).get("/audit/")
    answers["/sign-in/"] = stranger.get("/sign-in/")
    answers["POST /sign-in/"] = stranger.post("/sign-in/", {"username": "x1", "password": "1"})

    english = {path: _english(answer) for path, answer in answers.items()}
    assert {path: pieces for path, pieces in english.items() if pieces} == {}
    codes = {path: answer.status_code for path, answer in answers.items()}
    refused = {path: code for path, code in codes.items() if code not in {200, 422}}
    assert refused == {"/nowhere/": 404, "/audit/ for others": 403}
    failed = Run.objects.filter(status=Run.Status.FAILED).values_list("pk", flat=True)
    for run in failed:
        told = answers[f"/runs/{run}/"].content.decode()
        assert wide("Not reached: the run ended before it.") in told
    assert failed


def _english(answer: Any) -> list[str]:
    return plain_words(said_on(answer.content.decode()), but=DATA)


def test_what_the_api_refuses_is_said_in_the_language_too(
    admin: Any, api: Callable[..., APIClient], language: Wide
) -> None:
    client = api(admin)
    for method, path, body in REFUSED:
        answer = getattr(client, method)(path, body)
        told = answer.json()
        said = [told["title"], told["detail"], *(one["detail"] for one in told.get("errors", ()))]
        assert answer.status_code >= 400
        assert plain_words(said, but=CODES) == []


def test_the_kinds_of_the_api_are_told_in_the_language_and_kept_in_english(
    admin: Any, api: Callable[..., APIClient], language: Wide
) -> None:
    told = {one["type"]: one for one in api(admin).get("/api/v1/rule-types/").json()}
    save = told["save"]
    assert (save["title"], save["category"]) == (wide("Save"), wide("Form"))
    assert save["description"] == wide(rules.kinds["save"].help_text())
    assert save["schema"]["properties"]["title"]["title"] == wide("Title")
    assert rules.describe()[0]["title"].isascii()


SCRIPTS = {
    module: re.sub(r"//.*", "", module.read_text("utf-8"))
    for module in (BASE_DIR / "kianda/static/kianda/js").rglob("*.js")
}
SPEAKING = """
/users/ /datasources/d1/methods/m1/ /designs/p1/designer/ /designs/p1/designer/rule/r2/
/instances/p1-1/ /start/p1/ /designs/p1/preview/new/ /designs/p1/preview/new/form/
"""


def _names(html: str) -> list[str]:
    """Return the names of the texts for scripts that a page holds."""
    known = re.findall(r"data-word-([a-z-]+)=", html)
    return [re.sub(r"-(\w)", lambda part: part[1].upper(), name) for name in known]


def _modules(html: str) -> list[Path]:
    """Return the modules that a page loads, and those that they import."""
    static = BASE_DIR / "kianda/static"
    found = [static / path for path in re.findall(r'src="/static/(kianda/js/.+?)"', html)]
    for module in found:
        imported = re.findall(r'"(\.\.?/[\w/]+\.js)"', SCRIPTS[module])
        found += {(module.parent / path).resolve() for path in imported} - set(found)
    return found


def test_a_page_holds_what_its_scripts_say(client: Client) -> None:
    texts = (BASE_DIR / "templates").rglob("*words.html")
    known = {name for page in texts for name in _names(page.read_text("utf-8"))}
    for path in SPEAKING.split():
        html = client.get(path).content.decode()
        speaking = [SCRIPTS[one] for one in _modules(html) if '/words.js"' in SCRIPTS[one]]
        said = {name for name in known for source in speaking if f'"{name}"' in source}
        assert said, path
        assert said - set(_names(html)) == set(), path


def test_what_scripts_say_stands_in_templates() -> None:
    source = "\n".join(SCRIPTS.values())
    texts = (BASE_DIR / "templates").rglob("*words.html")
    known = [name for page in texts for name in _names(page.read_text("utf-8"))]
    names = set(known)
    assert len(known) == len(names) > 40
    assert set(re.findall(r'\bword\("(\w+)"', source)) <= names
    assert [name for name in names if f'"{name}"' not in source] == []
    # A sentence, or a word that a person reads.
    assert re.findall(r"[\"`'][^\"`'\n]*[A-Z][a-z]+(?: [a-z]+)+[^\"`'\n]*[\"`']", source) == []
