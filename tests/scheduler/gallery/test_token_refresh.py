"""A few answers make a service, a process, an instance and a task that keeps its token."""

import json
from typing import Any

import pytest
from django.db import connection
from pytest_httpserver import HTTPServer

from datasources.models import Datasource
from kianda.accounts.models import AuditEntry
from kianda.accounts.services.recycle_bin import restore
from processes.designs.lifecycle import delete_design, warnings_of
from processes.document_cache import document_of
from processes.library.exporter import export_text
from processes.library.recycle_bin import DESIGNS
from processes.models import ProcessInstance, Run
from processes.selectors import get_design
from scheduler.models import Occurrence, ScheduledTask
from scheduler.services.execution import execute
from scheduler.services.planning import plan
from scheduler.services.tasks import create_task
from scheduler.token_selectors import token_health
from tests.pages import client_of, text_of
from tests.processes.conftest import GOOD_ANSWER, answers
from tests.processes.stories import values_of
from tests.scheduler.gallery.wizard import WIZARD, nothing_is_there, typed

pytestmark = pytest.mark.django_db


def test_the_wizard_makes_all_four_and_the_button_fetches_a_token(
    provider: HTTPServer, admin: Any
) -> None:
    client = client_of(admin)
    answer = client.post(WIZARD, typed(provider))
    assert answer["Location"] == "/designs/templates/made/acme-crm-token/"
    page = text_of(client.get(answer["Location"]))
    for said in ("Acme CRM", "acme-crm-token-1", "version 1.0, published", "Press Refresh now"):
        assert said in page
    design = get_design("acme-crm-token")
    assert warnings_of(document_of(design.draft)) == []
    task = ScheduledTask.objects.get()
    assert task.schedule == {"kind": "minutes", "every": 55}
    assert task.process_id == "acme-crm-token-1"
    answers(provider)
    pressed = client.post("/designs/templates/made/acme-crm-token/press/")
    assert pressed["Location"] == answer["Location"]
    assert Run.objects.get().status == "succeeded"
    values = values_of(ProcessInstance.objects.get())
    assert values["access_token"] == GOOD_ANSWER["access_token"]
    assert values["refresh_token"] == GOOD_ANSWER["refresh_token"]
    [kept] = token_health(admin, now=task.created).shown
    assert kept.fields.token == "access_token"


def test_the_task_of_the_wizard_fires_by_itself(provider: HTTPServer, admin: Any) -> None:
    client_of(admin).post(WIZARD, typed(provider))
    answers(provider)
    for pk in plan(ScheduledTask.objects.get().next_run_at):
        execute(pk)
    run = Run.objects.get()
    assert (run.status, run.trigger) == ("succeeded", "schedule")


def test_a_refused_refresh_is_told_on_the_last_page(provider: HTTPServer, admin: Any) -> None:
    client = client_of(admin)
    client.post(WIZARD, typed(provider))
    answers(provider, {"error": "invalid_grant"}, status=400)
    client.post("/designs/templates/made/acme-crm-token/press/")
    page = text_of(client.get("/designs/templates/made/acme-crm-token/"))
    assert "Failed" in page
    assert "400" in page
    assert "See the trace" in page


def test_no_secret_is_in_the_pages_the_export_the_trace_or_the_audit_log(
    provider: HTTPServer, admin: Any
) -> None:
    client = client_of(admin)
    bad = client.post(WIZARD, typed(provider, service=""))
    client.post(WIZARD, typed(provider))
    answers(provider)
    client.post("/designs/templates/made/acme-crm-token/press/")
    seen = [
        bad.content.decode(),
        client.get("/designs/templates/made/acme-crm-token/").content.decode(),
        export_text(["acme-crm-token"], user=admin),
        json.dumps(Run.objects.get().steps),
        " ".join(f"{entry.name} {entry.detail}" for entry in AuditEntry.objects.all()),
    ]
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77", "at-new"):
        assert not [text for text in seen if secret in text]


