"""A run whose method asks for it makes a failed call again, and its trace tells of each attempt."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from datasources.services.datasources import get_document
from datasources.services.methods import save_method
from tests.processes.conftest import answers
from tests.processes.stories import Make, press, values_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def repeating(dan: Any, make_token: Make) -> Make:
    """Let the token method be made again, twice at most."""

    def make() -> Any:
        instance = make_token()
        document = get_document("token-service")
        raw = document.masked()["methods"][0] | {
            "retry": {"attempts": 3, "wait_s": 0.01, "on": [503]},
            "idempotency_header": "Idempotency-Key",
        }
        save_method(datasource="token-service", method=raw["name"], raw=raw, user=dan)
        return instance

    return make


def busy(provider: HTTPServer) -> None:
    provider.expect_oneshot_request("/oauth/token", method="POST").respond_with_data(
        "busy", status=503
    )


def test_the_trace_tells_of_the_attempts_before_the_one_that_succeeded(
    repeating: Make, provider: HTTPServer, ada: Any
) -> None:
    busy(provider)
    answers(provider)
    instance = repeating()
    run = press(instance, ada)
    assert run.status == "succeeded", run.error
    assert values_of(instance)["access_token"] == "at-new"
    told = run.steps[1]["response"]["attempts"]
    assert told == ["Attempt 1: Token service answered 503 SERVICE UNAVAILABLE."]
    keys = {request.headers["Idempotency-Key"] for request, _answer in provider.log}
    assert (len(provider.log), len(keys)) == (2, 1)
    assert run.steps[1]["request"]["headers"]["Idempotency-Key"] in keys


def test_a_run_fails_with_the_last_attempt_and_their_number(
    repeating: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, "busy", status=503)
    run = press(repeating(), ada)
    assert len(provider.log) == 3
    assert run.steps[1]["status"] == "failed"
    assert run.steps[1]["error"]["message"].endswith("Gave up after 3 attempts.")
    assert len(run.steps[1]["response"]["attempts"]) == 2
