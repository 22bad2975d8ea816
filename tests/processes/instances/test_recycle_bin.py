"""A deleted instance lies in the recycle bin as it was, and is nowhere else."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kianda.accounts.models import AuditEntry
from kianda.accounts.services.recycle_bin import remove, restore
from kianda.lib.errors import Conflict, Invalid, Missing
from kianda.lib.recycle_bin import in_bin
from processes import listing, retention
from processes.designs.lifecycle import create_design, delete_design, publish_design
from processes.designs.usage import uses_of_process
from processes.instances.claim import read_instance
from processes.instances.form_states import how_much_work, my_work, newest_work
from processes.instances.lifecycle import create_instance, delete_instance, patch_instance
from processes.instances.recycle_bin import INSTANCES
from processes.library.recycle_bin import DESIGNS
from processes.models import Change, FormOwner, ProcessDesign, ProcessInstance, Run
from processes.running import runs
from processes.selectors import visible_instances, visible_runs
from tests.pages import client_of, text_of
from tests.processes.conftest import local
from tests.processes.forms.leave import leave
from tests.processes.stories import live, press, published, values_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def design(ada: Any) -> Any:
    """The scenario's process without its call, published."""
    made = create_design(raw=local(), user=ada)
    publish_design(name="token-refresh", user=ada)
    return made


def deleted(user: Any) -> ProcessInstance:
    """Return an instance of the scenario that a person has deleted."""
    instance = live(user)
    delete_instance(process_id=instance.process_id, user=user)
    return ProcessInstance.everything.get(pk=instance.pk)


def test_a_deleted_instance_is_nowhere_but_in_the_bin(
    design: Any, ada: Any, ben: Any, admin: Any
) -> None:
    instance = live(ben)
    run = press(instance, ben)
    delete_instance(process_id=instance.process_id, user=ben)
    assert list(in_bin(ProcessInstance)) == [instance]
    for person in (ada, ben, admin):
        assert not visible_instances(person).exists()
        assert not listing.instances(person, words="client-1").rows.exists()
        with pytest.raises(Missing):
            read_instance(instance.process_id, person)
    assert listing.instance_counts([design]) == {}
    assert uses_of_process("token-refresh") == []
    for person in (ada, ben):
        assert not visible_runs(person).exists()
    assert list(visible_runs(admin)) == [run]


def test_no_run_starts_on_a_deleted_instance(design: Any, ada: Any) -> None:
    instance = deleted(ada)
    with pytest.raises(Missing):
        press(instance, ada)
    with pytest.raises(Missing):
        patch_instance(process_id=instance.process_id, data={"client_id": "x"}, user=ada)
    assert not Run.objects.exists()


def test_a_run_that_waits_for_a_deleted_instance_is_refused(design: Any, ada: Any) -> None:
    instance = live(ada)
    queued = runs.enqueue(
        process_id=instance.process_id, target="refresh", user=ada, trigger="api", data={}
    )
    delete_instance(process_id=instance.process_id, user=ada)
    runs.execute_queued(queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.saved) == (Run.Status.REFUSED, False)


def test_it_waits_in_nobodys_work_until_it_is_restored(ada: Any, ben: Any) -> None:
    published(leave(), user=ada)
    made = create_instance(process="leave", mode="live", data={}, user=ben)
    delete_instance(process_id=made.process_id, user=ben)
    assert (how_much_work(ben), newest_work(ben, 10), list(my_work(ben))) == (0, [], [])
    assert FormOwner.objects.filter(instance=made).exists()
    restore(INSTANCES, pk=made.pk, user=ben)
    assert (how_much_work(ben), newest_work(ben, 10), list(my_work(ben))) == (1, [made.pk], [made])


def test_deleted_work_does_not_stand_before_other_work(ada: Any, ben: Any) -> None:
    published(leave(), user=ada)
    kept, *others = [
        create_instance(process="leave", mode="live", data={}, user=ben) for _ in range(3)
    ]
    for one in others:
        delete_instance(process_id=one.process_id, user=ben)
    assert newest_work(ben, 2) == [kept.pk]


def test_it_comes_back_with_values_secrets_history_and_runs(design: Any, ada: Any) -> None:
    instance = live(ada)
    patch_instance(process_id=instance.process_id, data={"client_id": "client-2"}, user=ada)
    press(instance, ada)
    before = ProcessInstance.objects.get(pk=instance.pk)
    values, history = values_of(instance), list(Change.objects.values_list("pk", flat=True))
    delete_instance(process_id=instance.process_id, user=ada)
    restore(INSTANCES, pk=instance.pk, user=ada)
    found = ProcessInstance.objects.get(pk=instance.pk)
    assert values_of(instance) == values
    assert values["client_secret"] == "cs-secret-1"
    assert found.runs.count() == 1
    for name in ("status", "forms", "display", "modified", "modified_by", "version"):
        assert getattr(found, name) == getattr(before, name)
    *newest, _first = Change.objects.filter(instance=found)[:3]
    assert [(one.fields[0]["after"], one.by_name) for one in newest] == [
        ("restored", "ada"), ("deleted", "ada"),
    ]  # fmt: skip
    assert [one.revision for one in newest] == [found.revision, found.revision - 1]
    assert list(Change.objects.values_list("pk", flat=True))[2:] == history
    assert press(instance, ada).status == Run.Status.SUCCEEDED


