"""The rule debugger through its services: on real rows, with a provider on loopback."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from kianda.lib.errors import Busy, Conflict, Forbidden, Invalid
from processes.models import ProcessInstance, Run
from processes.services import debugging, runs
from processes.services.debugging import Paused
from processes.services.designs import create_design
from processes.services.documents import document_of
from processes.services.instances import create_instance
from processes.services.leases import PATIENCE, PAUSED
from processes.services.pinned import pin_answer
from processes.services.planned import planned
from processes.services.recovery import recover_runs
from processes.services.sessions import read_session, session_of
from processes.services.values import stored_values
from tests.processes.conftest import RULES, VALUES, answers, with_rules
from tests.processes.stories import Make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def preview(token_service: Any, ada: Any) -> Make:
    """Return a function that makes a preview instance of the scenario."""

    def make(rules: list[dict[str, Any]] = RULES, **values: Any) -> ProcessInstance:
        create_design(raw=with_rules(rules), user=ada)
        return create_instance(
            process="token-refresh", mode="preview", data={**VALUES, **values}, user=ada
        )

    return make


def start(instance: ProcessInstance, user: Any, **more: Any) -> Run:
    return debugging.start(
        process_id=instance.process_id, target="refresh", user=user, trigger="button", **more
    )


def stored(instance: ProcessInstance) -> dict[str, Any]:
    fresh = ProcessInstance.objects.select_related("version").get(pk=instance.pk)
    return dict(stored_values(document_of(fresh.version), fresh))


def working(run: Run) -> dict[str, Any]:
    session = read_session(Run.objects.get(pk=run.pk))
    assert session is not None
    return dict(session.working.values)


def statuses(run: Run) -> list[str]:
    return [step["status"] for step in Run.objects.get(pk=run.pk).steps]


def test_each_step_carries_out_one_rule_and_the_last_one_closes_the_run(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = preview()
    run = start(instance, ada)
    at = Paused(run.pk, ada)
    assert statuses(run) == []
    debugging.step(at)
    assert statuses(run) == ["succeeded"]
    assert working(run)["access_token"] == ""
    assert stored(instance)["access_token"] == "at-old"
    assert provider.log == []
    debugging.step(at)
    assert working(run)["access_token"] == "at-new"
    assert len(provider.log) == 1
    debugging.step(at)
    run.refresh_from_db()
    assert (run.status, run.saved, run.journal, run.lease_until) == ("succeeded", True, None, None)
    assert stored(instance)["access_token"] == "at-new"
    assert stored(instance)["refresh_token"] == "rt-new-77"


def test_continue_pauses_at_a_breakpoint_then_runs_to_the_end(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    run = start(preview(), ada, breakpoints=["save"])
    at = Paused(run.pk, ada)
    debugging.go_on(at)
    assert statuses(run) == ["succeeded", "succeeded"]
    debugging.set_breakpoints(at, [])
    debugging.go_on(at)
    run.refresh_from_db()
    assert run.status == "succeeded"


def test_a_pinned_answer_stands_in_for_the_outside_system(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    instance = preview()
    run = start(instance, ada)
    debugging.step(Paused(run.pk, ada))
    with pytest.raises(Invalid, match="No answer is pinned for Get a new token yet"):
        debugging.step(Paused(run.pk, ada, "pinned"))
    pin_answer(
        name="token-refresh", rule_id="get-token",
        text='{"status": 200, "body": {"access_token": "at-pin", "refresh_token": "rt-pin-1"}}',
        user=ada,
    )  # fmt: skip
    debugging.go_on(Paused(run.pk, ada))
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert provider.log == []
    assert stored(instance)["access_token"] == "at-pin"
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
    debugging.go_on(at)
    assert statuses(run) == ["succeeded", "failed"]
    assert working(run)["last_error"] == "Token service answered 400 BAD REQUEST."
    assert Run.objects.get(pk=run.pk).status == "running"
    debugging.edit_value(at, field="client_id", value="client-2")
    debugging.edit_value(at, field="client_secret", value="cs-other-9")
    debugging.rerun(at, position=1)
    assert statuses(run) == ["succeeded", "failed", "succeeded", "succeeded", "succeeded"]
    assert b"client_id=client-2" in provider.log[-1][0].data
    assert working(run)["last_error"] == ""
    debugging.step(at)
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert stored(instance)["client_id"] == "client-2"
    assert "cs-other-9" not in str(run.steps)


def test_after_a_failure_the_run_ends_as_it_ends_without_a_debugger(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, "no", status=503)
    instance = preview()
    run = start(instance, ada)
    at = Paused(run.pk, ada)
    debugging.go_on(at)
    assert stored(instance)["last_error"] == ""
    debugging.go_on(at)
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error["step"] == "get-token"
    assert [step["status"] for step in run.steps] == ["succeeded", "failed", "skipped"]
    assert stored(instance)["last_error"] == "Token service answered 503 SERVICE UNAVAILABLE."
    assert stored(instance)["access_token"] == "at-old"


def test_a_rule_that_has_run_is_run_again_with_the_values_of_now(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    run = start(preview(), ada)
    at = Paused(run.pk, ada)
    with pytest.raises(Invalid, match="has not run yet"):
        debugging.rerun(at, position=0)
    debugging.step(at)
    debugging.edit_value(at, field="access_token", value="typed")
    assert working(run)["access_token"] == "typed"
    debugging.rerun(at, position=0)
    assert working(run)["access_token"] == ""
    assert statuses(run) == ["succeeded"] * 3


def test_stop_ends_it_and_stores_nothing(preview: Make, provider: HTTPServer, ada: Any) -> None:
    instance = preview()
    run = start(instance, ada, data={"client_id": "typed only"})
    debugging.step(Paused(run.pk, ada))
    debugging.stop(Paused(run.pk, ada))
    run.refresh_from_db()
    assert run.status == "interrupted"
    assert run.error["message"] == "Stopped in the debugger by ada before rule 2, Get a new token."
    assert stored(instance)["client_id"] == "client-1"
    with pytest.raises(Conflict, match="has ended"):
        debugging.step(Paused(run.pk, ada))


def test_a_session_holds_its_instance_and_only_its_person_steps_it(
    preview: Make, provider: HTTPServer, ada: Any, admin: Any
) -> None:
    instance = preview()
    run = start(instance, ada)
    with pytest.raises(Busy):
        runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    with pytest.raises(Forbidden, match="debugging session of ada"):
        debugging.step(Paused(run.pk, admin))
    Run.objects.filter(pk=run.pk).update(holder="another process")
    with pytest.raises(Busy, match="under way"):
        debugging.step(Paused(run.pk, ada))
    Run.objects.filter(pk=run.pk).update(holder=PAUSED)
    debugging.stop(Paused(run.pk, admin))
    assert session_of(instance) is None


def test_a_live_instance_is_not_debugged(make_token: Make, ada: Any) -> None:
    with pytest.raises(Conflict, match="Only preview instances"):
        start(make_token(), ada)


def test_a_value_that_does_not_fit_changes_nothing(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    run = start(preview(), ada)
    at = Paused(run.pk, ada)
    with pytest.raises(Invalid) as refused:
        debugging.edit_value(at, field="expires_in", value="soon")
    assert refused.value.errors[0].pointer == "/data/expires_in"
    with pytest.raises(Invalid):
        debugging.edit_value(at, field="nothing", value="1")
    assert statuses(run) == []
    debugging.step(at)


def test_a_session_outlives_a_restart_but_not_a_person_who_left(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    instance = preview()
    run = start(instance, ada)
    debugging.step(Paused(run.pk, ada))
    assert recover_runs(everything=True) == []
    run.refresh_from_db()
    [closed] = recover_runs(moment=run.lease_until + PATIENCE / 1000)
    assert closed.pk == run.pk
    assert closed.status == "interrupted"
    assert "left alone" in closed.error["message"]
    assert closed.journal is None
    assert stored(instance)["access_token"] == "at-old"


@pytest.mark.parametrize(
    ("phase", "words", "unsaved"),
    [
        ("calling", "The call may have been carried out", None),
        ("answered", "a step of this debugging session ended", {"access_token": "at-new"}),
    ],
)
def test_a_crash_in_the_middle_of_a_step_says_what_may_have_happened(
    phase: str, words: str, unsaved: Any, preview: Make, provider: HTTPServer, ada: Any
) -> None:
    run = start(preview(), ada)
    journal = dict(Run.objects.get(pk=run.pk).journal or {})
    journal |= {"phase": phase, "next": 2}
    if unsaved:
        journal["copy"] = {**journal["copy"], "mapped": unsaved}
    Run.objects.filter(pk=run.pk).update(
        journal=journal, holder="dead", lease_until=timezone.now() - PATIENCE
    )
    [closed] = recover_runs()
    assert closed.status == "interrupted"
    assert words in closed.error["message"]
    assert closed.unsaved_values == unsaved


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
    session = read_session(Run.objects.get(pk=run.pk))
    assert session is not None
    assert planned(session).request["method"] == "POST"  # type: ignore[index]
    with pytest.raises(Invalid, match="No answer is pinned for Call for the line yet"):
        debugging.step(Paused(run.pk, ada, "pinned"))
    sample = '{"body": {"access_token": "at-pin"}}'
    pin_answer(name="token-refresh", rule_id="inner", text=sample, user=ada)
    debugging.step(Paused(run.pk, ada, "pinned"))
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
    session = read_session(Run.objects.get(pk=run.pk))
    assert session is not None
    assert planned(session).request["act"] == "create"  # type: ignore[index]
    sample = '{"body": {"process.id": "token-refresh-99"}}'
    pin_answer(name="token-refresh", rule_id="other", text=sample, user=ada)
    debugging.go_on(Paused(run.pk, ada, "pinned"))
    assert stored(instance)["last_error"] == "token-refresh-99"
    assert ProcessInstance.objects.count() == 1


def test_what_rules_show_and_open_is_kept_between_the_steps(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    hide = {"type": "hide_or_disable", "id": "hide", "title": "Hide it",
            "changes": [{"field": "last_error", "action": "hide"}]}  # fmt: skip
    instance = preview([hide, RULES[0], RULES[2]])
    run = start(instance, ada)
    debugging.step(Paused(run.pk, ada))
    debugging.step(Paused(run.pk, ada))
    session = read_session(Run.objects.get(pk=run.pk))
    assert session is not None
    assert session.working.standing.display["last_error"] == {"visible": False}
    debugging.go_on(Paused(run.pk, ada))
    instance.refresh_from_db()
    assert instance.display["last_error"] == {"visible": False}
