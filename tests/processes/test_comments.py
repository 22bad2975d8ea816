"""Comments: who sees an instance says something about it, and names people, who are told."""

from typing import Any

import pytest
from django.utils import timezone

from kianda.accounts.models import AuditEntry
from kianda.messages.models import Notification
from processes.comments import LONGEST, add_comment
from processes.instances.lifecycle import create_instance
from processes.models import Comment, ProcessInstance
from processes.running import runs
from processes.views.instances.activity import MOST_SHOWN
from tests.factories import api_client, make_user
from tests.pages import client_of, markup_of, text_of
from tests.processes.rights.office import Office, leave_request, office
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
PAGE, API = "/instances/leave-1/comments/", "/api/v1/instances/leave-1/comments/"
FEED = "/instances/leave-1/activity/"


@pytest.fixture
def people() -> Office:
    """An office in which Emma has asked for leave and Mark decides; Tom sees nothing of it."""
    found = office()
    published(leave_request(), user=found.dora)
    made = create_instance(process="leave", mode="live", data={"days": "5"}, user=found.emma)
    run = runs.trigger(process_id=made.process_id, target="send", user=found.emma, trigger="button")
    assert run.status == "succeeded", run.error
    Notification.objects.all().delete()
    return found


def say(text: str, user: Any) -> list[str]:
    return add_comment(process_id="leave-1", text=text, user=user).not_told


def told() -> list[tuple[str, str]]:
    """Return who was told that they are named; who follows it is told too, which is told apart."""
    rows = (
        Notification.objects.exclude(kind="followed_comment")
        .order_by("user__username")
        .values_list("user__username", "kind")
    )
    return list(rows)


def test_a_comment_stands_on_the_page_with_its_author(people: Office) -> None:
    say("Which week?\nI am away.", people.mark)
    page = client_of(people.emma).get("/instances/leave-1/")
    assert "Which week?<br>I am away." in markup_of(page)
    assert told() == []


@pytest.mark.parametrize("text", ["@emma, which week?", "Which week, @emma.", "(@emma)", "@emma"])
def test_who_is_named_is_told(people: Office, text: str) -> None:
    assert say(text, people.mark) == []
    assert told() == [("emma", "mentioned")]
    line = Notification.objects.get()
    assert line.url == "/instances/leave-1/#activity"
    assert "mark mentioned you in leave-1" in text_of(client_of(people.emma).get("/notifications/"))


def test_a_user_name_that_is_an_address_is_named_whole_and_an_address_names_nobody(
    people: Office,
) -> None:
    other = make_user("emma@example.org", "Administrator")
    say("Ask @emma@example.org or mail emma@mark", people.mark)
    assert told() == [(other.username, "mentioned")]


def test_who_does_not_see_the_instance_is_not_told_and_the_author_learns_so(people: Office) -> None:
    assert say("@tom @emma look", people.mark) == ["tom"]
    assert told() == [("emma", "mentioned")]
    answer = client_of(people.mark).post(PAGE, {"text": "@tom look"}, follow=True)
    assert "they cannot see this: tom" in text_of(answer)


def test_the_author_learns_which_names_are_those_of_nobody(people: Office) -> None:
    answer = client_of(people.mark).post(PAGE, {"text": "@em, @emma. @em and a@b.c"}, follow=True)
    assert "no user has this user name: @em " in text_of(answer)
    comment = Comment.objects.get()
    answer = client_of(people.mark).post(
        f"{PAGE}{comment.pk}/edit/", {"text": "@emma, ask @nobody"}, follow=True
    )
    assert "no user has this user name: @nobody " in text_of(answer)


def test_who_comments_sees_at_once_that_they_follow(people: Office) -> None:
    headers = {"HX-Request": "true", "HX-Target": "activity"}
    client = client_of(people.mark)
    assert 'aria-pressed="false"' in markup_of(client.get("/instances/leave-1/"))
    part = markup_of(client.post(PAGE, {"text": "Which week?"}, headers=headers))
    follow = part.partition('id="follow"')[2].partition("</form>")[0]
    assert 'hx-swap-oob="true"' in follow
    assert 'aria-pressed="true"' in follow


