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
