"""A body of XML: dotted names become elements, and what XML cannot hold is refused."""

from typing import Any

import pytest

from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from tests.datasources.conftest import raw_datasource
from tests.datasources.rest.building import body_of, failure, prepared


def order(*names: str, **more: Any) -> dict[str, Any]:
    body = [{"name": name} for name in names]
    return {"http_method": "POST", "content_type": "xml", "request_body": body, **more}


def test_dotted_names_become_elements_attributes_and_repeated_ones() -> None:
    call = prepared(
        {"body.order.@id": 7, "body.order.note": "a < b & c", "body.order.line.0.sku": "x",
         "body.order.line.1.sku": True, "body.order.gone": None,
         "body.order.extra": {"deep": [1, 2]}},
        **order("order.@id", "order.note", "order.line.0.sku", "order.line.1.sku", "order.gone",
                "order.extra"),
    )  # fmt: skip
    assert call.headers["Content-Type"] == "application/xml"
    assert call.body == (
        b'<?xml version="1.0" encoding="utf-8"?>\n<order id="7"><note>a &lt; b &amp; c</note>'
        b"<line><sku>x</sku></line><line><sku>true</sku></line><gone/>"
        b"<extra><deep>1</deep><deep>2</deep></extra></order>"
    )


def test_a_secret_is_masked_in_what_is_shown() -> None:
    call = prepared({"body.login.password": "s3cret"}, **order("login.password"))
    assert b"s3cret" in body_of(call)
    assert "<password>********</password>" in call.shown["body"]
    assert "s3cret" in call.secrets


def test_the_content_type_of_the_method_goes_before() -> None:
    headers = [{"name": "Content-Type", "value": "text/xml; charset=utf-8"}]
    call = prepared({"body.a.b": "x"}, **order("a.b", request_headers=headers))
    assert call.headers["Content-Type"] == "text/xml; charset=utf-8"


@pytest.mark.parametrize("value", ["\x07", {"a b": 1}, {"<x": 1}])
def test_what_xml_cannot_hold_is_refused_before_anything_is_sent(value: Any) -> None:
    caught = failure({"body.a.b": value}, **order("a.b"))
    assert caught.kind == "value"
    assert caught.message.startswith("The request body cannot be written: ")


@pytest.mark.parametrize(
    ("names", "place", "words"),
    [
        (["a.b", "c.d"], 0, "An XML body has one root"),
        (["a.b c"], 0, "is not an element name. Use dots: order.lines.0.@id"),
        (["@id"], 0, "is not an element name. Use dots: order.lines.0.@id"),
        (["0.x"], 0, "is not an element name. Use dots: order.lines.0.@id"),
        (["a..b"], 0, "is not an element name. Use dots: order.lines.0.@id"),
        (["a.b", "a"], 1, "cannot have both a value and parts"),
    ],
)
def test_names_that_make_no_document_are_told_when_the_method_is_saved(
    names: list[str], place: int, words: str
) -> None:
    raw = raw_datasource(methods=[{"name": "send", **order(*names)}])
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw)
    flaw = caught.value.errors[0]
    assert flaw.pointer == f"/methods/0/request_body/{place}/name"
    assert words in flaw.detail
