"""Delete form puts the instance of its run into the recycle bin, with what the run stores next."""

import re
from typing import Any

import pytest
from django.db import transaction

from kianda.accounts.models import AuditEntry
from processes.definition.checks import advise
from processes.definition.document import parse_document
from processes.designs.stored_catalog import StoredCatalog
from processes.engine.run_values import RunValues
from processes.instances.lifecycle import create_instance
from processes.instances.recycle_bin import INSTANCES
from processes.models import Change, FormLink, ProcessInstance, Run
from processes.running import runs
from scheduler.services.tasks import create_task
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.dying import Died, dying, nobody_holds_the_runs
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

DELETE: dict[str, Any] = {"type": "delete_form", "id": "delete"}
SAVE: dict[str, Any] = {"type": "save", "id": "save"}


@pytest.fixture
def people(db: None) -> Office:
    return office()


def request_with(people: Office, *rules: dict[str, Any], mode: str = "live") -> ProcessInstance:
    """Return Emma's request, whose second button runs these rules."""
    definition = leave_request(delete=["creator", "group:hr"], see=["participants", "group:hr"])
    definition["forms"][0]["fields"].append(
        {"type": "button", "name": "cancel_it", "press": ["everyone"],
         "show_in_display_mode": True, "rules": list(rules)}
    )  # fmt: skip
    name = published(definition, user=people.root)
    user = people.dora if mode == "preview" else people.emma
    return create_instance(process=name, mode=mode, data={"days": "3"}, user=user)


def cancel(instance: ProcessInstance, user: Any) -> Run:
    return runs.trigger(
        process_id=instance.process_id, target="cancel_it", user=user, trigger="button",
        data={},
    )  # fmt: skip


def is_there(instance: ProcessInstance) -> bool:
    return ProcessInstance.objects.filter(pk=instance.pk).exists()


@pytest.mark.django_db
def test_the_instance_is_in_the_bin_and_comes_back(people: Office) -> None:
    instance = request_with(people, DELETE, SAVE)
    run = cancel(instance, people.emma)
    assert (run.status, run.page) == (Run.Status.SUCCEEDED, {"leave": True})
    assert not is_there(instance)
    row = ProcessInstance.everything.get(pk=instance.pk)
    assert row.deleted_by == people.emma
    assert row in INSTANCES.visible_to(people.emma)
    entry = AuditEntry.objects.get(action="deleted")
    assert (entry.user, entry.name, entry.detail) == (
        people.emma, instance.process_id, "automatically by “Delete”",
    )  # fmt: skip
    change = Change.objects.filter(instance=instance).latest("pk")
    assert (change.fields[0]["after"], change.run) == ("deleted", run)
    with transaction.atomic():
        INSTANCES.bring_back(row, user=people.emma, name="")
    assert is_there(instance)
    told = text_of(client_of(people.emma).get(f"/instances/{instance.process_id}/changes/"))
    assert "deleted Automatically, by “Delete”." in told
    assert re.search("Cancel it ?, emma Field Before After Recycle bin deleted", told)


@pytest.mark.django_db
def test_without_a_save_after_it_nothing_is_deleted(people: Office) -> None:
    instance = request_with(people, SAVE, DELETE)
    run = cancel(instance, people.emma)
    assert (run.status, is_there(instance)) == (Run.Status.SUCCEEDED, True)
    assert not run.page


@pytest.mark.django_db
def test_a_run_that_fails_deletes_nothing(people: Office) -> None:
    fail = {"type": "set_form_field", "id": "fail",
            "assignments": [{"field": "days", "value": "=1/0"}]}  # fmt: skip
    instance = request_with(people, DELETE, fail, SAVE)
    assert cancel(instance, people.emma).status == Run.Status.FAILED
    assert is_there(instance)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("who", "submitted", "deletes", "why"),
    [
        ("emma", False, True, ""), ("emma", True, False, "A form is completed"),
        ("mark", True, False, "May delete"), ("helen", True, True, ""), ("root", True, True, ""),
    ],
)  # fmt: skip
def test_whoever_starts_the_run_must_be_allowed_to_delete(
    people: Office, who: str, submitted: bool, deletes: bool, why: str
) -> None:
    instance = request_with(people, DELETE, SAVE)
    if submitted:
        assert send(instance, people.emma).status == Run.Status.SUCCEEDED
    run = cancel(instance, getattr(people, who))
    assert is_there(instance) is not deletes
    assert (run.status == Run.Status.SUCCEEDED) is deletes
    assert why in (run.error or {}).get("message", "")


