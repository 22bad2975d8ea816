"""A button that is pressed from a list: at once, or after the reason was asked for in its row."""

from typing import Any

import pytest

from kianda.lib.errors import Invalid
from kianda.web.icons import drawn
from processes.bulk import work
from processes.definition.document import parse_document
from processes.instances.lifecycle import create_instance
from processes.models import BulkPress, ProcessInstance
from processes.running import runs
from tests.factories import api_client
from tests.pages import client_of, markup_of, text_of
from tests.processes.rights.office import Office, deciding, office, send
from tests.processes.stories import published, values_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> Office:
    return office()


def asked(people: Office, **approve: Any) -> ProcessInstance:
    """Return Emma's request, which waits for Mark."""
    if not ProcessInstance.objects.exists():
        published(deciding(**approve), user=people.root)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    send(made, people.emma)
    made.refresh_from_db()
    return made


def address(made: ProcessInstance, button: str) -> str:
    return f"/instances/{made.process_id}/press/{button}/"


def in_row(client: Any, made: ProcessInstance, button: str, **sent: str) -> Any:
    """Press as the script of the page does, which swaps the row alone."""
    made.refresh_from_db()
    headers = {"HX-Request": "true", "HX-Target": f"task-{made.pk}"}
    data = {"revision": str(made.revision), **sent}
    return client.post(address(made, button), data, headers=headers)


def status_of(made: ProcessInstance) -> str:
    return ProcessInstance.objects.get(pk=made.pk).status


@pytest.mark.parametrize("page", ["/", "/work/"])
def test_its_people_find_it_where_their_work_is_listed(people: Office, page: str) -> None:
    made = asked(people)
    text = client_of(people.mark).get(page).content.decode()
    assert all(address(made, one) in text for one in ("reject", "approve"))
    assert f'action="{address(made, "approve")}"' in text
    assert address(made, "approve") not in client_of(people.emma).get(page).content.decode()


@pytest.mark.parametrize("page", ["/", "/instances/leave-1/"])
def test_it_is_shown_with_its_icon_in_lists_and_on_the_record(people: Office, page: str) -> None:
    asked(people, icon="check-lg")
    shown = "".join(markup_of(client_of(people.mark).get(page)).split())
    for icon, title in (("x-lg", "Reject"), ("check-lg", "Approve")):
        assert "".join(drawn(icon, classes="k-i").split()) + title in shown


def test_one_press_decides_and_the_row_says_so(people: Office) -> None:
    made = asked(people)
    answer = in_row(client_of(people.mark), made, "approve")
    assert (answer.status_code, status_of(made)) == (200, "Approved")
    shown = text_of(answer)
    assert shown.count("Approve") == shown.count("Approved") == 1
    assert "<html" not in shown


def test_the_question_opens_in_the_row_and_an_empty_answer_changes_nothing(people: Office) -> None:
    made, client = asked(people), client_of(people.mark)
    opened = client.get(
        address(made, "reject"),
        headers={"HX-Request": "true", "HX-Target": f"task-{made.pk}"},
    )
    assert "Reason" in text_of(opened)
    assert "Emma sees it." in text_of(opened)
    refused = in_row(client, made, "reject", answer="  ")
    assert refused.status_code == 422
    assert "Enter Reason to continue with “Reject”." in text_of(refused)
    assert status_of(made) not in {"Rejected", "Approved"}
    done = in_row(client, made, "reject", answer="Release week")
    assert (done.status_code, status_of(made)) == (200, "Rejected")
    assert values_of(made)["answer"] == "Release week"


def test_the_question_is_taken_back_and_its_button_has_the_focus_again(people: Office) -> None:
    made, client = asked(people), client_of(people.mark)
    closed = client.get(
        address(made, "reject") + "?closed",
        headers={"HX-Request": "true", "HX-Target": f"task-{made.pk}"},
    )
    assert "Reason" not in text_of(closed)
    [focused] = [one for one in markup_of(closed).split("<a ") if "autofocus" in one]
    assert f'href="{address(made, "reject")}"' in focused


def test_it_works_as_plain_pages_too(people: Office) -> None:
    made, client = asked(people), client_of(people.mark)
    asks = client.get(address(made, "reject"))
    assert "<html" in asks.content.decode()
    sent = {"revision": str(made.revision)}
    refused = client.post(address(made, "reject"), {**sent, "answer": ""})
    assert refused.status_code == 422
    assert "Enter Reason" in text_of(refused)
    done = client.post(address(made, "reject"), {**sent, "answer": "No"}, follow=True)
    assert done.redirect_chain == [("/work/", 303)]
    assert "leave-1: Rejected" in text_of(done)


def test_whoever_is_second_is_told_who_was_first(people: Office) -> None:
    made, client = asked(people), client_of(people.mark)
    runs.trigger(process_id=made.process_id, target="approve", user=people.root, trigger="button")
    text = text_of(in_row(client, made, "reject", answer="No"))
    assert "Could not reject: root decided today " in text
    assert status_of(made) == "Approved"
    # Also where the page was opened before, so that it has another revision.
    late = client.post(address(made, "approve"), {"revision": "1"})
    assert late.status_code == 409
    assert "Could not approve: root decided today " in text_of(late)


