"""The page of an instance as forms to work through: open, closed, sent back; change, load."""

import re
from typing import Any

import pytest

from kianda.once import new_token
from processes.models import ProcessInstance, Run
from processes.progress import Moment, submitted
from processes.services.designs import create_design, publish_design
from processes.services.documents import document_of
from processes.services.forms_state import standing_of, store_standing
from processes.services.instances import create_instance
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.definitions import button, process, set_rule, text_field

pytestmark = pytest.mark.django_db


def leave(**owners: Any) -> dict[str, Any]:
    """Return a process of two forms: somebody asks, somebody decides."""
    made = process(
        text_field("days", rules=[set_rule("total", "[days] days")]),
        text_field("total"),
        button("fill", set_rule("total", "none")),
        name="leave",
    )
    made["forms"][0] |= {"name": "asking", "title": "Asking"}
    made["forms"].append(
        {"name": "decision", "title": "Decision", "owners": owners, "fields": [text_field("word")]}
    )
    return made


@pytest.fixture
def make(ada: Any) -> Any:
    make_user("olga", "User")

    def made(raw: dict[str, Any]) -> ProcessInstance:
        create_design(raw=raw, user=ada)
        publish_design(name="leave", user=ada)
        return create_instance(process="leave", mode="live", data={}, user=ada)

    return made


def submit(instance: ProcessInstance, form: str, user: Any) -> None:
    """Let a form have been submitted."""

    document = document_of(instance.version)
    moment = Moment(user.get_username(), "2026-11-24T10:00:00Z")
    after = submitted(
        document, standing_of(instance), form, creator=user.get_username(), moment=moment
    )
    store_standing(instance, document, after, user=user)


def post(client: Any, instance: ProcessInstance, act: str, **typed: str) -> Any:
    revision = ProcessInstance.objects.get(pk=instance.pk).revision
    body = {"act": act, "revision": str(revision), "once": new_token()}
    body |= {name if name == "left" else f"v-{name}": value for name, value in typed.items()}
    headers = {"HX-Request": "true", "HX-Target": "instance"}
    return client.post(f"/instances/{instance.process_id}/", body, headers=headers)


def value_in(response: Any, name: str) -> str:
    found = re.search(rf'value="([^"]*)" id="[^"]*" name="v-{name}"', response.content.decode())
    return found.group(1) if found else ""


def is_closed(response: Any, form: str) -> bool:
    page = response.content.decode()
    part = page[page.index(f'id="form-{form}"') :]
    return "<fieldset" in part and "disabled" in part[part.index("<fieldset") :].split(">")[0]


def test_only_the_open_form_can_be_filled_in(make: Any, ada: Any) -> None:
    instance = make(leave())
    shown = client_of(ada).get(f"/instances/{instance.process_id}/")
    assert not is_closed(shown, "asking")
    assert is_closed(shown, "decision")
    assert "It opens when the form before it is submitted" in text_of(shown)


def test_what_is_sent_for_a_form_that_is_not_open_changes_nothing(make: Any, ada: Any) -> None:
    instance = make(leave())
    post(client_of(ada), instance, "save", days="3", word="smuggled")
    instance.refresh_from_db()
    assert instance.values["days"] == "3"
    assert instance.values["word"] == ""


def test_a_form_of_somebody_else_says_whom_it_waits_for(make: Any, ada: Any, ben: Any) -> None:
    instance = make(leave(users=["olga"]))
    submit(instance, "asking", ada)
    shown = client_of(ben).get(f"/instances/{instance.process_id}/")
    assert is_closed(shown, "decision")
    assert "This form waits for olga" in text_of(shown)
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
    assert client.post(path, {"once": new_token()}).status_code in {302, 303}
    assert not is_closed(client_of(ada).get(f"/instances/{instance.process_id}/"), "asking")
    assert "Nothing waits for you" in text_of(client.get("/work/"))


def test_who_has_no_part_in_it_cannot_send_back(make: Any, ada: Any, ben: Any) -> None:
    instance = make(leave(users=["olga"]))
    submit(instance, "asking", ada)
    path = f"/instances/{instance.process_id}/forms/asking/send-back/"
    refused = client_of(ben).post(path, {"once": new_token()})
    assert refused.status_code == 409
    assert "Only an owner of the form that is open now" in text_of(refused)


def test_a_form_that_is_not_there_cannot_be_sent_back(make: Any, ada: Any) -> None:
    instance = make(leave())
    path = f"/instances/{instance.process_id}/forms/nowhere/send-back/"
    assert client_of(ada).get(path).status_code == 404


def test_what_a_button_sets_and_nobody_saves_stays_in_the_form(make: Any, ada: Any) -> None:
    instance = make(leave())
    shown = post(client_of(ada), instance, "press:fill", days="3")
    assert value_in(shown, "total") == "none"
    assert value_in(shown, "days") == "3"
    assert "Not saved yet: Days, Total" in text_of(shown)
    instance.refresh_from_db()
    assert instance.values["total"] == ""


def test_without_script_it_stays_too(make: Any, ada: Any) -> None:
    instance = make(leave())
    body = {"act": "press:fill", "revision": "1", "v-days": "3", "once": new_token()}
    shown = client_of(ada).post(f"/instances/{instance.process_id}/", body)
    assert shown.status_code == 200
    assert value_in(shown, "total") == "none"


def test_a_change_runs_the_rules_of_its_field(make: Any, ada: Any) -> None:
    instance = make(leave())
    page = client_of(ada).get(f"/instances/{instance.process_id}/").content.decode()
    assert 'data-change="days"' in page
    assert 'data-change="total"' not in page
    shown = post(client_of(ada), instance, "press:days", days="3")
    assert value_in(shown, "total") == "3 days"
    assert Run.objects.get().trigger == "change"


