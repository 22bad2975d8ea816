"""Who may see which page of designs, instances and runs."""

from typing import Any

import pytest
from django.test import Client

from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from tests.pages import client_of, text_of
from tests.processes.conftest import local
from tests.processes.stories import live, published

pytestmark = pytest.mark.django_db
PLACES = [
    "/designs/", "/designs/new/", "/designs/new/definition/", "/designs/import/",
    "/designs/export/", "/designs/token-refresh/details/",
    "/designs/token-refresh/duplicate/", "/designs/token-refresh/export/",
    "/designs/token-refresh/", "/designs/token-refresh/versions/",
    "/designs/token-refresh/publish/", "/designs/token-refresh/delete/",
    "/designs/token-refresh/versions/0.1/", "/designs/token-refresh/versions/0.1/restore/",
]  # fmt: skip
SHARED = [
    "/bin/", "/instances/", "/start/", "/instances/token-refresh-1/", "/runs/",
    "/instances/token-refresh-1/runs/", "/instances/token-refresh-1/changes/",
]  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
def test_designs_are_for_designers(instance: Any, ada: Any, ben: Any, path: str) -> None:
    assert client_of(ada).get(path).status_code == 200
    assert client_of(ben).get(path).status_code == 403
    assert Client().get(path).status_code in {302, 303}


@pytest.mark.parametrize("path", SHARED)
def test_instances_and_runs_are_for_every_role(
    instance: Any, ben: Any, cleo: Any, path: str
) -> None:
    assert client_of(ben).get(path).status_code == 200
    assert client_of(cleo).get(path).status_code == 403


def test_whoever_may_not_delete_an_instance_is_not_asked_about_it(
    instance: Any, ada: Any, ben: Any
) -> None:
    assert client_of(ada).get("/instances/token-refresh-1/delete/").status_code == 200
    assert client_of(ben).get("/instances/token-refresh-1/delete/").status_code == 403


def test_an_instance_of_somebody_else_is_not_there_though_one_designed_its_process(
    ada: Any, ben: Any
) -> None:
    published(local(), user=ada)
    made = live(ben)
    for part in ("", "runs/", "changes/", "delete/"):
        assert client_of(ada).get(f"/instances/{made.process_id}/{part}").status_code == 404
    assert made.process_id not in text_of(client_of(ada).get("/instances/"))
    assert client_of(ben).get(f"/instances/{made.process_id}/").status_code == 200


def test_a_preview_of_somebody_else_is_not_there_for_a_user(
    design: Any, ada: Any, ben: Any
) -> None:
    made = create_instance(process="token-refresh", mode="preview", data={}, user=ada)
    for part in ("", "runs/", "changes/", "delete/"):
        assert client_of(ben).get(f"/instances/{made.process_id}/{part}").status_code == 404
    assert made.process_id not in text_of(client_of(ben).get("/instances/"))


def test_a_user_cannot_make_a_preview(design: Any, ben: Any) -> None:
    body = {"mode": "preview", "v-client_id": "x"}
    client_of(ben).post("/start/token-refresh/", body)
    # The page starts what is real, whatever is asked of it.
    assert not ProcessInstance.objects.exclude(mode="live").exists()
