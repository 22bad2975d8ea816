"""Every POST that makes or changes something is done once for its Idempotency-Key."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from kianda.accounts.models import IdempotencyRecord
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage
from kianda.mail.planning import plan_letters
from processes.bulk.presses import create_press
from processes.instances.lifecycle import create_instance
from processes.models import (
    BulkPress,
    BulkPressRow,
    Change,
    ProcessDesign,
    ProcessInstance,
    Run,
    SavedView,
)
from scheduler.models import Occurrence
from scheduler.services.tasks import create_task
from tests.factories import api_client
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published
from tests.threads import name_of_the_dead

pytestmark = pytest.mark.django_db
# These make nothing of ours: they ask or tell an outside system each time, answer a question, or
# have a way of their own to join what comes at once.
EACH_TIME = {
    "datasources_call", "datasources_test", "identity_provider_test", "processes_check_as",
    "hooks_fire", "datasources_import", "connections_connect", "connections_refresh",
    "connections_disconnect", "connections_simulate", "files_create",
}  # fmt: skip
FORM = "/api/v1/instances/leave-1/forms"
POSTS: dict[str, tuple[str, dict[str, Any] | None]] = {
    "datasources_create": ("/api/v1/datasources/", {
        "name": "shop", "title": "Shop", "kind": "rest", "base_url": "https://shop.example.org"}),
    "bulk_presses_create": ("/api/v1/bulk-presses/", {
        "process": "leave", "target": "decide", "process_ids": ["leave-1"]}),
    "bulk_presses_stop": ("/api/v1/bulk-presses/{press}/stop/", None),
    "groups_create": ("/api/v1/groups/", {"name": "Buyers", "members": ["emma"]}),
    "identity_providers_create": ("/api/v1/identity-providers/", {
        "name": "Contoso", "issuer": "https://id.example.org", "client_id": "k"}),
    "instances_create": ("/api/v1/instances/", {"process": "leave", "data": {"days": "1"}}),
    "instances_comment": ("/api/v1/instances/leave-1/comments/", {"text": "Which week?"}),
    "instances_quick_action": (f"{FORM}/decision/actions/decide/", {}),
    "instances_edit_again": (f"{FORM}/asking/edit/", {}),
    "instances_reassign": (f"{FORM}/decision/reassign/", {"users": ["helen"]}),
    "instances_send_back": ("/api/v1/instances/leave-1/send-back/", {
        "form": "asking", "note": "When?"}),
    "instances_trigger": ("/api/v1/instances/leave-1/trigger/", {"target": "decide"}),
    "messages_done": ("/api/v1/messages/{message}/done/", None),
    "messages_resend": ("/api/v1/messages/{message}/resend/", {"to": ["ada@example.org"]}),
    "processes_create": ("/api/v1/processes/", {
        "name": "visit", "forms": [{"name": "one", "title": "One"}]}),
    "processes_publish": ("/api/v1/processes/leave/publish/", {"note": "Again"}),
    "start_pages_create": ("/api/v1/start-pages/", {"title": "HR", "people": ["group:hr"]}),
    "scheduled_tasks_create": ("/api/v1/scheduled-tasks/", {
        "name": "Other", "process": "leave", "process_id": "leave-1", "target": "decide",
        "schedule": {"kind": "on_demand"}, "run_as": "mark"}),
    "scheduled_tasks_pause": ("/api/v1/scheduled-tasks/{task}/pause/", None),
    "scheduled_tasks_renew_hook": ("/api/v1/scheduled-tasks/{task}/renew-hook/", None),
    "scheduled_tasks_resume": ("/api/v1/scheduled-tasks/{task}/resume/", None),
    "scheduled_tasks_run": ("/api/v1/scheduled-tasks/{task}/run/", None),
    "user_attributes_create": ("/api/v1/user-attributes/", {"title": "Shoe size"}),
    "users_create": ("/api/v1/users/", {"username": "nina", "email": "nina@example.org"}),
    "views_create": ("/api/v1/views/", {"process": "leave", "name": "mine", "see": ["everyone"]}),
    "invitation_send": ("/api/v1/users/emma/invitation/", None),
}  # fmt: skip
# What is done with an instance waits for its runs, so these answer for it as it is by then.
OF_INSTANCES = ("instances_edit_again", "instances_reassign", "instances_send_back")


@pytest.fixture
def people(db: None) -> Office:
    return office()


@pytest.fixture
def place(people: Office) -> dict[str, Any]:
    """Return one thing of each kind: a request that waits for Mark, a task, a message."""
    raw = leave_request(administrators=["group:hr"])
    asking, decision = raw["forms"]
    asking["quick_actions"] = {"edit_again": ["creator"]}
    decision["quick_actions"] = {"reassign": ["owners"]}
    decision["fields"][2]["menu"] = ["owners"]
    published(raw, user=people.root)
    User.objects.filter(username="emma").update(email="emma@example.org")
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    assert send(made, people.emma).status == Run.Status.SUCCEEDED
    task, _hook = create_task(
        raw={"name": "Remind", "process": "leave", "process_id": made.process_id,
             "target": "decide", "schedule": {"kind": "on_demand"}, "run_as": "mark"},
        user=people.root,
    )  # fmt: skip
    press = create_press(
        process="leave", target="decide", process_ids=["leave-1"], user=people.root
    )
    letter = Letter(key="k", to=("emma@example.org",), subject="Leave", text="Four days")
    plan_letters([letter], run=Run.objects.latest("pk").pk, process_id=made.process_id)
    return {"task": task.pk, "message": MailMessage.objects.get(key="k").pk, "press": press.pk}


def counted() -> list[int]:
    """Return how much there is of what these requests make."""
    rows: list[Any] = [
        BulkPress, BulkPressRow, Change, Group, MailMessage, Occurrence, ProcessDesign,
        ProcessInstance, Run, SavedView, User,
    ]  # fmt: skip
    return [one.objects.count() for one in rows]


def posted(client: APIClient, operation: str, place: dict[str, Any]) -> Any:
    path, body = POSTS[operation]
    headers = {"Idempotency-Key": "k-1"}
    return client.post(path.format(**place), body, format="json", headers=headers)


def test_every_operation_that_makes_something_takes_a_key(client: Any) -> None:
    document = client.get("/api/schema/").json()
    posts = [item["post"] for item in document["paths"].values() if "post" in item]
    keyed = {
        one["operationId"]
        for one in posts
        if any(found["name"] == "Idempotency-Key" for found in one.get("parameters", []))
    }
    assert keyed == POSTS.keys()
    assert {one["operationId"] for one in posts} - keyed == EACH_TIME


@pytest.mark.parametrize("operation", POSTS)
def test_it_is_done_once_and_answered_the_same(
    people: Office, place: dict[str, Any], operation: str
) -> None:
    client = api_client(people.root)
    first = posted(client, operation, place)
    assert first.status_code in {200, 201, 202}, first.content
    made = counted()
    again = posted(client, operation, place)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert again.get("Location") == first.get("Location")
    assert counted() == made


@pytest.mark.parametrize("operation", OF_INSTANCES)
def test_a_key_whose_process_died_leads_to_what_was_done_with_an_instance(
    people: Office, place: dict[str, Any], operation: str
) -> None:
    client = api_client(people.root)
    first = posted(client, operation, place)
    made = counted()
    IdempotencyRecord.objects.update(status=None, body=None, holder=name_of_the_dead())
    again = posted(client, operation, place)
    assert (again.status_code, again.json()) == (200, first.json())
    assert counted() == made


def test_what_is_refused_with_a_key_has_made_nothing_and_says_why(people: Office) -> None:
    client = api_client(people.root)
    taken = client.post(
        "/api/v1/users/", {"username": "emma"}, format="json", headers={"Idempotency-Key": "k-1"}
    )
    assert taken.status_code == 400
    assert taken.json()["errors"][0]["pointer"] == "/username"
    assert User.objects.filter(username__iexact="emma").count() == 1
