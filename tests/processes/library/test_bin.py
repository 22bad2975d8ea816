"""A deleted design lies in the recycle bin with all its versions, and its name is free."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kianda.accounts.models import AuditEntry
from kianda.accounts.services.recycle_bin import BinnedThings, restore
from kianda.lib.errors import Invalid, Missing
from kianda.lib.recycle_bin import in_bin
from processes import retention
from processes.designer.working_copy import edit, open_copy, save_version
from processes.designs.lifecycle import create_design, delete_design, publish_design, save_design
from processes.document_cache import document_of
from processes.instances.lifecycle import create_instance, delete_instance
from processes.library.recycle_bin import DESIGNS
from processes.models import ProcessDesign, ProcessInstance
from processes.selectors import get_design, get_version
from tests.pages import client_of, text_of
from tests.processes.conftest import local
from tests.processes.definitions import process, text_field
from tests.processes.library.shelves import added, looking

pytestmark = pytest.mark.django_db


def test_a_deleted_design_is_nowhere_but_in_the_bin(ada: Any) -> None:
    create_design(raw=local(), user=ada)
    delete_design(name="token-refresh", user=ada)
    with pytest.raises(Missing):
        get_design("token-refresh")
    with pytest.raises(Invalid):
        create_instance(process="token-refresh", mode="preview", data={}, user=ada)
    assert not ProcessDesign.objects.exists()
    [binned] = in_bin(ProcessDesign)
    assert (binned.name, binned.deleted_by) == ("token-refresh", ada)


def test_a_restored_design_has_all_its_versions(ada: Any) -> None:
    create_design(raw=local(), user=ada)
    publish_design(name="token-refresh", user=ada)
    save_design(name="token-refresh", raw=local(description="Newer"), user=ada)
    [binned] = [get_design("token-refresh")]
    delete_design(name="token-refresh", user=ada)
    restore(DESIGNS, pk=binned.pk, user=ada)
    found = get_design("token-refresh")
    assert (str(found.published), str(found.draft)) == ("1.0", "1.1")
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)[3:]) == [
        "deleted", "restored",
    ]  # fmt: skip


def test_the_name_of_a_binned_design_is_free_and_it_comes_back_under_another(ada: Any) -> None:
    create_design(raw=looking("orders", "orders"), user=ada)
    publish_design(name="orders", user=ada)
    old = get_design("orders").pk
    delete_design(name="orders", user=ada)
    create_design(raw=process(name="orders"), user=ada)
    with pytest.raises(Invalid) as caught:
        restore(DESIGNS, pk=old, user=ada)
    assert caught.value.errors[0].pointer == "/name"
    open_copy("orders", user=ada)
    restore(DESIGNS, pk=old, user=ada, name="old-orders")
    found = get_design("old-orders")
    assert (found.pk, str(found.published)) == (old, "1.0")
    for number in ("0.1", "1.0"):
        document = document_of(get_version(found, number))
        assert document.name == "old-orders"
        rule: Any = document.rules_of("look_up")[0]
        assert rule.method == "old-orders"
    made = create_instance(process="old-orders", mode="live", data={}, user=ada)
    assert made.process_id == "old-orders-1"


def test_edits_in_the_designer_survive_the_bin_and_a_new_name(ada: Any) -> None:
    added(ada, name="leave")
    copy = open_copy("leave", user=ada)
    wish = {"do": "change", "target": "form:main", "settings": {"title": "Mine"}}
    edit("leave", user=ada, revision=copy.revision, edit=wish)
    pk = get_design("leave").pk
    delete_design(name="leave", user=ada)
    added(ada, name="leave")
    restore(DESIGNS, pk=pk, user=ada, name="leave-2")
    copy = open_copy("leave-2", user=ada)
    assert copy.document["forms"][0]["title"] == "Mine"
    save_version("leave-2", user=ada, revision=copy.revision)
    assert str(get_design("leave-2").draft) == "0.2"


def test_a_number_is_never_given_twice_by_processes_of_one_name(ada: Any, admin: Any) -> None:
    create_design(raw=process(name="orders"), user=ada)
    publish_design(name="orders", user=ada)
    old = get_design("orders").pk
    delete_design(name="orders", user=ada)
    create_design(raw=process(name="orders"), user=ada)
    publish_design(name="orders", user=ada)
    for expected in ("orders-1", "orders-2"):
        made = create_instance(process="orders", mode="live", data={}, user=ada)
        assert made.process_id == expected
    delete_design(name="orders", user=admin, force=True)
    assert not ProcessInstance.objects.exists()
    restore(DESIGNS, pk=old, user=ada)
    made = create_instance(process="orders", mode="live", data={}, user=ada)
    assert made.process_id == "orders-3"


def test_after_thirty_days_a_binned_design_is_gone(ada: Any) -> None:
    added(ada, name="old")
    added(ada, name="young")
    for name in ("old", "young"):
        delete_design(name=name, user=ada)
    moment = timezone.now()
    ProcessDesign.everything.filter(name="old").update(deleted_at=moment - timedelta(days=31))
    retention.prune(moment)
    assert [one.name for one in in_bin(ProcessDesign)] == ["young"]
    retention.prune(moment + timedelta(days=30, minutes=1))
    assert not ProcessDesign.everything.exists()


def test_the_api_deletes_into_the_bin_and_gives_the_name_again(ada: Any, api: Any) -> None:
    client = api(ada)
    body = local()
    assert client.post("/api/v1/processes/", body).status_code == 201
    assert client.delete("/api/v1/processes/token-refresh/").status_code == 204
    assert client.get("/api/v1/processes/token-refresh/").status_code == 404
    assert client.get("/api/v1/processes/").json()["count"] == 0
    assert client.post("/api/v1/processes/", body).status_code == 201


def test_the_api_says_who_uses_it(ada: Any, admin: Any, api: Any) -> None:
    create_design(raw=local(), user=ada)
    publish_design(name="token-refresh", user=ada)
    create_instance(process="token-refresh", mode="live", data={"client_id": "x"}, user=ada)
    refused = api(ada).delete("/api/v1/processes/token-refresh/")
    assert refused.status_code == 409
    assert [use["name"] for use in refused.json()["used_by"]] == ["token-refresh-1"]
    assert api(admin).delete("/api/v1/processes/token-refresh/?force=true").status_code == 204
    assert [one.name for one in in_bin(ProcessDesign)] == ["token-refresh"]


def test_the_bin_restores_and_only_an_administrator_removes(ada: Any, admin: Any) -> None:
    pk = added(ada, name="leave").pk
    client = client_of(ada)
    client.post("/designs/leave/delete/")
    assert "Leave request" in text_of(client.get("/designs/bin/", follow=True))
    assert client.post(f"/bin/designs/{pk}/remove/").status_code == 403
    added(ada, name="leave")
    refused = client.post(f"/bin/designs/{pk}/restore/", {"/name": "leave"})
    assert refused.status_code == 422
    assert 'value="leave-2"' in refused.content.decode()
    assert client.post(f"/bin/designs/{pk}/restore/", {"/name": "leave-2"}).status_code == 303
    client.post("/designs/leave-2/delete/")
    assert client_of(admin).post(f"/bin/designs/{pk}/remove/").status_code == 303
    assert not ProcessDesign.everything.filter(pk=pk).exists()


def test_the_bin_lists_all_kinds_the_last_deleted_first_and_counts_to_a_thousand(
    ada: Any, admin: Any
) -> None:
    name, now = create_design(raw=local(), user=ada).name, timezone.now()
    made = create_instance(process=name, mode="preview", data={}, user=ada)
    # A design lies between each two instances.
    ProcessDesign.everything.bulk_create(
        ProcessDesign(
            name=f"design-{number}", title=f"Design {number}", created=now, modified=now,
            deleted_at=now - timedelta(minutes=2 * number),
        )
        for number in range(700)
    )  # fmt: skip
    ProcessInstance.everything.bulk_create(
        ProcessInstance(
            process_id=f"old-{number}", key=f"old-{number}", design=made.design,
            version=made.version, created=now, modified=now,
            deleted_at=now - timedelta(minutes=2 * number + 1),
        )
        for number in range(301)
    )  # fmt: skip
    found = BinnedThings(admin)
    assert [one.name for one in found[0:4]] == ["design-0", "old-0", "design-1", "old-1"]
    assert (found.count(), found.more) == (1000, True)
    assert len(found[975:1000]) == 25
    few = BinnedThings(admin, slug="instances")
    assert (few.count(), few.more) == (301, False)
    assert [one.name for one in BinnedThings(admin, words="design 699")[0:25]] == ["design-699"]


def test_a_deleted_record_is_called_in_the_bin_as_people_know_it(admin: Any) -> None:
    raw = process(
        text_field("subject"), text_field("pay", see=["group:Administrator"]), name="orders"
    )
    create_design(raw=raw | {"record": {"title": "[subject], [pay]"}}, user=admin)
    publish_design(name="orders", user=admin)
    data = {"subject": "New desk", "pay": "3000"}
    made = create_instance(process="orders", mode="live", data=data, user=admin)
    delete_instance(process_id=made.process_id, user=admin)
    shown = text_of(client_of(admin).get("/bin/"))
    assert "New desk orders-1" in shown
    assert "3000" not in shown
