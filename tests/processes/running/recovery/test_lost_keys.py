"""Runs, records and presses on the day the keys are lost: told as it was, then they go on."""

import html
import re
from collections import deque
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from datasources.models import Datasource
from datasources.services.datasources import replace_datasource
from kianda.ops.lost_secrets import discard_lost_secrets, lost_secrets
from processes.bulk import work
from processes.models import BulkPress, Run, RunPoint
from processes.running import runs
from tests.factories import api_client
from tests.pages import client_of
from tests.processes.conftest import (
    ORDERS_METHOD,
    TOKEN_METHOD,
    VALUES,
    answers,
)
from tests.processes.running.recovery.dying import Died, recover
from tests.processes.stories import Make, enqueued, press, read, values_of

pytestmark = pytest.mark.django_db(transaction=True)
LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)')


@pytest.fixture
def keys_are_lost(settings: Settings) -> Any:
    """Return what puts another ring in the place of the one that is lost, and lets go."""

    def lose() -> list[str]:
        settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode()]
        found = [one.place for one in discard_lost_secrets()]
        assert lost_secrets() == []
        return found

    return lose


def walked(client: Client, *begin: str, most: int = 90) -> dict[str, int]:
    """Follow the links of pages; return what each answered."""
    waiting, found = deque(begin), dict[str, int]()
    shapes: dict[str, int] = {}
    while waiting and len(found) < most:
        address = waiting.popleft()
        shape = re.sub(r"\d+", "0", address.partition("?")[0])
        if address in found or shapes.get(shape, 0) > 1 or "/static/" in address:
            continue
        shapes[shape] = shapes.get(shape, 0) + 1
        response = client.get(address)
        found[address] = response.status_code
        if response.status_code == 200 and not response.streaming:
            waiting += map(html.unescape, LINK.findall(response.content.decode()))
        elif response.status_code in (302, 303):
            waiting.append(response["Location"])
        # A download that nobody reads.
        response.close()
    return found


def test_a_run_under_way_is_interrupted_and_not_started_again(
    died_after: Died, provider: HTTPServer, keys_are_lost: Any
) -> None:
    instance, run = died_after("answered", trigger="schedule")
    assert "processes.Run.journal" in keys_are_lost()
    run.refresh_from_db()
    assert (run.status, run.journal) == ("interrupted", None)
    assert run.error["message"].startswith("The key to the data of this run is lost")
    assert run.steps[-1]["status"] != "running"
    assert recover(everything=True) == []
    assert not provider.log
    assert "client_secret" not in values_of(instance) or not values_of(instance)["client_secret"]


def test_a_run_of_which_only_a_later_point_is_lost_is_interrupted_too(
    died_after: Died, settings: Settings
) -> None:
    _instance, run = died_after("answered")
    old, new = settings.KIANDA_SECRET_KEYS, Fernet.generate_key().decode()
    settings.KIANDA_SECRET_KEYS = [new]
    RunPoint.objects.filter(run=run).delete()
    RunPoint.objects.create(run=run, number=9, journal={"x": 1})
    settings.KIANDA_SECRET_KEYS = old
    assert [one.place for one in discard_lost_secrets()] == ["processes.RunPoint.journal"]
    run.refresh_from_db()
    assert (run.status, run.points.count()) == ("interrupted", 0)
    assert values_of(run.instance)["client_secret"] == VALUES["client_secret"]


def test_a_queued_run_is_refused_and_nothing_of_it_is_done(
    make_token: Make, provider: HTTPServer, ada: Any, keys_are_lost: Any
) -> None:
    queued = enqueued(make_token(), ada, refresh_token="rt-sent-99")
    keys_are_lost()
    queued.refresh_from_db()
    assert (queued.status, queued.journal) == ("refused", None)
    assert queued.error["message"] == (
        "The key to the entered values is lost. Nothing was changed."
    )
    assert runs.execute_queued(queued.pk) is None
    assert not provider.log


def test_a_press_on_many_records_ends_and_says_why(
    make_token: Make, ada: Any, keys_are_lost: Any
) -> None:
    instance = make_token()
    press_of_many = BulkPress(
        process="token-refresh", target="refresh", title="Refresh", user=ada, user_name="ada",
        time_zone="UTC", data={"client_id": "x"}, total=1, created=instance.created,
        send_after=instance.created,
    )  # fmt: skip
    press_of_many.save()
    press_of_many.rows.create(process_id=instance.process_id, key=instance.key)
    keys_are_lost()
    press_of_many.refresh_from_db()
    [row] = press_of_many.rows.all()
    assert (press_of_many.status, press_of_many.data) == ("finished", None)
    assert (row.outcome, row.reason) == (
        "failed",
        "The key to the entered values is lost. Nothing was changed.",
    )
    assert not work.carry_on(press_of_many.pk)


def test_what_a_run_has_left_unstored_is_not_offered_any_more(
    make_token: Make, provider: HTTPServer, ada: Any, keys_are_lost: Any
) -> None:
    run = press(make_token(), ada)
    Run.objects.filter(pk=run.pk).update(unsaved_answer=True)
    kept = Run.objects.get(pk=run.pk)
    kept.unsaved_values = {"access_token": "at-9"}
    kept.save(update_fields=["unsaved_values"])
    keys_are_lost()
    kept.refresh_from_db()
    assert (kept.unsaved_answer, kept.unsaved_values) == (False, None)


def test_every_page_opens_and_the_process_runs_once_its_secrets_are_entered_again(
    make_token: Make, provider: HTTPServer, ada: Any, admin: Any, keys_are_lost: Any
) -> None:
    answers(provider)
    instance = make_token()
    before = press(instance, ada)
    assert before.status == "succeeded"
    found = keys_are_lost()
    assert {"datasources.Datasource.document", "processes.ProcessInstance.secrets"} <= set(found)
    pages = walked(
        client_of(admin), "/", "/system/", f"/instances/{instance.process_id}/",
        f"/runs/{before.pk}/", "/datasources/token-service/", "/designs/token-refresh/designer/",
        "/connections/", "/variables/", "/messages/",
    )  # fmt: skip
    assert {page: status for page, status in pages.items() if status >= 400} == {}
    assert len(pages) > 60
    assert values_of(instance)["client_id"] == VALUES["client_id"]
    failed = press(instance, ada)
    assert (failed.status, failed.error["kind"]) == ("failed", "configuration")

    row = Datasource.objects.get(name="token-service")
    assert (row.title, row.is_complete) == ("Token service", False)
    raw = {"name": row.name, "title": row.title, "base_url": row.base_url}
    replace_datasource(
        name=row.name, raw={**raw, "methods": [TOKEN_METHOD, ORDERS_METHOD]}, user=admin
    )
    entered = {name: VALUES[name] for name in ("client_secret", "refresh_token")}
    client = api_client(ada)
    body = {"data": entered, "revision": read(client, instance.process_id)["revision"]}
    answer = client.patch(f"/api/v1/instances/{instance.process_id}/", body)
    assert answer.status_code == 200, answer.json()
    assert press(instance, ada).status == "succeeded"
    assert values_of(instance)["access_token"] == "at-new"
    assert provider.log[-1][0].form["client_secret"] == VALUES["client_secret"]
