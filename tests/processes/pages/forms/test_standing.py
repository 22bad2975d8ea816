"""The page of an instance shows which form is open, whose it is, what was sent back."""

import re
from typing import Any

import pytest

from kianda.web.form_once import new_token
from tests.pages import client_of, text_of
from tests.processes.definitions import button, text_field
from tests.processes.pages.forms.leave import is_closed, leave, post, submit

pytestmark = pytest.mark.django_db


def test_only_the_open_form_can_be_filled_in(make: Any, ada: Any) -> None:
    instance = make(leave())
    shown = client_of(ada).get(f"/instances/{instance.process_id}/")
    assert not is_closed(shown, "asking")
    assert is_closed(shown, "decision")
    assert "Opens when the previous form is submitted" in text_of(shown)


def test_what_is_sent_for_a_form_that_is_not_open_is_refused_and_the_rest_stays_typed(
    make: Any, ada: Any
) -> None:
    instance = make(leave())
    refused = post(client_of(ada), instance, "save", days="3", word="smuggled")
    assert refused.status_code == 422
    assert "is not open and cannot be changed" in text_of(refused)
    assert 'value="3"' in refused.content.decode()
    # It is shown to be copied, and stands in no field.
    assert "Word smuggled" in text_of(refused)
    assert 'value="smuggled"' not in refused.content.decode()
    before = instance.values
    instance.refresh_from_db()
    assert instance.values == before


def test_a_form_of_somebody_else_says_whom_it_waits_for(make: Any, ada: Any, ben: Any) -> None:
    instance = make(leave(users=["olga"]))
    submit(instance, "asking", ada)
    shown = client_of(ben).get(f"/instances/{instance.process_id}/")
    assert is_closed(shown, "decision")
    assert "Now with olga" in text_of(shown)
    assert 'value="save" class="btn' not in shown.content.decode()


def test_a_completed_form_is_sent_back_by_who_has_the_work_now(
    make: Any, ada: Any, ben: Any
) -> None:
    instance = make(leave(users=["ben"]))
    submit(instance, "asking", ada)
    client = client_of(ben)
    path = f"/instances/{instance.process_id}/forms/asking/send-back/"
    assert path in client.get(f"/instances/{instance.process_id}/").content.decode()
    assert "opens again" in text_of(client.get(path))
    assert client.post(path, {"once": new_token(), "note": "Why then?"}).status_code in {302, 303}
    shown = client_of(ada).get(f"/instances/{instance.process_id}/")
    assert not is_closed(shown, "asking")
    head = text_of(shown).partition("changed today")[0]
    assert "Sent back" in head
    assert "Nothing is waiting for you" in text_of(client.get("/work/"))


def test_who_has_no_part_in_it_cannot_send_back(make: Any, ada: Any, ben: Any) -> None:
    instance = make(leave(users=["olga"]))
    submit(instance, "asking", ada)
    path = f"/instances/{instance.process_id}/forms/asking/send-back/"
    refused = client_of(ben).post(path, {"once": new_token()})
    assert refused.status_code == 409
    assert "Only an owner of the open form" in text_of(refused)


def test_a_form_that_is_not_there_cannot_be_sent_back(make: Any, ada: Any) -> None:
    instance = make(leave())
    path = f"/instances/{instance.process_id}/forms/nowhere/send-back/"
    assert client_of(ada).get(path).status_code == 404


def test_submit_completes_the_form_and_shows_the_next(make: Any, ada: Any) -> None:
    instance = make(leave())
    client = client_of(ada)
    assert (
        "press:form:asking#submit"
        in client.get(f"/instances/{instance.process_id}/").content.decode()
    )
    shown = post(client, instance, "press:form:asking#submit", days="3")
    assert shown.status_code == 200
    assert is_closed(shown, "asking")
    assert not is_closed(shown, "decision")
    assert 'id="tab-decision" data-open' in shown.content.decode()
    assert "Completed by you, today" in text_of(shown)
    told = text_of(shown)
    assert "Form Asking open completed" in told
    assert "Form Decision not started open" in told
    assert "Status open Decision" in told


def test_a_form_with_a_submit_button_of_its_own_gets_no_second_one(make: Any, ada: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][2]["rules"] = [{"type": "submit"}]
    page = client_of(ada).get(f"/instances/{make(raw).process_id}/").content.decode()
    assert "press:form:asking#submit" not in page


def test_what_is_wrong_is_told_in_the_order_of_the_form(make: Any, ada: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][0] |= {"mode": "email"}
    raw["forms"][0]["fields"][1] |= {"required": True}
    shown = post(client_of(ada), make(raw), "press:form:asking#submit", days="no address")
    told = re.findall(r'href="#(f-data-[a-z]+)"', shown.content.decode())
    assert told == ["f-data-days", "f-data-total"]


def test_a_draft_may_be_incomplete_and_is_not_submitted_as_such(make: Any, ada: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][0] |= {"mode": "email"}
    raw["forms"][0]["fields"][1] |= {"required": True}
    instance, client = make(raw), client_of(ada)
    refused = post(client, instance, "save", days="no address")
    assert refused.status_code == 422
    assert "is required" not in text_of(refused)
    post(client, instance, "save", days="ada@example.org")
    instance.refresh_from_db()
    assert instance.values["days"] == "ada@example.org"
    shown = post(client, instance, "press:form:asking#submit")
    assert (shown.status_code, is_closed(shown, "asking")) == (422, False)
    assert "Total is required. Fill it in." in text_of(shown)


def test_a_form_that_nobody_submits_is_complete_when_it_is_saved(make: Any, ada: Any) -> None:
    raw = leave()
    del raw["forms"][1]
    raw["forms"][0]["fields"][1] |= {"required": True}
    instance = make(raw)
    shown = post(client_of(ada), instance, "save", days="3")
    assert shown.status_code == 422
    instance.refresh_from_db()
    assert not instance.values["days"]


def test_a_button_that_submits_tells_of_blanks_and_of_what_is_wrong_at_once(
    make: Any, ada: Any
) -> None:
    raw = leave()
    raw["forms"][0]["fields"] += [
        text_field("why", required=True),
        {"type": "number", "name": "hours", "max": 100},
        button("send", {"type": "submit"}),
    ]
    page = post(client_of(ada), make(raw), "press:send", hours="999")
    assert page.status_code == 422
    assert "Check 2 fields" in text_of(page)
    assert "Why is required" in text_of(page)


def test_close_leaves_the_form(make: Any, ada: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][2]["rules"] = [{"type": "close", "status": "Withdrawn"}]
    instance = make(raw)
    shown = post(client_of(ada), instance, "press:fill")
    assert shown.headers["HX-Redirect"] == "/records/leave/"
    instance.refresh_from_db()
    assert instance.status == "Withdrawn"


def test_a_form_that_a_record_ended_without_is_not_said_to_open_later(make: Any, ada: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][2]["rules"] = [{"type": "close", "status": "Withdrawn"}]
    instance = make(raw)
    post(client_of(ada), instance, "press:fill")
    shown = text_of(client_of(ada).get(f"/instances/{instance.process_id}/"))
    assert "Not needed: the record was completed without this form." in shown
    assert "Opens when the previous form is submitted" not in shown
    assert "not started" not in shown
