"""A method says which answers are a success: a 200 with an error inside is none."""

from typing import Any

import pytest

from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from tests.datasources.calling import Make, call, failure
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import always, answer, serving

OK = {"items": [{"left": "[response.body.ok]", "operator": "eq", "right": "true"}]}
STATUS = {"items": [{"left": "[response.status]", "operator": "in", "right": "200, 404"}]}


def one(left: str, operator: str, right: str = "") -> dict[str, Any]:
    return {"items": [{"left": left, "operator": operator, "right": right}]}


@pytest.mark.parametrize(
    ("success_when", "status", "body"),
    [
        (OK, "200 OK", b'{"ok": true}'),
        (STATUS, "404 Not Found", b'{"code": 5}'),
        (one("[response.headers.content-type]", "starts_with", "application/"), "200 OK", b"{}"),
        (one("[response.body.first]", "gt", "1"), "200 OK", b'{"items": [{"id": 1.5}]}'),
        (one("=[response.body.items.0.id] * 2", "eq", "4"), "200 OK", b'{"items": [{"id": 2}]}'),
        ({"match": "any", "items": [*OK["items"], *STATUS["items"]]}, "404 Not Found", b"{}"),
        ({"items": []}, "204 No Content", b""),
        (None, "201 Created", b'{"ok": false}'),
    ],
)
def test_an_answer_that_fulfils_the_conditions_is_a_success(
    datasource: Make, success_when: Any, status: str, body: bytes
) -> None:
    with serving(always(answer(body, status=status))) as server:
        declared = [{"name": "first", "path": "items.0.id"}]
        found = call(datasource(server.url, success_when=success_when, response_body=declared))
    assert found.status == int(status[:3])


def test_a_200_with_an_error_inside_fails_with_the_reason_of_the_service(datasource: Make) -> None:
    with serving(always(answer(b'{"ok": false, "error": "invalid_auth"}'))) as server:
        failed = failure(datasource(server.url, success_when=OK))
    assert (failed.kind, failed.status) == ("bad_answer", 200)
    assert failed.message == (
        "Token service answered 200 OK: invalid_auth, the access token is not accepted; it "
        "may have expired. The condition for success was not met: Response body ok is true."
    )
    assert failed.answer is not None
    assert failed.answer.body == {"ok": False, "error": "invalid_auth"}


@pytest.mark.parametrize(
    ("success_when", "status"),
    [
        (one("[response.body.error]", "blank"), "500 Internal Server Error"),
        (STATUS, "401 Unauthorized"),
        ({"items": []}, "302 Found"),
    ],
)
def test_an_error_page_is_no_success_by_what_it_lacks(
    datasource: Make, success_when: Any, status: str
) -> None:
    with serving(always(answer(b"<html>", status=status, media_type="text/html"))) as server:
        failed = failure(datasource(server.url, success_when=success_when))
    assert (failed.kind, failed.status) == ("http_status", int(status[:3]))


def test_what_cannot_be_told_is_no_success(datasource: Make) -> None:
    with serving(always(answer(b'{"ok": "many"}'))) as server:
        failed = failure(
            datasource(server.url, success_when=one("=[response.body.ok] * 2", "gt", "1"))
        )
    assert failed.kind == "bad_answer"


@pytest.mark.parametrize(
    ("success_when", "place", "words"),
    [
        (one("[status]", "eq"), "/items/0/left", "[status] does not exist. Use"),
        (one("[response.body.a]", "eq", "[user.email]"), "/items/0/right", "does not exist"),
        (one("=[response.status", "eq"), "/items/0/left", ""),
        (one("[response.status]", "like"), "/items/0/operator", ""),
        ({"items": [one("[x]", "blank")]}, "/items/0/items/0/left", "[x] does not exist"),
        ({"all": []}, "/all", ""),
    ],
)  # fmt: skip
def test_conditions_that_ask_for_something_else_are_told_at_their_place(
    success_when: Any, place: str, words: str
) -> None:
    raw = raw_datasource()
    raw["methods"][0]["success_when"] = success_when
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw)
    flaw = caught.value.errors[0]
    assert flaw.pointer == f"/methods/0/success_when{place}"
    assert words in flaw.detail
