"""The page of lists in the designer: columns, filters and charts in a form, without script."""

from typing import Any

import pytest

from kianda.lib.errors import Invalid
from processes.definition.document import parse_document
from processes.designer.working_copy import open_copy
from tests.factories import make_user
from tests.pages import client_of, text_of
from tests.processes.lists.test_charts import TRIP
from tests.processes.sending import sent_by
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
PAGE = "/designs/trips/designer/lists/"
VIEWS: list[dict[str, Any]] = [
    {
        "name": "flights", "title": "Flights", "columns": ["kind", "process.created"],
        "filter": {"match": "any", "items": [
            {"left": "[kind]", "operator": "eq", "right": "air"},
            {"items": [{"left": "[cost]", "operator": "gt", "right": "5"}]}]},
        "sort": "-cost", "group_by": "city", "totals": [{"field": "cost", "calculate": "average"}],
        "charts": [{"name": "spent", "by": "kind", "split": "city", "split_value": "Cork"}],
        "see": ["group:HR"],
    },
    {"name": "rest", "title": "Rest"},
]  # fmt: skip


def form_of(answer: Any) -> Any:
    """Return what a browser would send for the form of the page."""
    return sent_by(answer.content.decode().partition('id="lists-form"')[2].partition("</form>")[0])


def press(client: Any, sent: Any, act: str) -> Any:
    """Press a button that adds, moves or removes a row; return the form as it comes back."""
    answer = client.post(PAGE, {**dict(sent.lists()), "s!act": act})
    assert answer.status_code == 200
    return form_of(answer)


@pytest.fixture
def designer(ada: Any) -> Any:
    published({**TRIP, "views": VIEWS}, user=ada)
    return client_of(ada)


def stored(ada: Any) -> Any:
    return open_copy("trips", user=ada).document["views"]


def test_what_nobody_touched_is_saved_as_it_was(designer: Any, ada: Any) -> None:
    page = designer.get(PAGE)
    assert "Flights" in text_of(page)
    answer = designer.post(PAGE, dict(form_of(page).lists()))
    assert answer.status_code == 303
    before = parse_document({**TRIP, "views": VIEWS}).normalised()["views"]
    assert parse_document({**TRIP, "views": stored(ada)}).normalised()["views"] == before


def test_lists_and_charts_are_added_ordered_and_removed_and_nothing_is_saved_before(
    designer: Any, ada: Any
) -> None:
    before = stored(ada)
    sent = press(designer, form_of(designer.get(PAGE)), "add:/views")
    sent = press(designer, sent, "up:/views/2")
    sent["s/views/1/name"], sent["s/views/1/title"] = "dear", "Dear trips"
    sent = press(designer, sent, "add:/views/1/charts")
    sent["s/views/1/charts/0/show"], sent["s/views/1/charts/0/by"] = "line", "day"
    sent = press(designer, sent, "add:/views/1/filter/items")
    sent["s/views/1/filter/items/0/left"] = "[cost]"
    sent["s/views/1/filter/items/0/operator"] = "gt"
    sent["s/views/1/filter/items/0/right"] = "100"
    sent = press(designer, sent, "add:/views/1/totals")
    sent["s/views/1/totals/0/field"] = "cost"
    sent = press(designer, sent, "remove:/views/2")
    assert stored(ada) == before
    assert designer.post(PAGE, dict(sent.lists())).status_code == 303
    flights, dear = stored(ada)
    assert flights["name"] == "flights"
    assert dear == {
        "name": "dear", "title": "Dear trips",
        "filter": {"match": "all",
                   "items": [{"left": "[cost]", "operator": "gt", "right": "100"}]},
        "totals": [{"field": "cost", "calculate": "sum"}],
        # It has a name, so that it is found wherever it is.
        "charts": [{"show": "line", "by": "day", "name": "chart-1"}],
    }  # fmt: skip


def test_what_is_wrong_is_told_beside_its_field(designer: Any, ada: Any) -> None:
    sent = form_of(designer.get(PAGE))
    sent["s/views/1/name"] = "flights"
    sent["s/views/0/charts/0/by"] = "gone"
    answer = designer.post(PAGE, dict(sent.lists()))
    assert answer.status_code == 422
    said = text_of(answer)
    assert "Saved with errors" in said
    assert "gone" in said
    with pytest.raises(Invalid):
        parse_document({**TRIP, "views": stored(ada)})
    # Who meant better sends it again, from what came back.
    sent = form_of(answer)
    sent["s/views/1/name"], sent["s/views/0/charts/0/by"] = "rest", "kind"
    assert designer.post(PAGE, dict(sent.lists())).status_code == 303


def test_what_somebody_else_changed_in_the_meantime_is_not_overwritten(
    designer: Any, ada: Any
) -> None:
    mine = form_of(designer.get(PAGE))
    theirs = form_of(designer.get(PAGE))
    theirs["s/views/1/title"] = "Theirs"
    other = client_of(make_user("dora", "Designer"))
    assert other.post(PAGE, dict(theirs.lists())).status_code == 303
    mine["s/views/1/title"] = "Mine"
    answer = designer.post(PAGE, dict(mine.lists()))
    assert answer.status_code == 422
    assert stored(ada)[1]["title"] == "Theirs"
    assert form_of(answer)["s/views/1/title"] == "Mine"


def test_only_what_a_list_may_show_is_offered(ada: Any) -> None:
    secret = {"type": "secret", "name": "pin", "title": "Pin"}
    raw = {**TRIP, "views": VIEWS}
    raw["forms"] = [{**TRIP["forms"][0], "fields": [*TRIP["forms"][0]["fields"], secret]}]
    published(raw, user=ada)
    page = client_of(ada).get(PAGE).content.decode()
    columns = page.partition('name="s/views/0/group_by"')[2].partition("</select>")[0]
    assert 'value="city"' in columns
    assert 'value="process.status"' in columns
    assert 'value="pin"' not in columns
