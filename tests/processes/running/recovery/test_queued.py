"""A queued run that no worker got is sent again, and runs once."""

from datetime import timedelta
from itertools import pairwise
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


@pytest.mark.parametrize("every", [7, 13])
def test_a_queued_run_is_passed_over_by_no_sweep_that_comes_late(
    make_token: Make, ada: Any, every: float
) -> None:
    queued, sent = enqueued(make_token(), ada), [2.5]
    for sweep in range(1, 40):
        age = sweep * every
        if runs.queued_to_send(queued.queued + timedelta(seconds=age)):
            sent.append(age)
    for last, then in pairwise([*sent, age]):
        assert then <= min(2 * last, last + 60) + every


def test_a_queued_run_whose_message_is_lost_is_sent_at_once_at_the_next_start(
    make_token: Make, ada: Any
) -> None:
    queued = enqueued(make_token(), ada)
    for age in (1, 70, 90):
        moment = queued.queued + timedelta(seconds=age)
        runs.queued_to_send(moment)
        assert runs.queued_to_send(moment) == []
        assert runs.queued_to_send(moment, everything=True) == [queued.pk]


def test_a_queued_run_of_a_clock_that_was_ahead_is_sent(make_token: Make, ada: Any) -> None:
    queued = enqueued(make_token(), ada)
    assert runs.queued_to_send(queued.queued + timedelta(days=1)) == [queued.pk]
    assert runs.queued_to_send(queued.queued + timedelta(seconds=6)) == [queued.pk]
