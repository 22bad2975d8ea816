"""Idempotency-Key: a repeated request gets the first answer again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from rest_framework.test import APIClient

from kianda.accounts.idempotency import KEPT, LONGEST_WITHOUT_EFFECT, prune
from kianda.accounts.models import IdempotencyRecord
from tests.accounts.views import CALLS, MADE
from tests.threads import name_of_the_dead

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.views")]
THINGS = "/api/v1/things/"


@pytest.fixture
def post(ada: Any, api: Callable[..., APIClient]) -> Callable[..., Any]:
    CALLS.clear()
    client = api(ada)
    client.raise_request_exception = False

    def send(body: Any, key: str = "k1", to: str = THINGS) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        return client.post(to, body, format="json", headers=headers)

    return send


def test_the_first_answer_comes_again(post: Callable[..., Any]) -> None:
    first, second = post({"a": 1}), post({"a": 1})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() == {"number": 1}
    assert first["Location"] == second["Location"]
    assert second["Idempotency-Replayed"] == "true"
    assert len(CALLS) == 1


def test_without_a_key_or_with_another_one_it_is_done_again(post: Callable[..., Any]) -> None:
    assert [post({}, key).json()["number"] for key in (None, None, "a", "b")] == [1, 2, 3, 4]


def test_the_key_of_another_body_is_refused(post: Callable[..., Any]) -> None:
    post({"a": 1})
    response = post({"a": 2})
    assert response.status_code == 400
    assert len(CALLS) == 1


def test_a_refusal_is_an_answer_too(post: Callable[..., Any]) -> None:
    first, second = post({"do": "refuse"}), post({"do": "refuse"})
    assert first.status_code == second.status_code == 400
    assert first.json() == second.json()
    assert second["Content-Type"] == "application/problem+json"
    assert len(CALLS) == 1


@pytest.mark.parametrize(("do", "status"), [("break", 500), ("busy", 409)])
def test_what_may_succeed_later_is_tried_again(
    post: Callable[..., Any], do: str, status: int
) -> None:
    assert [post({"do": do}).status_code for _ in range(2)] == [status, status]
    assert len(CALLS) == 2
    assert not IdempotencyRecord.objects.exists()


def lost(*, made: Any, age: Any = timedelta(0)) -> None:
    """Leave the key as a process does that dies before it answers."""
    created = timezone.now() - age
    IdempotencyRecord.objects.update(status=None, body=None, made=made, created=created)


@pytest.mark.parametrize(
    ("made", "age"),
    [("", timedelta(0)), ("at work", timedelta(0)), ("at work", LONGEST_WITHOUT_EFFECT * 2)],
)
def test_while_the_first_one_is_at_work_the_second_is_refused(
    post: Callable[..., Any], made: str, age: Any
) -> None:
    post({"a": 1})
    lost(made=made, age=age)
    refused = post({"a": 1})
    assert refused.status_code == 409
    assert refused.json()["detail"].endswith("is still running.")
    assert len(CALLS) == 1


def test_a_key_whose_process_died_leads_to_what_was_made(post: Callable[..., Any]) -> None:
    post({"a": 1})
    lost(made="1")
    again = [post({"a": 1}) for _ in range(2)]
    assert [answer.json() for answer in again] == [{"number": 1}] * 2
    assert {answer["Idempotency-Replayed"] for answer in again} == {"true"}
    assert len(CALLS) == 1


def test_a_key_whose_process_died_before_it_made_anything_is_free_after_a_minute(
    post: Callable[..., Any],
) -> None:
    post({"a": 1})
    lost(made="", age=LONGEST_WITHOUT_EFFECT + timedelta(seconds=1))
    assert post({"a": 1}).json() == {"number": 2}


def test_a_key_whose_process_is_gone_is_free_at_once(post: Callable[..., Any]) -> None:
    post({"a": 1})
    lost(made="")
    IdempotencyRecord.objects.update(holder=name_of_the_dead())
    assert post({"a": 1}).json() == {"number": 2}


def test_a_key_from_before_the_clock_was_put_back_is_not_held_until_that_comes_again(
    post: Callable[..., Any],
) -> None:
    post({"a": 1})
    lost(made="", age=-timedelta(days=30))
    assert post({"a": 1}).json() == {"number": 2}


def test_a_key_under_which_something_was_made_makes_nothing_again_after_a_failure(
    post: Callable[..., Any],
) -> None:
    assert post({"do": "break late"}).status_code == 500
    assert post({"do": "break late"}).json() == {"number": 1}
    assert len(CALLS) == 1


def test_a_request_that_lost_its_key_makes_nothing(post: Callable[..., Any]) -> None:
    MADE.clear()
    assert post({"do": "stall"}).status_code == 409
    assert MADE == []


def test_after_a_day_a_key_is_free_again(post: Callable[..., Any]) -> None:
    post({"a": 1})
    IdempotencyRecord.objects.update(created=timezone.now() - KEPT - timedelta(seconds=1))
    assert post({"a": 2}).status_code == 201


def test_two_people_do_not_share_keys(
    post: Callable[..., Any], api: Callable[..., APIClient], admin: Any
) -> None:
    post({"a": 1})
    other = api(admin).post(THINGS, {"a": 2}, format="json", headers={"Idempotency-Key": "k1"})
    assert other.json() == {"number": 2}


@pytest.mark.parametrize("key", ["", "x" * 256, "é"])
def test_a_key_is_printable_ascii_of_bounded_length(post: Callable[..., Any], key: str) -> None:
    assert post({}, key).status_code == 400


def test_old_answers_are_pruned(post: Callable[..., Any]) -> None:
    post({}, "old")
    IdempotencyRecord.objects.update(created=timezone.now() - KEPT * 2)
    post({}, "new")
    assert prune(timezone.now()) == 1


def test_a_kept_answer_is_encrypted(post: Callable[..., Any]) -> None:
    from django.db import connection

    post({"a": 1})
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM accounts_idempotencyrecord")
        assert "number" not in cursor.fetchone()[0]


GROUPS = "/api/v1/groups/"


def made_groups() -> list[str]:
    return list(Group.objects.filter(name__startswith="group ").values_list("name", flat=True))


def test_what_is_made_at_once_is_made_with_its_answer(post: Callable[..., Any]) -> None:
    first, second = post({"a": 1}, to=GROUPS), post({"a": 1}, to=GROUPS)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json() == {"name": "group 1"}
    assert second["Idempotency-Replayed"] == "true"
    assert made_groups() == ["group 1"]
    assert IdempotencyRecord.objects.get().status == 201


@pytest.mark.parametrize(
    ("do", "status", "calls", "keys"),
    [("refuse", 400, 1, 1), ("break", 500, 2, 0), ("busy", 409, 2, 0)],
)  # fmt: skip
def test_what_is_refused_at_once_has_made_nothing(
    post: Callable[..., Any], do: str, status: int, calls: int, keys: int
) -> None:
    assert [post({"do": do}, to=GROUPS).status_code for _ in range(2)] == [status, status]
    assert (len(CALLS), made_groups()) == (calls, [])
    assert IdempotencyRecord.objects.count() == keys


def test_who_has_waited_too_long_makes_nothing_at_once(post: Callable[..., Any]) -> None:
    assert post({"do": "stall"}, to=GROUPS).status_code == 409
    assert made_groups() == []


def test_without_a_key_it_is_done_each_time(post: Callable[..., Any]) -> None:
    assert [post({}, None, GROUPS).json()["name"] for _ in range(2)] == ["group 1", "group 2"]
