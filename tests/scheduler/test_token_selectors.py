"""The kept tokens of a workspace, read from its rows."""

from copy import copy, deepcopy
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kianda.lib.packed_json import StoredPacked
from processes.designs.lifecycle import publish_design, save_design
from processes.models import Run
from scheduler.models import ScheduledTask
from scheduler.token_selectors import MOST_LOOKED_AT, SHOWN, token_health, tokens_of_instance
from tests.processes.definitions import TOKEN_REFRESH
from tests.scheduler.kept import HOUR, make_process, make_run, make_token

pytestmark = pytest.mark.django_db


def health(user: Any) -> Any:
    return token_health(user, now=timezone.now())


@pytest.mark.parametrize(
    ("settings", "state", "current"),
    [
        ({}, "valid", True),
        ({"age_s": 2 * HOUR}, "expired", False),
        ({"age_s": 600, "outcome": "failed"}, "failing", True),
        ({"age_s": 600, "outcome": "interrupted"}, "failing", True),
        ({"next_in_s": 2 * HOUR}, "late", True),
        ({"next_in_s": None}, "unplanned", True),
        ({"age_s": None}, "waiting", False),
        ({"age_s": None, "outcome": "failed"}, "missing", False),
        ({"age_s": None, "next_in_s": None}, "missing", False),
    ],
)
def test_the_state_of_each_token(
    ada: Any, settings: dict[str, Any], state: str, current: bool
) -> None:
    make_token(ada, **settings)
    found = health(ada)
    assert [kept.state for kept in found.shown] == [state]
    assert (found.count, found.current) == (1, int(current))


def test_a_refresh_by_hand_after_a_failed_firing_makes_it_well_again(ada: Any) -> None:
    instance = make_token(ada, outcome="failed")
    run = make_run(instance, finished=timezone.now())
    assert health(ada).shown[0].state == "valid"
    assert health(ada).shown[0].last_run == run


def test_the_worst_comes_first_and_the_rest_is_a_number(ada: Any) -> None:
    for _ in range(SHOWN + 2):
        make_token(ada)
    expired = make_token(ada, age_s=2 * HOUR)
    found = health(ada)
    assert found.shown[0].instance == expired
    assert (len(found.shown), found.count, found.current, found.more) == (10, 13, 12, 3)


def test_two_tasks_of_one_token_are_one_line_that_of_the_next_firing(ada: Any) -> None:
    instance = make_token(ada)
    spare = ScheduledTask.objects.get()
    spare.pk, spare.name, spare.enabled = None, "A paused spare", False
    spare.save()
    found = health(ada)
    assert found.count == 1
    assert found.shown[0].task.name == f"Refresh {instance.process_id}"


def finish(*tasks: Any, hours_ago: int = 1) -> None:
    rows = ScheduledTask.objects.filter(pk__in=[task.pk for task in tasks])
    rows.update(finished_at=timezone.now() - timedelta(hours=hours_ago), next_run_at=None)


def another(task: Any, name: str, **more: Any) -> Any:
    made = copy(task)
    made.pk, made.name = None, name
    for field, value in more.items():
        setattr(made, field, value)
    return made


def another_task(task: Any, name: str, **more: Any) -> Any:
    made = another(task, name, **more)
    made.save()
    return made


@pytest.mark.parametrize(
    ("age_s", "state"), [(600, "unplanned"), (2 * HOUR, "expired"), (None, "missing")]
)
def test_a_token_whose_task_has_finished_is_kept_no_more_but_shown_still(
    ada: Any, age_s: Any, state: str
) -> None:
    instance = make_token(ada, age_s=age_s)
    finish(ScheduledTask.objects.get())
    [kept] = health(ada).shown
    assert (kept.instance, kept.state, kept.idle) == (instance, state, "finished")
    assert [one.state for one in tokens_of_instance(instance, ada)] == [state]


@pytest.mark.parametrize("enabled", [True, False])
def test_a_finished_task_speaks_for_a_token_only_when_no_other_one_goes_on(
    ada: Any, enabled: bool
) -> None:
    instance = make_token(ada)
    goes_on = ScheduledTask.objects.get()
    finish(another_task(goes_on, "An older one that is over"))
    ScheduledTask.objects.filter(pk=goes_on.pk).update(enabled=enabled)
    [kept] = health(ada).shown
    assert kept.task == goes_on
    assert [one.task for one in tokens_of_instance(instance, ada)] == [goes_on]


def test_of_two_finished_tasks_the_later_one_speaks_for_the_token(ada: Any) -> None:
    instance = make_token(ada)
    first = ScheduledTask.objects.get()
    later = another_task(first, "Over just now")
    finish(first, hours_ago=9)
    finish(later)
    assert [kept.task for kept in health(ada).shown] == [later]
    assert [kept.task for kept in tokens_of_instance(instance, ada)] == [later]


def test_a_task_that_its_webhook_fires_speaks_for_a_token_before_a_paused_one(ada: Any) -> None:
    make_token(ada, next_in_s=None)
    paused = ScheduledTask.objects.get()
    on_demand = {"schedule": {"kind": "on_demand"}, "enabled": True, "next_run_at": None}
    hook = another_task(paused, "By its webhook", **on_demand)
    [kept] = health(ada).shown
    assert (kept.task, kept.idle) == (hook, "on_demand")


