"""Followers of a record are told of comments on it and of its status, while they see it."""

from typing import Any

import pytest

from kianda.messages.models import MailChoice, Notification
from processes.comments import add_comment
from processes.instances.lifecycle import create_instance
from processes.models import Follower, ProcessInstance
from tests.factories import api_client
from tests.pages import client_of, markup_of, text_of
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
PAGE, API = "/instances/leave-1/follow/", "/api/v1/instances/leave-1/followers/me/"


@pytest.fixture
def people() -> Office:
    """An office in which Emma has asked for leave and Mark decides; Helen manages the process."""
    found = office()
    raw = leave_request(administrators=["group:hr"])
    raw["forms"][1]["fields"][2]["rules"] = [{"type": "submit", "status": "Approved"}]
    published(raw, user=found.root)
    made = create_instance(process="leave", mode="live", data={"days": "5"}, user=found.emma)
    assert send(made, found.emma).status == "succeeded"
    Notification.objects.all().delete()
    return found


def told() -> list[tuple[str, str]]:
    rows = Notification.objects.order_by("user__username", "pk")
    return list(rows.values_list("user__username", "kind"))


def say(text: str, user: Any) -> None:
    add_comment(process_id="leave-1", text=text, user=user)


def test_whoever_created_it_and_whoever_has_commented_is_told_of_comments(people: Office) -> None:
    say("Which week?", people.mark)
    assert told() == [("emma", "followed_comment")]
    say("The next.", people.emma)
    assert told()[1:] == [("mark", "followed_comment")]
    shown = text_of(client_of(people.mark).get("/notifications/"))
    assert "emma commented on leave-1" in shown
    assert "“The next.”" in shown


def test_who_is_named_in_a_comment_is_told_once(people: Office) -> None:
    say("@emma which week?", people.mark)
    assert told() == [("emma", "mentioned")]


def test_who_follows_is_told_of_the_status_and_nobody_of_one_thing_twice(people: Office) -> None:
    assert api_client(people.helen, ["read", "run"]).put(API).data == {"follows": True}
    assert send(ProcessInstance.objects.get(), people.mark, "decide").status == "succeeded"
    # Emma has created it, which has a word of its own.
    assert told() == [("emma", "decided"), ("helen", "followed_status")]
    shown = text_of(client_of(people.helen).get("/notifications/"))
    assert "leave-1 is now: Approved" in shown
    assert "Leave request · by mark" in shown


def test_who_has_chosen_not_to_follow_does_not_by_a_comment(people: Office) -> None:
    client = api_client(people.emma, ["read", "run"])
    assert client.get(API).data == {"follows": True}
    assert client.delete(API).status_code == 204
    assert client.get(API).data == {"follows": False}
    say("The next week.", people.emma)
    say("Fine.", people.mark)
    assert told() == []


def test_who_no_longer_sees_it_is_not_told(people: Office) -> None:
    Follower.objects.create(instance=ProcessInstance.objects.get(), user=people.tom, follows=True)
    api_client(people.helen, ["run"]).put(API)
    people.helen.groups.clear()
    say("The next week.", people.emma)
    assert told() == []


def test_it_is_mailed_once_a_day_until_a_person_chooses_otherwise(people: Office) -> None:
    type(people.emma).objects.filter(pk=people.emma.pk).update(email="emma@example.org")
    say("Which week?", people.mark)
    assert Notification.objects.get().mail_due_at is not None
    MailChoice.objects.create(user=people.emma, kind="followed_comment", timing="off")
    say("Which day?", people.mark)
    assert Notification.objects.latest("pk").mail_due_at is None


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_what_one_does_not_see_cannot_be_followed(people: Office, method: str) -> None:
    client = api_client(people.tom, ["read", "run"])
    assert getattr(client, method)(API).status_code == 404
    assert client_of(people.tom).post(PAGE, {"follow": "1"}).status_code == 404
    assert not Follower.objects.exists()


def test_a_preview_is_not_followed(people: Office) -> None:
    made = create_instance(process="leave", mode="preview", data={}, user=people.root)
    url = f"/instances/{made.process_id}/"
    assert client_of(people.root).post(f"{url}follow/", {"follow": "1"}).status_code == 404
    assert 'id="follow"' not in markup_of(client_of(people.root).get(url))


def test_the_button_of_the_page_says_whether_one_follows(people: Office) -> None:
    client = client_of(people.mark)
    assert 'aria-pressed="false"' in markup_of(client.get("/instances/leave-1/"))
    assert client.post(PAGE, {"follow": "1"}).status_code == 303
    assert client.post(PAGE, {"follow": "1"}).status_code == 303
    assert 'aria-pressed="true"' in markup_of(client.get("/instances/leave-1/"))
    part = client.post(
        PAGE, {"follow": "0"}, headers={"HX-Request": "true", "HX-Target": "follow"}
    )  # fmt: skip
    assert 'aria-pressed="false"' in part.content.decode()