def test_what_was_changed_since_the_list_was_read_is_looked_at_first(people: Office) -> None:
    made, client = asked(people), client_of(people.mark)
    answer = client.post(address(made, "approve"), {"revision": str(made.revision - 1)})
    assert answer.status_code == 409
    assert status_of(made) != "Approved"


@pytest.mark.parametrize("door", ["form", "API", "action", "bulk", "service"])
def test_no_door_lets_it_through_without_what_it_needs(people: Office, door: str) -> None:
    made = asked(people)
    if door == "form":
        sent = {"act": "press:reject", "revision": str(made.revision), "v-answer": ""}
        shown = client_of(people.mark).post(f"/instances/{made.process_id}/", sent)
        assert (shown.status_code, "Enter Reason" in text_of(shown)) == (422, True)
    elif door == "API":
        path = f"/api/v1/instances/{made.process_id}/trigger/"
        told = api_client(people.mark).post(path, {"target": "reject"})
        assert told.status_code == 400
        assert told.json()["errors"][0]["pointer"] == "/data/answer"
    elif door == "action":
        path = f"/api/v1/instances/{made.process_id}/forms/decision/actions/reject/"
        told = api_client(people.mark).post(path, {"data": {"answer": "  "}})
        assert told.status_code == 400
        assert told.json()["errors"][0]["pointer"] == "/data/answer"
    elif door == "bulk":
        body = {"process": "leave", "target": "reject", "process_ids": [made.process_id]}
        told = api_client(people.mark).post("/api/v1/bulk-presses/", body, format="json")
        assert told.status_code == 400
        assert told.json()["errors"][0]["pointer"] == "/data/answer"
        assert not BulkPress.objects.exists()
    else:
        with pytest.raises(Invalid):
            runs.trigger(
                process_id=made.process_id, target="reject", user=people.mark, trigger="button"
            )
    assert status_of(made) != "Rejected"


def test_it_is_not_there_for_others(people: Office) -> None:
    made = asked(people)
    asks = {who: client_of(who).get(address(made, "approve")) for who in people}
    found = [answer.status_code for answer in asks.values()]
    # Emma sees her request and does not decide on it; Root manages it.
    assert dict(zip(people._fields, found, strict=True)) == {
        "emma": 403, "mark": 200, "helen": 404, "tom": 404, "dora": 404, "root": 200,
    }  # fmt: skip
    assert client_of(people.mark).get(address(made, "send")).status_code == 404
    assert client_of(people.mark).get(address(made, "nothing")).status_code == 404


@pytest.mark.parametrize("settings", [{"visible": False}, {"enabled": False}])
def test_a_button_that_is_not_there_on_the_form_is_not_offered(
    people: Office, settings: dict[str, Any]
) -> None:
    made = asked(people, **settings)
    page = client_of(people.mark).get("/work/").content.decode()
    assert address(made, "reject") in page
    assert address(made, "approve") not in page
    assert in_row(client_of(people.mark), made, "approve").status_code == 422
    assert status_of(made) != "Approved"


def test_what_a_rule_refuses_is_said_in_the_row(people: Office) -> None:
    made = asked(people, rules=[{"type": "set_form_field", "id": "a", "assignments": [
        {"field": "answer", "value": "=1/0"}]}])  # fmt: skip
    answer = in_row(client_of(people.mark), made, "approve")
    assert answer.status_code == 422
    assert "division" in text_of(answer).lower() or "divide" in text_of(answer).lower()


def test_a_long_list_is_one_look(people: Office, django_assert_max_num_queries: Any) -> None:
    for _ in range(6):
        asked(people)
    client = client_of(people.mark)
    client.get("/work/")
    with django_assert_max_num_queries(30):
        client.get("/work/")


@pytest.mark.parametrize(
    ("style", "ask", "said"),
    [
        ("loud", {}, "/style"),
        ("plain", {"ask": "days"}, "/quick/ask"),
        ("plain", {"ask": "gone"}, "/quick/ask"),
        ("plain", {"ask": "reject"}, "/quick/ask"),
        ("plain", {"say": "answer"}, "/quick/say"),
        ("plain", "answer", "/quick"),
    ],
)
def test_a_wrong_setting_is_named(style: str, ask: Any, said: str) -> None:
    raw = deciding(style=style, quick=ask)
    with pytest.raises(Invalid) as refused:
        parse_document(raw)
    assert {flaw.pointer for flaw in refused.value.errors} == {f"/forms/1/fields/2{said}"}


def test_one_button_of_a_form_is_the_main_one(people: Office) -> None:
    made = asked(people)
    page = client_of(people.mark).get(f"/instances/{made.process_id}/").content.decode()
    [main] = [part for part in page.split("<button") if "btn-primary" in part.split(">")[0]]
    assert 'value="press:approve"' in main
    assert "Save draft" in page