def test_its_history_says_by_whom_it_was_deleted_and_restored(design: Any, ada: Any) -> None:
    instance = deleted(ada)
    restore(INSTANCES, pk=instance.pk, user=ada)
    page = client_of(ada).get(f"/instances/{instance.process_id}/changes/")
    assert "ada, manually Field Before After Recycle bin restored" in text_of(page)
    assert "ada, manually Field Before After Recycle bin deleted" in text_of(page)


def test_a_deletion_that_is_forced_lets_a_run_under_way_store_nothing(
    design: Any, ada: Any, admin: Any
) -> None:
    from processes.instances.claim import RunRequest, insert
    from processes.running.execution import execute

    instance = live(ada)
    firing = RunRequest(instance.process_id, "refresh", ada, "button")
    started = insert(firing, None)
    delete_instance(process_id=instance.process_id, user=admin, force=True)
    run = execute(started, deadline_s=60)
    assert (run.status, (run.error or {})["kind"]) == (Run.Status.FAILED, "busy")
    found = ProcessInstance.everything.get(pk=instance.pk)
    assert (found.values, found.secrets) == (instance.values, instance.secrets)


def test_a_run_whose_process_died_does_not_go_on_in_the_bin(
    design: Any, ada: Any, admin: Any
) -> None:
    from processes.instances.claim import RunRequest, insert
    from processes.running.recovery import recover_runs

    instance = live(ada)
    insert(RunRequest(instance.process_id, "refresh", ada, "schedule"), None)
    Run.objects.update(holder="nobody", lease_until=timezone.now() - timedelta(minutes=5))
    delete_instance(process_id=instance.process_id, user=admin, force=True)
    [run] = recover_runs()
    run.refresh_from_db()
    assert run.status == Run.Status.INTERRUPTED
    assert "The record or the trigger no longer exists" in (run.error or {})["message"]


def test_a_preview_is_deleted_for_good(design: Any, ada: Any) -> None:
    made = create_instance(process="token-refresh", mode="preview", data={}, user=ada)
    delete_instance(process_id=made.process_id, user=ada)
    assert not ProcessInstance.everything.exists()


def test_the_process_id_of_a_deleted_instance_stays_taken(ada: Any, admin: Any) -> None:
    create_design(raw=local(process_id="[client_id]"), user=ada)
    publish_design(name="token-refresh", user=ada)
    gone = live(ada, client_id="Acme")
    delete_instance(process_id=gone.process_id, user=ada)
    with pytest.raises(Invalid, match="is or was in use"):
        live(ada, client_id="acme")
    remove(INSTANCES, pk=gone.pk, user=admin)
    with pytest.raises(Invalid, match="is or was in use"):
        live(ada, client_id="acme")


def test_after_thirty_days_it_is_gone_and_its_runs_stay(design: Any, ada: Any) -> None:
    old, young = live(ada), live(ada)
    run = press(old, ada)
    for one in (old, young):
        delete_instance(process_id=one.process_id, user=ada)
    moment = timezone.now()
    ProcessInstance.everything.filter(pk=old.pk).update(deleted_at=moment - timedelta(days=31))
    retention.prune(moment)
    assert list(in_bin(ProcessInstance)) == [young]
    run.refresh_from_db()
    assert (run.instance_id, run.process_id) == (None, old.process_id)
    entry = AuditEntry.objects.order_by("-pk")[0]
    assert (entry.action, entry.name, entry.detail) == ("removed", old.process_id, "after 30 days")


def test_it_is_restored_once_and_after_its_design(design: Any, ada: Any) -> None:
    instance = deleted(ada)
    delete_design(name="token-refresh", user=ada)
    with pytest.raises(Conflict, match="is in the recycle bin, too"):
        restore(INSTANCES, pk=instance.pk, user=ada)
    restore(DESIGNS, pk=design.pk, user=ada)
    # It was deleted by itself, so it stays where it is.
    assert list(in_bin(ProcessInstance)) == [instance]
    restore(INSTANCES, pk=instance.pk, user=ada)
    with pytest.raises(Missing):
        restore(INSTANCES, pk=instance.pk, user=ada)


def test_instances_that_go_with_their_design_come_back_with_it(
    design: Any, ada: Any, admin: Any
) -> None:
    alone, with_it = deleted(ada), live(ada)
    create_instance(process="token-refresh", mode="preview", data={}, user=ada)
    delete_design(name="token-refresh", user=admin, force=True)
    assert not ProcessInstance.objects.exists()
    create_design(raw=local(), user=ada)
    restore(DESIGNS, pk=design.pk, user=ada, name="old-tokens")
    found = ProcessInstance.objects.get()
    assert (found.pk, found.version.document["name"]) == (with_it.pk, "old-tokens")
    assert found.version == ProcessDesign.objects.get(name="old-tokens").published
    assert values_of(found)["client_id"] == "client-1"
    assert list(in_bin(ProcessInstance)) == [alone]


def test_a_design_removed_for_good_takes_its_binned_instances_along(
    design: Any, ada: Any, admin: Any
) -> None:
    deleted(ada)
    dialog = client_of(ada).get("/designs/token-refresh/delete/")
    assert "1 record of it in the recycle bin can be restored when the design is." in text_of(
        dialog
    )
    delete_design(name="token-refresh", user=ada)
    remove(DESIGNS, pk=design.pk, user=admin)
    assert not ProcessInstance.everything.exists()
    assert not ProcessDesign.everything.exists()
