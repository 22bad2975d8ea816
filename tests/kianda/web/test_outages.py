"""While the database is away nobody is told of an error of ours: 503, and when to ask again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.test import Client

pytestmark = pytest.mark.django_db


@contextmanager
def refusing(error: Exception) -> Iterator[None]:
    """Refuse every statement with an error."""

    def refuse(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        raise error

    with connection.execute_wrapper(refuse):
        yield


AWAY = [OperationalError("connection refused"), InterfaceError("the connection is closed")]


@pytest.mark.parametrize("error", AWAY, ids=["refused", "closed"])
def test_the_api_says_when_to_ask_again(
    api: Callable[..., Any], admin: Any, error: Exception
) -> None:
    client = api(admin)
    with refusing(error):
        answer = client.get("/api/v1/instances/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["detail"] == "The database is not responding. Try again in 5 s."


@pytest.mark.parametrize("error", AWAY, ids=["refused", "closed"])
@pytest.mark.parametrize("address", ["/instances/", "/tasks/"])
def test_a_page_says_so_in_a_sentence(admin: Any, error: Exception, address: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    with refusing(error):
        answer = client.get(address)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "The database is not responding" in answer.content.decode()


def test_a_bug_in_a_statement_is_no_outage(api: Callable[..., Any], admin: Any) -> None:
    client = api(admin)
    with refusing(ProgrammingError("syntax error")):
        assert client.get("/api/v1/instances/").status_code == 500