def test_a_second_one_of_the_same_service_gets_free_names(provider: HTTPServer, admin: Any) -> None:
    client = client_of(admin)
    client.post(WIZARD, typed(provider))
    answer = client.post(WIZARD, typed(provider))
    assert answer["Location"] == "/designs/templates/made/acme-crm-token-2/"
    assert set(Datasource.objects.values_list("name", flat=True)) == {"acme-crm", "acme-crm-2"}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"base_url": "http://10.0.0.8"}, "10.0.0.8 is not a public address."),
        ({"base_url": "http://169.254.169.254"}, "which is never allowed"),
        ({"base_url": "ftp://x.example"}, "The scheme ftp is not supported."),
        ({"base_url": ""}, "Enter a value for Service URL."),
        ({"token_path": "oauth"}, "Start the path with /."),
        ({"token_path": "/a/../b"}, "A path cannot contain .."),
        ({"every": "0"}, "Interval in minutes: enter 1 or more."),
        ({"every": "525601"}, "Interval in minutes: enter less; a year has 525,600 minutes."),
        ({"every": "often"}, "Interval in minutes: enter a whole number."),
        ({"lives": "9" * 5000}, "Token lifetime in minutes: enter"),
        ({"every": "90"}, "instead of 90."),
        ({"every": "60"}, "to leave some time for a retry"),
        ({"client_id": "", "refresh_token": ""}, "Enter a value for Refresh token."),
        ({"service": "x" * 101}, "at most 100 characters"),
    ],
)
def test_a_wrong_answer_is_told_and_nothing_is_half_made(
    provider: HTTPServer, admin: Any, wrong: dict[str, str], sentence: str
) -> None:
    response = client_of(admin).post(WIZARD, typed(provider, **wrong))
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert nothing_is_there()
    for name in wrong:
        assert response.context["form"].control(name).errors


def test_a_failure_at_the_last_step_takes_everything_back(provider: HTTPServer, admin: Any) -> None:
    name = "OAuth token refresh: Acme CRM"
    other = {
        "process": "acme-crm-token", "process_id": "acme-crm-token-1", "target": "refresh",
        "schedule": {"kind": "minutes", "every": 5},
    }  # fmt: skip
    quicker = [name]

    def be_quicker(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if sql.startswith('INSERT INTO "scheduler_scheduledtask"') and quicker:
            create_task(raw={"name": quicker.pop(), **other}, user=admin)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(be_quicker):
        response = client_of(admin).post(WIZARD, typed(provider))
    assert response.status_code == 422
    assert f"{name} already exists. Choose another name." in text_of(response)
    assert nothing_is_there()


def test_a_long_interval_is_made_when_the_person_is_sure(provider: HTTPServer, admin: Any) -> None:
    client = client_of(admin)
    refused = client.post(WIZARD, typed(provider, every="90"))
    assert "Create anyway" in text_of(refused)
    assert client.post(WIZARD, typed(provider, every="90", sure="on")).status_code == 303
    assert ScheduledTask.objects.get().schedule["every"] == 90


def test_the_warning_follows_what_is_typed(admin: Any) -> None:
    htmx = {"HX-Request": "true", "HX-Target": "lead"}
    client = client_of(admin)
    said = client.get(f"{WIZARD}?/every=90&/lives=60", headers=htmx)
    assert "before the next refresh. Enter at most" in text_of(said)
    assert "lives" not in text_of(client.get(f"{WIZARD}?/every=50&/lives=60", headers=htmx))
    assert client.get(f"{WIZARD}?/every=x&/lives=-1", headers=htmx).status_code == 200


@pytest.mark.parametrize(
    ("base_url", "sentence"),
    [
        ("", "The service answered 404"),
        ("http://10.1.2.3", "10.1.2.3 is not a public address."),
        ("nonsense", "Enter the address with its scheme"),
    ],
)
def test_the_connection_is_tested_before_anything_is_made(
    provider: HTTPServer, admin: Any, base_url: str, sentence: str
) -> None:
    provider.expect_request("/").respond_with_data("no", status=404)
    sent = typed(provider, **({"base_url": base_url} if base_url else {}), service="")
    sent["act"] = "test"
    for headers in ({}, {"HX-Request": "true", "HX-Target": "answer"}):
        response = client_of(admin).post(WIZARD, sent, headers=headers)
        assert response.status_code == 200
        assert sentence in text_of(response)
        assert "cs-secret-1" not in response.content.decode()
    assert nothing_is_there()


def test_a_task_of_a_binned_process_says_so_and_fires_again_when_it_is_restored(
    provider: HTTPServer, admin: Any
) -> None:
    client_of(admin).post(WIZARD, typed(provider))
    task = ScheduledTask.objects.get()
    ScheduledTask.objects.update(process_id=None)
    pk = get_design("acme-crm-token").pk
    delete_design(name="acme-crm-token", user=admin, force=True)

    def fired() -> Occurrence:
        task.refresh_from_db()
        [occurrence] = plan(task.next_run_at)
        execute(occurrence)
        return Occurrence.objects.get(pk=occurrence)

    first = fired()
    assert first.outcome in {"skipped", "failed"}
    assert first.reason == "The process acme-crm-token was deleted."
    restore(DESIGNS, pk=pk, user=admin)
    ProcessInstance.objects.all().delete()
    answers(provider)
    second = fired()
    assert second.process_id == "acme-crm-token-2"
