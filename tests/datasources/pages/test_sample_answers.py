"""What rules may read of an answer is ticked in the tree of a pasted sample."""

import html
import json
import re
from typing import Any

import pytest
from django.test import Client

from datasources.models import Datasource
from datasources.services.datasources import create_datasource, get_document
from tests.datasources.conftest import raw_datasource
from tests.datasources.pages.forms import EDITED, METHOD, base, value_of, wrong
from tests.datasources.servers import always, answer, serving
from tests.pages import text_of

pytestmark = pytest.mark.django_db
SAMPLE = """HTTP/1.1 200 OK
Content-Type: application/json
X-Total: 2

{"data": {"items": [{"id": 7, "name": "Ren\u00e9"}], "next": null}, "a.b": 1, "tags": ["x"]}"""


def offered(response: Any) -> list[str]:
    """Return what may be ticked, in order."""
    found = re.findall(r'<input[^>]*name="pick"[^>]*>', response.content.decode())
    return [html.unescape(re.search(r'value="([^"]*)"', one)[1]) for one in found]


def test_the_places_of_a_sample_are_ticked_and_taken_over(
    made: Datasource, manager: Client
) -> None:
    typed = EDITED | {"/sample": SAMPLE}
    page = manager.post(METHOD, typed | {"act": "sample"})
    assert offered(page) == [
        "header.Content-Type", "header.X-Total", "body.data", "body.data.items",
        "body.data.items.0.id", "body.data.items.0.name", "body.data.next", "body.tags",
        "body.tags.0",
    ]  # fmt: skip
    assert "Ren\u00e9" in text_of(page)
    assert page["Cache-Control"] == "no-store"
    picks = ["header.X-Total", "body.data.items.0.id", "body.tags", "odd", "body."]
    page = manager.post(METHOD, typed | {"act": "pick", "pick": picks})
    assert value_of(page, "/response_headers/0/name") == "X-Total"
    assert value_of(page, "/response_body/0/name") == "data_items_id"
    assert value_of(page, "/response_body/0/path") == "data.items.0.id"
    assert value_of(page, "/response_body/1/name") == "tags"
    assert page.content.decode().count("checked disabled") == 3
    rows = {
        "/response_headers/0/name": "X-Total",
        "/response_body/0/name": "first", "/response_body/0/path": "data.items.0.id",
    }  # fmt: skip
    again = manager.post(METHOD, typed | rows | {"act": "pick", "pick": picks})
    assert "/response_headers/1/name" not in again.content.decode().split("<template")[0]
    manager.post(METHOD, typed | rows | base(manager.get(METHOD)))
    kept = get_document("token-service").method("refresh-token")
    assert [one.name for one in kept.response_body] == ["first"]
    assert "Ren\u00e9" not in manager.get(METHOD).content.decode()


@pytest.mark.parametrize(
    ("settings", "sample", "places"),
    [
        ({"/answer": "xml"}, "<o id='1'><n>x</n></o>", ["body.o", "body.o.@id", "body.o.n"]),
        ({"/answer": "csv"}, "id;who\n1;x\n", ["body.0.id", "body.0.who"]),
        ({"/paging/kind": "link", "/paging/items": "rows"}, '{"rows": [{"id": 1}]}',
         ["body.0.id"]),
    ],
)  # fmt: skip
def test_a_sample_is_read_as_the_answer_of_the_method_is(
    made: Datasource, manager: Client, settings: dict[str, str], sample: str, places: list[str]
) -> None:
    page = manager.post(METHOD, EDITED | settings | {"/sample": sample, "act": "sample"})
    assert offered(page) == places


@pytest.mark.parametrize(
    ("settings", "sample", "words"),
    [
        ({}, "", "The sample contains no object or list of objects"),
        ({}, "just words", "The sample contains no object or list of objects"),
        ({"/answer": "json"}, "{oops", "is not JSON"),
        (
            {"/answer": "xml"},
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "answered with something that is not valid XML",
        ),
        ({"/answer": "odd"}, "words", "The sample contains no object or list of objects"),
    ],
)
def test_a_sample_that_is_none_is_told_beside_it(
    made: Datasource, manager: Client, settings: dict[str, str], sample: str, words: str
) -> None:
    page = manager.post(METHOD, EDITED | settings | {"/sample": sample, "act": "sample"})
    assert wrong(page) == ["f-sample"]
    assert words in text_of(page)


