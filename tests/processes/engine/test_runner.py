"""The engine runs rules in order and does with a failure what the rule says."""

from typing import Any

import pytest

from processes.engine.runner import Outcome, run_rules
from processes.rules import Rule, rules
from processes.rules.base import RuleFailed
from tests.fakes import FakeContext, FakeTrace, answer

DOWN = RuleFailed("http_status", "Token service answered 503 Service Unavailable.", 503)


def made(*settings: dict[str, Any]) -> list[Rule]:
    return [
        rules.parse({"id": f"rule-{number}", "title": f"Rule {number}", **one})
        for number, one in enumerate(settings, 1)
    ]


def setting(field: str, value: str, **others: Any) -> dict[str, Any]:
    return {
        "type": "set_form_field",
        "assignments": [{"field": field, "value": value}],
        **others,
    }


def call(**settings: Any) -> dict[str, Any]:
    return {"type": "create_item", "datasource": "service", "method": "refresh", **settings}


SAVE = {"type": "save"}
TO_TOKEN = [{"field": "token", "value": "[response.body.token]"}]
TO_ERROR = [{"field": "error", "value": "[error.message]"}]


def run(found: list[Rule], context: FakeContext, **options: Any) -> tuple[Outcome, FakeTrace]:
    trace = FakeTrace()
    return run_rules(found, context, trace, **options), trace


def test_rules_run_in_their_order() -> None:
    context = FakeContext({"a": "", "b": ""})
    outcome, trace = run(made(setting("a", "1"), setting("b", "[a]2"), SAVE), context)
    assert outcome == Outcome()
    assert context.stored == {"a": "1", "b": "12"}
    assert trace.statuses == ["succeeded"] * 3


def test_no_rules_are_a_success() -> None:
    outcome, trace = run([], FakeContext())
    assert (outcome.failure, trace.statuses) == (None, [])


def test_a_rule_whose_conditions_do_not_hold_is_skipped_with_them_in_words() -> None:
    context = FakeContext({"a": "", "status": "Closed"})
    only_open = {
        "match": "all",
        "items": [{"left": "[status]", "operator": "eq", "right": "Open"}],
    }
    _, trace = run(made(setting("a", "1", conditions=only_open), setting("a", "2")), context)
    assert trace.statuses == ["skipped", "succeeded"]
    assert trace.reasons[0] == "The condition is not met: Status is Open."
    assert context.values["a"] == "2"


def test_conditions_that_hold_let_the_rule_run() -> None:
    context = FakeContext({"a": "", "status": "Open"})
    is_open = {"match": "all", "items": [{"left": "[status]", "operator": "eq", "right": "Open"}]}
    _, trace = run(made(setting("a", "1", conditions=is_open)), context)
    assert trace.statuses == ["succeeded"]


def test_a_condition_that_cannot_be_told_fails_the_step() -> None:
    broken = {"match": "all", "items": [{"left": "=1/0", "operator": "eq", "right": "1"}]}
    outcome, trace = run(made(setting("a", "1", conditions=broken)), FakeContext({"a": ""}))
    assert trace.statuses == ["failed"]
    assert outcome.failure is not None
    assert outcome.failure.kind == "value"


def test_a_rule_that_is_switched_off_is_skipped() -> None:
    context = FakeContext({"a": ""})
    _, trace = run(made(setting("a", "1", enabled=False), SAVE), context)
    assert trace.statuses == ["skipped", "succeeded"]
    assert trace.reasons[0] == "Switched off."
    assert context.stored == {"a": ""}


def test_without_an_on_error_mapping_a_failed_call_stops_the_run() -> None:
    context = FakeContext({"token": "old", "error": ""}, answers=[DOWN])
    outcome, trace = run(made(setting("token", ""), call(on_success=TO_TOKEN), SAVE), context)
    assert outcome.failure is DOWN
    assert outcome.failed_step == "rule-2"
    assert trace.statuses == ["succeeded", "failed", "skipped"]
    assert trace.reasons[2] == "not reached"
    assert context.stored == {"token": "old", "error": ""}
    assert context.events == []


def test_with_an_on_error_mapping_a_failed_call_is_undone_and_the_error_stored() -> None:
    context = FakeContext({"token": "old", "error": ""}, answers=[DOWN])
    outcome, trace = run(
        made(setting("token", ""), call(on_success=TO_TOKEN, on_error=TO_ERROR), SAVE), context
    )
    assert outcome.failure is DOWN
    assert trace.statuses == ["succeeded", "failed", "skipped"]
    assert trace.reasons[2] == "not reached"
    assert context.stored == {"token": "old", "error": DOWN.message}
    assert context.values == context.stored


