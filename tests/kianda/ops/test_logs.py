"""One line per event, without secrets."""

import io
import logging
import sys
from collections.abc import Iterator
from logging.config import DictConfigurator
from typing import Any

import pytest
from django.conf import settings

from kianda.ops.logs import formatter, scrub
from tests.pages import client_of


def line(message: Any, *args: Any, **more: Any) -> str:
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
        ("Gone: /f/fsT4mcNzx850-_x/sent/", "Gone: /f/********/sent/"),
        ("Bad Request: /hooks/fsT4mcNzx850", "Bad Request: /hooks/********"),
        ("GET /welcome/MQ/c9x-4711ab/ 200", "GET /welcome/MQ/********/ 200"),
        ("Not Found: /email/MQ:1wLKu1:c9x-47_11ab/", "Not Found: /email/********/"),
        ("Gone: /notifications/stop/WzFd:1wLKu1:c9x/", "Gone: /notifications/stop/********/"),
        ("Found: /profile/email/ /notifications/", "Found: /profile/email/ /notifications/"),
        ("Is this all right? Yes", "Is this all right? Yes"),
    ],
)
def test_credentials_and_queries_never_reach_the_log(text: str, clean: str) -> None:
    assert scrub(text) == clean


def test_an_event_is_one_line_even_with_an_exception() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        text = line("it failed", exc_info=sys.exc_info())
    assert "\n" not in text
    assert "level=info logger=kianda.test" in text
    assert "ValueError" in text


@pytest.fixture
def lines() -> Iterator[Any]:
    """What goes to standard error, through the handler that the settings describe."""
    out = io.StringIO()
    handler = DictConfigurator(settings.LOGGING | {"loggers": {}, "root": {}})
    handler.configure()
    stderr = handler.config["handlers"]["stderr"]
    stderr.setStream(out)
    root = logging.getLogger()
    root.addHandler(stderr)
    yield lambda: out.getvalue().splitlines()
    root.removeHandler(stderr)


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda client: client.get("/datasources/new/"), 403),
        (lambda client: client.post("/profile/theme/", {"theme": "pink"}), 400),
        (lambda client: client.get("/nowhere/"), 404),
    ],
)
def test_a_refused_page_is_one_line_and_no_traceback(
    lines: Any, ben: Any, ask: Any, status: int
) -> None:
    assert ask(client_of(ben)).status_code == status
    assert lines(), "it is told"
    assert not [line for line in lines() if "Traceback" in line]
