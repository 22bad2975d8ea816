"""The pages of runs, without a browser."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_httpserver import HTTPServer

from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from processes.running import runs
from tests.pages import client_of, text_of
from tests.processes.conftest import RULES, answers
from tests.processes.stories import Make, values_of

pytestmark = pytest.mark.django_db


def test_a_run_shows_request_answer_changes_and_no_secret(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    run = runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    response = client_of(ada).get(f"/runs/{run.pk}/")
    page, words = response.content.decode(), text_of(response)
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in page
    assert "Refresh on token-refresh-1" in words
    assert "client_secret= secret" in words
    assert "curl --request POST" in html.unescape(page)
    assert "2. Get a new token" in words
    assert "secret new secret" in words


def test_a_failed_step_is_open_and_what_was_not_reached_says_so(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, "busy", status=503)
    instance = make_token()
    run = runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    response = client_of(ada).get(f"/runs/{run.pk}/")
    assert [step["open"] for step in response.context["steps"]] == [False, True, False]
    assert "503" in text_of(response)
    assert "Not reached: the run ended before it." in text_of(response)
    assert "The last action failed" in text_of(client_of(ada).get("/instances/token-refresh-1/"))


@pytest.mark.parametrize("trigger", ["schedule", "button"])
def test_that_a_run_failed_is_told_on_the_record_to_the_person_whose_run_it_was_alone(
    make_token: Make, provider: HTTPServer, ada: Any, ben: Any, trigger: str
) -> None:
    answers(provider, "busy", status=503)
    instance = make_token()
    here = f"/instances/{instance.process_id}/"
    run = runs.trigger(process_id=instance.process_id, target="refresh", user=ben, trigger=trigger)
    assert run.status == "failed"
    assert "The last action failed" in text_of(client_of(ben).get(here))
    page = client_of(ada).get(here)
    assert "The last action failed" not in text_of(page)
    assert f"/runs/{run.pk}/" in page.content.decode()


def test_a_list_that_is_asked_for_what_no_run_is_shows_none_and_what_it_was_asked_for(
    instance: Any, ada: Any
) -> None:
    runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    page = client_of(ada).get("/runs/?status=broken")
    assert '<option value="broken" selected>broken</option>' in page.content.decode()
    assert "No matches" in text_of(page)


def test_a_running_run_asks_for_itself_each_second_and_a_closed_one_does_not(
    instance: Any, ada: Any
) -> None:
    run = runs.enqueue(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    client = client_of(ada)
    growing = client.get(f"/runs/{run.pk}/").content.decode()
    assert 'hx-trigger="every 1s"' in growing
    assert 'http-equiv="refresh"' in growing
    runs.execute_queued(run.pk)
    part = client.get(
        f"/runs/{run.pk}/", headers={"HX-Request": "true", "HX-Target": "run"}
    ).content.decode()
    assert "<html" not in part
    assert "every 1s" not in part


def test_an_answer_that_nobody_stored_is_offered_and_stored(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token(RULES[:2])
    run = runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    client = client_of(ada)
    for path in (f"/runs/{run.pk}/", f"/instances/{instance.process_id}/"):
        assert "Store these values" in text_of(client.get(path))
    dialog = client.get(f"/runs/{run.pk}/store/")
    assert "Refresh token" in text_of(dialog)
    assert "rt-new-77" not in dialog.content.decode()
    assert client.post(f"/runs/{run.pk}/store/").status_code == 303
    assert values_of(instance)["refresh_token"] == "rt-new-77"
    assert client.post(f"/runs/{run.pk}/store/").status_code == 409


@pytest.mark.parametrize("number", ["0", "999999", "9" * 30])
def test_a_run_that_is_not_there_is_a_page_that_says_so(ada: Any, number: str) -> None:
    assert client_of(ada).get(f"/runs/{number}/").status_code == 404


def test_a_search_finds_runs_by_their_instance_wherever_that_is(
    design: Any, instance: Any, ada: Any, admin: Any
) -> None:
    """Living, in the recycle bin, or gone: an administrator finds the runs of each."""
    binned, gone = (
        create_instance(process="token-refresh", mode="live", data={}, user=ada) for _ in range(2)
    )
    made = [
        runs.enqueue(process_id=one.process_id, target="refresh", user=ada, trigger="button").pk
        for one in (instance, binned, gone)
    ]
    ProcessInstance.objects.filter(pk=binned.pk).update(deleted_at=timezone.now())
    Run.objects.filter(pk=made[2]).update(instance=None)
    with CaptureQueriesContext(connection) as asked:
        found = client_of(admin).get("/runs/", {"q": "TOKEN refresh"}).context["page"]
    assert [one.pk for one in found] == made[::-1]
    looking = [sql for one in asked if "LIKE" in (sql := one["sql"]) and '"processes_run"' in sql]
    # Every run there is is never looked at.
    assert all('"instance_id" IS NULL' in sql or "EXISTS" in sql for sql in looking)
    of_binned = client_of(admin).get("/runs/", {"q": "refresh-2"}).context["page"]
    assert [one.pk for one in of_binned] == [made[1]]


@pytest.mark.parametrize("spelled", ["token-refresh-1", "TOKEN-Refresh-1"])
def test_the_api_asks_for_the_runs_of_a_process_id_as_its_instance_spells_it(
    instance: Any, ada: Any, admin: Any, spelled: str
) -> None:
    run = runs.enqueue(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    with CaptureQueriesContext(connection) as asked:
        rows = client_of(admin).get("/api/v1/runs/", {"process_id": spelled}).json()["results"]
    assert [row["id"] for row in rows] == [str(run.pk)]
    assert not any(re.search(r"LIKE|UPPER", one["sql"]) for one in asked)
    Run.objects.filter(pk=run.pk).update(instance=None)
    ProcessInstance.objects.all().delete()
    rows = client_of(admin).get("/api/v1/runs/", {"process_id": spelled}).json()["results"]
    assert [row["id"] for row in rows] == [str(run.pk)]