def test_undo_keeps_what_an_earlier_call_has_brought_and_nothing_else() -> None:
    context = FakeContext(
        {"token": "old", "error": "", "note": ""}, answers=[answer({"token": "new"}), DOWN]
    )
    outcome, _ = run(
        made(
            call(on_success=TO_TOKEN),
            setting("note", "half done"),
            call(on_success=TO_TOKEN, on_error=TO_ERROR),
        ),
        context,
    )
    assert outcome.failure is DOWN
    assert context.stored == {"token": "new", "error": DOWN.message, "note": ""}


def test_undo_reads_the_values_it_went_back_to() -> None:
    context = FakeContext({"token": "old", "error": ""}, answers=[DOWN])
    run(
        made(
            setting("token", "half"),
            call(on_error=[{"field": "error", "value": "kept [token]"}]),
        ),
        context,
    )
    assert context.stored["error"] == "kept old"


def test_undo_without_an_on_error_mapping_stores_nothing_new() -> None:
    context = FakeContext({"token": "old"}, answers=[DOWN])
    run(made(setting("token", ""), call(on_failure="undo")), context)
    assert context.stored == {"token": "old"}
    assert context.values == {"token": "old"}


def test_continue_keeps_the_changes_and_runs_the_next_rule() -> None:
    context = FakeContext({"token": "old", "error": ""}, answers=[DOWN])
    outcome, trace = run(
        made(setting("token", ""), call(on_error=TO_ERROR, on_failure="continue"), SAVE), context
    )
    assert outcome == Outcome(None, None, handled=1)
    assert trace.statuses == ["succeeded", "failed", "succeeded"]
    assert context.stored == {"token": "", "error": DOWN.message}


def test_a_later_failure_still_ends_a_run_that_went_on() -> None:
    context = FakeContext({"a": ""}, answers=[DOWN, DOWN])
    outcome, _ = run(made(call(on_failure="continue"), call()), context)
    assert (outcome.failure, outcome.failed_step, outcome.handled) == (DOWN, "rule-2", 1)


@pytest.mark.parametrize("mode", ["undo", "continue"])
def test_an_on_error_mapping_that_fails_ends_the_run_and_says_so(mode: str) -> None:
    context = FakeContext({"token": "old", "error": ""}, answers=[DOWN])
    outcome, _ = run(
        made(
            call(on_failure=mode, on_error=[*TO_ERROR, {"field": "token", "value": "=1/0"}]), SAVE
        ),
        context,
    )
    assert outcome.failure is not None
    assert outcome.failure.kind == "http_status"
    assert DOWN.message in outcome.failure.message
    assert "The on error mapping failed too: token: " in outcome.failure.message
    assert context.stored == {"token": "old", "error": ""}


def test_a_bad_answer_is_handled_as_any_other_failure_of_the_call() -> None:
    context = FakeContext({"token": "old", "error": ""}, answers=[answer({"error": "odd"})])
    outcome, _ = run(
        made(setting("token", ""), call(on_success=TO_TOKEN, on_error=TO_ERROR), SAVE), context
    )
    assert outcome.failure is not None
    assert outcome.failure.kind == "bad_answer"
    assert context.stored == {
        "token": "old",
        "error": "The response of service / refresh has no token.",
    }


def test_a_field_that_does_not_take_the_answer_fails_the_step() -> None:
    context = FakeContext(
        {"token": "old", "other": ""}, answers=[answer({"token": "new"})], refused=["token"]
    )
    outcome, _ = run(
        made(
            call(on_success=[{"field": "other", "value": "[response.body.token]"}, *TO_TOKEN]), SAVE
        ),
        context,
    )
    assert outcome.failure is not None
    assert outcome.failure.kind == "value"
    assert context.values == {"token": "old", "other": ""}


def test_a_run_is_taken_up_after_the_rule_that_was_finished() -> None:
    context = FakeContext({"a": "", "b": ""})
    _, trace = run(made(setting("a", "1"), setting("b", "2"), SAVE), context, start=1)
    assert context.stored == {"a": "", "b": "2"}
    assert sorted(trace.records) == [1, 2]
