"""The text of a definition: written so that it reads back, and each place known by its line."""

import json
from typing import Any

import pytest

from datasources.http.curl import as_curl
from kianda.demo import ORDERS_DESIGN, TOKEN_DESIGN
from processes.definition.document import parse_document
from processes.definition.serialization import definition_text
from processes.definition.source_map import line_map, line_of
from tests.browser.story_rows import orders
from tests.processes.definitions import process, text_field, token_refresh

DESIGNS = [
    token_refresh(),
    TOKEN_DESIGN,
    ORDERS_DESIGN,
    orders(),
    process(text_field("a", width=1, visible=False, default=""), description="0"),
    process({"type": "number", "name": "n", "min": 0, "max": 0, "decimals": 0, "default": 0}),
    process({"type": "toggle", "name": "t", "default": False}),
    {"name": "empty"},
]


@pytest.mark.parametrize("raw", DESIGNS)
def test_a_definition_written_as_text_reads_back_the_same(raw: dict[str, Any]) -> None:
    document = parse_document(raw)
    again = parse_document(json.loads(definition_text(document)))
    assert again.normalised() == document.normalised()


def test_what_is_left_at_its_default_is_not_written() -> None:
    text = definition_text(parse_document(process(text_field("a"))))
    assert '{"type": "text", "name": "a", "title": "A"}' in text
    assert "enabled" not in text


TEXT = """{
  "name": "x", "forms": [
    {"name": "f",
     "fields": [{"type": "text"},

       {"a/b~c": {"\\u0041\\"": [1,
         -2.5e3, true]}}]}],
  "last": null}"""
LINES = [
    ("", 1), ("/name", 2), ("/forms", 2), ("/forms/0", 3), ("/forms/0/fields/0/type", 4),
    ("/forms/0/fields/1", 6), ("/forms/0/fields/1/a~1b~0c", 6),
    ('/forms/0/fields/1/a~1b~0c/A"/0', 6), ('/forms/0/fields/1/a~1b~0c/A"/2', 7), ("/last", 8),
    ("/forms/0/fields/0/name", 4), ("/forms/7/x", 2), ("/nothing", 1),
]  # fmt: skip


@pytest.mark.parametrize(("place", "line"), LINES)
def test_every_place_has_its_line_and_what_is_missing_that_around_it(place: str, line: int) -> None:
    assert line_of(place, line_map(TEXT)) == line


def test_the_first_of_two_equal_keys_keeps_its_line() -> None:
    assert line_map('{"a": 1,\n"a": 2}')["/a"] == 1


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
REQUESTS = [
    (
        {"method": "GET", "url": "https://a.example/x?y=1&z=it's", "headers": {}, "body": None},
        "curl --request GET \\\n  --url 'https://a.example/x?y=1&z=it'\"'\"'s'",
    ),
    (
        {
            "method": "POST", "url": "https://a.example/t",
            "headers": {**FORM, "Authorization": "********", "User-Agent": "Kianda-open"},
            "body": {"client_secret": "********", "tag": ["a", "b"], "note": "$(rm) `x`"},
        },
        "curl --request POST \\\n  --url https://a.example/t \\\n"
        "  --header 'Content-Type: application/x-www-form-urlencoded' \\\n"
        "  --header 'Authorization: ********' \\\n"
        "  --data-urlencode 'client_secret=********' \\\n"
        "  --data-urlencode tag=a \\\n  --data-urlencode tag=b \\\n"
        "  --data-urlencode 'note=$(rm) `x`'",
    ),
    (
        {"method": "PUT", "url": "u", "headers": {"Content-Type": "application/json"},
         "body": {"n": 1, "é": None}},
        "curl --request PUT \\\n  --url u \\\n  --header 'Content-Type: application/json' \\\n"
        "  --data-raw '{\"n\":1,\"é\":null}'",
    ),
    (
        {"method": "POST", "url": "u", "headers": {"Content-Type": "multipart/form-data; b=1"},
         "body": {"a": "@file"}},
        "curl --request POST \\\n  --url u \\\n  --form-string a=@file",
    ),
    (
        {"method": "POST", "url": "u", "headers": {"Content-Type": "text/plain"}, "body": "a b"},
        "curl --request POST \\\n  --url u \\\n  --header 'Content-Type: text/plain' \\\n"
        "  --data-raw 'a b'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "command"), REQUESTS)
def test_a_recorded_request_is_written_for_the_shell(
    request_: dict[str, Any], command: str
) -> None:
    assert as_curl(request_) == command
