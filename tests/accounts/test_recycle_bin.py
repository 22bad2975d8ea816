"""The page of the recycle bin: what lies there, who sees what, restored and removed for good."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from datasources.models import Datasource
from datasources.services.datasources import create_datasource, delete_datasource
from kianda.accounts.models import AuditEntry
from kianda.accounts.services.recycle_bin import prune, restore
from kianda.lib.errors import Missing
from processes.designs.lifecycle import create_design, delete_design, publish_design
from processes.instances.lifecycle import create_instance, delete_instance
from processes.instances.recycle_bin import INSTANCES
from processes.models import ProcessDesign, ProcessInstance
from scheduler.models import ScheduledTask
from scheduler.services import create_task, delete_task
from tests.datasources.conftest import raw_datasource
from tests.pages import client_of, text_of
from tests.processes.definitions import button, process
from tests.scheduler.conftest import SAVE, body

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(ada: Any, ben: Any, dan: Any) -> dict[str, int]:
    """One thing of each kind in the bin: the instance was deleted by ben."""
    for name in ("counter", "gone-design"):
        create_design(raw=process(button("add", SAVE), name=name), user=ada)
    publish_design(name="counter", user=ada)
    instance = create_instance(process="counter", mode="live", data={}, user=ben)
    task, _ = create_task(raw=body(process_id=None), user=ada)
    source = create_datasource(raw=raw_datasource(), user=dan)
    delete_task(task_id=str(task.pk), user=ada)
    delete_instance(process_id="counter-1", user=ben)
    delete_design(name="gone-design", user=ada)
    delete_datasource(name="token-service", user=dan)
    design = ProcessDesign.everything.get(name="gone-design")
    return {
        "designs": design.pk, "instances": instance.pk, "tasks": task.pk, "datasources": source.pk,
    }  # fmt: skip


SEEN = [
    ("admin", {"instances", "designs", "datasources", "tasks"}),
    ("ada", {"designs", "tasks"}),
    ("dan", {"datasources"}),
    ("ben", {"instances"}),
]


@pytest.mark.parametrize(("name", "kinds"), SEEN)
def test_who_sees_what(filled: dict[str, int], request: Any, name: str, kinds: set[str]) -> None:
    client = client_of(request.getfixturevalue(name))
    page = client.get("/bin/").content.decode()
    for kind, pk in filled.items():
        there = f"/bin/{kind}/{pk}/restore/"
        seen = kind in kinds
        assert (there in page) is seen
        assert client.get(there).status_code == (200 if seen else 404)
        assert (f"/bin/{kind}/{pk}/remove/" in page) is (name == "admin")


def test_who_has_no_role_sees_no_bin(cleo: Any) -> None:
    assert client_of(cleo).get("/bin/").status_code == 403


def test_the_last_deleted_stands_first_and_a_kind_can_be_chosen(
    filled: dict[str, int], admin: Any
) -> None:
    client = client_of(admin)
    said = text_of(client.get("/bin/"))
    places = [said.index(one) for one in ("Token service", "gone-design", "counter-1", "Count ")]
    assert places == sorted(places)
    said = text_of(client.get("/bin/?kind=tasks"))
    assert "Count Scheduled task" in said
    assert "counter-1" not in said
    assert "No results for" in text_of(client.get("/bin/?q=nobody"))
    assert "counter-1" in text_of(client.get("/bin/?q=COUNTER"))
    assert "No matches" in text_of(client.get("/bin/?kind=other"))


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("instances", "/instances/counter-1/"), ("designs", "/designs/gone-design/"),
        ("datasources", "/datasources/token-service/"), ("tasks", "/scheduled-tasks/{pk}/"),
    ],
)  # fmt: skip
def test_what_is_restored_has_its_page_again(
    filled: dict[str, int], admin: Any, kind: str, page: str
) -> None:
    client, pk = client_of(admin), filled[kind]
    answer = client.post(f"/bin/{kind}/{pk}/restore/")
    assert (answer.status_code, answer["Location"]) == (303, page.format(pk=pk))
    assert client.get(answer["Location"]).status_code == 200
    assert client.post(f"/bin/{kind}/{pk}/restore/").status_code == 404
    assert AuditEntry.objects.order_by("-pk")[0].action == "restored"


@pytest.mark.parametrize("kind", ["instances", "designs", "datasources", "tasks"])
def test_only_an_administrator_removes_for_good(
    filled: dict[str, int], request: Any, admin: Any, kind: str
) -> None:
    there = f"/bin/{kind}/{filled[kind]}/remove/"
    for name in ("ada", "dan", "ben"):
        assert client_of(request.getfixturevalue(name)).post(there).status_code == 403
    assert "This cannot be undone." in text_of(client_of(admin).get(there))
    assert client_of(admin).post(there)["Location"] == "/bin/"
    assert client_of(admin).get(there).status_code == 404
    assert AuditEntry.objects.order_by("-pk")[0].action == "removed"


def test_a_name_that_is_taken_is_asked_for(filled: dict[str, int], dan: Any) -> None:
    create_datasource(raw=raw_datasource(), user=dan)
    client, there = client_of(dan), f"/bin/datasources/{filled['datasources']}/restore/"
    dialog = client.get(there)
    assert "token-service already exists" in text_of(dialog)
    assert 'value="token-service-2"' in dialog.content.decode()
    assert client.post(there, {"/name": "token-service"}).status_code == 422
    assert client.post(there, {"/name": "t-2"})["Location"] == "/datasources/t-2/"


def test_an_instance_whose_design_is_in_the_bin_says_what_comes_first(
    filled: dict[str, int], ada: Any, ben: Any
) -> None:
    delete_design(name="counter", user=ada)
    client, there = client_of(ben), f"/bin/instances/{filled['instances']}/restore/"
    refused = client.post(there)
    assert refused.status_code == 409
    assert "Restore the design first." in text_of(refused)
    assert client.post(there, headers={"HX-Request": "true"}).status_code == 422


@pytest.mark.parametrize("part", ["", "{pk}/restore/", "{pk}/remove/"])
def test_addresses_of_the_bin_of_designs_lead_to_it(
    filled: dict[str, int], admin: Any, part: str
) -> None:
    place = part.format(pk=filled["designs"])
    answer = client_of(admin).get(f"/designs/bin/{place}", follow=True)
    expected = f"/bin/designs/{place}" if part else "/bin/?kind=designs"
    assert answer.redirect_chain[-1][0] == expected
    assert answer.status_code == 200


def test_all_kinds_go_after_thirty_days(filled: dict[str, int]) -> None:
    old = timezone.now() - timedelta(days=30, minutes=1)
    models: Any = (ProcessInstance, ProcessDesign, Datasource, ScheduledTask)
    for model in models:
        model.everything.filter(deleted_at__isnull=False).update(deleted_at=old)
    assert prune(timezone.now()) == 4
    for model in (ProcessInstance, Datasource, ScheduledTask):
        assert not model.everything.exists()
    assert ProcessDesign.everything.get().name == "counter"
    assert AuditEntry.objects.filter(action="removed", user_name="system").count() == 4
    assert prune(timezone.now()) == 0


def test_a_design_goes_after_the_instances_that_went_with_it(ada: Any, admin: Any) -> None:
    create_design(raw=process(name="counter"), user=ada)
    publish_design(name="counter", user=ada)
    for _ in range(3):
        create_instance(process="counter", mode="live", data={}, user=ada)
    delete_design(name="counter", user=admin, force=True)
    young = ProcessInstance.everything.earliest("pk")
    old = timezone.now() - timedelta(days=31)
    ProcessDesign.everything.update(deleted_at=old)
    ProcessInstance.everything.exclude(pk=young.pk).update(deleted_at=old)
    assert prune(timezone.now()) == 2
    assert ProcessDesign.everything.exists()
    assert prune(timezone.now() + timedelta(days=31)) == 2
    assert not ProcessDesign.everything.exists()


def test_a_page_of_the_bin_takes_no_query_more_for_more_rows(ada: Any, admin: Any) -> None:
    create_design(raw=process(name="counter"), user=ada)
    publish_design(name="counter", user=ada)
    client, counts = client_of(admin), []
    for number in (1, 6):
        for _ in range(number):
            made = create_instance(process="counter", mode="live", data={}, user=ada)
            delete_instance(process_id=made.process_id, user=ada)
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/bin/").status_code == 200
        counts.append(len(asked))
    assert counts[1] <= counts[0]


def test_a_number_that_no_row_can_have_is_nowhere(admin: Any) -> None:
    assert client_of(admin).get(f"/bin/instances/{2**70}/restore/").status_code == 404
    with pytest.raises(Missing):
        restore(INSTANCES, pk=4711, user=admin)
