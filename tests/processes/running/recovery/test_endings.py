"""A run whose process died is brought to its right end, told as it was (contract 4.5)."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from kianda.lib.secrets import MASK
from processes.models import Change, ProcessInstance, Run
from processes.running import runs
from tests.processes.conftest import GOOD_ANSWER, RULES, answers
from tests.processes.running.recovery.dying import Died, diary_of, recover
from tests.processes.stories import Make, enqueued, press, values_of

pytestmark = pytest.mark.django_db(transaction=True)

AGAIN = {**RULES[1], "id": "again", "title": "Call again"}
STAMP = {
    "type": "set_form_field",
    "id": "stamp",
    "title": "Stamp",
    "assignments": [{"field": "redirect_url", "value": "[access_token] stamped"}],
}


def test_a_run_whose_answer_is_stored_is_finished_under_the_same_id(
    died_after: Died, provider: HTTPServer
) -> None:
    instance, run = died_after("answered")
    [finished] = recover(everything=True)
    assert (finished.pk, finished.status, finished.saved) == (run.pk, "succeeded", True)
    assert values_of(instance)["access_token"] == "at-new"
    assert values_of(instance)["refresh_token"] == "rt-new-77"
    assert [(s["rule"], s["status"]) for s in finished.steps] == [
        ("clear", "succeeded"),
        ("get-token", "succeeded"),
        ("save", "succeeded"),
    ]
    assert not provider.log


def test_a_run_without_an_answer_is_interrupted_and_says_that_the_call_may_have_been_made(
    died_after: Died, provider: HTTPServer
) -> None:
    instance, run = died_after("calling")
    [closed] = recover(everything=True)
    assert (closed.pk, closed.status, closed.saved) == (run.pk, "interrupted", False)
    assert "may have been carried out" in closed.error["message"]
    assert closed.error["step"] == "get-token"
    assert values_of(instance)["access_token"] == "at-old"
    assert values_of(instance)["refresh_token"] == "rt-old-42"
    assert not provider.log


def test_the_step_under_way_is_shown_as_interrupted(died_after: Died) -> None:
    died_after("calling")
    [closed] = recover(everything=True)
    step = closed.steps[-1]
    assert (step["rule"], step["status"]) == ("get-token", "failed")
    assert step["reason"].startswith("Interrupted")


def test_a_run_that_saved_goes_on_with_the_rule_after_the_save(
    died_after: Died, provider: HTTPServer
) -> None:
    instance, run = died_after("saved", rules=[*RULES, STAMP, {**RULES[2], "id": "save-2"}])
    assert values_of(instance)["access_token"] == "at-new"
    [finished] = recover(everything=True)
    assert (finished.pk, finished.status) == (run.pk, "succeeded")
    assert values_of(instance)["redirect_url"] == "at-new stamped"
    assert [s["rule"] for s in finished.steps] == ["clear", "get-token", "save", "stamp", "save-2"]
    assert ProcessInstance.objects.get(pk=instance.pk).revision == 3
    assert list(Change.objects.values_list("revision", flat=True)) == [3, 2]
    assert not provider.log


def test_a_persons_run_that_did_nothing_yet_is_interrupted_and_says_so(died_after: Died) -> None:
    instance, _ = died_after(None)
    [closed] = recover(everything=True)
    assert closed.status == "interrupted"
    assert "before any call began" in closed.error["message"]
    assert values_of(instance)["access_token"] == "at-old"


@pytest.mark.parametrize("trigger", ["schedule", "webhook", "manual"])
def test_an_occurrences_run_that_did_nothing_yet_starts_again(
    died_after: Died, provider: HTTPServer, trigger: str
) -> None:
    instance, run = died_after(None, trigger=trigger)
    [done] = recover(everything=True)
    assert (done.pk, done.status) == (run.pk, "succeeded")
    assert values_of(instance)["access_token"] == "at-new"
    assert len(provider.log) == 1


@pytest.mark.parametrize("phase", [None, "calling", "answered"])
def test_the_journal_is_erased_and_the_instance_free_after_a_recovery(
    died_after: Died, make_token: Make, ada: Any, phase: str | None
) -> None:
    instance, run = died_after(phase)
    recover(everything=True)
    closed = Run.objects.get(pk=run.pk)
    assert (closed.journal, closed.lease_until) == (None, None)
    assert closed.finished is not None
    assert press(instance, ada).status == "succeeded"


@pytest.mark.parametrize("phase", [None, "calling", "answered"])
def test_a_recovered_run_shows_no_secret(died_after: Died, phase: str | None) -> None:
    _, run = died_after(phase)
    recover(everything=True)
    closed = Run.objects.get(pk=run.pk)
    seen = repr([closed.steps, closed.data, closed.error])
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in seen


def test_a_successor_masks_what_the_run_had_read_before(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    # The second call sends no secret, and its provider answers with one that the first had sent.
    again = {**AGAIN, "input_mapping": [{"target": "body.grant_type", "value": "x"}]}
    instance = make_token([RULES[1], again, RULES[2]])
    provider.expect_ordered_request("/oauth/token").respond_with_json(GOOD_ANSWER)
    told = {"access_token": "at-2", "refresh_token": "rt-3", "debug": "was cs-secret-1, rt-old-42"}
    for _ in range(2):
        provider.expect_ordered_request("/oauth/token").respond_with_json(told)
    diary_of(instance, ada).die_after("answered")
    [finished] = recover(everything=True)
    assert finished.status == "succeeded"
    assert finished.steps[1]["response"]["body"]["debug"] == f"was {MASK}, {MASK}"


def test_what_an_earlier_call_brought_can_be_stored_after_an_interruption_in_a_later_one(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    instance = make_token([RULES[0], RULES[1], AGAIN, RULES[2]])
    provider.expect_ordered_request("/oauth/token").respond_with_json(GOOD_ANSWER)
    provider.expect_ordered_request("/oauth/token").respond_with_json(
        {"access_token": "at-second", "refresh_token": "rt-second"}
    )
    diary = diary_of(instance, ada)
    phases = [page.phase for page in diary.pages]
    diary.pages = diary.pages[phases.index("answered") :]
    diary.die_after("calling")
    [closed] = recover(everything=True)
    assert (closed.status, closed.unsaved_answer) == ("interrupted", True)
    assert values_of(instance)["access_token"] == "at-old"
    assert closed.unsaved_values["access_token"] == "at-new"


def test_a_handled_error_before_the_death_is_still_counted(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    provider.expect_ordered_request("/oauth/token").respond_with_data("no", status=500)
    provider.expect_ordered_request("/oauth/token").respond_with_json(GOOD_ANSWER)
    first = {**RULES[1], "id": "first", "on_failure": "continue"}
    instance = make_token([first, RULES[1], RULES[2]])
    diary_of(instance, ada).die_after("answered")
    [finished] = recover(everything=True)
    assert (finished.status, finished.handled_errors) == ("succeeded", 1)


def test_a_run_whose_instance_was_deleted_by_force_is_closed(died_after: Died) -> None:
    instance, run = died_after("answered")
    Change.objects.all().delete()
    ProcessInstance.objects.filter(pk=instance.pk).delete()
    [closed] = recover(everything=True)
    assert (closed.pk, closed.status) == (run.pk, "interrupted")
    assert "no longer exists" in closed.error["message"]


def test_an_asynchronous_run_that_died_early_says_so_and_keeps_no_sent_secret(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    queued = enqueued(instance, ada, client_secret="cs-sent")
    Run.objects.filter(pk=queued.pk).update(
        status="running", started=timezone.now(), holder="a process that died", journal=None
    )
    [closed] = runs.recover_runs(everything=True)
    assert closed.status == "interrupted"
    assert not provider.log
