"""What processes tell the pages of datasources: calls of the last hours, values of instances."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from datasources.models import CallRecord
from kianda.accounts.models import AuditEntry
from kianda.lib.errors import Missing
from processes.instances.lifecycle import create_instance
from processes.models import Run
from processes.running import request_samples
from processes.running.call_log import call_log
from tests.pages import client_of, markup_of
from tests.processes.conftest import answers
from tests.processes.stories import Make, press

pytestmark = pytest.mark.django_db
TARGETS = ["body.grant_type", "body.client_id", "body.client_secret", "body.redirect_uri"]


def an_hour_ago() -> Any:
    return timezone.now() - timedelta(hours=1)


def test_the_calls_of_runs_are_counted_by_outcome_and_method(
    provider: HTTPServer, make_token: Make, ada: Any
) -> None:
    instance = make_token()
    answers(provider)
    press(instance, ada)
    provider.clear()
    answers(provider, {"error": "down"}, status=503)
    failed = press(instance, ada)
    calls = call_log("token-service", since=an_hour_ago())
    assert (calls.count, calls.failed, calls.complete) == (2, 1, True)
    assert calls.last_failure is not None
    assert (calls.last_failure.status, calls.last_failure.url) == (503, f"/runs/{failed.pk}/")
    assert calls.by_method["refresh-token"] == calls.last_failure
    assert calls.median_ms is not None
    assert calls.slowest_ms is not None
    assert calls.slowest_ms >= calls.median_ms > 0


def test_what_is_older_or_another_source_does_not_count(
    provider: HTTPServer, make_token: Make, ada: Any
) -> None:
    instance = make_token()
    answers(provider)
    press(instance, ada)
    assert call_log("another", since=an_hour_ago()).count == 0
    assert call_log("token-service", since=timezone.now() + timedelta(hours=1)).count == 0


def test_the_page_shows_the_calls(provider: HTTPServer, make_token: Make, ada: Any) -> None:
    instance = make_token()
    answers(provider)
    press(instance, ada)
    client = client_of(ada)
    page = client.get("/datasources/token-service/").content.decode()
    assert "1, none failed" in markup_of(page)
    assert f"/runs/{Run.objects.get().pk}/" in page
    assert 'href="/designs/token-refresh/"' in page


def test_samples_come_from_the_input_mapping_and_know_their_secrets(
    make_token: Make, ada: Any
) -> None:
    instance = make_token()
    found = request_samples.values(
        instance.process_id, ada, datasource="token-service", method="refresh-token",
        targets=TARGETS,
    )  # fmt: skip
    assert {target: sample.value for target, sample in found.items()} == {
        "body.grant_type": "refresh_token",
        "body.client_id": "client-1",
        "body.client_secret": "cs-secret-1",
        "body.redirect_uri": "https://app.example.org/back",
    }
    assert [target for target, sample in found.items() if sample.secret] == ["body.client_secret"]
    assert found["body.client_secret"].secrets == ("cs-secret-1",)


def test_a_name_alone_brings_no_secret_to_another_source(make_token: Make, ada: Any) -> None:
    instance = make_token()
    found = request_samples.values(
        instance.process_id, ada, datasource="my-own", method="catch",
        targets=["body.client_secret", "header.Refresh-Token", "query.Client-ID"],
    )  # fmt: skip
    assert {target: sample.value for target, sample in found.items()} == {
        "query.Client-ID": "client-1"
    }


def test_an_instance_that_a_person_may_not_see_gives_nothing(
    make_token: Make, ada: Any, dan: Any
) -> None:
    make_token()
    preview = create_instance(process="token-refresh", mode="preview", data={}, user=ada)
    with pytest.raises(Missing):
        request_samples.values(preview.process_id, dan, datasource="x", method="y", targets=TARGETS)
    suggested = request_samples.process_ids(dan, datasource="token-service", method="refresh-token")
    assert suggested == ["token-refresh-1"]


def test_send_uses_the_values_of_an_instance_and_shows_none_of_its_secrets(
    provider: HTTPServer, make_token: Make, dan: Any
) -> None:
    make_token()
    echo = {"access_token": "at-2", "you_sent": "cs-secret-1"}
    answers(provider, echo)
    client = client_of(dan)
    path = "/datasources/token-service/methods/refresh-token/"
    typed = {
        "/title": "T", "/http_method": "POST", "/url_path": "/oauth/token", "/content_type": "form",
        "/request_body/0/name": "client_secret", "/request_body/0/secret": "no",
        "/request_body/1/name": "client_id", "process_id": "token-refresh-1",
    }  # fmt: skip
    filled = client.post(f"{path}send/", typed | {"act": "fill"}).content.decode()
    assert 'value="client-1"' in filled
    assert "cs-secret-1" not in filled
    assert "Sends the real values of token-refresh-1." in filled
    sent = client.post(f"{path}send/", typed | {"act": "send"}).content.decode()
    assert "cs-secret-1" not in sent
    assert "at-2" in sent
    body = provider.log[0][0].get_data(as_text=True)
    assert body == "client_secret=cs-secret-1&client_id=client-1"
    entry = AuditEntry.objects.get(action="called")
    assert entry.detail == "refresh-token, token-refresh-1"
    # The log of calls is read by people who may not see the instance.
    call = CallRecord.objects.get()
    assert (call.status, call.curl) == (200, "")
