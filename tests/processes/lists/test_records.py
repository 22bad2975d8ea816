"""A list of the records of a process: filtered, sorted, and only by what its reader may see."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from kianda.lib.errors import Invalid, Missing
from processes.designs.lifecycle import publish_design, save_design
from processes.instances.lifecycle import create_instance
from processes.lists.conditions import read_filter
from processes.lists.records import RecordList, record_list
from processes.running import runs
from tests.factories import make_user
from tests.processes.rights.office import leave_request, office, publish
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

ORDER: dict[str, Any] = {
    "name": "orders",
    "title": "Order",
    "forms": [
        {
            "name": "order",
            "fields": [
                {"type": "text", "name": "what"},
                {"type": "number", "name": "amount", "decimals": 2},
                {"type": "date", "name": "day"},
                {"type": "date", "name": "at", "mode": "datetime"},
                {"type": "toggle", "name": "urgent"},
                {"type": "list", "name": "kind", "choices": ["red", "blue"]},
                {"type": "list", "name": "tags", "multiple": True},
                {"type": "user_picker", "name": "who", "choose": "both"},
                {"type": "user_picker", "name": "team", "choose": "both", "multiple": True},
                {"type": "secret", "name": "code"},
            ],
        }
    ],
}
TODAY = timezone.localdate()
ROWS: list[dict[str, Any]] = [
    {"what": "Ten chairs, 5% off", "amount": 9.5, "day": str(TODAY), "urgent": True,
     "kind": "red", "tags": ["a", "b"], "who": "user:ada", "team": ["group:hr"],
     "at": "2026-03-01T10:00:00.5Z", "code": "x"},
    {"what": "A desk", "amount": 120, "day": str(TODAY - timedelta(days=1)), "urgent": False,
     "kind": "blue", "tags": ["b"], "who": "user:ben", "team": ["user:ada"],
     "at": "2026-03-01T23:30:00Z"},
    {"what": "desk lamps_", "amount": 1000, "day": str(TODAY + timedelta(days=3)), "kind": "red",
     "who": "group:hr", "team": ["user:ben"], "at": "2026-03-02T10:00:00Z"},
    {},
]  # fmt: skip


FILTERS = [
    ("what", "eq", "A desk", "2"), ("what", "neq", "A desk", "134"),
    ("what", "contains", "DESK", "23"), ("what", "not_contains", "desk", "14"),
    ("what", "contains", "5%", "1"), ("what", "contains", "s_", "3"),
    ("what", "starts_with", "desk", "3"), ("what", "in", "A desk, desk lamps_", "23"),
    ("what", "blank", "", "4"), ("what", "not_blank", "", "123"), ("what", "eq", "", "4"),
    ("amount", "eq", "9.50", "1"), ("amount", "gt", "120", "3"), ("amount", "gte", "120", "23"),
    ("amount", "lt", "120", "1"), ("amount", "lte", "120", "12"),
    ("amount", "between", "9, 120", "12"), ("amount", "in", "9.5, 1000", "13"),
    ("amount", "blank", "", "4"), ("amount", "lt", "[user.department]", ""),
    ("day", "today", "", "1"), ("day", "before_today", "", "2"),
    ("day", "after_today", "", "3"), ("day", "gte", "[today]", "13"),
    ("day", "blank", "", "4"), ("day", "neq", str(TODAY), "234"),
    # Moments: a day lasts until the next, in the zone of whoever reads.
    ("at", "eq", "2026-03-01", "12"), ("at", "gt", "2026-03-01", "3"),
    ("at", "lte", "2026-03-01", "12"), ("at", "gt", "2026-03-01T10:00:00Z", "123"),
    ("at", "between", "2026-03-01, 2026-03-01", "12"),
    ("urgent", "eq", "yes", "1"), ("urgent", "eq", "false", "2"), ("urgent", "blank", "", "34"),
    ("kind", "eq", "red", "13"), ("kind", "in", "red, blue", "123"),
    ("tags", "contains", "b", "12"), ("tags", "not_contains", "a", "234"),
    ("tags", "blank", "", "34"), ("tags", "in", "a, c", "1"),
    ("who", "is_me", "", "1"), ("who", "has_me", "", "13"), ("who", "eq", "user:ben", "2"),
    ("who", "eq", "user:[user.username]", "1"),
    ("team", "contains", "user:ada", "2"), ("team", "has_me", "", "12"),
    ("process.status", "eq", "open", "1234"), ("process.id", "contains", "RS-2", "2"),
    ("process.created", "today", "", "1234"), ("process.modified", "before_today", "", ""),
    ("process.created_by", "is_me", "", "1234"), ("process.created_by", "neq", "user:ben",
                                                  "1234"),
    ("process.owners", "blank", "", "1234"),
]  # fmt: skip


SORTS = {
    "": "4321", "amount": "1234", "-amount": "3214", "day": "2134", "kind": "2314",
    "what": "2314", "-what": "1324", "at": "1234", "urgent": "2143", "who": "3124",
    "process.id": "1234", "-process.created": "4321",
}  # fmt: skip
UNASKABLE = [
    (("code", "eq", "x"), "/items/0/left"), (("nothing", "eq", "x"), "/items/0/left"),
    (("amount", "contains", "1"), "/items/0/operator"),
    (("amount", "gt", "many"), "/items/0/right"), (("day", "eq", "soon"), "/items/0/right"),
    (("urgent", "eq", "perhaps"), "/items/0/right"),
    (("amount", "lt", ""), "/items/0/right"), (("what", "contains", ""), "/items/0/right"),
    (("amount", "between", "1"), "/items/0/right"), (("what", "matches", "d+"),
                                                     "/items/0/operator"),
    (("what", "eq", "[kind]"), "/items/0/right"),
    (("at", "eq", "9999-12-31"), "/items/0/right"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def noon(time_machine: Any) -> None:
    """Go on at noon of the day that the rows have, however late the tests have begun."""
    time_machine.move_to(datetime.combine(TODAY, time(12), UTC))


@pytest.fixture
def orders() -> RecordList:
    """Four orders, the last of which is empty, as Ada lists them, who may see all; she is of hr."""
    ada, _ben = make_user("ada", "Administrator"), make_user("ben", "User")
    ada.groups.add(Group.objects.create(name="hr"))
    published(ORDER, user=ada)
    for values in ROWS:
        create_instance(process="orders", mode="live", data=values, user=ada)
    create_instance(process="orders", mode="preview", data={}, user=ada)
    return record_list("orders", ada)


def found(list_: RecordList, *rows: tuple[str, str, str], match: str = "all") -> str:
    """Return the numbers of the records that hold some rows, in the order of their making."""
    items = [{"left": f"[{left}]", "operator": operator, "right": right}
             for left, operator, right in rows]  # fmt: skip
    filter = read_filter({"match": match, "items": items}, at="")
    keys = list_.rows(filter).order_by("pk").values_list("process_id", flat=True)
    return "".join(key.removeprefix("orders-") for key in keys)


def test_each_kind_of_column_is_filtered(orders: RecordList) -> None:
    told = [(*row[:3], found(orders, row[:3])) for row in FILTERS]
    assert told == FILTERS


def test_rows_hold_all_or_any_of_them_and_a_preview_is_no_record(orders: RecordList) -> None:
    rows = (("kind", "eq", "red"), ("amount", "gt", "500"))
    assert (found(orders, *rows), found(orders, *rows, match="any")) == ("3", "13")
    assert found(orders) == "1234"


def test_a_row_that_cannot_be_asked_names_its_place(orders: RecordList) -> None:
    for row, place in UNASKABLE:
        with pytest.raises(Invalid) as refusal:
            found(orders, row)
        assert [flaw.pointer for flaw in refusal.value.errors] == [place], row


def test_lists_are_sorted_and_what_is_empty_comes_last(orders: RecordList) -> None:
    for sort, expected in SORTS.items():
        keys = orders.sorted(orders.rows(), sort).values_list("process_id", flat=True)
        assert "".join(key.removeprefix("orders-") for key in keys) == expected, sort


def test_nobody_sorts_by_a_secret_and_a_process_that_is_not_known_has_no_list(
    orders: RecordList,
) -> None:
    with pytest.raises(Invalid):
        orders.sorted(orders.rows(), "code")
    with pytest.raises(Missing):
        record_list("nothing", orders.user)


def test_only_what_a_reader_sees_on_each_record_is_filtered_sorted_and_counted() -> None:
    people = office()
    publish(people, see=["everyone"])
    create_instance(process="leave", mode="live", data={"illness": "flu"}, user=people.emma)
    told = {
        name: [
            (column, one.openly)
            for column, one in record_list("leave", user).columns.items()
            if one.field is not None
        ]
        for name, user in (("tom", people.tom), ("helen", people.helen), ("root", people.root))
    }
    # Its creator sees the illness, and so may Tom on a record of his own: shown there, never asked.
    assert told["tom"] == [("days", True), ("illness", False), ("answer", True)]
    everything = [("days", True), ("illness", True), ("answer", True), ("remark", True)]
    assert told["helen"] == told["root"] == everything
    with pytest.raises(Invalid):
        found(record_list("leave", people.tom), ("illness", "eq", "flu"))


def test_what_an_older_version_hides_is_not_asked_of_its_records() -> None:
    people = office()
    publish(people, see=["everyone"])
    create_instance(process="leave", mode="live", data={"illness": "flu"}, user=people.emma)
    open_to_all = leave_request(see=["everyone"])
    del open_to_all["forms"][0]["fields"][1]["see"]
    save_design(name="leave", raw=open_to_all, user=people.root)
    publish_design(name="leave", user=people.root)
    assert not record_list("leave", people.tom).columns["illness"].openly


def test_a_list_has_the_records_that_its_reader_sees_with_the_values_they_see() -> None:
    people = office()
    publish(people)
    for user in (people.emma, people.tom):
        made = create_instance(process="leave", mode="live", data={"illness": "flu"}, user=user)
        runs.trigger(process_id=made.process_id, target="send", user=user, trigger="button")
    listed = record_list("leave", people.emma)
    (seen,) = listed.all_seen(listed.sorted(listed.rows()))
    assert (seen.instance.process_id, seen.seen["illness"]) == ("leave-1", "flu")
    decider = record_list("leave", people.mark)
    assert [one.seen.get("illness") for one in decider.all_seen(decider.rows())] == [None, None]
