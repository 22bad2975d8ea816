"""One line per event, without secrets."""

import logging
import sys

import pytest

from kianda.ops.logs import formatter, scrub


def line(message, *args, **more):
    record = logging.LogRecord("kianda.test", logging.INFO, __file__, 1, message, args, None)
    record.__dict__.update(more)
    return formatter().format(record)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("GET /a?code=abc&x=1 HTTP/1.1", "GET /a?... HTTP/1.1"),
        ("https://ann:pw@example.org/a", "https://********@example.org/a"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer ********"),
        ("token kia_abc-DEF_123 used", "token ******** used"),
        ("Not Found: /hooks/fsT4mcNzx850-_x/", "Not Found: /hooks/********/"),
        ("Bad Request: /hooks/fsT4mcNzx850", "Bad Request: /hooks/********"),
        ("GET /welcome/MQ/c9x-4711ab/ 200", "GET /welcome/MQ/********/ 200"),
        ("Is this all right? Yes", "Is this all right? Yes"),
    ],
)
def test_credentials_and_queries_never_reach_the_log(text, clean):
    assert scrub(text) == clean


def test_an_event_is_one_line_even_with_an_exception():
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        text = line("it failed", exc_info=sys.exc_info())
    assert "\n" not in text
    assert "level=info logger=kianda.test" in text
    assert "ValueError" in text