def test_a_huge_sample_shows_its_first_places(made: Datasource, manager: Client) -> None:
    deep = '{"a":' * 500 + "1" + "}" * 500
    wide = "{" + ",".join(f'"k{at}": {at}' for at in range(2000)) + "}"
    assert len(offered(manager.post(METHOD, EDITED | {"/sample": deep, "act": "sample"}))) == 12
    assert len(offered(manager.post(METHOD, EDITED | {"/sample": wide, "act": "sample"}))) == 300


def test_a_sample_describes_the_answer_by_its_places_and_none_of_its_values(
    made: Datasource, manager: Client
) -> None:
    typed = EDITED | {"/sample": SAMPLE}
    page = manager.post(METHOD, typed | {"act": "sample"}).content.decode()
    assert re.search(r'name="/sample!keep"[^>]*checked', page)
    manager.post(METHOD, typed | base(manager.get(METHOD)))
    assert get_document("token-service").method("refresh-token").answer_schema is None
    manager.post(METHOD, typed | {"/sample!keep": "1"} | base(manager.get(METHOD)))
    kept = get_document("token-service").method("refresh-token").answer_schema
    assert kept.model_dump(mode="json") == {
        "type": ["object"],
        "required": ["data", "tags"],
        "properties": {
            "data": {
                "type": ["object"],
                "required": ["items", "next"],
                "properties": {
                    "items": {"type": ["array"], "items": {
                        "type": ["object"], "required": ["id", "name"],
                        "properties": {"id": {"type": ["integer"]}, "name": {"type": ["string"]}},
                    }},
                    "next": {"type": ["null"]},
                },
            },
            "tags": {"type": ["array"], "items": {"type": ["string"]}},
        },
    }  # fmt: skip
    shown = manager.get(METHOD)
    assert "body.data.items.0.id" in offered(shown)
    assert "Ren\u00e9" not in shown.content.decode()
    picked = manager.post(METHOD, EDITED | {"act": "pick", "pick": ["body.data.items.0.id"]})
    assert value_of(picked, "/response_body/0/path") == "data.items.0.id"
    manager.post(METHOD, EDITED | base(manager.get(METHOD)))
    assert get_document("token-service").method("refresh-token").answer_schema == kept
    manager.post(METHOD, EDITED | {"/answer_schema!remove": "1"} | base(manager.get(METHOD)))
    assert get_document("token-service").method("refresh-token").answer_schema is None


def test_a_description_by_a_sample_that_is_none_is_not_stored(
    made: Datasource, manager: Client
) -> None:
    sent = EDITED | {"/sample": "words", "/sample!keep": "1"} | base(manager.get(METHOD))
    page = manager.post(METHOD, sent)
    assert page.status_code == 422
    assert wrong(page) == ["f-sample"]


def test_a_large_description_is_opened_level_by_level(made: Datasource, manager: Client) -> None:
    wide = {"deep": {f"k{at}": at for at in range(400)}, **{f"a{at}": 1 for at in range(299)}}
    sent = {"/sample": json.dumps(wide), "/sample!keep": "1"} | base(manager.get(METHOD))
    manager.post(METHOD, EDITED | sent)
    page = manager.get(METHOD)
    assert len(offered(page)) == 300
    assert f"{METHOD}places/?part=deep" in page.content.decode()
    below = offered(manager.get(f"{METHOD}places/?part=deep"))
    assert (len(below), below[0]) == (300, "body.deep.k0")
    assert offered(manager.get(f"{METHOD}places/?part=gone")) == []


def test_a_trial_shows_as_failed_what_its_method_does_not_take(
    loopback: None, manager: Client, dan: Any
) -> None:
    condition = {
        "/success_when/items/0/left": "[response.body.ok]",
        "/success_when/items/0/operator": "eq", "/success_when/items/0/right": "true",
    }  # fmt: skip
    with serving(always(answer(b'{"ok": false, "seen": 5}'))) as server:
        create_datasource(raw=raw_datasource(base_url=server.url), user=dan)
        failed = manager.post(f"{METHOD}send/", EDITED | condition | {"act": "send"})
        taken = manager.post(f"{METHOD}send/", EDITED | {"act": "send"})
    assert "The condition for success was not met:" in text_of(failed)
    assert '"seen"' in text_of(failed)
    assert "The condition for success was not met:" not in text_of(taken)
