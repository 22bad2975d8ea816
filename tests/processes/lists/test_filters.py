"""The form of a list's filter: what it offers for each column, and what it refuses."""

from typing import Any

import pytest
from django.test import Client

from processes.instances.lifecycle import create_instance
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
