"""The records of a list counted: only what the reader may see, by the reader's clock."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from kianda.accounts.models import AuditEntry
from kianda.lib.errors import Invalid
from processes.definition.document import parse_document
from processes.definition.views import ViewChart
from processes.designer.working_copy import open_copy, save_version
from processes.designs.lifecycle import publish_design
from processes.instances.lifecycle import create_instance
from processes.lists import charts
from processes.lists.charts import numbers_of
from processes.lists.conditions import read_filter
from processes.lists.records import record_list
from processes.models import ProcessInstance
from tests.factories import OPEN_TO_ALL, api_client, make_user
from tests.pages import SCRIPT, client_of, markup_of, text_of
from tests.processes.lists.test_exports import content
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
    # Filters are set in the list, not where charts are.
    told = "There are more than 4 records. Filter the list to see charts of them."
    with pytest.raises(Invalid, match=told):
        counted(trips, by="kind")
    page = client_of(trips).get("/records/trips/charts/")
    assert told in text_of(page)
    # To say how many they are is no work.
    assert "Trips 5" in text_of(page)


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
    group = {"value": "air", "label": "air", "count": 2, "result": 150.75, "parts": []}
    assert found["groups"] == [group]
    assert found["rest"] is None
    assert found["all"] == {**group, "value": None, "label": "All"}
    split = asked(by="day", every="month", split="kind", split_value="air").data
    assert split["series"] == ["air", "Other"]
    assert [one["parts"] for one in split["groups"]] == [[2, 2]]
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
        ({"show": "number", "split": "kind"}, "cannot be split"),
        ({"by": "kind", "split": "kind"}, "another column"),
        ({"by": "kind", "split_value": "air"}, "split by"),
        ({"by": "day", "split": "kind", "calculate": "average", "field": "cost"}, "two lines"),
        ({"by": "kind", "name": "Not a name"}, "Use lower-case letters"),
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
    assert "Average of cost per week, by day" in said
    assert "<script>alert" not in page.content.decode().partition("</head>")[2]
    assert page.content.decode().count('<svg class="k-chart"') == 2
    assert "All 2" in said
    everything = client_of(ada).get("/records/trips/charts/?view=all")
    assert "Trips by status" in text_of(everything)
    assert "Trips per week" in text_of(everything)
    assert "by created" not in text_of(everything)
    assert 'hx-get="/records/trips/counts/"' in everything.content.decode(), "tabs get counts"
    assert client_of(ada).get("/records/trips/charts/?view=gone").status_code == 404
    here = 'href="/records/trips/" title="Trips" aria-current="page"'
    assert here in markup_of(everything), "the rail says where one is"
    # The filters of the list hold for its charts, too, and the way back keeps them.
    fewer = client_of(ada).get("/records/trips/charts/?view=all&filter=kind:eq:rail")
    assert "Trips 2" in text_of(fewer)
    assert "/records/trips/?view=all&amp;filter=kind" in fewer.content.decode()
    wrong = text_of(client_of(ada).get("/records/trips/charts/?filter=gone:eq:1"))
    assert "A field used here does not exist, or you cannot see it." in wrong


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


def parts(user: Any, **chart: Any) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Return the series of a split chart, and the results of each group in both."""
    found = numbers_of(record_list("trips", user), ViewChart(**chart))
    groups = [*found.groups, *([found.rest] if found.rest else []), found.all]
    return found.series, [(one.label, *one.parts) for one in groups]


def test_a_chart_is_split_by_the_two_values_of_a_column_or_one_and_all_others(trips: Any) -> None:
    # The one of no kind is gone.
    ProcessInstance.objects.filter(process_id="trips-5").update(deleted_at=timezone.now())
    assert parts(trips, by="day", every="month", split="kind") == (
        ("air", "rail"), [("Nov 2026", 2, 2), ("All", 2, 2)],
    )  # fmt: skip
    averages = {"show": "line", "calculate": "average", "field": "cost", "split": "kind"}
    assert parts(trips, by="day", every="month", **averages) == (
        ("air", "rail"), [("Nov 2026", 75.375, 20), ("All", 75.375, 20)],
    )  # fmt: skip
    summed = {"calculate": "sum", "field": "cost", "split": "kind", "split_value": "rail"}
    assert parts(trips, by="process.status", **summed) == (
        ("rail", "Other"), [("Open", 20, 150.75), ("All", 20, 150.75)],
    )  # fmt: skip