def test_nobody_is_told_by_naming_oneself_or_someone_who_is_gone(people: Office) -> None:
    people.helen.is_active = False
    people.helen.save()
    assert say("@mark @helen @nobody", people.mark) == []
    assert told() == []


@pytest.mark.parametrize("text", ["", " \n ", "x" * (LONGEST + 1)])
def test_an_empty_or_endless_comment_is_refused_beside_its_box(people: Office, text: str) -> None:
    answer = client_of(people.mark).post(PAGE, {"text": text})
    assert answer.status_code == 422
    assert "omment" in text_of(answer).partition("Type @ and a name")[2]
    assert text.strip()[:200] in markup_of(answer)
    refused = api_client(people.mark, ["run"]).post(API, {"text": text})
    assert refused.status_code == 400
    assert [one["pointer"] for one in refused.data["errors"]] == ["/text"]
    assert not Comment.objects.exists()


def test_what_is_said_is_text_and_its_links_lead_nowhere_by_themselves(people: Office) -> None:
    say("<script>alert(1)</script> @emma <b> https://example.org/?a=1&b", people.mark)
    markup = markup_of(client_of(people.emma).get("/instances/leave-1/"))
    assert "<script>alert(1)" not in markup
    assert '<span class="k-ref">@emma</span>' in markup
    assert 'rel="nofollow"' in markup


def test_a_link_with_an_at_sign_leads_where_it_says_and_names_nobody(people: Office) -> None:
    link = "https://social.example/@emma/1"
    assert say(f"See {link} (or www.social.example/@emma)", people.mark) == []
    assert told() == []
    page = client_of(people.emma).get("/instances/leave-1/")
    assert f'href="{link}"' in page.content.decode()
    assert say(f"{link} @emma/@root", people.mark) == []
    assert told() == [("emma", "mentioned"), ("root", "mentioned")]


