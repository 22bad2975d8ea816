"""Rules run when a form is opened, changed or a button pressed, and nothing typed is lost."""

import re
from typing import Any

import pytest

from kianda.web.form_once import new_token
from processes.models import Run
from tests.pages import client_of, text_of
from tests.processes.definitions import set_rule
from tests.processes.pages.forms.leave import leave, post, submit, value_in

pytestmark = pytest.mark.django_db


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
