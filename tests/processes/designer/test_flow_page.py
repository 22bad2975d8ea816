"""The page of a design's flow: a list of its forms and a drawing that says the same."""

from typing import Any

import pytest

from processes.designer import working_copy
from processes.designs.lifecycle import create_design
from tests.pages import client_of, markup_of, text_of
from tests.processes.definitions import button

pytestmark = pytest.mark.django_db

FLOW = "/designs/leave/designer/flow/"
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
