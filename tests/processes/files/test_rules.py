"""Rules give files to other records as copies: each keeps its own."""

from typing import Any

import pytest

from processes.files.access import open_file
from processes.models import File
from tests.factories import OPEN_TO_ALL, api_client, make_user
from tests.processes.definitions import button, process, text_field
from tests.processes.files.samples import PDF
from tests.processes.files.test_values import uploaded
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)

ORDERS = process(
    {"type": "file_upload", "name": "scan"},
    {"type": "file_upload", "name": "all", "multiple": True},
    text_field("names"),
    name="orders", rules=[], security=OPEN_TO_ALL,
)  # fmt: skip
MAPPING = [
    {"target": "body.scan", "value": "[receipt]"},
    {"target": "body.all", "value": "[more]"},
    {"target": "body.names", "value": "[receipt], [more]"},
]
GET = {"field": "order", "value": "[item.process.id]"}
SHOP = process(
    {"type": "file_upload", "name": "receipt"},
    {"type": "file_upload", "name": "more", "multiple": True},
    text_field("order"),
    button("go", {
        "type": "create_item", "datasource": "kianda", "method": "orders",
        "input_mapping": MAPPING, "on_success": [GET],
    }, {"type": "save"}),
    name="shop", rules=[], security=OPEN_TO_ALL,
)  # fmt: skip


@pytest.fixture
def ada() -> Any:
    person = make_user("ada", "User")
    root = make_user("root", "Administrator")
    for definition in (ORDERS, SHOP):
        published(definition, user=root)
    return person


def test_another_record_gets_copies(ada: Any) -> None:
    api = api_client(ada)
    first, second = uploaded(ada), uploaded(ada, "b.pdf")
    shop = made(api, "shop", receipt={"id": first}, more=[{"id": first}, {"id": second}])
    run = fired(api, shop, "go")
    assert run["status"] == "succeeded", run["error"]
    order = read(api, read(api, shop)["data"]["order"])["data"]
    assert order["scan"]["name"] == "offer.pdf"
    assert order["scan"]["id"] != first
    assert [one["name"] for one in order["all"]] == ["offer.pdf", "b.pdf"]
    assert order["names"] == "offer.pdf, offer.pdf, b.pdf"
    copy = File.objects.get(pk=order["scan"]["id"])
    assert copy.instance.process_id == "orders-1"
    with open_file(copy) as content:
        assert content.read() == PDF
    # What the first record loses the other one keeps.
    assert {file.instance.process_id for file in File.objects.all()} == {"shop-1", "orders-1"}


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"allowed": "png"}, "The type of offer.pdf is not allowed here. Allowed: png."),
        ({"allowed": "pdf"}, ""),
    ],
)
def test_a_rule_puts_no_file_into_a_field_that_takes_no_such_file(
    ada: Any, target: dict[str, Any], said: str
) -> None:
    definition = process(
        {"type": "file_upload", "name": "receipt"},
        {"type": "file_upload", "name": "picture", **target},
        button("go", {
            "type": "set_form_field",
            "assignments": [{"field": "picture", "value": "[receipt]"}],
        }, {"type": "save"}),
        name="narrow", rules=[], security=OPEN_TO_ALL,
    )  # fmt: skip
    published(definition, user=make_user("ruth", "Administrator"))
    api = api_client(ada)
    record = made(api, "narrow", receipt={"id": uploaded(ada)})
    run = fired(api, record, "go")
    assert ((run["error"] or {}).get("message", "")) == (f"Picture: {said}" if said else "")
    assert bool(read(api, record)["data"]["picture"]) == (not said)


def test_a_file_that_is_not_checked_yet_is_not_given_away(ada: Any) -> None:
    api = api_client(ada)
    shop = made(api, "shop", receipt={"id": uploaded(ada)})
    File.objects.update(state=File.State.SCANNING)
    run = fired(api, shop, "go")
    assert run["status"] == "failed"
    assert run["error"]["message"] == "offer.pdf has not been checked yet. Try again in a moment."