def test_a_third_series_is_refused_and_what_has_no_value_is_one(trips: Any) -> None:
    # air, rail, and one trip of no kind.
    with pytest.raises(Invalid, match="Choose the first part") as refused:
        parts(trips, by="day", split="kind")
    assert refused.value.errors[0].pointer == "/split"
    assert parts(trips, by="process.status", split="kind", split_value="air") == (
        ("air", "Other"), [("Open", 2, 3), ("All", 2, 3)],
    )  # fmt: skip
    rail = ProcessInstance.objects.filter(process_id__in=["trips-3", "trips-4"])
    rail.update(deleted_at=timezone.now())
    assert parts(trips, by="process.status", split="kind")[0] == ("air", "No value")


def test_the_sentence_shows_a_chart_to_all_and_adds_it_to_the_draft_for_designers(
    ada: Any,
) -> None:
    published(TRIP, user=ada)
    create_instance(process="trips", mode="live", data=ROWS[0], user=ada)
    asked = {"measure": "sum:cost", "by": "kind", "every": "week", "show": "bars",
             "split": "kind=air"}  # fmt: skip
    traveller = make_user("tara", "User")
    refused = text_of(client_of(traveller).get("/records/trips/charts/", asked))
    assert "Split a chart by another column" in refused
    asked["split"] = ""
    page = client_of(traveller).get("/records/trips/charts/", asked)
    assert "Sum of cost by kind" in text_of(page)
    assert "Only you see it" in text_of(page)
    assert client_of(traveller).post("/records/trips/charts/", asked).status_code == 403

    designer = client_of(ada)
    assert "Add to All" in text_of(designer.get("/records/trips/charts/", asked))
    assert designer.post("/records/trips/charts/?view=all", {"measure": "sum:"}).status_code == 422
    assert designer.post("/records/trips/charts/?view=all", asked).status_code == 303
    [view] = open_copy("trips", user=ada).document["views"]
    assert [one["name"] for one in view["charts"]] == [
        "records", "by-status", "per-week", "chart-1",
    ]  # fmt: skip
    # Nobody sees it before it is published.
    assert "Sum of cost" not in text_of(designer.get("/records/trips/charts/"))
    save_version("trips", user=ada, revision=open_copy("trips", user=ada).revision)
    publish_design(name="trips", user=ada)
    assert "Sum of cost by kind" in text_of(client_of(traveller).get("/records/trips/charts/"))


def test_a_sentence_about_what_the_reader_may_not_count_by_shows_nothing() -> None:
    people = office()
    published(leave_request(see=["everyone"]), user=people.root)
    create_instance(process="leave", mode="live", data={"illness": "flu"}, user=people.emma)
    asked = {"measure": "count", "by": "illness", "show": "bars", "every": "week"}
    for user, is_there in ((people.mark, False), (people.helen, True)):
        said = text_of(client_of(user).get("/records/leave/charts/", asked))
        assert ("flu" in said) is is_there
        assert ("Illness" in said) is is_there


def test_the_numbers_behind_the_charts_are_a_file(ada: Any) -> None:
    charts = [{"show": "number"}, {"by": "kind", "calculate": "sum", "field": "cost"}]
    published({**TRIP, "views": [{"name": "all", "title": "All", "charts": charts}]}, user=ada)
    for data in ROWS:
        create_instance(process="trips", mode="live", data=data, user=ada)
    client = client_of(ada)
    page = client.get("/records/trips/charts/?view=all&filter=kind:eq:air")
    address = "/records/trips/charts.csv?view=all&filter=kind%3Aeq%3Aair"
    assert address in markup_of(page).replace("&amp;", "&")
    answer = client.get(address)
    lines = list(csv.reader(io.StringIO(content(answer).decode("utf-8-sig"))))
    assert lines == [
        ["Trips"], ["2"], [],
        ["Sum of cost by kind"], ["Kind", "Trips", "Sum of cost"],
        ["air", "2", "150.75"], ["All", "2", "150.75"], [],
    ]  # fmt: skip
    assert AuditEntry.objects.get(action="exported").detail == "CSV, charts of list all"
    assert client.get("/records/trips/charts.pdf").status_code == 404
