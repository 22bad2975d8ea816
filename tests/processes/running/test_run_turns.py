"""Runs of one instance take turns; no transaction is open while they call out."""

import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from kianda.lib.errors import Busy
from processes.instances.lifecycle import patch_instance
from processes.models import ProcessInstance, Run
from tests.processes.conftest import answers
from tests.processes.stories import Make, press
from tests.threads import in_background

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_transaction_is_open_while_the_call_is_under_way(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    open_blocks: list[bool] = []
    running: list[int] = []

    def look(request: Request) -> Response:
        # Another connection: it would wait for ever on an open write of the run.
        running.append(Run.objects.filter(status="running").count())
        connection.close()
        return Response('{"access_token": "x"}', content_type="application/json")

    provider.expect_request("/oauth/token").respond_with_handler(look)
    run = press(make_token(), ada)
    open_blocks.append(transaction.get_connection().in_atomic_block)
    assert run.status == "succeeded"
    assert running == [1]
    assert open_blocks == [False]


def slow(provider: HTTPServer, *, started: threading.Event, go_on: threading.Event) -> None:
    def wait(request: Request) -> Response:
        started.set()
        go_on.wait(20)
        return Response('{"access_token": "at-slow"}', content_type="application/json")

    provider.expect_request("/oauth/token").respond_with_handler(wait)


def test_a_second_trigger_waits_and_then_names_the_run_it_waited_for(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    started, go_on = threading.Event(), threading.Event()
    slow(provider, started=started, go_on=go_on)
    instance = make_token()
    thread, done = in_background(lambda: press(instance, ada))
    assert started.wait(10)
    first = Run.objects.get(status="running")
    try:
        with pytest.raises(Busy) as busy:
            press(instance, ada)
        assert busy.value.extra["run"] == str(first.pk)
        with pytest.raises(Busy):
            patch_instance(
                process_id=instance.process_id, data={"client_id": "x"}, revision=1, user=ada
            )
    finally:
        go_on.set()
        thread.join(20)
    assert done[0].status == "succeeded"
    assert Run.objects.count() == 1


def test_a_persons_save_waits_for_a_run_that_was_a_moment_faster(
    make_token: Make, ada: Any, settings: Any
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 10
    instance = make_token()
    threads: list[threading.Thread] = []

    def another_run(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        done = execute(sql, params, many, context)
        # It was looked whether a run works on the instance: none does. Now one begins.
        if "processes_run" in sql and not threads:
            moment = timezone.now()
            run = Run(instance=instance, status="running", queued=moment, started=moment)
            threads.append(threading.Timer(0.3, ended, [run]))
            run.save()
            threads[0].start()
        return done

    def ended(run: Run) -> None:
        Run.objects.filter(pk=run.pk).update(status="succeeded")
        connection.close()

    with connection.execute_wrapper(another_run):
        changed = patch_instance(
            process_id=instance.process_id, data={"client_id": "x"}, revision=1, user=ada
        )
    threads[0].join()
    assert changed.revision == 2


def test_a_second_trigger_runs_when_the_first_ends_in_time(
    make_token: Make, provider: HTTPServer, ada: Any, settings: Any
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 10
    started, go_on = threading.Event(), threading.Event()
    slow(provider, started=started, go_on=go_on)
    instance = make_token()
    thread, first = in_background(lambda: press(instance, ada))
    assert started.wait(10)
    waiting, second = in_background(lambda: press(instance, ada))
    time.sleep(0.2)
    assert not second
    go_on.set()
    thread.join(20)
    waiting.join(20)
    assert [first[0].status, second[0].status] == ["succeeded", "succeeded"]
    assert ProcessInstance.objects.get(pk=instance.pk).revision == 3


def test_a_flagship_chain_makes_at_most_four_commits(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    statements: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    commits: list[int] = []
    real = connection.connection
    with connection.execute_wrapper(note):
        if connection.vendor == "sqlite":
            real.set_trace_callback(lambda sql: commits.append(1) if sql == "COMMIT" else None)
        run = press(instance, ada)
    assert run.status == "succeeded"
    writes = [s for s in statements if s.split()[0] in {"INSERT", "UPDATE", "DELETE"}]
    # start, intent, answer, and save + history + log of calls + close in one.
    assert len(writes) == 7, writes
