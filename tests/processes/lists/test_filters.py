"""The form of a list's filter: what it offers for each column, and what it refuses."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from processes.instances.lifecycle import create_instance
from processes.lists.records import record_list
from processes.lists.saved_views import SavedViewSettings
from processes.models import SavedView
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

VISITS: dict[str, Any] = {
    "name": "visits", "record": {"one": "Visit", "many": "Visits", "title": "[what]"},
    "forms": [{"name": "visit", "fields": [
        {"type": "text", "name": "what"},
        {"type": "toggle", "name": "urgent", "on_text": "At once", "off_text": "Later"},
        {"type": "date", "name": "day"}, {"type": "number", "name": "cost", "decimals": 2},
    ]}],
    "views": [{"name": "all", "columns": ["urgent", "day", "cost"]}],
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"what": "Museum", "urgent": True, "day": "2026-11-05", "cost": 5},
    {"what": "Harbour", "urgent": False, "day": "2026-11-07", "cost": 12.5},
    {"what": "Tower"},
]


@pytest.fixture
def emma() -> Client:
    """Emma, who has made three visits."""
    user = make_user("emma", "User")
    published(VISITS, user=make_user("root", "Administrator"))
    for values in ROWS:
        create_instance(process="visits", mode="live", data=values, user=user)
    return client_of(user)


def form_of(client: Client, query: str) -> str:
    """Return the form of a filter that is open, its white space made even."""
    page = client.get(f"/records/visits/?{query}").content.decode()
    return " ".join(page.partition('id="filter"')[2].partition("</form>")[0].split())


def applied(client: Client, column: str, operator: str, *values: str) -> str:
    """Apply a new filter as its form sends it; return what the page then says."""
    sent = {"edit": f"new:{column}", "column": column, "operator": operator, "value": values}
    answer = client.get("/records/visits/", {**sent, "apply": "1"})
    assert answer.status_code == 302
    return " ".join(text_of(client.get("/records/visits/" + answer["Location"])).split())


def test_a_list_is_filtered_by_a_toggle_in_the_words_that_its_column_has(emma: Client) -> None:
    form = form_of(emma, "edit=new:urgent")
    assert 'value="true" > <span class="form-check-label">At once</span>' in form
    page = applied(emma, "urgent", "in", "true")
    assert "Urgent is At once" in page
    assert "Museum" in page
    assert "Harbour" not in page
    either = applied(emma, "urgent", "in", "true", "false")
    assert "Urgent is At once or Later" in either
    assert "Harbour" in either
    assert "Tower" not in either
    assert 'value="true" checked' in form_of(emma, "filter=urgent:eq:true&edit=0")


@pytest.mark.parametrize(
    ("column", "operator", "typed"),
    [("what", "contains", [""]), ("cost", "gt", ["", "7"]), ("urgent", "in", []),
     ("process.created_by", "in", [" "]), ("cost", "in", [""]), ("day", "eq", [""])],
)  # fmt: skip
def test_a_filter_without_its_value_is_asked_for_it_and_stays_open(
    emma: Client, column: str, operator: str, typed: list[str]
) -> None:
    sent = {"edit": f"new:{column}", "column": column, "operator": operator, "value": typed}
    answer = emma.get("/records/visits/", {**sent, "apply": "1", "filter": "cost:gt:1"})
    assert answer.status_code == 200
    form = " ".join(answer.content.decode().partition('id="filter"')[2].split())
    assert "Enter a value." in form
    assert f'<option value="{operator}"' in form
    assert "selected" in form.partition(f'<option value="{operator}"')[2].partition("</option>")[0]
    page = text_of(answer)
    assert "Cost is more than 1" in page
    assert "Tower" not in page
    cancel = form.partition('<a class="btn k-quiet" href="')[2].partition('"')[0]
    assert "apply" not in cancel


def test_what_was_typed_of_a_pair_stays_until_both_values_are_there(emma: Client) -> None:
    sent = {"edit": "new:day", "column": "day", "operator": "between", "apply": "1"}
    form = text_of(refused := emma.get("/records/visits/", {**sent, "value": ["2026-11-05", ""]}))
    assert "Enter both values." in form
    assert 'value="2026-11-05"' in refused.content.decode()
    assert "Museum" in applied(emma, "day", "between", "2026-11-05", "2026-11-06")


def test_no_value_is_asked_for_where_an_operator_takes_none(emma: Client) -> None:
    assert "What is blank" in applied(emma, "what", "blank", "typed before")
    page = applied(emma, "day", "not_blank", "", "")
    assert "Museum" in page
    assert "Tower" not in page


@pytest.mark.parametrize("text", ["cost:gt:", "what:contains:", "cost:between:1,", "cost:in: "])
def test_a_filter_without_its_value_in_an_address_is_told_by_page_and_api(
    emma: Client, text: str
) -> None:
    page = text_of(emma.get("/records/visits/", {"filter": text}))
    assert f"The filter {text.strip()} has no value." in page
    assert "Museum" not in page
    answer = emma.get("/api/v1/instances/", {"process": "visits", "filter": text})
    assert answer.status_code == 400
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/filter"]


@pytest.mark.parametrize(
    ("column", "operator", "right"),
    [("cost", "gt", ""), ("what", "contains", " "), ("what", "not_contains", ""),
     ("what", "starts_with", ""), ("urgent", "in", " , "), ("cost", "between", ", 5")],
)  # fmt: skip
def test_a_condition_as_json_without_its_value_is_told_in_the_same_words_at_its_right_side(
    emma: Client, column: str, operator: str, right: str
) -> None:
    row = {"left": f"[{column}]", "operator": operator, "right": right}
    asked = {"items": [row]}
    said = f"The filter {column}:{operator}:{right} has no value. Add one, as in amount:gt:10."
    page = text_of(emma.get("/records/visits/", {"filter": json.dumps(asked)}))
    assert " ".join(said.split()) in page
    assert "Museum" not in page
    refused = {"pointer": "/filter/items/0/right", "detail": said}
    sent = {"process": "visits", "filter": json.dumps(asked)}
    answer = emma.get("/api/v1/instances/", sent)
    assert (answer.status_code, answer.json()["errors"]) == (400, [refused])
    numbers = emma.get("/api/v1/processes/visits/numbers/", {"filter": json.dumps(asked)})
    assert (numbers.status_code, numbers.json()["errors"]) == (400, [refused])
    view = {"process": "visits", "name": "mine", "filter": asked}
    saved = emma.post("/api/v1/views/", view, content_type="application/json")
    assert (saved.status_code, saved.json()["errors"]) == (400, [refused])


def test_a_view_that_was_saved_with_a_filter_without_its_value_opens_and_tells_of_it(
    emma: Client,
) -> None:
    records = record_list("visits", User.objects.get(username="emma"))
    rows = [{"left": "[cost]", "operator": "gt", "right": ""},
            {"left": "[what]", "operator": "contains", "right": ""}]  # fmt: skip
    SavedView.objects.create(
        design=records.design, owner=records.user, name="old", title="Old", position=1,
        document=SavedViewSettings(name="old").document | {"filter": {"items": rows}},
        created=timezone.now(), modified=timezone.now(),
    )  # fmt: skip
    (view,) = records.saved
    page = text_of(emma.get(f"/records/visits/?view={view.key}"))
    assert "The filter cost:gt: has no value." in page
    assert "The filter what:contains: has no value." in page
    assert "Museum" not in page
    # Each is opened there, and can be given its value.
    for place in (0, 1):
        assert 'name="value"' in form_of(emma, f"view={view.key}&edit={place}")
    assert "The filter cost:gt: has no value." in text_of(
        emma.get(f"/records/visits/charts/?view={view.key}")
    )
    assert "Museum" in text_of(emma.get("/records/visits/"))


def test_what_is_or_is_not_nothing_is_blank_or_is_not_as_text_and_as_json(emma: Client) -> None:
    for operator, found, lost in (("eq", "Tower", "Museum"), ("neq", "Museum", "Tower")):
        row = {"left": "[cost]", "operator": operator, "right": ""}
        for asked in (f"cost:{operator}:", json.dumps({"items": [row]})):
            page = text_of(emma.get("/records/visits/", {"filter": asked}))
            assert found in page, asked
            assert lost not in page, asked


def test_days_and_numbers_are_found_between_two_values_each_in_its_own_control(
    emma: Client,
) -> None:
    page = applied(emma, "day", "between", "2026-11-05", "2026-11-07")
    assert "Museum" in page
    assert "Harbour" in page
    costs = applied(emma, "cost", "between", "6", "20")
    assert "Cost is between 6.00 and 20.00" in costs
    assert "Harbour" in costs
    assert "Museum" not in costs
    form = form_of(emma, "filter=day:between:2026-11-05,2026-11-07&edit=0")
    assert form.count('type="date"') == 2
    assert 'value="2026-11-05"' in form
    assert 'value="2026-11-07"' in form
    assert "filter-until" not in form_of(emma, "edit=new:what")
    assert 'type="text"' in form_of(emma, "filter=day:gt:[today]&edit=0")


def test_records_created_from_a_day_to_another_include_all_of_the_last(
    emma: Client, time_machine: Any
) -> None:
    time_machine.move_to("2026-11-07T22:30:00Z")
    user = make_user("late", "Administrator")
    create_instance(process="visits", mode="live", data={"what": "Night"}, user=user)
    late = client_of(user)
    page = applied(late, "process.created", "between", "2026-11-05", "2026-11-07")
    assert "Created is Thu 5 Nov to Sat 7 Nov" in page
    assert "Night" in page
    assert "Museum" not in page
    assert "Night" not in applied(late, "process.created", "between", "2026-11-05", "2026-11-06")
    assert 'type="date"' in form_of(late, "edit=new:process.created")
