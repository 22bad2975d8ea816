"""/metrics: counted in the database, for this machine or an administrator's token."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datasources.models import Connection
from datasources.services.datasources import create_datasource
from kianda.mail.letters import Letter
from kianda.mail.planning import plan_letters
from kianda.ops import metrics
from kianda.web import request_metrics
from processes.models import Run
from scheduler.models import Heartbeat, Occurrence
from tests.datasources.connections.bodies import oauth_datasource
from tests.factories import make_token

pytestmark = pytest.mark.django_db
STRANGER = "203.0.113.5"


@pytest.fixture(autouse=True)
def _ask_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_kept", (0.0, b""))


def test_runs_occurrences_and_heartbeats_are_counted(client: Client) -> None:
    now = timezone.now()
    for status in ("failed", "failed", "queued"):
        Run.objects.create(process_id="a-1", process="a", version="1.0", trigger="api",
                           status=status, queued=now)  # fmt: skip
    Occurrence.objects.create(task_name="t", planned_at=now - timedelta(seconds=3), queued_at=now,
                              started_at=now, outcome="succeeded")  # fmt: skip
    Heartbeat.objects.create(part="worker", name="w", at=now)
    plan_letters([Letter(key="k", to=("mark@example.org",), subject="S", text="T")])
    books = create_datasource(raw=oauth_datasource("https://books.example.org"), user=None)
    Connection.objects.filter(datasource=books).update(state="needs_attention")
    text = client.get("/metrics").content.decode()
    assert 'kianda_connections{state="needs_attention"} 1.0' in text
    assert 'kianda_connections{state="healthy"} 0.0' in text
    assert 'kianda_runs{status="failed"} 2.0' in text
    assert 'kianda_occurrences{outcome="succeeded"} 1.0' in text
    assert 'kianda_waiting{what="runs"} 1.0' in text
    assert 'kianda_messages{state="planned"} 1.0' in text
    assert 'kianda_messages{state="rejected"} 0.0' in text
    assert "kianda_last_planned_late_seconds 3.0" in text
    assert 'kianda_heartbeat_age_seconds{part="worker"} 0.' in text


def test_requests_are_counted(client: Client) -> None:
    client.get("/healthz/live")
    text = client.get("/metrics").content.decode()
    assert 'kianda_request_seconds_count{method="GET",status="2xx"}' in text


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has not counted yet, on a disk that takes nothing more."""
    monkeypatch.setattr(request_metrics, "_process_with_room", 0)
    monkeypatch.setattr(request_metrics, "_try_again_at", 0.0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("no_room")
def test_a_request_is_answered_though_its_counters_have_no_room(client: Client) -> None:
    assert client.get("/healthz/live").status_code == 200
    assert not list(request_metrics.FOLDER.glob("*.unfinished"))


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of counters that the counters of this process do not lie in."""
    monkeypatch.setattr(request_metrics, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("no_room")
def test_a_full_disk_is_not_asked_for_room_at_each_request(
    client: Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/healthz/live")
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    client.get("/healthz/live")
    assert not list(folder.iterdir())
    monkeypatch.setattr(request_metrics, "_try_again_at", 0.0)
    client.get("/healthz/live")
    counters = folder / f"histogram_{os.getpid()}.db"
    assert counters.stat().st_size == request_metrics.ROOM


def test_a_start_forgets_the_counters_of_processes_that_have_ended(folder: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for pid in (ended.pid, os.getppid()):
        (folder / f"histogram_{pid}.db").touch()
    (folder / f"{ended.pid}.unfinished").touch()
    request_metrics.forget_ended_processes()
    assert [file.name for file in folder.iterdir()] == [f"histogram_{os.getppid()}.db"]


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": STRANGER},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": STRANGER},
        {"REMOTE_ADDR": STRANGER, "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": STRANGER, "HTTP_AUTHORIZATION": "Bearer kia_wrong"},
    ],
)
def test_a_stranger_gets_no_metrics(headers: dict[str, Any]) -> None:
    response = Client().get("/metrics", **headers)
    assert response.status_code == 403
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("name", "scopes", "status"),
    [("admin", ["admin"], 200), ("admin", ["read"], 403), ("ada", ["admin"], 403)],
)
def test_from_elsewhere_it_takes_an_administrator_with_the_scope(
    request: pytest.FixtureRequest, name: str, scopes: list[str], status: int
) -> None:
    token = make_token(request.getfixturevalue(name), scopes)
    response = Client().get("/metrics", REMOTE_ADDR=STRANGER, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert response.status_code == status
