"""The records of a list counted: only what the reader may see, by the reader's clock."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from kianda.lib.errors import Invalid
from processes.definition.document import parse_document
from processes.definition.views import ViewChart
from processes.instances.lifecycle import create_instance
from processes.lists import charts
from processes.lists.charts import numbers_of
from processes.lists.conditions import read_filter
from processes.lists.records import record_list
from processes.models import ProcessInstance
from tests.factories import OPEN_TO_ALL, api_client
from tests.pages import SCRIPT, client_of, text_of
from tests.processes.rights.office import leave_request, office, publish
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

TRIP: dict[str, Any] = {
    "name": "trips",
    "title": "Trip",
    "record": {"one": "Trip", "many": "Trips"},
    "security": OPEN_TO_ALL,
    "forms": [
        {
            "name": "trip",
            "fields": [
                {"type": "list", "name": "kind", "choices": ["air", "rail"]},
                {"type": "number", "name": "cost", "decimals": 2},
                {"type": "date", "name": "day"},
                {"type": "date", "name": "left_at", "mode": "datetime"},
                {"type": "user_picker", "name": "who"},
                {"type": "text", "name": "city"},
            ],
        }
    ],
}
ROWS: list[dict[str, Any]] = [
    {"kind": "air", "cost": 100.5, "day": "2026-11-02", "left_at": "2026-11-30T23:30:00Z"},
    {"kind": "air", "cost": 50.25, "day": "2026-11-08", "left_at": "2026-11-30T10:00:00Z"},
    {"kind": "rail", "cost": 20, "day": "2026-11-23", "left_at": "2026-12-01T09:00:00.5Z"},
    {"kind": "rail", "day": "2026-11-24"},
    {},
]  # fmt: skip


@pytest.fixture
def trips(ada: Any) -> Any:
    published(TRIP, user=ada)
    for data in ROWS:
        create_instance(process="trips", mode="live", data=data, user=ada)
    create_instance(process="trips", mode="preview", data=ROWS[0], user=ada)
    return ada


def counted(user: Any, process: str = "trips", **chart: Any) -> list[tuple[str, int, Any]]:
    chart.setdefault("show", "bars" if chart.get("by") else "number")
    found = numbers_of(record_list(process, user), ViewChart(**chart))
    groups = [*found.groups, *([found.rest] if found.rest else [])] or [found.all]
    return [(one.label, one.count, one.result) for one in groups]


def test_records_are_counted_added_up_and_averaged(trips: Any) -> None:
    assert counted(trips) == [("All", 5, 5)]
    assert counted(trips, by="kind") == [("air", 2, 2), ("rail", 2, 2), ("No value", 1, 1)]
    summed = counted(trips, by="kind", calculate="sum", field="cost")
    assert summed == [("air", 2, 150.75), ("rail", 2, 20), ("No value", 1, 0)]
    # Of what has no cost, none is counted.
    averaged = counted(trips, by="kind", calculate="average", field="cost")
    assert averaged == [("air", 2, 75.375), ("rail", 2, 20), ("No value", 1, None)]


def test_over_time_empty_parts_are_there_and_what_has_no_date_is_told_apart(trips: Any) -> None:
    assert counted(trips, by="day", every="week") == [
        ("2 Nov 2026", 2, 2), ("9 Nov 2026", 0, 0), ("16 Nov 2026", 0, 0), ("23 Nov 2026", 2, 2),
        ("Earlier, or no date", 1, 1),
    ]  # fmt: skip
    assert counted(trips, by="day", every="month")[0] == ("Nov 2026", 4, 4)
    assert counted(trips, by="day", every="quarter")[0] == ("Q4 2026", 4, 4)
    assert counted(trips, by="day", every="year")[0] == ("2026", 4, 4)


def test_a_moment_counts_on_the_day_of_the_readers_clock(trips: Any) -> None:
    assert counted(trips, by="left_at", every="day")[:2] == [
        ("30 Nov 2026", 2, 2), ("1 Dec 2026", 1, 1),
    ]  # fmt: skip
    with timezone.override("Europe/Berlin"):
        assert counted(trips, by="left_at", every="day")[:2] == [
            ("30 Nov 2026", 1, 1), ("1 Dec 2026", 2, 2),
        ]  # fmt: skip
        ProcessInstance.objects.update(created=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
        assert counted(trips, by="process.created", every="year") == [("2027", 5, 5)]


def test_of_many_groups_the_largest_are_shown_and_the_others_together(
    trips: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "MOST_GROUPS", 1)
    monkeypatch.setattr(charts, "MOST_PARTS", 2)
    assert counted(trips, by="kind", calculate="average", field="cost") == [
        ("air", 2, 75.375), ("Other", 3, 20),
    ]  # fmt: skip
    assert counted(trips, by="day", every="day") == [
        ("23 Nov 2026", 1, 1), ("24 Nov 2026", 1, 1), ("Earlier, or no date", 3, 3),
    ]  # fmt: skip


def test_more_records_than_can_be_counted_are_told_so(
    trips: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "MOST_COUNTED", 4)
    with pytest.raises(Invalid, match="More than 4 records match"):
        counted(trips)
    page = client_of(trips).get("/records/trips/charts/")
    assert "More than 4 records match." in text_of(page)


def test_nothing_is_counted_that_the_reader_may_not_see() -> None:
    people = office()
    publish(people, see=["participants", "group:hr"])
    for user in (people.emma, people.emma, people.mark):
        create_instance(process="leave", mode="live", data={"days": "3"}, user=user)
    assert counted(people.emma, "leave") == [("All", 2, 2)]
    assert counted(people.mark, "leave", by="process.created_by") == [("mark", 1, 1)]
    assert counted(people.helen, "leave", by="days") == [("3", 3, 3)]
    # An illness is seen by its creator and HR: nobody else may count by it, nor filter by it.
    assert counted(people.helen, "leave", by="illness") == [("No value", 3, 3)]
    for user in (people.emma, people.mark):
        with pytest.raises(Invalid) as refused:
            counted(user, "leave", by="illness")
        assert refused.value.errors[0].pointer == "/by"
        ill = read_filter(
            {"items": [{"left": "[illness]", "operator": "not_blank", "right": ""}]}, at="/filter"
        )
        with pytest.raises(Invalid):
            numbers_of(record_list("leave", user), ViewChart(show="number"), ill)
    assert api_client(people.tom).get("/api/v1/processes/leave/numbers/").data["all"]["count"] == 0


def test_the_api_gives_the_same_numbers_and_names_what_cannot_be_asked(trips: Any) -> None:
    api = api_client(trips)

    def asked(**query: Any) -> Any:
        return api.get("/api/v1/processes/trips/numbers/", query)

    rows = {"items": [{"left": "[cost]", "operator": "gt", "right": "30"}]}
    found = asked(by="kind", calculate="sum", field="cost", filter=json.dumps(rows)).data
    group = {"value": "air", "label": "air", "count": 2, "result": 150.75}
    assert found["groups"] == [group]
    assert found["rest"] is None
    assert found["all"] == {"value": None, "label": "All", "count": 2, "result": 150.75}
    assert asked(by="day", every="month").data["groups"][0]["value"] == "2026-11-01"

    refused = {
        "/by": {"by": "nothing"},
        "/field": {"calculate": "sum", "field": "city"},
        "/every": {"by": "day", "every": "hour"},
        "/calculate": {"calculate": "median"},
        "/filter": {"filter": "{"},
        "/filter/items/0/left": {
            "filter": '{"items": [{"left": "[gone]", "operator": "eq", "right": "1"}]}'
        },
    }
    for place, query in refused.items():
        answer = asked(**query)
        assert answer.status_code == 400, query
        assert place in [one["pointer"] for one in answer.data["errors"]], answer.data
    assert asked(colour="red").status_code == 400
    assert api.get("/api/v1/processes/none/numbers/").status_code == 404


@pytest.mark.parametrize(
    ("chart", "said"),
    [
        ({"calculate": "sum", "by": "kind"}, "Name the number field"),
        ({"field": "cost", "by": "kind"}, "Remove the field"),
        ({"show": "number", "by": "kind"}, "a number has none"),
        ({"show": "line"}, "a number has none"),
        ({"by": "gone"}, "gone"),
        ({"show": "pie", "by": "kind"}, "bars"),
    ],
)
def test_a_chart_that_makes_no_sense_is_refused_with_its_place(
    chart: dict[str, Any], said: str
) -> None:
    views = [{"name": "all", "charts": [chart]}]
    with pytest.raises(Invalid) as refused:
        parse_document({**TRIP, "views": views})
    [flaw] = refused.value.errors
    assert flaw.pointer.startswith("/views/0/charts/0")
    assert said in flaw.detail


def test_the_page_shows_the_charts_of_a_view_with_their_numbers_as_tables(ada: Any) -> None:
    views = [
        {
            "name": "flights",
            "title": "Flights",
            "filter": {"items": [{"left": "[kind]", "operator": "eq", "right": "air"}]},
            "charts": [
                {"show": "number", "calculate": "sum", "field": "cost", "title": "Spent"},
                {"show": "line", "calculate": "average", "field": "cost", "by": "day"},
                {"by": "city", "title": SCRIPT[:50]},
            ],
        },
        {"name": "board", "title": "Board", "see": ["group:board"]},
    ]
    published({**TRIP, "views": views}, user=ada)
    for data in ROWS:
        create_instance(process="trips", mode="live", data={**data, "city": SCRIPT}, user=ada)
    page = client_of(ada).get("/records/trips/charts/")
    said = text_of(page)
    assert "Spent 150.75 of 2 records" in said
    assert "Average of Cost per week, by Day" in said
    assert "<script>alert" not in page.content.decode().partition("</head>")[2]
    assert page.content.decode().count('<svg class="k-chart"') == 2
    assert "All 2" in said
    everything = client_of(ada).get("/records/trips/charts/?view=all")
    assert "Trips by Status" in text_of(everything)
    assert client_of(ada).get("/records/trips/charts/?view=gone").status_code == 404
    # The filters of the list hold for its charts, too, and the way back keeps them.
    fewer = client_of(ada).get("/records/trips/charts/?view=all&filter=kind:eq:rail")
    assert "Trips 2" in text_of(fewer)
    assert "/records/trips/?view=all&amp;filter=kind" in fewer.content.decode()
    wrong = text_of(client_of(ada).get("/records/trips/charts/?filter=gone:eq:1"))
    assert "There is no column gone" in wrong


def test_a_chart_by_what_the_reader_may_not_see_is_not_there() -> None:
    people = office()
    raw = leave_request(see=["everyone"])
    raw["views"] = [{"name": "all", "charts": [
        {"by": "illness", "title": "Illnesses"}, {"by": "days", "title": "Days"}]}]  # fmt: skip
    published(raw, user=people.root)
    create_instance(process="leave", mode="live", data={"illness": "flu"}, user=people.emma)
    for user, is_there in ((people.mark, False), (people.helen, True), (people.root, True)):
        said = text_of(client_of(user).get("/records/leave/charts/"))
        assert ("Illnesses" in said) is is_there
        assert ("flu" in said) is is_there
        assert "Days" in said
