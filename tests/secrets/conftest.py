"""The search for secrets, and the outside world that quotes them."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from kianda.ops.logs import formatter
from tests.secrets.searching import Search


@pytest.fixture
def search(admin: Any, api: Callable[..., APIClient]) -> Iterator[Search]:
    """An administrator's search; the log is kept as it is written, from the level debug on."""
    found = Search(api(admin))

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.lines.append(self.format(record))

    handler, root = Keep(), logging.getLogger()
    handler.setFormatter(formatter())
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield found
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def service(httpserver: HTTPServer, settings: Any) -> HTTPServer:
    """The outside world."""
    settings.KIANDA_EGRESS_ALLOW = [f"{httpserver.host}:{httpserver.port}"]
    return httpserver
