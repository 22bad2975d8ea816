"""All pages of an answer become one list, whichever way they are asked for, and within bounds."""

import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from datasources.http.client import send
from datasources.rest.request import build
from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from tests.datasources.calling import Make, call, failure
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import Handler, Visit, answer, serving

ALL = [{"id": at} for at in range(7)]
Query = dict[str, list[str]]


def paged(page: Callable[[Query, bytes], bytes]) -> Handler:
    """Answer each request by its query and its body."""

    def handle(visit: Visit) -> None:
        while request := visit.read():
            head, _, body = request.partition(b"\r\n\r\n")
            target = head.split(b" ")[1].decode()
            visit.write(page(parse_qs(urlsplit(target).query), body))

    return handle


def said(value: Any, **more: Any) -> bytes:
    return answer(json.dumps(value).encode(), **more)


def by_number(query: Query, _body: bytes) -> bytes:
    start = (int(query.get("page", ["1"])[0]) - 1) * 3
    return said({"data": {"items": ALL[start : start + 3]}})


def by_offset(query: Query, _body: bytes) -> bytes:
    start = int(query.get("offset", ["0"])[0])
    return said(ALL[start : start + 3]) if start < len(ALL) else said([], status="404 Not Found")


def by_cursor(query: Query, body: bytes) -> bytes:
    start = int(query.get("cursor", ["0"])[0] or json.loads(body or b"{}").get("start") or 0)
    following = start + 3 if start + 3 < len(ALL) else None
    return said({"items": ALL[start : start + 3], "meta": {"next": following}})


def by_header(query: Query, _body: bytes) -> bytes:
    start = int(query.get("at", ["0"])[0])
    links = [f'Link: </thing?at=0>; rel="first", </thing?at={start + 3}>; rel="next"']
    return said(ALL[start : start + 3], more=links if start + 3 < len(ALL) else [])


PAGE = {"kind": "page", "items": "data.items"}
WAYS = [
    (by_number, PAGE, {"query": [{"name": "page"}]}, 4),
    (by_number, PAGE | {"size": 3}, {"query": [{"name": "page", "value": "1"}]}, 3),
    (by_offset, {"kind": "offset"}, {"query": [{"name": "offset"}]}, 4),
    (by_offset, {"kind": "offset", "size": 3}, {"query": [{"name": "offset"}]}, 3),
    (by_cursor, {"kind": "cursor", "next": "meta.next", "items": "items"},
     {"query": [{"name": "cursor"}]}, 3),
    (by_header, {"kind": "link"}, {}, 3),
]  # fmt: skip


@pytest.mark.parametrize(("page", "paging", "method", "requests"), WAYS)
def test_the_items_of_all_pages_are_one_list(
    datasource: Make, page: Any, paging: dict[str, Any], method: dict[str, Any], requests: int
) -> None:
    with serving(paged(page)) as server:
        found = call(datasource(server.url, paging=paging, **method))
    assert found.body == ALL
    assert len(server.requests) == requests
    assert found.pages[:2] == ("Page 1: 3 items.", "Page 2: 3 items.")


def test_a_cursor_may_go_into_the_body_and_other_values_stay(datasource: Make) -> None:
    def page(_query: Query, body: bytes) -> bytes:
        assert json.loads(body)["filter"] == "open"
        return by_cursor({"cursor": [""]}, body)

    paging = {"kind": "cursor", "parameter": "body.start", "next": "meta.next", "items": "items"}
    method = {"http_method": "POST", "request_body": [{"name": "start"}, {"name": "filter"}]}
    with serving(paged(page)) as server:
        source = datasource(server.url, paging=paging, **method)
        found = call(source, {"body.filter": "open"})
    assert found.body == ALL


@pytest.mark.parametrize(("most", "last"), [(3, "3 items"), (5, "3 items"), (7, "one item")])
def test_no_more_items_come_than_the_method_takes(datasource: Make, most: int, last: str) -> None:
    with serving(paged(by_header)) as server:
        found = call(datasource(server.url, paging={"kind": "link", "max_items": most}))
    assert found.body == ALL[:most]
    assert last in found.pages[-1]
    assert ("Stopped at the limit of" in found.pages[-1]) == (most < len(ALL))


ROUND = said({"items": [1], "next": "same"})


@pytest.mark.parametrize(
    ("paging", "bytes_", "kind", "words"),
    [
        ({"kind": "cursor", "items": "items", "next": "next"}, ROUND, "bad_answer",
         "returned the same page twice, so paging would never end"),
        ({"kind": "cursor", "items": "items", "next": "next"}, said({"next": "same"}),
         "bad_answer", "without a list of items at items"),
        ({"kind": "page", "parameter": "query.cursor", "items": "items"}, ROUND, "bad_answer",
         "returned the same page twice, so paging would never end"),
        ({"kind": "link", "items": "items", "next": "next"},
         said({"items": [1], "next": "https://elsewhere.example.org/x"}), "bad_answer",
         "It leads to another server."),
        ({"kind": "link", "items": "items", "next": "next"},
         said({"items": [1], "next": "//elsewhere.example.org/x"}), "bad_answer",
         "cannot be requested"),
        ({"kind": "link", "items": "items", "next": "next"},
         said({"items": [1], "next": "/a/..;/admin"}), "bad_answer", "cannot be requested"),
        ({"kind": "link", "items": "items", "next": "next"},
         said({"items": [1], "next": "file:///etc/passwd"}), "bad_answer", "cannot be requested"),
    ],
)  # fmt: skip
def test_pages_that_lead_nowhere_fail_the_call(
    datasource: Make, paging: dict[str, Any], bytes_: bytes, kind: str, words: str
) -> None:
    with serving(paged(lambda _query, _body: bytes_)) as server:
        failed = failure(datasource(server.url, paging=paging, query=[{"name": "cursor"}]))
    assert failed.kind == kind
    assert words in failed.message
    assert len(server.requests) <= 2


