"""The rule debugger carries out rules one by one, on real rows, with a provider on loopback."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from kianda.lib.errors import Invalid
from processes.designs.lifecycle import create_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from processes.preview import debugger
from processes.preview.debugger import Paused
from processes.preview.next_step import planned
from processes.running.pinned_answers import pin_answer
from tests.processes.conftest import RULES, VALUES, answers, with_rules
from tests.processes.preview.debugging.sessions import session_at, start, statuses, working
from tests.processes.stories import Make, values_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_step_carries_out_one_rule_and_the_last_one_closes_the_run(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = preview()
    run = start(instance, ada)
    at = Paused(run.pk, ada)
    assert statuses(run) == []
    debugger.step(at)
    assert statuses(run) == ["succeeded"]
    assert working(run)["access_token"] == ""
    assert values_of(instance)["access_token"] == "at-old"
    assert provider.log == []
    debugger.step(at)
    assert working(run)["access_token"] == "at-new"
    assert len(provider.log) == 1
    debugger.step(at)
    run.refresh_from_db()
    assert (run.status, run.saved, run.journal, run.lease_until) == ("succeeded", True, None, None)
    assert values_of(instance)["access_token"] == "at-new"
    assert values_of(instance)["refresh_token"] == "rt-new-77"


def test_continue_pauses_at_a_breakpoint_then_runs_to_the_end(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    run = start(preview(), ada, breakpoints=["save"])
    at = Paused(run.pk, ada)
    debugger.go_on(at)
    assert statuses(run) == ["succeeded", "succeeded"]
    debugger.set_breakpoints(at, [])
    debugger.go_on(at)
    run.refresh_from_db()
    assert run.status == "succeeded"


def test_a_pinned_answer_stands_in_for_the_outside_system(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    instance = preview()
    run = start(instance, ada)
    debugger.step(Paused(run.pk, ada))
    with pytest.raises(Invalid, match="There is no sample response for Get a new token yet"):
        debugger.step(Paused(run.pk, ada, "pinned"))
    pin_answer(
        name="token-refresh", rule_id="get-token",
        text='{"status": 200, "body": {"access_token": "at-pin", "refresh_token": "rt-pin-1"}}',
        user=ada,
    )  # fmt: skip
    debugger.go_on(Paused(run.pk, ada))
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert provider.log == []
    assert values_of(instance)["access_token"] == "at-pin"
    assert run.steps[1]["request"]["pinned"] is True
    assert "rt-pin-1" not in str(run.steps)
    assert "rt-old-42" not in str(run.steps)


def test_a_failed_rule_is_run_again_after_a_value_was_edited(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    provider.expect_oneshot_request("/oauth/token").respond_with_data("no", status=400)
    answers(provider)
    instance = preview()
    run = start(instance, ada)
    at = Paused(run.pk, ada)
    debugger.go_on(at)
    assert statuses(run) == ["succeeded", "failed"]
    assert working(run)["last_error"] == "Token service answered 400 BAD REQUEST."
    assert Run.objects.get(pk=run.pk).status == "running"
    debugger.edit_value(at, field="client_id", value="client-2")
    debugger.edit_value(at, field="client_secret", value="cs-other-9")
    debugger.rerun(at, position=1)
    assert statuses(run) == ["succeeded", "failed", "succeeded", "succeeded", "succeeded"]
    assert b"client_id=client-2" in provider.log[-1][0].data
    assert working(run)["last_error"] == ""
    debugger.step(at)
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert values_of(instance)["client_id"] == "client-2"
    assert "cs-other-9" not in str(run.steps)


def test_after_a_failure_the_run_ends_as_it_ends_without_a_debugger(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, "no", status=503)
    instance = preview()
    run = start(instance, ada)
    at = Paused(run.pk, ada)
    debugger.go_on(at)
    assert values_of(instance)["last_error"] == ""
    debugger.go_on(at)
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error["step"] == "get-token"
    assert [step["status"] for step in run.steps] == ["succeeded", "failed", "skipped"]
    assert values_of(instance)["last_error"] == "Token service answered 503 SERVICE UNAVAILABLE."
    assert values_of(instance)["access_token"] == "at-old"


def test_a_rule_that_has_run_is_run_again_with_the_values_of_now(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    run = start(preview(), ada)
    at = Paused(run.pk, ada)
    with pytest.raises(Invalid, match="has not run yet"):
        debugger.rerun(at, position=0)
    debugger.step(at)
    debugger.edit_value(at, field="access_token", value="typed")
    assert working(run)["access_token"] == "typed"
    debugger.rerun(at, position=0)
    assert working(run)["access_token"] == ""
    assert statuses(run) == ["succeeded"] * 3


def test_a_target_without_rules_ends_at_once(preview: Make, ada: Any) -> None:
    assert start(preview([]), ada).status == "succeeded"


LOOP = {
    "type": "loop_table", "id": "each", "title": "For each line", "table": "lines",
    "rules": [{**RULES[1], "id": "inner", "title": "Call for the line"}],
}  # fmt: skip


def test_a_loop_is_one_step_and_its_calls_are_answered_alike(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    made = with_rules([LOOP, RULES[2]])
    lines = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "word"}]}
    made["forms"][0]["fields"].insert(0, lines)
    create_design(raw=made, user=ada)
    data = {**VALUES, "lines": [{"word": "a"}, {"word": "b"}]}
    instance = create_instance(process="token-refresh", mode="preview", data=data, user=ada)
    run = start(instance, ada)
    assert planned(session_at(run)).request["method"] == "POST"
    with pytest.raises(Invalid, match="There is no sample response for Call for the line yet"):
        debugger.step(Paused(run.pk, ada, "pinned"))
    sample = '{"body": {"access_token": "at-pin"}}'
    pin_answer(name="token-refresh", rule_id="inner", text=sample, user=ada)
    debugger.step(Paused(run.pk, ada, "pinned"))
    assert working(run)["access_token"] == "at-pin"
    assert provider.log == []
    [step] = Run.objects.get(pk=run.pk).steps
    assert len(step["groups"]) == 2


def test_another_process_is_not_touched_when_the_rule_is_answered_from_a_sample(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    create = {
        "type": "create_item", "id": "other", "title": "Make another", "datasource": "kianda",
        "method": "token-refresh",
        "input_mapping": [{"target": "body.client_id", "value": "made by a rule"}],
        "on_success": [{"field": "last_error", "value": "[item.process.id]"}],
    }  # fmt: skip
    instance = preview([create, RULES[2]])
    run = start(instance, ada)
    assert planned(session_at(run)).request["act"] == "create"
    sample = '{"body": {"process.id": "token-refresh-99"}}'
    pin_answer(name="token-refresh", rule_id="other", text=sample, user=ada)
    debugger.go_on(Paused(run.pk, ada, "pinned"))
    assert values_of(instance)["last_error"] == "token-refresh-99"
    assert ProcessInstance.objects.count() == 1


def test_what_rules_show_and_open_is_kept_between_the_steps(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    hide = {"type": "hide_or_disable", "id": "hide", "title": "Hide it",
            "changes": [{"field": "last_error", "action": "hide"}]}  # fmt: skip
    instance = preview([hide, RULES[0], RULES[2]])
    run = start(instance, ada)
    debugger.step(Paused(run.pk, ada))
    debugger.step(Paused(run.pk, ada))
    assert session_at(run).working.standing.display["last_error"] == {"visible": False}
    debugger.go_on(Paused(run.pk, ada))
    instance.refresh_from_db()
    assert instance.display["last_error"] == {"visible": False}