def test_any_number_of_finished_tasks_leaves_the_tokens_that_are_kept_in_sight(ada: Any) -> None:
    make_token(ada)
    goes_on = ScheduledTask.objects.get()
    alone = make_token(ada)
    finish(ScheduledTask.objects.exclude(pk=goes_on.pk).get(), hours_ago=90)
    over = [another(goes_on, f"Over {number}") for number in range(MOST_LOOKED_AT + 1)]
    ScheduledTask.objects.bulk_create(over)
    finish(*ScheduledTask.objects.filter(name__startswith="Over"))
    found = health(ada)
    assert [kept.instance for kept in found.shown][:1] == [alone]
    assert [kept.task for kept in found.shown][1:] == [goes_on]


def test_a_task_that_got_the_first_token_is_silent_while_another_button_keeps_it(ada: Any) -> None:
    """However many tasks go on: those that are not looked at silence it too."""
    raw = deepcopy(TOKEN_REFRESH)
    fields = raw["forms"][0]["fields"]
    refresh = next(field for field in fields if field["name"] == "refresh")
    rules = [{k: v for k, v in rule.items() if k != "id"} for rule in refresh["rules"]]
    fields.append({"type": "button", "name": "get", "title": "Get", "rules": rules})
    make_process(ada)
    save_design(name="token-refresh", raw=raw, user=ada)
    publish_design(name="token-refresh", user=ada)
    instance = make_token(ada)
    refreshes = ScheduledTask.objects.get()
    finish(another_task(refreshes, "Get the first one", target="get"))
    others = [another(refreshes, f"Another {number}") for number in range(MOST_LOOKED_AT + 1)]
    for number, one in enumerate(others):
        one.process_id, one.last_outcome = f"elsewhere-{number}", "failed"
    ScheduledTask.objects.bulk_create(others)
    assert instance not in [kept.instance for kept in health(ada).shown]


def test_a_task_without_a_token_or_without_its_instance_is_passed_over(ada: Any) -> None:
    make_token(ada)
    ScheduledTask.objects.update(target="refresh#save")
    assert health(ada).count == 0
    ScheduledTask.objects.update(target="refresh", process_id="gone-1")
    assert health(ada).count == 0


def test_who_may_not_see_tasks_sees_no_tokens(ada: Any, ben: Any) -> None:
    make_token(ada)
    assert health(ben).count == 0


def test_a_workspace_without_tasks_keeps_nothing(ada: Any) -> None:
    make_process(ada)
    assert health(ada) == type(health(ada))([], 0, 0, 0)


def test_the_strip_shows_the_gap_between_an_expiry_and_the_next_refresh(ada: Any) -> None:
    now = timezone.now()
    instance = make_token(ada, age_s=600)
    make_run(instance, finished=now - timedelta(hours=6))
    strip = health(ada).shown[0].strip
    (start, end), *others = strip.gaps
    assert others == []
    assert abs(start - (now - timedelta(hours=5))) < timedelta(seconds=5)
    assert abs(end - (now - timedelta(seconds=600))) < timedelta(seconds=5)
    assert len(strip.valid) == 2
    assert strip.missing[0].x == pytest.approx(19 / 24 * 100, abs=0.1)


def test_each_gap_among_very_many_refreshes_is_found_by_reading_some_of_them(ada: Any) -> None:
    now = timezone.now()
    # One a minute with a token for 90 seconds; none in an hour, and ten tokens that ended early.
    lives = {at: 30 if 400 <= at < 410 else 90 for at in range(1, 1_000) if not 600 <= at < 660}
    ends = [(now - timedelta(minutes=at), life) for at, life in sorted(lives.items(), reverse=True)]
    template = make_run(make_token(ada, age_s=60), finished=ends[0][0])
    made: list[Run] = []
    for finished, life in ends[1:]:
        template.pk, template.started, template.finished = None, finished, finished
        values = {"created_at": finished.isoformat(), "expires_in": life}
        template.data = values if len(made) % 2 else StoredPacked({**values, "more": "x" * 200})
        made.append(copy(template))
    Run.objects.bulk_create(made)
    Run.objects.filter(finished=ends[0][0]).update(data={"expires_in": 90})
    expected = [
        (finished + timedelta(seconds=life), after)
        for (finished, life), (after, _life) in pairwise(ends)
        if finished + timedelta(seconds=life) < after
    ]
    assert len(expected) == 11
    assert health(ada).shown[0].strip.gaps == expected


def test_an_expired_token_is_a_gap_until_now(ada: Any) -> None:
    make_token(ada, age_s=2 * HOUR)
    strip = health(ada).shown[0].strip
    assert strip.missing[-1].x + strip.missing[-1].width == pytest.approx(100, abs=0.1)


def test_the_number_of_queries_does_not_grow_with_the_tokens(
    ada: Any, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(SHOWN + 5):
        make_token(ada)
    with django_assert_max_num_queries(14 + SHOWN):
        health(ada)
