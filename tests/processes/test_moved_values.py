"""What somebody has moved from row to row in the database is refused in words; the rest goes on."""

from typing import Any

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from datasources.connections.rows import tokens_of
from datasources.models import Connection, Datasource, Variable
from datasources.services.datasources import create_datasource
from datasources.services.variables import replace_variables
from kianda.accounts.models import IdentityProvider
from kianda.accounts.services.key_ring import check_key_ring
from kianda.mail.delivery import deliver_due
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage
from kianda.mail.planning import plan_letters
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from tests.datasources.conftest import raw_datasource
from tests.factories import Api
from tests.lib.sealed_rows import any_row, put, text_of
from tests.pages import client_of
from tests.pages import text_of as words_on
from tests.processes.conftest import VALUES, answers
from tests.processes.stories import Make, press, values_of

pytestmark = pytest.mark.django_db(transaction=True)
SAID = "belongs to another row or was changed in the database"


@pytest.fixture
def boss(admin: Any) -> Client:
    check_key_ring()
    return client_of(admin)


def move(column: str, *, of: Any, to: Any) -> None:
    put(to, column, text_of(of, column))


@pytest.fixture
def instances(make_token: Make, ada: Any) -> tuple[ProcessInstance, ProcessInstance]:
    """Two instances; the second one has got the secrets of the first."""
    own = make_token()
    other = create_instance(
        process="token-refresh", mode="live", data={**VALUES, "client_secret": "x"}, user=ada
    )
    move("secrets", of=own, to=other)
    return own, other


def test_lists_show_an_instance_with_the_secrets_of_another_and_its_page_says_why(
    boss: Client, instances: tuple[ProcessInstance, ProcessInstance]
) -> None:
    own, other = instances
    for page in ("/", "/instances/", "/work/", "/runs/", "/search/?q=token"):
        assert boss.get(page).status_code == 200, page
    assert boss.get(f"/instances/{own.process_id}/").status_code == 200
    refused = boss.get(f"/instances/{other.process_id}/")
    assert refused.status_code == 409
    assert SAID in words_on(refused)


def test_the_api_masks_the_secrets_of_such_an_instance_and_refuses_to_change_it(
    api: Api, admin: Any, instances: tuple[ProcessInstance, ProcessInstance]
) -> None:
    client, (_own, other) = api(admin), instances
    path = f"/api/v1/instances/{other.process_id}/"
    [shown] = [
        one for one in client.get("/api/v1/instances/").data["results"]
        if one["process_id"] == other.process_id
    ]  # fmt: skip
    assert shown["data"]["client_secret"] == "********"
    assert client.get(path).data["data"] == shown["data"]
    before = text_of(other, "secrets")
    for answer in (
        client.patch(path, {"data": {"redirect_url": "https://x.org"}, "revision": 1}),
        client.post(f"{path}trigger/", {"target": "refresh"}),
    ):
        assert answer.status_code == 409
        assert SAID in answer.data["detail"]
        assert answer["Content-Type"] == "application/problem+json"
    assert text_of(other, "secrets") == before
    assert Run.objects.count() == 0
    assert client.delete(path).status_code == 204


def test_a_run_that_calls_a_moved_datasource_fails_at_its_step_in_words(
    make_token: Make, provider: HTTPServer, ada: Any, admin: Any
) -> None:
    check_key_ring()
    instance = make_token()
    row = Datasource.objects.get(name="token-service")
    other = create_datasource(raw=raw_datasource(name="other"), user=admin)
    move("document", of=other, to=row)
    # As another process sees it, which has not read it before.
    Datasource.objects.filter(pk=row.pk).update(revision=7)
    answers(provider)
    run = press(instance, ada)
    assert (run.status, run.error["kind"], run.error["step"]) == (
        "failed", "configuration", "get-token",
    )  # fmt: skip
    assert SAID in run.error["message"]
    assert not provider.log


def test_lists_show_a_moved_datasource_and_why_it_is_not_used(
    boss: Client, api: Api, admin: Any
) -> None:
    own = create_datasource(raw=raw_datasource(name="own"), user=admin)
    moved = create_datasource(raw=raw_datasource(name="moved"), user=admin)
    move("document", of=own, to=moved)
    Datasource.objects.update(revision=7)
    page = boss.get("/datasources/")
    assert (page.status_code, SAID in words_on(page)) == (200, True)
    assert boss.get("/datasources/own/").status_code == 200
    refused = boss.get("/datasources/moved/")
    assert (refused.status_code, SAID in words_on(refused)) == (409, True)
    listed = {one["name"]: one for one in api(admin).get("/api/v1/datasources/").data["results"]}
    assert SAID in listed["moved"]["meta"]["warnings"][0]["detail"]
    assert listed["own"]["meta"]["warnings"] == []
    assert boss.get("/variables/").status_code == 200
    assert api(admin).delete("/api/v1/datasources/moved/").status_code == 204


