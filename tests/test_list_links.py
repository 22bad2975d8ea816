"""Every list, followed by its links: the same rows as on one page, there and back."""

import functools
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from datasources.models import CallRecord, Connection, ConnectionRefresh, Datasource
from datasources.services.datasources import create_datasource
from kianda.accounts.models import IdentityProvider
from kianda.mail.letters import Letter
from kianda.mail.planning import plan_letters
from processes.instances.lifecycle import create_instance
from processes.models import BulkPress, BulkPressRow, Run
from scheduler.models import Occurrence, ScheduledTask
from tests.datasources.conftest import raw_datasource
from tests.factories import api_client, make_user
from tests.pages import client_of
from tests.processes.lists.test_pages import ORDERS
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

SOME = range(5)
MOMENT = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
# Some are equal, some are missing.
MOMENTS = (None, MOMENT, MOMENT, MOMENT + timedelta(microseconds=1), None)
VALUES: list[dict[str, Any]] = [
    {"what": "Chair", "amount": 80, "kind": "b"}, {"what": "chair", "amount": 80, "kind": "b"},
    {"what": "Bed", "amount": 0.1, "kind": "r"}, {"what": "ä", "amount": -3}, {"kind": "r"}, {},
]  # fmt: skip
COLUMNS = ["what", "amount", "kind", "day", "process.created_by", "process.status", "process_id",
           "modified"]  # fmt: skip


@pytest.fixture
def root() -> Any:
    """An administrator of a workspace in which each list has some rows."""
    root = make_user("root", "Administrator")
    published(ORDERS, user=root)
    for values in VALUES:
        create_instance(process="orders", mode="live", data=values, user=root)
    client = api_client(root)
    for at in SOME:
        make_user(f"user{at}", last_login=MOMENTS[at])
        for path, body in POSTED.items():
            words = {name: text.format(at) for name, text in body.items() if name in NAMING}
            answer = client.post(f"/api/v1/{path}", body | words)
            assert answer.status_code == 201, answer.content
        note = client.post("/api/v1/instances/orders-1/comments/", {"text": str(at)})
        assert note.status_code == 201, note.content
    User.objects.filter(username__lt="user3").update(email="")
    store_what_happened(root)
    return root


NAMING = ("name", "title")
POSTED: dict[str, dict[str, Any]] = {
    "datasources/": {"name": "source-{}", "title": "Shop", "kind": "rest",
                     "base_url": "https://shop.example.org"},
    "groups/": {"name": "Crew {}"},
    "processes/": {"name": "visit-{}", "title": "Visit",
                   "forms": [{"name": "one", "title": "One"}]},
    "start-pages/": {"title": "HR {}", "people": ["everyone"]},
    "user-attributes/": {"name": "size_{}", "title": "Size {}"},
    "views/": {"name": "mine-{}", "title": "Mine {}", "process": "orders"},
}  # fmt: skip


def store_what_happened(root: Any) -> None:
    """Store runs and all that comes of working, as if it had happened."""
    times = {"queued": MOMENT, "status": "failed", "process_id": "orders-1", "process": "orders"}
    Run.objects.bulk_create(Run(**times, started=one, finished=one) for one in MOMENTS)
    facts = {"process_name": "orders", "schedule": {"kind": "on_demand"}, "time_zone": "UTC",
             "run_as": root, "start": MOMENT, "created": MOMENT, "modified": MOMENT}  # fmt: skip
    ScheduledTask.objects.bulk_create(
        ScheduledTask(name=f"Task {at}", next_run_at=one, last_run_at=one, target="x", **facts)
        for at, one in enumerate(MOMENTS)
    )
    task = ScheduledTask.objects.earliest("pk")
    Occurrence.objects.bulk_create(
        Occurrence(task=task, task_name="Task", planned_at=one or MOMENT, queued_at=MOMENT,
                   trigger="manual", outcome="ran")
        for one in MOMENTS
    )  # fmt: skip
    CallRecord.objects.bulk_create(
        CallRecord(at=one or MOMENT, datasource="source-1", outcome="succeeded", took_ms=7)
        for one in MOMENTS
    )
    sources = Datasource.objects.order_by("pk")
    for source, one in zip(sources, MOMENTS, strict=True):
        Connection.objects.create(datasource=source, expires_at=one, next_refresh_at=one)
    connection = Connection.objects.get(datasource__name="source-1")
    ConnectionRefresh.objects.bulk_create(
        ConnectionRefresh(connection=connection, at=MOMENT, outcome="failed") for _ in SOME
    )
    press = {"process": "orders", "total": 5, "created": MOMENT, "send_after": MOMENT}
    BulkPress.objects.bulk_create(BulkPress(user=root, **press) for _ in SOME)
    BulkPressRow.objects.bulk_create(
        BulkPressRow(press=BulkPress.objects.earliest("pk"), key=f"orders-{at}") for at in SOME
    )
    IdentityProvider.objects.bulk_create(
        IdentityProvider(slug=f"id-{at}", name="Contoso", created=MOMENT, modified=MOMENT)
        for at in SOME
    )
    plan_letters(Letter(key=f"k{at}", to=("a@x.example",), subject="Hay", text="-") for at in SOME)


