"""GET /instances/ by the fields of a process: the same service as the page, the same rights."""

from typing import Any

import pytest

from processes.instances.lifecycle import create_instance
from tests.factories import api_client, make_user
from tests.processes.lists.test_pages import ORDERS, ROWS
from tests.processes.rights.office import office, publish
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Any:
    """Ada with her four orders."""
    user = make_user("ada", "User")
    published(ORDERS, user=make_user("root", "Administrator"))
    for values in ROWS:
        create_instance(process="orders", mode="live", data=values, user=user)
    return api_client(user)


def test_instances_are_filtered_ordered_and_cut_to_columns(ada: Any) -> None:
    answer = ada.get(
        "/api/v1/instances/",
        {"process": "orders", "filter": "amount:gt:10", "ordering": "-amount",
         "columns": "what,amount"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.data
    assert [one["data"] for one in answer.data["results"]] == [
        {"what": "Desk", "amount": 1200.5}, {"what": "Chair", "amount": 80},
        {"what": "Lamp", "amount": 20},
    ]  # fmt: skip
    nested = '{"match": "any", "items": [{"left": "[kind]", "operator": "eq", "right": "b"}]}'
    more = {"process": "orders", "filter": nested, "status": "open", "ordering": "created"}
    assert ada.get("/api/v1/instances/", more).data["count"] == 1


def test_what_cannot_be_asked_is_refused_at_its_parameter(ada: Any) -> None:
    nested = '{"items": [{"left": "[code]", "operator": "eq", "right": "b"}]}'
    for query, pointer in (
        ({"filter": "code:eq:s3cret"}, "/filter"), ({"filter": nested}, "/filter/items/0/left"),
        ({"filter": "amount:gt:many"}, "/filter"), ({"filter": "what"}, "/filter"),
        ({"columns": "what,code"}, "/columns"), ({"ordering": "code"}, "/ordering"),
        ({"filter": "what:eq:x", "process": ""}, "/process"), ({"filters": "x", "columns": ""},
                                                              "/filters"),
    ):  # fmt: skip
        answer = ada.get("/api/v1/instances/", {"process": "orders", **query})
        assert answer.status_code == 400, query
        assert [one["pointer"] for one in answer.data["errors"]] == [pointer], query


def test_whoever_misspells_a_parameter_is_told_all_that_there_are(ada: Any) -> None:
    answer = ada.get("/api/v1/instances/", {"process": "orders", "filters": "what:eq:x"})
    assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (400, "/filters")
    assert "Available: columns, cursor, filter, mode, ordering, page," in answer.data["detail"]


def test_a_process_that_is_not_known_is_not_found_and_hidden_fields_are_not_asked() -> None:
    people = office()
    publish(people, see=["everyone"])
    create_instance(process="leave", mode="live", data={"illness": "flu"}, user=people.emma)
    tom = api_client(people.tom)
    assert tom.get("/api/v1/instances/?process=no&columns=what").status_code == 404
    hidden = tom.get("/api/v1/instances/?process=leave&filter=illness:eq:flu")
    assert hidden.status_code == 400
    seen = tom.get("/api/v1/instances/?process=leave&columns=illness,days").data["results"]
    assert [one["data"] for one in seen] == [{"days": ""}]
