"""A queued run that no worker got is sent again, and runs once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from processes.running import runs
from tests.processes.conftest import answers
from tests.processes.running.recovery.dying import recover
from tests.processes.stories import Make, enqueued

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_queued_run_that_nobody_got_is_sent_again_and_runs_once(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    queued = enqueued(instance, ada)
    now = timezone.now()
    assert runs.queued_to_send(now) == []
    assert runs.queued_to_send(now + timedelta(seconds=6)) == [queued.pk]
    assert recover(everything=True) == []
    for _ in range(2):
        runs.execute_queued(queued.pk)
    assert runs.queued_to_send(now + timedelta(seconds=6)) == []
    assert len(provider.log) == 1


def test_a_queued_run_is_looked_after_though_the_clock_was_put_back(
    make_token: Make, ada: Any
) -> None:
    instance = make_token()
    run = runs.enqueue(process_id=instance.process_id, target="refresh", user=ada, trigger="api")
    yesterday = timezone.now() - timedelta(days=1)
    assert runs.queued_to_send(yesterday) == []
    assert runs.queued_to_send(yesterday + timedelta(seconds=5)) == [run.pk]
