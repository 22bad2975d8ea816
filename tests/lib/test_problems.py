"""Every error of the API is a problem (RFC 9457)."""

import logging
from typing import Any

import pytest
from django.http import Http404
from rest_framework import exceptions

from kianda.lib.api.drf import problem_response
from kianda.lib.errors import Busy, Flaw, InUse, Invalid


def answer(error: Any) -> Any:
    return problem_response(error, {})


def test_an_expected_failure_says_its_sentence_and_places() -> None:
    response = answer(Invalid(errors=[Flaw("/forms/0/name", "Taken.")]))
    assert response.status_code == 400
    assert response.content_type == "application/problem+json"
    assert response.data == {
        "title": "Invalid input",
        "status": 400,
        "detail": "The input has errors.",
        "errors": [{"pointer": "/forms/0/name", "detail": "Taken."}],
    }


def test_extra_keys_stand_beside_the_standard_ones() -> None:
    assert answer(Busy(run="7")).data["run"] == "7"
    assert answer(InUse(used_by=[])).status_code == 409


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Http404(), 404),
        (exceptions.NotAuthenticated(), 401),
        (exceptions.PermissionDenied(), 403),
        (exceptions.MethodNotAllowed("PUT"), 405),
        (exceptions.UnsupportedMediaType("text/plain"), 415),
        (exceptions.ParseError(), 400),
        (exceptions.ValidationError({"a": ["bad"]}), 400),
    ],
)
def test_errors_of_the_framework_become_problems(error: Any, status: int) -> None:
    response = answer(error)
    assert response.status_code == response.data["status"] == status
    assert {"title", "status", "detail"} <= set(response.data)


def test_bad_input_is_never_422() -> None:
    class Odd(exceptions.APIException):
        status_code = 422

    assert answer(Odd()).status_code == 400


def test_a_throttled_request_is_told_when_to_come_again() -> None:
    response = answer(exceptions.Throttled(wait=4.2))
    assert (response.status_code, response["Retry-After"]) == (429, "5")


def test_nested_details_become_pointers() -> None:
    response = answer(exceptions.ValidationError({"rows": [{}, {"a/b": ["bad"]}], "name": ["no"]}))
    assert response.data["errors"] == [
        {"pointer": "/rows/1/a~1b", "detail": "bad"},
        {"pointer": "/name", "detail": "no"},
    ]


def test_an_unexpected_error_tells_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="kianda.api"):
        response = answer(RuntimeError("the password is hunter2"))
    assert response.status_code == 500
    assert "hunter2" not in str(response.data)
    assert caplog.records[0].exc_info
