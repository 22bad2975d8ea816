"""The log of calls: what runs and people sent, who sees it, and that it holds no secret."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_httpserver import HTTPServer

from datasources.models import CallRecord
from datasources.services.call_records import forget_calls
from datasources.services.connection_tests import test_connection as tried_connection
from datasources.services.datasources import call_method
from processes.models import Run
from tests.factories import Api
from tests.pages import client_of, text_of
from tests.processes.conftest import answers
from tests.processes.stories import Make, press

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/datasources/token-service/calls/"


def test_a_call_of_a_run_is_logged_with_the_run_that_made_it(
    make_token: Make, provider: HTTPServer, ada: Any, api: Api, admin: Any
) -> None:
    answers(provider)
    run = press(make_token(), ada)
    [row] = api(admin).get("/api/v1/calls/").json()["results"]
    assert row.pop("id")
    assert row.pop("at").endswith("Z")
    assert row.pop("took_ms") >= 0
    curl = row.pop("curl")
    assert row.pop("request_bytes") == len(provider.log[0][0].get_data())
    assert row.pop("response_bytes") > 50
    assert row == {
        "datasource": "token-service", "method": "refresh-token", "run": str(run.pk), "status": 200,
        "outcome": "succeeded", "attempt": 1,
    }  # fmt: skip
    assert curl.startswith("curl --request POST")
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in curl


def test_a_failed_call_says_how_it_failed_and_can_be_filtered_for(
    make_token: Make, provider: HTTPServer, ada: Any, api: Api, admin: Any
) -> None:
    answers(provider, {"error": "invalid_grant"}, status=400)
    run = press(make_token(), ada)
    client = api(admin)

    def found(query: str) -> list[dict[str, Any]]:
        return list(client.get(f"/api/v1/calls/?{query}").json()["results"])

    [row] = found("outcome=http_status&status=400&datasource=token-service&method=refresh-token")
    assert (row["status"], row["run"]) == (400, str(run.pk))
    assert found(f"run={run.pk}") == [row]
    assert found("outcome=succeeded") == found("datasource=other") == found("run=0") == []
    for odd in ("status=many", "run=x", f"run={10**30}"):
        assert client.get(f"/api/v1/calls/?{odd}").status_code == 400


def test_a_call_that_a_person_sent_and_a_connection_test_are_logged_too(
    make_token: Make, provider: HTTPServer, dan: Any, admin: Any
) -> None:
    make_token()
    answers(provider)
    call_method(
        name="token-service", method="refresh-token", user=dan,
        inputs={"body.client_secret": "typed-secret", "body.grant_type": "refresh_token"},
    )  # fmt: skip
    tried_connection(name="token-service", user=dan, to=None)
    sent, tested = CallRecord.objects.order_by("pk")
    assert (sent.method, sent.run, sent.status, sent.outcome) == (
        "refresh-token", None, 200, "succeeded",
    )  # fmt: skip
    assert "typed-secret" not in sent.curl
    assert "grant_type=refresh_token" in sent.curl
    assert (tested.method, tested.run) == ("", None)


def test_calls_of_runs_that_somebody_does_not_see_are_not_listed(
    make_token: Make, provider: HTTPServer, ada: Any, dan: Any, api: Api
) -> None:
    answers(provider)
    run = press(make_token(), ada)
    tried_connection(name="token-service", user=dan, to=None)
    assert len(api(dan).get("/api/v1/calls/").json()["results"]) == 2
    # What is left of an instance that is gone is for administrators.
    Run.objects.filter(pk=run.pk).update(instance=None)
    seen = api(dan).get("/api/v1/calls/").json()["results"]
    assert [row["method"] for row in seen] == [None]
    page = text_of(client_of(dan).get(PAGE))
    assert "Connection test" in page
    assert f"Run {run.pk}" not in page


def test_the_page_lists_filters_and_offers_the_command(
    make_token: Make, provider: HTTPServer, ada: Any, admin: Any
) -> None:
    answers(provider)
    run = press(make_token(), ada)
    client: Client = client_of(admin)
    page = client.get(PAGE)
    assert f"Run {run.pk}" in text_of(page)
    assert "Copy as cURL" in text_of(page)
    assert "data-copy=" in page.content.decode()
    assert "No calls" in text_of(client.get(f"{PAGE}?outcome=failed"))
    assert "No calls" in text_of(client.get(f"{PAGE}?method=-"))
    assert f"Run {run.pk}" in text_of(client.get(f"{PAGE}?method=refresh-token&outcome=succeeded"))
    assert f'href="{PAGE}"' in client.get("/datasources/token-service/").content.decode()


def test_calls_are_kept_as_long_as_runs(settings: Any) -> None:
    settings.KIANDA_RETENTION_DAYS = 30
    now = timezone.now()
    for days in (1, 29, 31):
        CallRecord.objects.create(
            at=now - timedelta(days=days), datasource="d", outcome="succeeded", took_ms=1
        )
    assert forget_calls(now) == 1
    assert CallRecord.objects.count() == 2