def test_a_form_may_do_without_a_button_that_saves_it(people: Office) -> None:
    raw = deciding()
    raw["forms"][1]["save_button"] = False
    published(raw, user=people.root)
    made = create_instance(process="leave", mode="live", data={}, user=people.emma)
    assert "Save draft" in text_of(client_of(people.emma).get(f"/instances/{made.process_id}/"))
    send(made, people.emma)
    page = client_of(people.mark).get(f"/instances/{made.process_id}/").content.decode()
    assert "Save draft" not in page
    # Enter presses the main button then.
    assert page.index('value="press:approve"') < page.index('value="press:reject"')


def test_many_are_pressed_with_one_reason_that_is_asked_for_once(people: Office) -> None:
    made, client = [asked(people), asked(people)], client_of(people.mark)
    query = {"process": "leave", "target": "reject", "pick": [one.process_id for one in made]}
    question = text_of(client.get("/bulk-presses/new/", query))
    assert "Reason * Emma sees it. This text is used for all 2 records." in question
    assert "If “Reject” is not possible for one of them, you see why." in question
    refused = client.post("/bulk-presses/new/", {**query, "answer": " "})
    assert refused.status_code == 422
    assert "Enter Reason to continue with “Reject”." in text_of(refused)
    assert not BulkPress.objects.exists()
    assert client.post("/bulk-presses/new/", {**query, "answer": "Release"}).status_code == 303
    work.carry_on(BulkPress.objects.get().pk)
    for one in made:
        assert (status_of(one), values_of(one)["answer"]) == ("Rejected", "Release")


def test_a_button_that_asks_for_nothing_is_not_held_up(people: Office) -> None:
    made, client = asked(people), client_of(people.mark)
    query = {"process": "leave", "target": "approve", "pick": [made.process_id]}
    question = text_of(client.get("/bulk-presses/new/", query))
    assert "Reason" not in question
    # Of one record there are no others to tell of.
    assert "one of them" not in question
    assert client.post("/bulk-presses/new/", query).status_code == 303
    work.carry_on(BulkPress.objects.get().pk)
    assert status_of(made) == "Approved"


def test_the_api_tells_what_can_be_pressed_and_what_it_asks_for(people: Office) -> None:
    made = asked(people)
    path = f"/api/v1/instances/{made.process_id}/actions/"
    found = {one["button"]: one for one in api_client(people.mark).get(path).json()}
    assert (found["reject"]["ask"], found["reject"]["required"]) == ("answer", True)
    assert (found["approve"]["ask"], found["approve"]["required"]) == ("", False)
    assert api_client(people.emma).get(path).json() == []
    assert api_client(people.tom).get(path).status_code == 404
    url = found["reject"]["url"]
    assert api_client(people.emma).post(url, {"data": {"answer": "No"}}).status_code == 403
    run = api_client(people.mark).post(url, {"data": {"answer": "No"}})
    assert (run.status_code, run.json()["status"]) == (200, "succeeded")
    assert (status_of(made), values_of(made)["answer"]) == ("Rejected", "No")
    assert api_client(people.mark).get(path).json() == []


@pytest.mark.parametrize(
    ("page", "place"), [("/notifications/newest/", "bell"), ("/notifications/", "news")]
)
def test_a_notification_offers_the_decision_where_it_is_read(
    people: Office, page: str, place: str
) -> None:
    made, client = asked(people), client_of(people.mark)
    shown = client.get(page).content.decode()
    assert f'id="{place}-{made.pk}"' in shown
    assert all(address(made, one) in shown for one in ("reject", "approve"))
    here = {"HX-Request": "true", "HX-Target": f"{place}-{made.pk}"}
    opened = client.get(address(made, "reject"), headers=here)
    assert f'hx-target="#{place}-{made.pk}"' in opened.content.decode()
    sent = {"revision": str(made.revision)}
    refused = client.post(address(made, "reject"), {**sent, "answer": ""}, headers=here)
    assert "Enter Reason to continue with “Reject”." in text_of(refused)
    done = client.post(address(made, "reject"), {**sent, "answer": "No"}, headers=here)
    assert (done.status_code, status_of(made)) == (200, "Rejected")
    assert "Rejected" in text_of(done)
    assert f'id="{place}-{made.pk}"' not in client.get(page).content.decode()


def test_who_has_only_the_menu_gives_the_reason_in_its_dialog(people: Office) -> None:
    raw = deciding()
    raw["forms"][1]["fields"][1] |= {"press": ["group:hr"], "menu": ["owners"]}
    published(raw, user=people.root)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    send(made, people.emma)
    made.refresh_from_db()
    path = f"/instances/{made.process_id}/forms/decision/actions/reject/"
    client = client_of(people.mark)
    assert "Reason" in text_of(client.get(path))
    refused = client.post(path, {"revision": str(made.revision), "answer": ""})
    assert refused.status_code == 422
    assert "Enter Reason to continue with “Reject”." in text_of(refused)
    assert client.post(path, {"revision": str(made.revision), "answer": "No"}).status_code == 303
    assert (status_of(made), values_of(made)["answer"]) == ("Rejected", "No")
