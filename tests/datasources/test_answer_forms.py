"""An answer is read as its method says: XML and CSV become objects, what is not it fails."""

from decimal import Decimal
from typing import Any

import pytest

from tests.datasources.calling import Make, call, failure
from tests.datasources.servers import always, answer, serving

XML = b"""<?xml version="1.0" encoding="iso-8859-1"?>
<orders total="2"><order id="7"><who>Ren\xe9</who></order><order id="8"><who/></order></orders>"""
TREE = {
    "orders": {
        "@total": "2",
        "order": [{"@id": "7", "who": "René"}, {"@id": "8", "who": None}],
    }
}
BOMB = (
    b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><r>&b;&b;&b;</r>'
)
FETCHING = b'<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><r>&f;</r>'


@pytest.mark.parametrize(
    ("form", "body", "media_type", "expected"),
    [
        ("xml", XML, "application/xml", TREE),
        ("xml", "<a>é</a>".encode(), "text/xml; charset=utf-8", {"a": "é"}),
        ("xml", "<a>é</a>".encode("utf-16"), "application/xml", {"a": "é"}),
        ("xml", b"<s:E xmlns:s='urn:x'><s:B>1</s:B></s:E>", "text/xml",
         {"s:E": {"@xmlns:s": "urn:x", "s:B": "1"}}),
        ("xml", b"<a>t<b/>u</a>", "text/html", {"a": {"b": None, "#text": "tu"}}),
        ("xml", b" ", "application/xml", None),
        ("csv", b"id,name\r\n7,Ren\xe9\r\n8,\"a, \"\"b\"\"\"\r\n", "text/csv",
         [{"id": "7", "name": "René"}, {"id": "8", "name": 'a, "b"'}]),
        ("csv", "\ufeffid;sum\n7;1,5\n".encode(), "text/csv", [{"id": "7", "sum": "1,5"}]),
        ("csv", b"a\ta\t\n1\t2\n\n", "text/plain", [{"a": "1", "a_2": "2", "column_3": ""}]),
        ("csv", b"f\n=cmd|' /C calc'!A0\n", "text/csv", [{"f": "=cmd|' /C calc'!A0"}]),
        ("csv", b"only,names\n", "text/csv", []),
        ("csv", b"a,b\n" + b"x" * 200_000 + b",1\n", "text/csv", [{"a": "x" * 200_000, "b": "1"}]),
        ("json", b'{"n": 0.5}', "text/html", {"n": Decimal("0.5")}),
        ("json", b'"word"', "text/plain", "word"),
        ("json", b"7", "text/plain", 7),
        ("text", b'{"a": 1}', "application/json", '{"a": 1}'),
        ("text", b"\xe9\x00", "text/plain; charset=latin-1", "é\ufffd"),
        ("auto", b"<a>1</a>", "application/xml", "<a>1</a>"),
        ("auto", b'{"a": 1}', "text/csv", {"a": 1}),
    ],
)  # fmt: skip
def test_a_body_is_read_in_the_form_of_its_method(
    datasource: Make, form: str, body: bytes, media_type: str, expected: Any
) -> None:
    with serving(always(answer(body, media_type=media_type))) as server:
        found = call(datasource(server.url, answer=form))
    assert (found.status, found.body) == (200, expected)


@pytest.mark.parametrize(
    ("form", "body", "words"),
    [
        ("json", b"<html>sorry</html>", "is not JSON"),
        ("json", b'{"a": NaN}', "is not JSON"),
        ("xml", b"{}", "is not valid XML"),
        ("xml", b"<a><b></a>", "is not valid XML"),
        ("xml", BOMB, "is not valid XML"),
        ("xml", FETCHING, "is not valid XML"),
        ("xml", b"<a>" * 500 + b"</a>" * 500, "is not valid XML"),
        ("csv", b"a,b\n1,2,3\n", "is not CSV"),
        ("csv", b'a,b\n"1,2\n', "is not CSV"),
        ("csv", b"," * 1000 + b"\n" + b"1\n" * 1000, "is not CSV"),
        ("csv", b"\na,b\n1,2\n", "is not CSV"),
    ],
)
def test_what_is_not_in_that_form_fails_with_what_came(
    datasource: Make, form: str, body: bytes, words: str
) -> None:
    with serving(always(answer(body, media_type="text/plain"))) as server:
        failed = failure(datasource(server.url, answer=form))
    assert (failed.kind, failed.status) == ("bad_answer", 200)
    assert failed.message == f"Token service answered with something that {words}."
    assert failed.answer is not None
    assert failed.answer.body is not None


def test_an_answer_that_is_no_success_is_told_as_ever(datasource: Make) -> None:
    page = answer(
        b'{"error": "down", "error_description": "at night"}', status="503 Service Unavailable"
    )
    with serving(always(page)) as server:
        failed = failure(datasource(server.url, answer="xml"))
    assert (failed.kind, failed.status) == ("http_status", 503)
    assert failed.answer is not None
    assert failed.answer.body == {"error": "down", "error_description": "at night"}


def test_a_line_of_many_equal_names_is_read_in_the_time_that_it_is_long(datasource: Make) -> None:
    # Each name looked up among all before it would take for ever.
    with serving(always(answer(b"a," * 20_000 + b"a\n" + b"1," * 20_000 + b"1\n"))) as server:
        [row] = call(datasource(server.url, answer="csv")).body
    assert (len(row), list(row)[:3], list(row)[-1]) == (20_001, ["a", "a_2", "a_3"], "a_20001")