@pytest.mark.django_db
def test_an_instance_that_a_task_names_stays(people: Office) -> None:
    instance = request_with(people, DELETE, SAVE)
    raw = {"name": "Remind", "process": "leave", "process_id": instance.process_id,
           "target": "cancel", "schedule": {"kind": "on_demand"}, "run_as": "root"}  # fmt: skip
    create_task(raw=raw, user=people.root)
    run = cancel(instance, people.emma)
    assert run.error["message"] == f"{instance.process_id} is in use by Remind."
    assert is_there(instance)


@pytest.mark.django_db
def test_a_preview_is_not_deleted(people: Office) -> None:
    instance = request_with(people, DELETE, SAVE, mode="preview")
    run = cancel(instance, people.dora)
    assert run.status == Run.Status.SUCCEEDED
    assert run.steps[0]["reason"] == "Not deleted: this is a preview."
    assert is_there(instance)


@pytest.mark.django_db
def test_who_comes_through_a_link_deletes_nothing(people: Office) -> None:
    instance = request_with(people, DELETE, SAVE)
    link = FormLink.objects.create(
        instance=instance, form="asking", digest="0" * 64, created=instance.created
    )
    run = runs.trigger(
        process_id=instance.process_id, target="cancel_it", user=None, trigger="button", link=link
    )
    assert (run.status, is_there(instance)) == (Run.Status.FAILED, True)


@pytest.mark.django_db
def test_the_page_leads_to_the_list_and_the_api_answers_with_the_run(people: Office) -> None:
    instance = request_with(people, DELETE, SAVE)
    url = f"/instances/{instance.process_id}/"
    sent = {"act": "press:cancel_it", "revision": str(instance.revision)}
    response = client_of(people.emma).post(url, sent)
    assert (response.status_code, response["Location"]) == (303, "/records/leave/")
    assert client_of(people.emma).get(url).status_code == 404
    other = create_instance(process="leave", mode="live", data={}, user=people.emma)
    answer = api_client(people.emma).post(
        f"/api/v1/instances/{other.process_id}/trigger/", {"target": "cancel_it"}
    )
    assert (answer.status_code, answer.data["status"]) == (200, "succeeded")
    assert not is_there(other)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rules", "warned"),
    [([DELETE, SAVE], False), ([DELETE, {"type": "submit", "id": "s"}], False),
     ([DELETE], True), ([SAVE, DELETE], True), ([DELETE, {**SAVE, "enabled": False}], True)],
)  # fmt: skip
def test_a_design_is_told_that_nothing_stores_it(rules: list[Any], warned: bool) -> None:
    definition = leave_request()
    definition["forms"][0]["fields"][2]["rules"] = rules
    found = [flaw.detail for flaw in advise(parse_document(definition), StoredCatalog())]
    said = "Delete has no effect: add a Save rule after it."
    assert (said in found) is warned


def test_a_successor_knows_which_rules_have_given_forms_away_and_deleted() -> None:
    working = RunValues({}, {}, {})
    working.deleted_by, working.given_by = "Delete", {"decision": "Pass it on"}
    copy = RunValues.from_journal({}, working.as_journal())
    assert (copy.deleted_by, copy.given_by) == (working.deleted_by, working.given_by)
    copy.undo()
    assert (copy.deleted_by, copy.given_by) == ("", {})


@pytest.mark.django_db(transaction=True)
def test_a_run_killed_at_any_write_deletes_with_its_end_or_not_at_all(people: Office) -> None:
    note = {"type": "set_form_field", "id": "note",
            "assignments": [{"field": "days", "value": "9"}]}  # fmt: skip
    instance = request_with(people, DELETE, {**SAVE, "id": "s1"}, note)
    deleted = set()
    for at in range(1, 100):
        instance = create_instance(process="leave", mode="live", data={}, user=people.emma)
        writes = 0

        def is_next(sql: str, at: int = at) -> bool:
            nonlocal writes
            writes += sql.startswith(("INSERT", "UPDATE"))
            return writes == at and sql.startswith(("INSERT", "UPDATE"))

        try:
            with dying(is_next):
                cancel(instance, people.emma)
        except Died:
            nobody_holds_the_runs()
            runs.recover_runs()
        except AssertionError:
            # It came to its end before that write.
            break
        run = Run.objects.filter(instance=instance).first()
        stored = run is not None and run.saved
        assert is_there(instance) is not stored, at
        told = [row.get("rule") for one in instance.changes.all() for row in one.fields]
        assert ("Delete" in told) is stored, at
        deleted.add(stored)
    assert deleted == {True, False}