def test_what_was_typed_stays_when_a_run_fails(make: Any, ada: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][2]["rules"] = [set_rule("total", "=1 / 0")]
    instance = make(raw)
    shown = post(client_of(ada), instance, "press:fill", days="3")
    assert value_in(shown, "days") == "3"
    assert "Failed" in text_of(shown)


def test_opening_runs_the_load_rules_once_and_shows_what_they_set(make: Any, ada: Any) -> None:
    raw = leave()
    raw["rules"] = [set_rule("days", "1")]
    raw["forms"][0]["load_rules"] = [set_rule("total", "[days] at first")]
    instance = make(raw)
    client = client_of(ada)
    assert "data-load" in client.get(f"/instances/{instance.process_id}/").content.decode()
    shown = post(client, instance, "load")
    assert value_in(shown, "days") == "1"
    assert value_in(shown, "total") == "1 at first"
    assert "data-load" not in shown.content.decode()
    assert list(Run.objects.order_by("pk").values_list("target", "trigger")) == [
        ("process#load", "load"),
        ("form:asking#load", "load"),
    ]


def test_a_page_without_script_is_not_opened_over_and_over(make: Any, ada: Any) -> None:
    raw = leave()
    raw["rules"] = [set_rule("days", "1"), {"type": "save"}]
    instance = make(raw)
    shown = client_of(ada).post(
        f"/instances/{instance.process_id}/", {"act": "load", "revision": "1"}
    )
    # A redirect would open the page anew, and the page its rules.
    assert shown.status_code == 200
    assert "data-load" not in shown.content.decode()


def test_nothing_is_loaded_for_who_only_looks(make: Any, ada: Any, ben: Any) -> None:
    raw = leave(users=["olga"])
    raw["rules"] = [set_rule("days", "1")]
    instance = make(raw)
    submit(instance, "asking", ada)
    shown = client_of(ben).get(f"/instances/{instance.process_id}/")
    assert "data-load" not in shown.content.decode()


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
    assert "Completed by ada" in text_of(shown)
    told = text_of(shown)
    assert "Form Asking open completed" in told
    assert "Form Decision not started open" in told
    assert "Status open Decision" in told


def test_a_form_with_a_submit_button_of_its_own_gets_no_second_one(make: Any, ada: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][2]["rules"] = [{"type": "submit"}]
    page = client_of(ada).get(f"/instances/{make(raw).process_id}/").content.decode()
    assert "press:form:asking#submit" not in page


def test_what_a_rule_refuses_stands_beside_its_field(make: Any, ada: Any) -> None:
    raw = leave()
    too_many = {"match": "all", "items": [{"left": "[days]", "operator": "gt", "right": "5"}]}
    raw["forms"][0]["fields"][2]["rules"] = [
        {"type": "validate_input", "field": "days", "message": "Five days at most.",
         "conditions": too_many},
        {"type": "save"},
    ]  # fmt: skip
    instance = make(raw)
    shown = post(client_of(ada), instance, "press:fill", days="9")
    assert shown.status_code == 422
    assert 'id="f-data-days-error"' in shown.content.decode()
    assert value_in(shown, "days") == "9"


def test_what_is_wrong_is_told_in_the_order_of_the_form(make: Any, ada: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][0] |= {"mode": "email"}
    raw["forms"][0]["fields"][1] |= {"required": True}
    shown = post(client_of(ada), make(raw), "save", days="no address").content.decode()
    told = re.findall(r'href="#(f-data-[a-z]+)"', shown)
    assert told == ["f-data-days", "f-data-total"]


def test_close_leaves_the_form(make: Any, ada: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][2]["rules"] = [{"type": "close", "status": "Withdrawn"}]
    instance = make(raw)
    shown = post(client_of(ada), instance, "press:fill")
    assert shown.headers["HX-Redirect"] == "/instances/"
    instance.refresh_from_db()
    assert instance.status == "Withdrawn"


def switched_off() -> dict[str, Any]:
    raw = leave()
    raw["forms"][0]["fields"][1]["enabled"] = False
    return raw


def test_what_rules_set_in_a_switched_off_field_is_saved_with_the_rest(make: Any, ada: Any) -> None:
    instance = make(switched_off())
    client = client_of(ada)
    shown = post(client, instance, "press:days", days="3").content.decode()
    sealed = re.search(r'name="left" value="([^"]+)"', shown)
    assert sealed
    post(client, instance, "save", days="3", total="9 days", left=sealed.group(1))
    instance.refresh_from_db()
    assert (instance.values["days"], instance.values["total"]) == ("3", "3 days")


@pytest.mark.parametrize("left", ["forged", "[1, 1, {}]:x:y", ""])
def test_what_somebody_writes_for_a_switched_off_field_is_not_taken(
    make: Any, ada: Any, left: str
) -> None:
    instance = make(switched_off())
    post(client_of(ada), instance, "save", days="3", total="9 days", left=left)
    instance.refresh_from_db()
    assert instance.values["total"] == ""


def test_what_was_sealed_for_one_person_is_nothing_for_another(
    make: Any, ada: Any, ben: Any
) -> None:
    raw = switched_off()
    raw["forms"][0]["owners"] = {"users": ["ada", "ben"]}
    instance = make(raw)
    shown = post(client_of(ada), instance, "press:days", days="3").content.decode()
    sealed = re.search(r'name="left" value="([^"]+)"', shown)
    assert sealed
    post(client_of(ben), instance, "save", days="1", left=sealed.group(1))
    instance.refresh_from_db()
    assert instance.values["total"] == ""
