"""A form is sent back with a note: who reads it, what it ends, how the flow goes on."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from kianda.lib.errors import Busy, Conflict, Invalid, Stale
from kianda.web.form_once import new_token
from processes.instances.form_states import my_work
from processes.instances.sending_back import send_back
from processes.models import Change, Run
from processes.running import runs
from tests.pages import SCRIPT, client_of, markup_of, text_of
from tests.processes.definitions import button, text_field
from tests.processes.forms.leave import APPROVAL, all_states, form, leave, row, states
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "Please keep 22 Dec free."
AGAIN = {"wish": "current", "approval": "not_started", "books": "not_started"}


@pytest.fixture
def approved(asked: tuple[Any, str], api: Callable[..., Any], boss: Any) -> str:
    """A request of leave that Ben has approved; the books wait for Ada."""
    client, leave_id = asked
    fired(client, leave_id, "send")
    fired(api(boss), leave_id, "approve")
    assert set(states(leave_id).values()) == {"completed", "current"}
    return leave_id


def state_of(leave_id: str, name: str) -> Any:
    return next(one for one in all_states(leave_id) if one.form == name)


def test_what_was_approved_and_is_sent_back_is_approved_once_more(
    approved: str, api: Callable[..., Any], ada: Any, boss: Any
) -> None:
    send_back(process_id=approved, form="wish", note=WHY, user=ada)
    assert states(approved) == AGAIN
    assert [list(my_work(one)) != [] for one in (ada, boss)] == [True, False]
    # What stood in the forms is kept.
    assert read(api(ada), approved)["data"]["verdict"] == "yes"
    fired(api(ada), approved, "send")
    assert [list(my_work(one)) != [] for one in (ada, boss)] == [False, True]
    assert state_of(approved, "approval").users == ("ben",)
    fired(api(boss), approved, "approve")
    fired(api(ada), approved, "form:books#submit")
    assert set(states(approved).values()) == {"completed"}


def test_the_note_stays_with_the_form_until_it_is_submitted_and_then_in_the_history(
    approved: str, api: Callable[..., Any], ada: Any
) -> None:
    send_back(process_id=approved, form="wish", note=f"  {WHY}\r\nThanks ", user=ada)
    found = state_of(approved, "wish")
    assert (found.sent_back_by, found.note) == ("ada", f"{WHY}\nThanks")
    assert found.sent_back_at == found.started_at
    fired(api(ada), approved, "send")
    found = state_of(approved, "wish")
    assert (found.sent_back_at, found.sent_back_by, found.note) == (None, "", "")
    told = [line for change in Change.objects.all() for line in change.fields if "note" in line]
    assert [(line["field"], line["note"]) for line in told] == [("form:wish", f"{WHY}\nThanks")]


def test_the_history_tells_which_completions_ended_by_it(approved: str, ada: Any) -> None:
    done = state_of(approved, "approval").completed_at
    send_back(process_id=approved, form="wish", note=WHY, user=ada)
    change = Change.objects.latest("pk")
    lines = {line["field"]: line for line in change.fields}
    assert (change.by_name, set(lines)) == (
        "ada", {"process.status", "form:wish", "form:approval", "form:books"})  # fmt: skip
    assert lines["form:approval"] == {
        "field": "form:approval", "before": "completed", "after": "not_started",
        "completed": done.isoformat().replace("+00:00", "Z"), "completed_by": "ben",
    }  # fmt: skip
    shown = text_of(client_of(ada).get(f"/instances/{approved}/changes/"))
    assert f"Sent back by ada: “{WHY}”" in shown
    assert "Completed by ben, today" in shown


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("", "Enter a reason."),
        (" \r\n\t", "Enter a reason."),
        ("x" * 1_001, "The note has 1,001 characters; at most 1,000 are allowed."),
        ("a\0b", "cannot be stored"),
    ],
)
def test_without_a_fitting_note_nothing_is_sent_back(
    approved: str, api: Callable[..., Any], ada: Any, note: str, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        send_back(process_id=approved, form="wish", note=note, user=ada)
    assert [(flaw.pointer, words in flaw.detail) for flaw in refused.value.errors] == [
        ("/note", True)
    ]
    path = f"/instances/{approved}/forms/wish/send-back/"
    page = client_of(ada).post(path, {"once": new_token(), "note": note})
    assert page.status_code == 422
    assert words in text_of(page)
    assert 'aria-describedby="f-note-help f-note-error"' in page.content.decode()
    body = {"form": "wish", "note": note}
    answer = api(ada).post(f"/api/v1/instances/{approved}/send-back/", body)
    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (400, "/note")
    assert states(approved)["wish"] == "completed"


def test_a_note_of_the_greatest_length_is_kept_whole(approved: str, ada: Any) -> None:
    send_back(process_id=approved, form="wish", note="é" * 1_000, user=ada)
    assert state_of(approved, "wish").note == "é" * 1_000


def test_of_two_who_send_back_at_once_the_second_is_told(approved: str, ada: Any) -> None:
    seen = row(approved).revision
    send_back(process_id=approved, form="approval", note=WHY, user=ada, revision=seen)
    with pytest.raises(Stale):
        send_back(process_id=approved, form="wish", note="Mine.", user=ada, revision=seen)
    path = f"/instances/{approved}/forms/wish/send-back/"
    body = {"once": new_token(), "note": "My own reason", "revision": str(seen)}
    refused = client_of(ada).post(path, body)
    assert refused.status_code == 409
    assert "Not sent back" in text_of(refused)
    # What was typed stays, and the dialog goes on from what is there now.
    assert "My own reason" in text_of(refused)
    assert f'name="revision" value="{seen + 1}"' in refused.content.decode()
    assert states(approved) == {"wish": "completed", "approval": "current", "books": "not_started"}
    with pytest.raises(Conflict, match="already open"):
        send_back(process_id=approved, form="approval", note="Again.", user=ada)


def test_a_run_that_is_at_work_is_not_cut_short(approved: str, ada: Any, settings: Any) -> None:
    settings.KIANDA_BUSY_WAIT_S = 0
    run = runs.enqueue(process_id=approved, target="form:books#submit", user=ada, trigger="button")
    Run.objects.filter(pk=run.pk).update(status="running")
    with pytest.raises(Busy):
        send_back(process_id=approved, form="wish", note=WHY, user=ada)
    assert states(approved)["wish"] == "completed"


def test_the_only_form_of_a_process_is_sent_back_and_says_why(
    api: Callable[..., Any], ada: Any
) -> None:
    only = form("main", text_field("why"), button("send", {"type": "submit"}))
    client = api(ada)
    main_id = made(client, published({"name": "one", "forms": [only]}, user=ada))
    fired(client, main_id, "send")
    assert read(client, main_id)["status"] == "completed"
    send_back(process_id=main_id, form="main", note=WHY, user=ada)
    shown = text_of(client_of(ada).get(f"/instances/{main_id}/"))
    assert "Sent back by ada" in shown
    assert WHY in shown
    fired(client, main_id, "send")
    assert read(client, main_id)["status"] == "completed"
    # The form says it no more; the activity does, and the history.
    assert markup_of(client_of(ada).get(f"/instances/{main_id}/")).count(WHY) == 2


def test_a_note_is_read_as_text_on_the_form_in_my_work_and_in_the_history(
    approved: str, ada: Any
) -> None:
    send_back(process_id=approved, form="wish", note=SCRIPT, user=ada)
    client = client_of(ada)
    for path in (f"/instances/{approved}/", "/work/", f"/instances/{approved}/changes/"):
        page = client.get(path)
        assert SCRIPT in text_of(page)
        assert "<script>alert" not in page.content.decode()


def test_forms_that_nobody_sent_back_say_nothing_of_it(approved: str, ada: Any) -> None:
    for path in (f"/instances/{approved}/", "/work/"):
        assert "Sent back" not in text_of(client_of(ada).get(path))


def test_the_api_sends_back_and_tells_where_each_form_stands(
    approved: str, api: Callable[..., Any], ada: Any
) -> None:
    client = api(ada)
    at = f"/api/v1/instances/{approved}"
    seen = client.get(f"{at}/")
    body = {"form": "wish", "note": WHY, "revision": seen.data["revision"]}
    stale = client.post(f"{at}/send-back/", body | {"revision": 1})
    assert stale.status_code == 409
    other = client.post(f"{at}/send-back/", body, headers={"If-Match": '"another"'})
    assert other.status_code == 412
    sent = client.post(f"{at}/send-back/", body, headers={"If-Match": seen["ETag"]})
    assert (sent.status_code, sent.data["status"]) == (200, "Wish")
    assert (sent.data["revision"], sent["ETag"]) == (
        seen.data["revision"] + 1, client.get(f"{at}/")["ETag"])  # fmt: skip
    told = client.get(f"{at}/forms/").data
    assert [(one["form"], one["status"]) for one in told] == [
        ("wish", "current"), ("approval", "not_started"), ("books", "not_started")]  # fmt: skip
    assert told[0]["sent_back"] == {"by": "ada", "at": told[0]["started"], "note": WHY}
    assert told[1] == {
        "form": "approval", "title": "Approval", "status": "not_started", "users": ["ben"],
        "groups": [], "started": None, "completed": None, "completed_by": "", "acted_for": None,
        "sent_back": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"form": "wish"}, 400, "/note"),
        ({"note": WHY}, 400, "/form"),
        ({"form": "nowhere", "note": WHY}, 400, "/form"),
        ({"form": "wish", "note": 5}, 400, "/note"),
        ({"form": "wish", "note": WHY, "why": ""}, 400, "/why"),
        ({"form": "books", "note": WHY}, 409, None),
    ],
)
def test_what_the_api_refuses_has_its_place(
    approved: str, api: Callable[..., Any], ada: Any, body: Any, status: int, pointer: str | None
) -> None:
    answer = api(ada).post(f"/api/v1/instances/{approved}/send-back/", body)
    assert answer.status_code == status
    if pointer:
        assert answer.data["errors"][0]["pointer"] == pointer
    assert states(approved)["wish"] == "completed"


def test_who_has_no_part_in_it_sends_nothing_back_over_the_api(
    asked: tuple[Any, str], api: Callable[..., Any], ada: Any
) -> None:
    client, leave_id = asked
    fired(client, leave_id, "send")
    body = {"form": "wish", "note": WHY}
    refused = client.post(f"/api/v1/instances/{leave_id}/send-back/", body)
    assert (refused.status_code, states(leave_id)["approval"]) == (403, "current")


@pytest.mark.parametrize(("note", "said"), [("", ""), ("Not [why].", ": “Not rest.”")])
def test_a_rule_that_sends_back_says_who_and_why(
    api: Callable[..., Any], ada: Any, boss: Any, note: str, said: str
) -> None:
    back = {"type": "go_to_form", "form": "wish", "make_current": True, "note": note}
    approval = {**APPROVAL, "fields": [text_field("verdict"), button("back", back)]}
    client = api(ada)
    leave_id = made(client, published(leave(approval), user=ada), why="rest")
    fired(client, leave_id, "send")
    fired(api(boss), leave_id, "back")
    assert f"Sent back by ben{said}" in text_of(client_of(ada).get("/work/"))
    assert f"Sent back by ben{said}" in text_of(client_of(ada).get(f"/instances/{leave_id}/"))


def test_a_rule_whose_note_becomes_too_long_sends_nothing_back(
    api: Callable[..., Any], ada: Any, boss: Any
) -> None:
    back = {"type": "go_to_form", "form": "wish", "make_current": True, "note": "[why][why]"}
    approval = {**APPROVAL, "fields": [text_field("verdict"), button("back", back)]}
    client = api(ada)
    leave_id = made(client, published(leave(approval), user=ada), why="x" * 600)
    fired(client, leave_id, "send")
    run = fired(api(boss), leave_id, "back")
    assert "The note has 1,200 characters" in run["error"]["message"]
    assert states(leave_id)["approval"] == "current"


def test_an_instance_from_before_there_were_notes_goes_on(
    approved: str, api: Callable[..., Any], ada: Any
) -> None:
    instance = row(approved)
    assert not any("note" in one for one in instance.forms["forms"].values())
    # Sent back by the version before: the approval is completed, and nobody has written why.
    instance.forms["forms"]["wish"] = {"status": "current", "started": "2026-01-05T10:00:00Z"}
    instance.forms["forms"].pop("books")
    instance.save(update_fields=["forms"])
    assert "Sent back" not in text_of(client_of(ada).get(f"/instances/{approved}/"))
    fired(api(ada), approved, "send")
    assert states(approved)["books"] == "current"
    send_back(process_id=approved, form="wish", note=WHY, user=ada)
    assert states(approved) == AGAIN


def test_in_a_preview_the_dialog_leads_back_into_the_preview(
    api: Callable[..., Any], ada: Any, boss: Any
) -> None:
    published(leave(APPROVAL), user=ada)
    body = {"process": "leave", "mode": "preview", "data": {"why": "rest"}}
    preview = api(ada).post("/api/v1/instances/", body).data["process_id"]
    fired(api(ada), preview, "send")
    frame = reverse("preview-frame", args=["leave", preview])
    page = client_of(ada)
    path = f"/instances/{preview}/forms/wish/send-back/"
    assert path in page.get(frame).content.decode()
    headers = {
        "HX-Request": "true",
        "HX-Target": "dialog",
        "HX-Current-URL": f"http://testserver{frame}",
    }
    sent = page.post(path, {"once": new_token(), "note": WHY}, headers=headers)
    assert sent.headers["HX-Redirect"] == frame
    assert "Sent back by you" in text_of(page.get(frame))
