"""A datasource takes so many calls: in a time, at once, and none for a while after failures."""

import threading
import time
from typing import Any

import pytest

from datasources.gates.passing import state_of
from datasources.models import CallGate
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.limits import Breaker, CallLimits, GateState, Rate, enter, leave
from datasources.services.validation import parse_datasource
from kianda.lib.errors import Invalid
from tests.datasources.calling import Make, call, failure
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import Visit, always, answer, serving

FINE = answer(b'{"id": 7}')
DOWN = answer(status="503 Down")


def limited(source: RestDatasource, **limits: Any) -> RestDatasource:
    return RestDatasource.model_validate(source.plain() | limits)


def entered(state: GateState, limits: CallLimits, now: float, token: str = "t") -> float | None:
    """Return when a call may begin that can wait for ever."""
    return enter(state, limits, token=token, now=now, holds_s=10, until=now + 10**6).at


def test_no_span_of_time_holds_more_calls_than_the_rate() -> None:
    limits, state = CallLimits(rate=Rate(calls=3, per_s=10)), GateState()
    begun = [entered(state, limits, now) for now in (0, 1, 1, 2, 3, 3, 30, 30)]
    assert begun == [0, 1, 1, 10, 11, 11, 30, 30]


def test_a_call_that_cannot_wait_takes_no_place() -> None:
    limits, state = CallLimits(rate=Rate(calls=1, per_s=10)), GateState()
    assert entered(state, limits, 0) == 0
    refused = enter(state, limits, token="t", now=1, holds_s=10, until=5)
    assert (refused.at, refused.again_in) == (None, 9)
    assert entered(state, limits, 2) == 10


def test_a_place_comes_back_when_its_call_ends_or_its_holder_has_died() -> None:
    limits, state = CallLimits(concurrency=1), GateState()
    assert entered(state, limits, 0, "a") == 0
    assert entered(state, limits, 1, "b") is None
    leave(state, limits, token="a", now=2, failed=None)
    assert entered(state, limits, 2, "b") == 2
    assert entered(state, limits, 16, "c") is None
    assert entered(state, limits, 18, "c") == 18


def test_after_failures_one_call_tries_and_opens_for_all_or_for_none() -> None:
    limits, state = CallLimits(breaker=Breaker(failures=2, pause_s=60)), GateState()
    ill = CallFailed("timeout", "late")
    for now in (0, 1):
        assert entered(state, limits, now) == now
        leave(state, limits, token="t", now=now, failed=ill)
    assert enter(state, limits, token="t", now=60, holds_s=5, until=99).paused_until == 61
    assert entered(state, limits, 62) == 62
    other = enter(state, limits, token="u", now=63, holds_s=5, until=99)
    assert (other.paused_until, other.testing) == (77, True)
    leave(state, limits, token="t", now=64, failed=ill)
    assert enter(state, limits, token="t", now=123, holds_s=5, until=200).paused_until == 124
    assert entered(state, limits, 125) == 125
    leave(state, limits, token="t", now=126, failed=None)
    assert (state.failures, state.open_until, state.probing_until) == (0, None, None)


@pytest.mark.parametrize(
    "well",
    [CallFailed("http_status", "no", status=404), CallFailed("bad_answer", "no", status=200), None],
)
def test_an_answer_of_a_healthy_service_ends_the_row_of_failures(well: CallFailed | None) -> None:
    limits, state = CallLimits(breaker=Breaker(failures=2)), GateState(failures=1)
    assert leave(state, limits, token="t", now=0, failed=well)
    assert state.failures == 0
    assert not leave(state, limits, token="t", now=0, failed=well)


@pytest.mark.django_db(transaction=True)
def test_a_service_that_fails_is_left_alone(datasource: Make) -> None:
    with serving(always(DOWN)) as server:
        source = limited(datasource(server.url), breaker={"failures": 2, "pause_s": 600})
        assert [failure(source).kind for _ in range(4)] == ["http_status"] * 2 + ["busy"] * 2
        message = failure(source).message
        assert len(server.requests) == 2
    assert "has failed 2 times in a row. Calls are paused for another" in message
    assert message.endswith("so the call was not sent.")
    CallGate.objects.update(open_until=time.time() - 1)
    with serving(always(FINE)) as server:
        again = limited(datasource(server.url), breaker={"failures": 2, "pause_s": 600})
        assert call(again).status == 200
    assert state_of("token-service").failures == 0


@pytest.mark.django_db(transaction=True)
def test_a_call_whose_turn_comes_too_late_is_not_made(datasource: Make) -> None:
    with serving(always(FINE)) as server:
        source = limited(datasource(server.url), rate={"calls": 1, "per_s": 3600})
        assert call(source).status == 200
        failed = failure(source, timeout_s=5)
        assert len(server.requests) == 1
    assert failed.kind == "busy"
    assert failed.message == (
        "Token service is limited to 1 calls in 3600 s, and this call would have to wait too "
        "long. It was not sent."
    )


@pytest.mark.django_db(transaction=True)
def test_no_more_calls_are_under_way_than_may_be(datasource: Make) -> None:
    inside, most = threading.Semaphore(0), []
    lock = threading.Lock()
    under_way = 0

    def handle(visit: Visit) -> None:
        nonlocal under_way
        while visit.read():
            with lock:
                under_way += 1
                most.append(under_way)
            inside.acquire(timeout=0.1)
            with lock:
                under_way -= 1
            visit.write(FINE)

    with serving(handle) as server:
        source = limited(datasource(server.url), concurrency=2)
        answers: list[int] = []

        def go() -> None:
            from django.db import connection

            try:
                answers.append(call(source, timeout_s=30).status)
            finally:
                connection.close()

        threads = [threading.Thread(target=go) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert answers == [200] * 6
    assert max(most) <= 2
    assert state_of("token-service").running == {}


@pytest.mark.django_db(transaction=True)
def test_a_datasource_without_limits_asks_the_database_nothing(
    datasource: Make, django_assert_num_queries: Any
) -> None:
    with serving(always(FINE)) as server, django_assert_num_queries(0):
        assert call(datasource(server.url)).status == 200


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"rate": {"calls": 0}}, "/rate/calls"),
        ({"rate": {"calls": 1, "per_s": 0}}, "/rate/per_s"),
        ({"concurrency": 0}, "/concurrency"),
        ({"concurrency": 1.5}, "/concurrency"),
        ({"breaker": {"failures": 0}}, "/breaker/failures"),
        ({"breaker": {"pause_s": -1}}, "/breaker/pause_s"),
    ],
)
def test_limits_that_are_none_are_told_at_their_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_datasource(raw_datasource(**changes))
    assert [flaw.pointer for flaw in caught.value.errors] == [place]


@pytest.mark.django_db(transaction=True)
def test_a_call_that_is_kept_back_says_nothing_of_the_service(datasource: Make) -> None:
    class KeptBack(Exception):
        """The run has lost its lease."""

    def refuse() -> None:
        raise KeptBack

    with serving(always(DOWN)) as server:
        source = limited(
            datasource(server.url), breaker={"failures": 3, "pause_s": 60}, concurrency=1
        )
        failure(source)
        with pytest.raises(KeptBack):
            call(source, before_send=refuse)
    found = state_of(source.name)
    assert (found.failures, found.running) == (1, {})
