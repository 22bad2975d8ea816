"""How many calls a data source takes, as its page asks for it and shows it."""

import time

import pytest
from django.test import Client

from datasources.models import CallGate, Datasource
from datasources.rest.limits import Breaker, Rate
from datasources.services.datasources import delete_datasource, get_document
from tests.datasources.pages.forms import ONE, SETTINGS, base, value_of, wrong
from tests.pages import text_of

pytestmark = pytest.mark.django_db
LIMITS = {
    "/rate/calls": "10", "/rate/per_s": "60", "/concurrency": "2", "/breaker/failures": "3",
    "/breaker/pause_s": "30",
}  # fmt: skip
NONE = dict.fromkeys(LIMITS, "")


def test_limits_are_set_shown_and_taken_away(made: Datasource, manager: Client) -> None:
    assert "Right now:" not in text_of(manager.get(ONE))
    manager.post(ONE, SETTINGS | LIMITS | base(manager.get(ONE)))
    kept = get_document("token-service")
    assert (kept.rate, kept.concurrency) == (Rate(calls=10, per_s=60), 2)
    assert kept.breaker == Breaker(failures=3, pause_s=30)
    now = time.time()
    CallGate.objects.create(
        datasource="token-service", times=[now - 5, now - 90], running={"a": now + 50}, failures=1
    )
    page = manager.get(ONE)
    assert value_of(page, "/rate/calls") == "10"
    said = (
        "Right now: 1 of 10 calls in the last 60 s. 1 of 2 calls in progress. 1 failure in a row."
    )
    assert said in text_of(page)
    CallGate.objects.update(failures=3, open_until=now + 20)
    assert "s after repeated failures." in text_of(manager.get(ONE))
    CallGate.objects.update(open_until=now - 1)
    assert "The next call will test whether it works again." in text_of(manager.get(ONE))
    revision = Datasource.objects.get().revision
    manager.post(ONE, SETTINGS | base(manager.get(ONE)))
    assert Datasource.objects.get().revision == revision
    manager.post(ONE, SETTINGS | NONE | base(manager.get(ONE)))
    assert get_document("token-service").limits is None


def test_limits_that_are_none_stand_beside_their_controls(
    made: Datasource, manager: Client
) -> None:
    odd = LIMITS | {"/rate/calls": "many", "/concurrency": "0"} | base(manager.get(ONE))
    assert wrong(manager.post(ONE, SETTINGS | odd)) == ["f-rate-calls", "f-concurrency"]
    lacking = LIMITS | {"/rate/calls": ""} | base(manager.get(ONE))
    assert wrong(manager.post(ONE, SETTINGS | lacking)) == ["f-rate-calls"]


def test_another_data_source_of_the_name_begins_anew(
    made: Datasource, manager: Client, dan: object
) -> None:
    CallGate.objects.create(datasource="token-service", failures=9, open_until=time.time() + 99)
    delete_datasource(name="token-service", user=dan)
    assert not CallGate.objects.exists()
