"""Health: alive, ready, and the whole; what is red is named."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from kianda.ops.liveness import running_in_words, silent
from kianda.ops.self_check import findings
from kianda.serve.broker import answers, command
from scheduler.models import Heartbeat, ScheduledTask
from tests.scheduler.conftest import counter, make_task
from tests.threads import until

__all__ = ["counter", "make_task"]

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def broker() -> Iterator[str]:
    """A real embedded broker on a Unix socket; yields its URL."""
    folder = Path(tempfile.mkdtemp(prefix="kb"))
    address = folder / "b.sock"
    server = subprocess.Popen(command(address, directory=folder))
    until(lambda: answers(address))
    yield f"redis+socket://{address}"
    server.terminate()
    server.wait(10)
    shutil.rmtree(folder)


def beat(part: Any, *, seconds_ago: int = 0, name: str = "a") -> None:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    Heartbeat.objects.create(part=part, name=name, at=at)


def test_a_living_process_says_so_without_the_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz/live")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_migrated_database_is_ready(client: Client) -> None:
    response = client.get("/healthz/ready")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "red": [],
        "checks": {"database": "ok", "migrations": "ok"},
    }


def test_everything_works_when_broker_planner_and_worker_answer(
    client: Client, settings: Settings, broker: str
) -> None:
    settings.CELERY_BROKER_URL = broker
    beat("planner", seconds_ago=10)
    beat("worker", seconds_ago=100, name="old")
    beat("worker", name="new")
    response = client.get("/healthz/full")
    assert response.json()["red"] == []
    assert response.status_code == 200


def test_what_is_silent_for_more_than_15_seconds_is_red_and_named(
    client: Client, settings: Settings, broker: str
) -> None:
    settings.CELERY_BROKER_URL = broker
    beat("planner", seconds_ago=16)
    # From before the clock was put back an hour; the worker has died since.
    beat("worker", seconds_ago=-3600)
    response = client.get("/healthz/full")
    assert response.status_code == 503
    assert response.json()["red"] == ["planner", "worker"]


@pytest.mark.parametrize(
    "url", ["redis+socket:///nowhere/b.sock", "redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"]
)
@pytest.mark.timeout(40)
def test_a_broker_that_does_not_answer_is_red_and_not_waited_for(
    client: Client, settings: Settings, url: str
) -> None:
    settings.CELERY_BROKER_URL = url
    assert "broker" in client.get("/healthz/full").json()["red"]


@pytest.mark.parametrize(
    "columns",
    [
        {"next_run_at": timedelta(seconds=-20), "next_run_set_at": timedelta(minutes=-1)},
        {"next_run_at": timedelta(hours=1), "next_run_set_at": timedelta(hours=1)},
    ],
    ids=["due for long", "planned by a clock of the future"],
)
def test_a_task_that_stands_still_is_red_and_told_by_the_self_check(
    client: Client, settings: Settings, broker: str, make_task: Any, columns: dict[str, Any]
) -> None:
    settings.CELERY_BROKER_URL = broker
    beat("planner")
    beat("worker")
    make_task(moment=timezone.now())
    assert client.get("/healthz/full").status_code == 200
    now = timezone.now()
    ScheduledTask.objects.update(**{name: now + later for name, later in columns.items()})
    response = client.get("/healthz/full")
    assert (response.status_code, response.json()["red"]) == (503, ["planning"])
    (found,) = [one for one in findings(now=now) if "not planned" in one.sentence]
    assert (found.kind, found.sentence) == ("bad", "1 scheduled task is due but not planned.")


def test_a_sign_of_life_of_the_future_is_none_on_the_pages_either() -> None:
    now = timezone.now()
    beat("planner", seconds_ago=-3600)
    beat("worker")
    assert [pulse.name for pulse in silent(now=now)] == ["planner"]
    assert running_in_words(now=now) == "1 worker running, no scheduler"


def test_health_tells_a_stranger_names_only(client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://:hunter2@127.0.0.1:1/0"
    assert "hunter2" not in client.get("/healthz/full").content.decode()