def test_a_page_that_fails_fails_all_of_them(datasource: Make) -> None:
    def page(query: Query, body: bytes) -> bytes:
        second = query.get("page") == ["2"]
        return said({}, status="500 Oops") if second else by_number(query, body)

    with serving(paged(page)) as server:
        failed = failure(datasource(server.url, paging=PAGE, query=[{"name": "page"}]))
    assert (failed.kind, failed.status) == ("http_status", 500)
    assert failed.message == "Page 2: Token service answered 500 Oops."


def test_a_failed_page_is_asked_for_again_where_the_method_says_so(datasource: Make) -> None:
    fails = iter([False, True, False, False, False])

    def page(query: Query, body: bytes) -> bytes:
        return said({}, status="503 Busy") if next(fails) else by_number(query, body)

    retry = {"attempts": 2, "wait_s": 0.01, "on": [503]}
    with serving(paged(page)) as server:
        found = call(datasource(server.url, paging=PAGE, query=[{"name": "page"}], retry=retry))
    assert found.body == ALL


def test_all_pages_together_are_no_larger_than_an_answer_may_be(datasource: Make) -> None:
    def page(query: Query, _body: bytes) -> bytes:
        return said([f"{query['page'][0]}-{'x' * 500}"])

    method = {"query": [{"name": "page", "value": "0"}], "max_answer_bytes": 2000}
    with serving(paged(page)) as server:
        failed = failure(datasource(server.url, paging={"kind": "page", "first": 0}, **method))
    assert failed.kind == "too_large"
    assert failed.message == "The pages of Token service have more than 2,000 bytes."


def test_the_deadline_of_the_run_holds_for_all_pages(datasource: Make) -> None:
    at = iter(range(10**9))

    def page(_query: Query, _body: bytes) -> bytes:
        time.sleep(0.01)
        return said([next(at)])

    with serving(paged(page)) as server:
        source = datasource(
            server.url, paging={"kind": "page", "max_items": 10_000}, query=[{"name": "page"}]
        )
        failed = failure(source, timeout_s=0.5)
    assert failed.kind == "timeout"
    assert re.match(r"Page \d+: Token service did not answer within", failed.message)


def test_pages_that_bring_nothing_do_not_go_on_for_ever(datasource: Make) -> None:
    at = iter(range(10**9))
    with serving(paged(lambda _query, _body: said({"items": [], "next": next(at) + 1}))) as server:
        paging = {"kind": "cursor", "items": "items", "next": "next"}
        source = datasource(server.url, paging=paging, query=[{"name": "cursor"}], timeout_s=60)
        failed = failure(source)
    assert (failed.kind, len(server.requests)) == ("too_large", 1000)
    assert failed.message == "Token service has more than 1,000 pages."


@pytest.mark.parametrize(
    ("paging", "place", "words"),
    [
        ({"kind": "page", "parameter": "query.gone"}, "/parameter", "Unknown parameter"),
        ({"kind": "pages"}, "/kind", ""),
        ({"kind": "link", "max_items": 0}, "/max_items", ""),
        ({"kind": "link", "max_items": 10_001}, "/max_items", "10,000"),
        ({"kind": "cursor", "next": ""}, "/next", ""),
    ],
)
def test_what_asks_for_pages_is_checked_when_it_is_saved(
    paging: dict[str, Any], place: str, words: str
) -> None:
    raw = raw_datasource()
    raw["methods"][0]["paging"] = paging
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw)
    assert caught.value.errors[0].pointer == f"/methods/0/paging{place}"
    assert words in caught.value.errors[0].detail


@pytest.mark.parametrize(
    ("page", "paging"), [(by_number, PAGE | {"size": 3}), (by_header, {"kind": "link"})]
)
def test_each_page_of_a_post_has_a_key_of_its_own_which_stays_when_it_is_asked_again(
    datasource: Make, page: Callable[[Query, bytes], bytes], paging: dict[str, Any]
) -> None:
    method = {
        "http_method": "POST", "idempotency_header": "X-Call", "paging": paging,
        "query": [{"name": "page"}],
    }  # fmt: skip
    with serving(paged(page)) as server:
        source = datasource(server.url, **method)
        for _time in range(2):
            made = build(source, source.methods[0], {}, call_key="one-call")
            assert send(made, datasource=source).body == ALL
        mine = [{"name": "X-Call", "value": "mine", "secret": False}]
        own = datasource(server.url, request_headers=mine, **method)
        send(build(own, own.methods[0], {}, call_key="x"), datasource=own)
    keys = [re.search(rb"X-Call: (\S+)", one)[1] for one in server.requests]
    assert keys[:3] == keys[3:6]
    assert keys[0] == b"one-call"
    assert len(set(keys[:3])) == 3
    assert set(keys[6:]) == {b"mine"}