@functools.cache
def lists() -> dict[str, list[str]]:
    """Return the address of each list that the API describes, with the words of its orders."""
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    found = {}
    for path, operations in paths.items():
        described = {one["name"]: one for one in operations.get("get", {}).get("parameters", ())}
        if "cursor" in described:
            words = described.get("ordering", {}).get("description", "").partition(";")[0]
            found[path] = [one.strip() for one in words.split(",") if one]
    return found


def address_of(path: str) -> str:
    press, task = BulkPress.objects.earliest("pk"), ScheduledTask.objects.earliest("pk")
    return path.format(press_id=press.pk, task_id=task.pk, process_id="orders-1", name="source-1")


def walk(client: APIClient, address: str, by: str = "next") -> Iterator[dict[str, Any]]:
    """Yield the pages from an address on, as their links lead."""
    there: str | None = address
    while there:
        answer = client.get(there)
        assert answer.status_code == 200, (there, answer.content)
        there = answer.json()[by]
        yield answer.json()


def is_walked(client: APIClient, address: str, query: str = "", *, size: int = 2) -> int:
    """Check that the links of a list lead through all of it and back; tell how long it is."""
    [whole] = walk(client, f"{address}?page_size=200{query}")
    assert whole["count"] == len(whole["results"])
    with CaptureQueriesContext(connection) as asked:
        there = list(walk(client, f"{address}?page_size={size}{query}"))
    assert not any("OFFSET" in str(query["sql"]) for query in asked)
    assert [row for one in there for row in one["results"]] == whole["results"], query
    if len(there) > 1:
        back = list(walk(client, there[-2]["next"], by="previous"))
        assert [one["results"] for one in reversed(back)] == [one["results"] for one in there]
    return len(whole["results"])


def test_each_list_of_the_api_is_walked_by_its_links(root: Any) -> None:
    client = api_client(root)
    assert len(lists()) == 20
    for path, words in lists().items():
        address = address_of(path)
        orders = ["", *(f"&ordering={sign}{word}" for word in words for sign in ("", "-"))]
        for order in orders:
            assert is_walked(client, address, order) >= len(SOME), path
        two = f"&ordering={words[-1]},-{words[0]}" if len(words) > 1 else ""
        is_walked(client, address, two, size=1)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_records_in_the_order_of_a_field_are_walked_by_their_links(
    root: Any, column: str, sign: str
) -> None:
    query = f"&process=orders&columns=what&ordering={sign}{column}"
    assert is_walked(api_client(root), "/api/v1/instances/", query) == len(VALUES)


def test_a_search_is_walked_by_its_links(root: Any) -> None:
    assert is_walked(api_client(root), "/api/v1/users/", "&search=user") == len(SOME)


def links(client: Client, address: str) -> Iterator[list[Any]]:
    """Yield what the pages of a list show, by the links that people press."""
    path, there = address.partition("?")[0], address
    while there:
        answer = client.get(there)
        yield list(answer.context["page"])
        found = re.search(r'rel="next"\s+href="([^"]+)"', answer.content.decode())
        there = path + unescape(found[1]) if found else ""
        assert not there or "cursor=" in there


@pytest.mark.parametrize("query", ["", "?sort=amount", "?sort=-what&group=kind", "?q=chair"])
def test_people_press_through_the_records_of_a_process(
    root: Any, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in range(50):
        create_instance(process="orders", mode="live", data=VALUES[at % 6], user=root)
    address = "/records/orders/" + (query or "?view=all")
    pages = list(links(client_of(root), address + ("" if "view=" in address else "&view=all")))
    met = [one.pk for rows in pages for one in rows]
    assert len(met) == len(set(met))
    assert len(met) == (56 if query != "?q=chair" else 2 + 18)


def test_people_press_through_datasources_and_meet_the_built_in_one_once(root: Any) -> None:
    for at in range(25):
        create_datasource(raw=raw_datasource(name=f"more-{at}"), user=root)
    client = client_of(root)
    for order in ("", "?ordering=-name", "?ordering=modified"):
        pages = list(links(client, f"/datasources/{order}"))
        assert [len(rows) for rows in pages] == [25, 6]
        assert pages[0][0] is None
        assert len({row and row.pk for rows in pages for row in rows}) == 31
