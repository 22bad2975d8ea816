"""The page of a design's flow: a list of its forms and a drawing that says the same."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from processes import selectors
from processes.designer import working_copy
from processes.designs.lifecycle import create_design
from processes.instances.lifecycle import create_instance
from processes.instances.sending_back import send_back
from processes.models import ProcessInstance
from tests.pages import client_of, markup_of, text_of
from tests.processes.definitions import button
from tests.processes.rights.office import leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

FLOW, ACT = "/designs/leave/designer/flow/", "/designs/leave/designer/act/"
LONG = "A very wordy button that says all it does"


@pytest.fixture
def leave(ada: Any) -> None:
    back = {"type": "go_to_form", "form": "ask", "make_current": True}
    decide = [
        button("approve", {"type": "submit", "status": "Approved"}),
        button("back", back) | {"title": LONG},
    ]
    raw = {
        "name": "leave", "title": "Leave",
        "statuses": [{"name": "Approved", "meaning": "good"}],
        "forms": [
            {"name": "ask", "title": "Request", "fields": [button("send", {"type": "submit"})]},
            {"name": "decide", "title": "Decision", "fields": decide, "owners": {"groups": ["HR"]}},
            {"name": "lost", "title": "Archive"},
        ],
    }  # fmt: skip
    create_design(raw=raw, user=ada)


def test_the_list_says_who_works_on_a_form_and_where_its_buttons_lead(
    leave: None, ada: Any
) -> None:
    said = text_of(client_of(ada).get(FLOW))
    assert "Request The creator Send leads to Decision" in said
    assert "Decision HR Approve leads to" in said
    assert f"{LONG} leads to Request" in said
    assert "“Archive” has no owner. It is assigned to the creator of the record." in said


def test_the_drawing_has_each_form_as_a_link_and_cuts_what_is_long(leave: None, ada: Any) -> None:
    markup = markup_of(client_of(ada).get(FLOW))
    drawing = markup[markup.index('<svg class="k-flow"') :]
    assert drawing.count('href="/designs/leave/designer/?at=form%3A') == 3
    assert "A very wordy bu…" in drawing
    assert LONG not in drawing
    assert "m-good" in drawing


def test_a_form_that_never_closes_gets_a_button_that_submits_it_in_one_press(ada: Any) -> None:
    off = {"type": "submit", "enabled": False}
    ask = {"name": "ask", "title": "Request", "fields": [button("send", off)]}
    decide = {"name": "decide", "owners": {"groups": ["HR"]}}
    create_design(raw={"name": "leave", "title": "Leave", "forms": [ask, decide]}, user=ada)
    client = client_of(ada)
    page = client.get(FLOW)
    assert "never closes" in text_of(page)
    assert 'value="closing form:ask"' in markup_of(page)
    revision = str(page.context["copy"].revision)
    done = client.post(ACT, {"act": "closing form:ask", "at": "form:ask", "revision": revision})
    assert done["Location"] == FLOW
    said = text_of(client.get(FLOW))
    assert "never closes" not in said
    assert "Submit leads to" in said


def test_a_form_that_never_opens_gets_a_button_on_the_one_before_in_one_press(ada: Any) -> None:
    off = button("send", {"type": "submit", "enabled": False}, {"type": "close", "status": "Done"})
    ask = {"name": "ask", "title": "Request", "fields": [off]}
    decide = {"name": "decide", "title": "Decision", "owners": {"groups": ["HR"]}}
    create_design(raw={"name": "leave", "title": "Leave", "forms": [ask, decide]}, user=ada)
    client = client_of(ada)
    page = client.get(FLOW)
    assert "never opens" in text_of(page)
    assert "Add “Submit” to “Request”" in text_of(page)
    revision = str(page.context["copy"].revision)
    [act] = re.findall(r'value="(closing [^"]*)"', markup_of(page))
    client.post(ACT, {"act": act, "at": "form:decide", "revision": revision})
    said = text_of(client.get(FLOW))
    assert "never opens" not in said
    assert "Submit leads to Decision" in said


def test_a_form_and_a_button_are_added_from_the_flow(leave: None, ada: Any) -> None:
    client = client_of(ada)
    page = client.get(FLOW)
    sent = {"revision": str(page.context["copy"].revision), "at": "form:decide"}
    added = client.post(ACT, sent | {"act": "add field button"})
    assert added["Location"].startswith("/designs/leave/designer/?at=field%3A")
    sent["revision"] = str(client.get(FLOW).context["copy"].revision)
    assert client.post(ACT, sent | {"act": "add form"}).status_code == 303
    forms = working_copy.open_copy("leave", user=ada).document["forms"]
    assert [len(form["fields"]) for form in forms] == [1, 3, 0, 0]


def test_it_counts_the_records_that_its_reader_sees(ada: Any) -> None:
    people = office()
    published(leave_request(), user=people.root)
    for user in (people.emma, people.emma, people.tom):
        create_instance(process="leave", mode="live", data={"days": "5"}, user=user)
    send(ProcessInstance.objects.get(process_id="leave-1"), people.emma)
    said = text_of(client_of(people.root).get(FLOW))
    assert "3 records so far: 2 open, 1 Decision" in said
    assert "2 records are here" in said
    assert "1 record is here" in said
    assert "so far" not in text_of(client_of(ada).get(FLOW))


def test_it_counts_the_records_that_went_from_form_to_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = office()
    published(leave_request(), user=people.root)
    client = client_of(people.root)
    for _ in range(3):
        create_instance(process="leave", mode="live", data={"days": "5"}, user=people.emma)
    first, second, _third = ProcessInstance.objects.order_by("pk")
    send(first, people.emma)
    send(second, people.emma)
    send(second, people.mark, "decide")
    page = client.get(FLOW)
    assert "Send leads to Decision 2 went this way" in text_of(page)
    assert ">Send · 2</text>" in markup_of(page)
    assert ">Decide</text>" in markup_of(page), "its end says how many are there"
    send_back(process_id="leave-1", form="asking", note="Which days?", user=people.mark)
    assert "Send leads to Decision 1 went this way" in text_of(client.get(FLOW))
    monkeypatch.setattr(selectors, "MOST_FOLLOWED", 2)
    too_many = text_of(client.get(FLOW))
    assert "3 records so far" in too_many
    assert "went this way" not in too_many


def test_which_of_two_buttons_to_one_form_was_pressed_is_not_told() -> None:
    people = office()
    raw = leave_request()
    raw["forms"][0]["fields"].append(button("hurry", {"type": "submit"}))
    published(raw, user=people.root)
    create_instance(process="leave", mode="live", data={"days": "5"}, user=people.emma)
    send(ProcessInstance.objects.get(), people.emma, "hurry")
    said = text_of(client_of(people.root).get(FLOW))
    assert "Hurry leads to Decision" in said
    assert "1 record is here" in said
    assert "went this way" not in said


def test_the_drawing_is_a_file_of_its_own(leave: None, ada: Any) -> None:
    answer = client_of(ada).get("/designs/leave/designer/flow.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Content-Disposition"] == 'attachment; filename="leave.svg"'
    drawing = ElementTree.fromstring(answer.content)
    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert b"Decision" in answer.content
    assert b"href=" not in answer.content


def test_it_shows_the_edits_that_nobody_has_saved(leave: None, ada: Any) -> None:
    copy = working_copy.open_copy("leave", user=ada)
    edit = {"do": "change", "target": "form:decide", "settings": {"title": "Approval"}}
    working_copy.edit("leave", user=ada, revision=copy.revision, edit=edit)
    assert "Send leads to Approval" in text_of(client_of(ada).get(FLOW))


def test_a_design_with_errors_has_no_flow_to_show(leave: None, ada: Any) -> None:
    copy = working_copy.open_copy("leave", user=ada)
    edit = {"do": "change", "target": "field:send", "settings": {"width": 99}}
    working_copy.edit("leave", user=ada, revision=copy.revision, edit=edit)
    assert "No flow to show" in text_of(client_of(ada).get(FLOW))
