"""The home page: what waits for a person, what they have started, what they may start."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from processes.instances.lifecycle import create_instance
from processes.instances.sending_back import send_back
from processes.models import ProcessDesign, ProcessInstance
from processes.running import runs
from tests.pages import client_of, markup_of, text_of
from tests.processes.rights.office import Office, leave_request, office
from tests.processes.stories import published
from tests.scheduler.kept import make_token

pytestmark = pytest.mark.django_db

RECORD = {
    "one": "Leave request", "title": "[days] days off", "summary": ["illness", "days"],
    "icon": "sun",
}  # fmt: skip
STATUSES = [{"name": "Decision", "meaning": "waiting"}]


@pytest.fixture
def people() -> Office:
    """An office whose leave requests have a title, and whose manager decides by quick action."""
    found = office()
    raw = leave_request() | {"record": RECORD, "statuses": STATUSES}
    approve: dict[str, Any] = {
        "type": "button", "name": "approve", "menu": ["owners"], "menu_when": "open",
        "rules": [{"type": "submit", "status": "Approved"}],
    }  # fmt: skip
    raw["forms"][1]["fields"].append(approve)
    published(raw, user=found.dora)
    return found


def asked(people: Office, *, send: bool = True) -> str:
    """Let Emma ask for five days; return the Process ID."""
    made = create_instance(
        process="leave", mode="live", data={"days": "5", "illness": "flu"}, user=people.emma
    )
    if send:
        press(made.process_id, "send", people.emma)
    return made.process_id


def press(process_id: str, target: str, user: Any) -> None:
    run = runs.trigger(process_id=process_id, target=target, user=user, trigger="button")
    assert run.status == "succeeded", run.error


def home(user: Any) -> tuple[str, str]:
    """Return the home page of somebody as text and as markup."""
    answer = client_of(user).get("/")
    return text_of(answer), markup_of(answer)


def test_what_waits_is_told_by_title_and_values_with_who_has_sent_it(people: Office) -> None:
    process_id = asked(people)
    text, markup = home(people.mark)
    assert "1 request is waiting for you" in text
    assert "5 days off" in text
    assert "Leave request from emma" in text
    assert "Days 5" in text
    assert f'href="/instances/{process_id}/#form-decision"' in markup


def test_who_keeps_tokens_too_reads_first_what_waits_for_them(people: Office) -> None:
    people.mark.groups.add(Group.objects.get(name="Designer"))
    make_token(people.mark, age_s=60)
    text, _markup = home(people.mark)
    assert "The token is valid" in text
    assert text.index("Valid in the last 24 hours") < text.index("Waiting for you")
    asked(people)
    text, _markup = home(people.mark)
    assert "1 request is waiting for you" in text
    assert text.index("Waiting for you") < text.index("Valid in the last 24 hours")


def test_a_field_that_the_person_does_not_see_is_not_in_the_summary(people: Office) -> None:
    asked(people)
    assert "flu" not in home(people.mark)[0]
    assert "days off" not in home(people.tom)[0]


def test_it_is_decided_from_the_home_page_where_the_design_lets_it(people: Office) -> None:
    process_id = asked(people)
    _text, markup = home(people.mark)
    door = f"/instances/{process_id}/forms/decision/actions/approve/"
    assert door in markup
    answer = client_of(people.mark).post(
        door,
        {"revision": "2"},
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/"},
    )
    assert answer["HX-Redirect"] == "/"
    assert "Nothing is waiting for you" in home(people.mark)[0]
    assert "Approved" in home(people.emma)[0]


def test_own_requests_say_what_their_status_means_and_with_whom_they_are(people: Office) -> None:
    asked(people)
    text, markup = home(people.emma)
    assert "Nothing is waiting for you" in text
    row = text[text.index("My requests") :]
    assert "5 days off" in row
    assert "mark" in row
    assert 'class="k-pill k-pill--run"' in markup


def test_what_a_person_has_started_and_may_not_see_any_more_is_not_told(people: Office) -> None:
    process_id = asked(people)
    ProcessInstance.objects.update(security={"see": ["group:hr"]}, has_own_see=True)
    assert client_of(people.emma).get(f"/instances/{process_id}/").status_code == 404
    text, markup = home(people.emma)
    assert "Requests that you start appear here" in text
    assert "5 days off" not in text
    assert process_id not in markup


def test_who_works_on_a_form_that_the_person_does_not_see_is_not_told(people: Office) -> None:
    raw = leave_request() | {"name": "secretly", "title": "Complaint"}
    raw["forms"][1]["see"] = ["owners"]
    published(raw, user=people.dora)
    made = create_instance(process="secretly", mode="live", data={}, user=people.emma)
    press(made.process_id, "send", people.emma)
    row = home(people.emma)[0].partition("My requests")[2]
    assert "secretly-1" in row
    assert "mark" not in row


def test_a_draft_is_told_as_such(people: Office) -> None:
    asked(people, send=False)
    text, _markup = home(people.emma)
    assert "Draft, not submitted yet" in text
    assert "Not submitted yet" in text[text.index("My requests") :]


def test_what_was_sent_back_says_why(people: Office) -> None:
    process_id = asked(people)
    send_back(process_id=process_id, form="asking", note="Which week?", user=people.mark)
    row = home(people.emma)[0].partition("My requests")[2]
    assert "Sent back" in row
    assert "Which week?" in row
    assert "You" in row


def test_what_may_be_started_has_a_tile_and_nothing_else_has(people: Office) -> None:
    ProcessDesign.objects.filter(name="leave").update(description="Holiday or illness")
    _text, markup = home(people.tom)
    assert 'href="/start/leave/"' in markup
    assert "Holiday or illness" in markup
    closed = leave_request(start=["group:hr"]) | {"name": "pay", "title": "Pay rise"}
    published(closed, user=people.dora)
    assert "Pay rise" not in home(people.tom)[0]
    assert "Pay rise" in home(people.helen)[0]


def test_only_who_keeps_tokens_or_designs_is_shown_runs(people: Office) -> None:
    asked(people)
    assert "Latest runs" not in home(people.emma)[0]
    assert "Latest runs" in home(people.dora)[0]


def test_a_workspace_without_a_process_offers_the_templates_that_one_may_use(
    admin: Any, ada: Any, ben: Any
) -> None:
    said, markup = home(admin)
    assert "Welcome to Kianda" in said
    assert 'href="/designs/templates/leave-request/"' in markup
    assert 'href="/designs/templates/oauth-token-refresh/"' in markup
    # It creates a data source, which a designer alone may not.
    assert "/designs/templates/oauth-token-refresh/" not in home(ada)[1]
    assert "/designs/templates/" not in home(ben)[1]


def test_once_there_is_a_process_home_says_what_waits_for_a_designer_too(people: Office) -> None:
    said, markup = home(people.dora)
    assert "Nothing is waiting for you" in said
    assert "/designs/templates/" not in markup


def test_the_part_about_a_person_comes_alone_to_be_refreshed(people: Office) -> None:
    asked(people)
    client: Client = client_of(people.mark)
    part = text_of(client.get("/", headers={"HX-Request": "true", "HX-Target": "personal"}))
    assert "5 days off" in part
    assert "Find" not in part
