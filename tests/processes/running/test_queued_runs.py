"""Runs that wait for a worker."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_httpserver import HTTPServer

from processes.designs.lifecycle import save_design
from processes.document_cache import document_of
from processes.instances.lifecycle import create_instance
from processes.models import Run
from processes.running import runs
from tests.processes.conftest import answers
from tests.processes.stories import Make, enqueued

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_queued_run_is_carried_out_once(make_token: Make, provider: HTTPServer, ada: Any) -> None:
    answers(provider)
    instance = make_token()
    queued = enqueued(instance, ada)
    assert queued.status == "queued"
    done = runs.execute_queued(queued.pk)
    assert done is not None
    assert done.status == "succeeded"
    assert runs.execute_queued(queued.pk) is None
    assert len(provider.log) == 1


def test_the_secrets_sent_with_a_queued_run_are_kept_encrypted_and_erased(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, {}, status=500)
    instance = make_token()
    queued = enqueued(instance, ada, refresh_token="rt-sent-99")
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal FROM processes_run")
        [(journal,)] = cursor.fetchall()
    assert "rt-sent-99" not in journal
    runs.execute_queued(queued.pk)
    assert provider.log[0][0].form["refresh_token"] == "rt-sent-99"
    assert Run.objects.get(pk=queued.pk).journal is None


def test_a_queued_run_on_a_preview_that_cannot_follow_its_draft_is_refused_with_the_reason(
    make_token: Make, ada: Any
) -> None:
    live = make_token()
    preview = create_instance(
        process="token-refresh", mode="preview", data={"client_id": "x1"}, user=ada
    )
    queued = runs.enqueue(process_id=preview.process_id, target="refresh", user=ada, trigger="api")
    changed = copy.deepcopy(document_of(live.version).normalised())
    field = next(f for f in changed["forms"][0]["fields"] if f["name"] == "client_id")
    field["type"] = "number"
    del field["mode"], field["max_length"], field["pattern"]
    save_design(name="token-refresh", raw=changed, user=ada)
    ended = runs.execute_queued(queued.pk)
    assert ended is not None
    assert ended.status == "refused"
    assert "Client ID is not valid" in ended.error["message"]
    assert not runs.queued_to_send(timezone.now() + timedelta(seconds=6))


def test_a_queued_run_is_sent_again_ever_more_seldom(make_token: Make, ada: Any) -> None:
    instance = make_token()
    queued = enqueued(instance, ada)
    sweeps = range(0, 301, 5)
    sent = [
        age for age in sweeps if runs.queued_to_send(queued.queued + timedelta(seconds=age + 0.5))
    ]
    assert sent == [5, 10, 20, 40, 60, 120, 180, 240, 300]