def test_a_moved_variable_is_written_anew_and_until_then_nothing_is_sent(
    boss: Client, api: Api, provider: HTTPServer, admin: Any
) -> None:
    raw = {"variables": [
        {"name": name, "value": value, "secret": True}
        for name, value in (("own", "k-own"), ("moved", "k-moved"))
    ]}  # fmt: skip
    replace_variables(raw=raw, user=admin)
    create_datasource(
        raw=raw_datasource(
            base_url=provider.url_for("/").rstrip("/"),
            auth={"scheme": "bearer", "token": "{{moved}}"},
            methods=[{"name": "read", "http_method": "GET", "url_path": "/"}],
        ),
        user=admin,
    )
    rows = {row.name: row for row in Variable.objects.all()}
    move("value", of=rows["own"], to=rows["moved"])
    client = api(admin)
    answer = client.post("/api/v1/datasources/token-service/methods/read/call/", {})
    assert SAID in answer.data["error"]["message"]
    assert not provider.log
    assert boss.get("/variables/").status_code == 200
    kept = [{"name": "moved", "secret": True}, {"name": "own", "secret": True}]
    refused = client.put("/api/v1/variables/", {"variables": kept})
    [flaw] = refused.data["errors"]
    assert (refused.status_code, flaw["pointer"]) == (400, "/variables/0/value")
    assert "Enter it again" in flaw["detail"]
    kept[0]["value"] = "k-new"
    assert client.put("/api/v1/variables/", {"variables": kept}).status_code == 200
    assert {row.name: row.value for row in Variable.objects.all()} == {
        "own": "k-own", "moved": "k-new",
    }  # fmt: skip


def any_row_with_a_journal() -> Run:
    made: Run = any_row(Run)
    made.status, made.journal = Run.Status.SUCCEEDED, {"phase": "answered"}
    made.save()
    return made


def test_what_a_run_has_left_does_not_go_into_another_instance(
    make_token: Make, boss: Client, ada: Any
) -> None:
    instance, made = make_token(), any_row_with_a_journal()
    left: Run = any_row(Run)
    made.unsaved_values, left.unsaved_values = {"access_token": "x"}, {"access_token": "y"}
    left.instance, left.process_id, left.unsaved_answer = instance, instance.process_id, True
    for run in (made, left):
        run.save()
    move("unsaved_values", of=made, to=left)
    assert boss.get("/").status_code == 200
    assert boss.get(f"/runs/{left.pk}/").status_code == 200
    assert boss.get(f"/instances/{instance.process_id}/").status_code == 200
    press(instance, ada)
    assert values_of(instance)["access_token"] == "at-old"


def test_a_message_with_the_words_of_another_is_rejected_and_the_outbox_still_opens(
    boss: Client, settings: Any
) -> None:
    settings.KIANDA_SMTP = None
    for key in ("own", "moved"):
        plan_letters([Letter(key=key, to=("a@x.example",), subject=f"To {key}", text="-")])
    own, moved = (MailMessage.objects.get(key=key) for key in ("own", "moved"))
    for column in ("subject", "content"):
        move(column, of=own, to=moved)
    deliver_due()
    moved = MailMessage.objects.get(key="moved")
    assert moved.state == "rejected"
    assert SAID in moved.recipients.get().words
    page = boss.get("/messages/")
    assert (page.status_code, SAID in words_on(page)) == (200, True)
    assert "To own" in words_on(page)
    for address in (f"/messages/{moved.pk}/", "/messages/export/", "/api/v1/messages/"):
        assert boss.get(address).status_code == 200, address


def test_moved_tokens_are_those_of_no_connection(boss: Client) -> None:
    own, moved = any_row(Connection), any_row(Connection)
    for row in (own, moved):
        row.tokens = {
            "for": row.datasource_id, "access_token": "t", "token_type": "", "refresh_token": "",
        }  # fmt: skip
        row.save()
    move("tokens", of=own, to=moved)
    assert tokens_of(Connection.objects.get(pk=own.pk)) is not None
    assert tokens_of(Connection.objects.get(pk=moved.pk)) is None
    assert boss.get("/connections/").status_code == 200


def test_an_identity_provider_with_a_moved_secret_keeps_nobody_from_signing_in(
    boss: Client,
) -> None:
    own, moved = any_row(IdentityProvider), any_row(IdentityProvider)
    for row in (own, moved):
        row.secret = f"secret of {row.slug}"
        row.save()
    move("secret", of=own, to=moved)
    assert Client().get("/sign-in/").status_code == 200
    listed = boss.get("/api/v1/identity-providers/").json()
    found = {one["slug"]: one["has_secret"] for one in listed["results"]}
    assert found == {own.slug: True, moved.slug: False}