def test_a_comment_is_sent_and_read_over_the_api(people: Office) -> None:
    client = api_client(people.emma, ["read", "run"])
    made = client.post(API, {"text": "Thank you @mark"})
    assert made.status_code == 201
    assert (made.data["author"], made.data["told"]) == ("emma", ["mark"])
    say("Welcome", people.mark)
    listed = client.get(API).data
    assert [one["text"] for one in listed["results"]] == ["Welcome", "Thank you @mark"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_does_not_see_the_instance_finds_no_comments(people: Office, method: str) -> None:
    say("Which week?", people.mark)
    api = getattr(api_client(people.tom, ["read", "run"]), method)
    assert api(API, {"text": "x"} if method == "post" else {}).status_code == 404
    assert getattr(client_of(people.tom), method)(PAGE, {"text": "x"}).status_code == 404
    assert Comment.objects.count() == 1


def test_an_author_changes_a_comment_and_only_people_named_anew_are_told(people: Office) -> None:
    say("@emma which week?", people.mark)
    number = Comment.objects.get().pk
    Notification.objects.all().delete()
    dialog = client_of(people.mark).get(f"{PAGE}{number}/edit/")
    assert "@emma which week?" in markup_of(dialog)
    empty = client_of(people.mark).post(f"{PAGE}{number}/edit/", {"text": " "})
    assert empty.status_code == 422
    assert "Write a comment." in text_of(empty)
    words = {"text": "@emma @root which days?"}
    assert client_of(people.mark).post(f"{PAGE}{number}/edit/", words).status_code == 303
    assert told() == [("root", "mentioned")]
    shown = text_of(client_of(people.emma).get("/instances/leave-1/"))
    assert "edited @emma @root which days?" in shown
    assert AuditEntry.objects.filter(kind="comment", action="changed", name="leave-1").exists()
    listed = api_client(people.emma).get(API).data["results"][0]
    assert listed["changed"] is not None


def test_a_deleted_comment_leaves_its_trace_and_none_of_its_words(people: Office) -> None:
    say("@emma the secret week", people.mark)
    number = Comment.objects.get().pk
    client = client_of(people.mark)
    assert "Deletes your comment" in text_of(client.get(f"{PAGE}{number}/delete/"))
    assert client.post(f"{PAGE}{number}/delete/").status_code == 303
    shown = text_of(client_of(people.emma).get("/instances/leave-1/"))
    assert "mark deleted a comment" in shown
    assert "secret week" not in shown
    assert Comment.objects.get().text == ""
    assert AuditEntry.objects.filter(kind="comment", action="deleted", name="leave-1").exists()
    # Twice, and by whoever still sees it in another tab.
    assert client.post(f"{PAGE}{number}/delete/").status_code == 404
    api = api_client(people.mark, ["read", "run"])
    assert api.patch(f"{API}{number}/", {"text": "x"}).status_code == 404
    assert api.get(API).data["count"] == 0


@pytest.mark.parametrize(
    ("who", "changes", "deletes"),
    [("mark", 200, 204), ("emma", 403, 403), ("tom", 404, 404), ("root", 403, 204)],
)
def test_a_comment_is_changed_by_its_author_and_deleted_by_them_and_who_manages(
    people: Office, who: str, changes: int, deletes: int
) -> None:
    say("Which week?", people.mark)
    number = Comment.objects.get().pk
    api = api_client(getattr(people, who), ["read", "run"])
    assert api.patch(f"{API}{number}/", {"text": "x"}).status_code == changes
    page = client_of(getattr(people, who)).get("/instances/leave-1/")
    assert (f"{PAGE}{number}/delete/" in markup_of(page)) == (deletes == 204)
    assert api.delete(f"{API}{number}/").status_code == deletes
    assert Comment.objects.filter(deleted_at=None).count() == (0 if deletes == 204 else 1)


@pytest.mark.parametrize("number", ["0", "x", "9" * 30, "1.5"])
def test_a_comment_that_is_not_there_is_not_found(people: Office, number: str) -> None:
    api = api_client(people.mark, ["read", "run"])
    assert api.delete(f"{API}{number}/").status_code == 404


def test_a_comment_of_another_record_is_not_reached_through_this_one(people: Office) -> None:
    create_instance(process="leave", mode="live", data={"days": "5"}, user=people.mark)
    posted = add_comment(process_id="leave-2", text="Mine", user=people.mark)
    api = api_client(people.mark, ["read", "run"])
    assert api.delete(f"{API}{posted.comment.pk}/").status_code == 404


def test_naming_fifty_people_asks_the_database_little_more_than_naming_two(
    people: Office, django_assert_max_num_queries: Any
) -> None:
    names = [make_user(f"crew{at}", "Administrator").username for at in range(50)]
    with django_assert_max_num_queries(40):
        say(" ".join(f"@{name}" for name in names), people.mark)
    assert len(told()) == 50


def test_comments_of_a_preview_tell_nobody(people: Office) -> None:
    made = create_instance(process="leave", mode="preview", data={}, user=people.dora)
    posted = add_comment(process_id=made.process_id, text="@root look", user=people.dora)
    assert posted.comment.named == ["root"]
    assert told() == []


def test_the_name_of_an_author_stays_when_the_account_goes(people: Office) -> None:
    say("Done", people.mark)
    Comment.objects.update(author=None)
    assert "mark" in text_of(client_of(people.emma).get(PAGE))


def test_older_comments_are_shown_when_they_are_asked_for(people: Office) -> None:
    for at in range(22):
        say(f"Word {at}.", people.mark)
    client = client_of(people.emma)
    assert "Word 1." not in text_of(client.get(PAGE))
    assert "Word 1." in text_of(client.get(f"{FEED}?all=1"))


def test_of_very_many_comments_the_page_says_that_it_shows_the_newest(people: Office) -> None:
    about = ProcessInstance.objects.get()
    Comment.objects.bulk_create(
        Comment(instance=about, author_name="mark", text=f"Word {at}.", created=timezone.now())
        # With what else has happened they fill a page.
        for at in range(MOST_SHOWN - 4)
    )
    client = client_of(people.emma)
    assert "Only the newest" not in text_of(client.get(f"{FEED}?all=1"))
    for at in range(5):
        say(f"One more {at}.", people.mark)
    shown = text_of(client.get(f"{FEED}?all=1"))
    assert "Only the newest 500 are shown" in shown
    assert "Word 0." not in shown
