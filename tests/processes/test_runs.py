"""What a run does (contract 4)."""

import copy
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from datasources.guarding import set_security
from kianda.lib.errors import Busy, Invalid, Missing, Stale
from kianda.lib.secrets import MASK
from processes.models import Change, ProcessInstance, Run
from processes.services import runs
from processes.services.designs import publish_design, save_design
from processes.services.documents import document_of
from processes.services.instances import create_instance, patch_instance, store_unsaved_answer
from processes.services.values import stored_values
from tests.processes.conftest import GOOD_ANSWER, RULES, answers

Make = Callable[..., ProcessInstance]
pytestmark = pytest.mark.django_db(transaction=True)


def press(instance: ProcessInstance, user: Any, **more: Any) -> Run:
    return runs.trigger(
        process_id=instance.process_id, target="refresh", user=user, trigger="button", **more
    )


def values_of(instance: ProcessInstance) -> dict[str, Any]:
    fresh = ProcessInstance.objects.select_related("version").get(pk=instance.pk)
    return dict(stored_values(document_of(fresh.version), fresh))


def test_the_refresh_button_stores_the_new_token(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    run = press(instance, ada)
    assert run.status == "succeeded", run.error
    assert run.saved
    stored = values_of(instance)
    assert stored["access_token"] == "at-new"
    assert stored["refresh_token"] == "rt-new-77"
    assert stored["expires_in"] == 3600
    assert stored["created_at"] == "1764000000"
    assert stored["last_error"] == ""
    [(request, _)] = provider.log
    assert request.form["grant_type"] == "refresh_token"
    assert request.form["refresh_token"] == "rt-old-42"
    assert request.form["client_secret"] == "cs-secret-1"


def test_a_run_has_a_step_for_each_rule_in_order(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    run = press(make_token(), ada)
    assert [(s["position"], s["rule"], s["status"]) for s in run.steps] == [
        (0, "clear", "succeeded"),
        (1, "get-token", "succeeded"),
        (2, "save", "succeeded"),
    ]
    call = run.steps[1]
    assert call["request"]["method"] == "POST"
    assert call["response"]["status"] == 200
    assert {"field": "access_token", "before": "", "after": "at-new"} in call["changes"]


def test_no_secret_stands_in_the_trace_the_data_or_the_history(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    run = press(make_token(), ada)
    seen = repr([run.steps, run.data, run.error, list(Change.objects.values_list("fields"))])
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in seen
    assert run.data["refresh_token"] == MASK


def test_the_history_says_what_changed_and_who_did_it(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    run = press(instance, ada)
    change = Change.objects.get(instance=instance)
    assert (change.run_id, change.by_name, change.revision) == (run.pk, "ada", 2)
    rows = {row["field"]: row for row in change.fields}
    assert rows["access_token"] == {"field": "access_token", "before": "at-old", "after": "at-new"}
    assert rows["refresh_token"]["before"] == rows["refresh_token"]["after"] == MASK


BAD_ANSWERS = [
    pytest.param({"error": "invalid_grant"}, {}, "bad_answer", id="200 with an error body"),
    pytest.param("null", {}, "bad_answer", id="null"),
    pytest.param("", {}, "bad_answer", id="empty"),
    pytest.param("<h1>Hi</h1>", {"content_type": "text/html"}, "bad_answer", id="HTML"),
    pytest.param("[1, 2]", {}, "bad_answer", id="not an object"),
    pytest.param({"access_token": None}, {}, "bad_answer", id="a null token"),
    pytest.param({"access_token": ""}, {}, "bad_answer", id="a blank token"),
    pytest.param({"error": "x"}, {"status": 503}, "http_status", id="503"),
    pytest.param({"error": "x"}, {"status": 401}, "http_status", id="401"),
]


@pytest.mark.parametrize(("body", "more", "kind"), BAD_ANSWERS)
def test_a_failed_call_never_blanks_the_old_token(
    make_token: Make, provider: HTTPServer, ada: Any, body: Any, more: Any, kind: str
) -> None:
    answers(provider, body, **more)
    instance = make_token()
    run = press(instance, ada)
    assert (run.status, run.error["kind"], run.error["step"]) == ("failed", kind, "get-token")
    stored = values_of(instance)
    assert stored["access_token"] == "at-old"
    assert stored["refresh_token"] == "rt-old-42"
    assert stored["last_error"] == run.error["message"]
    assert [s["status"] for s in run.steps] == ["succeeded", "failed", "skipped"]
    assert run.steps[2]["reason"] == "not reached"


def test_a_datasource_that_others_may_call_sends_nothing_and_keeps_the_old_token(
    make_token: Make, provider: HTTPServer, admin: Any, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    set_security(
        name="token-service", raw={"callers": {"users": [admin.get_username()]}}, user=admin
    )
    run = press(instance, ada)
    assert (run.status, run.error["kind"]) == ("failed", "configuration")
    assert "ada may not call Token service" in run.error["message"]
    assert provider.log == []
    assert values_of(instance)["access_token"] == "at-old"
    assert press(instance, admin).status == "succeeded"


def test_stop_stores_nothing(make_token: Make, provider: HTTPServer, ada: Any) -> None:
    answers(provider, {}, status=500)
    call = {**RULES[1], "on_failure": "stop", "on_error": []}
    instance = make_token([RULES[0], call, RULES[2]])
    run = press(instance, ada)
    assert (run.status, run.saved) == ("failed", False)
    assert ProcessInstance.objects.get(pk=instance.pk).revision == 1
    assert values_of(instance)["access_token"] == "at-old"


def test_continue_keeps_the_changes_and_counts_the_error(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, {}, status=500)
    instance = make_token([RULES[0], {**RULES[1], "on_failure": "continue"}, RULES[2]])
    run = press(instance, ada)
    assert (run.status, run.handled_errors, run.saved) == ("succeeded", 1, True)
    stored = values_of(instance)
    assert stored["access_token"] == ""
    assert "500" in stored["last_error"]


def test_undo_keeps_what_an_earlier_successful_call_brought(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    provider.expect_ordered_request("/oauth/token").respond_with_json(GOOD_ANSWER)
    provider.expect_ordered_request("/oauth/token").respond_with_data("no", status=500)
    second = {**RULES[1], "id": "again"}
    blank = {
        "type": "set_form_field",
        "id": "scribble",
        "assignments": [{"field": "redirect_url", "value": "scribble"}],
    }
    instance = make_token([RULES[0], RULES[1], blank, second, RULES[2]])
    run = press(instance, ada, data={"created_at": "typed"})
    assert run.status == "failed"
    stored = values_of(instance)
    assert stored["access_token"] == "at-new"
    assert stored["refresh_token"] == "rt-new-77"
    assert stored["redirect_url"] == "https://app.example.org/back"
    assert "500" in stored["last_error"]
    assert not run.unsaved_answer


def test_undo_does_not_store_the_form_values_that_were_sent(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, {}, status=500)
    instance = make_token()
    run = press(instance, ada, data={"client_id": "typed"})
    assert run.status == "failed"
    assert values_of(instance)["client_id"] == "client-1"
    assert run.data["client_id"] == "typed"


def test_form_values_sent_with_the_trigger_lie_over_the_stored_ones(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    press(instance, ada, data={"client_id": "typed", "refresh_token": MASK})
    assert provider.log[0][0].form["client_id"] == "typed"
    assert provider.log[0][0].form["refresh_token"] == "rt-old-42"
    assert values_of(instance)["client_id"] == "typed"


def test_an_answer_that_no_rule_saves_is_marked_and_can_be_stored_later(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token([RULES[0], RULES[1]])
    run = press(instance, ada)
    assert (run.status, run.saved, run.unsaved_answer) == ("succeeded", False, True)
    assert values_of(instance)["access_token"] == "at-old"
    store_unsaved_answer(run_pk=run.pk, user=ada)
    assert values_of(instance)["access_token"] == "at-new"
    assert values_of(instance)["refresh_token"] == "rt-new-77"
    assert not Run.objects.get(pk=run.pk).unsaved_answer


def test_an_answer_all_of_whose_fields_were_stored_since_is_not_missed_any_more(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token([RULES[0], RULES[1]])
    run = press(instance, ada)
    patch_instance(
        process_id="token-refresh-1", data={"access_token": "typed"}, revision=None, user=ada
    )
    assert Run.objects.get(pk=run.pk).unsaved_answer
    brought = Run.objects.get(pk=run.pk).unsaved_values
    typed = {name: 1 if name == "expires_in" else "typed too" for name in brought}
    patch_instance(process_id="token-refresh-1", data=typed, revision=None, user=ada)
    later = Run.objects.get(pk=run.pk)
    assert (later.unsaved_answer, later.unsaved_values) == (False, None)


def test_a_stored_answer_brings_no_secret_into_a_field_that_is_no_longer_secret(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token([RULES[0], RULES[1]])
    run = press(instance, ada)
    opened = copy.deepcopy(document_of(instance.version).normalised())
    field = next(f for f in opened["forms"][0]["fields"] if f["name"] == "refresh_token")
    field["type"] = "text"
    save_design(name="token-refresh", raw=opened, user=ada)
    publish_design(name="token-refresh", user=ada, move_instances=True)
    store_unsaved_answer(run_pk=run.pk, user=ada)
    stored = values_of(instance)
    assert (stored["access_token"], stored["refresh_token"]) == ("at-new", "")


def test_a_rule_whose_conditions_do_not_hold_is_skipped_with_the_condition_in_words(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    condition = {
        "match": "all",
        "items": [{"left": "[expires_in]", "operator": "gt", "right": "5"}],
    }
    instance = make_token([{**RULES[0], "conditions": condition}, RULES[2]])
    run = press(instance, ada)
    assert run.steps[0]["status"] == "skipped"
    assert run.steps[0]["reason"] == "The condition does not hold: Expires in is more than 5."
    assert values_of(instance)["access_token"] == "at-old"


def test_one_rule_alone_can_be_triggered(make_token: Make, provider: HTTPServer, ada: Any) -> None:
    instance = make_token()
    run = runs.trigger(
        process_id=instance.process_id, target="refresh#clear", user=ada, trigger="api"
    )
    assert [s["rule"] for s in run.steps] == ["clear"]
    assert not provider.log


@pytest.mark.parametrize("target", ["", "nothing", "refresh#none", "form:none#load", "process"])
def test_a_target_that_does_not_exist_is_refused(make_token: Make, ada: Any, target: str) -> None:
    instance = make_token()
    with pytest.raises(Invalid) as refused:
        runs.trigger(process_id=instance.process_id, target=target, user=ada, trigger="api")
    assert refused.value.errors[0].pointer == "/target"
    assert not Run.objects.exists()


def test_unknown_and_wrong_values_are_refused_together(make_token: Make, ada: Any) -> None:
    instance = make_token()
    with pytest.raises(Invalid) as refused:
        press(instance, ada, data={"nobody": 1, "refresh": 1, "expires_in": "soon"})
    places = {flaw.pointer for flaw in refused.value.errors}
    assert places == {"/data/nobody", "/data/refresh", "/data/expires_in"}


def test_a_stale_revision_is_refused_before_the_first_rule(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    instance = make_token()
    with pytest.raises(Stale):
        press(instance, ada, revision=7)
    assert not provider.log
    assert not Run.objects.exists()


def test_who_has_no_role_does_not_see_the_instance(make_token: Make, cleo: Any) -> None:
    instance = make_token()
    with pytest.raises(Missing):
        press(instance, cleo)


def test_no_transaction_is_open_while_the_call_is_under_way(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    open_blocks: list[bool] = []
    running: list[int] = []

    def look(request: Request) -> Response:
        # Another connection: it would wait for ever on an open write of the run.
        running.append(Run.objects.filter(status="running").count())
        connection.close()
        return Response('{"access_token": "x"}', content_type="application/json")

    provider.expect_request("/oauth/token").respond_with_handler(look)
    run = press(make_token(), ada)
    open_blocks.append(transaction.get_connection().in_atomic_block)
    assert run.status == "succeeded"
    assert running == [1]
    assert open_blocks == [False]


def slow(provider: HTTPServer, *, started: threading.Event, go_on: threading.Event) -> None:
    def wait(request: Request) -> Response:
        started.set()
        go_on.wait(20)
        return Response('{"access_token": "at-slow"}', content_type="application/json")

    provider.expect_request("/oauth/token").respond_with_handler(wait)


def in_background(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    done: list[Any] = []

    def body() -> None:
        try:
            done.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=body)
    thread.start()
    return thread, done


def test_a_second_trigger_waits_and_then_names_the_run_it_waited_for(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    started, go_on = threading.Event(), threading.Event()
    slow(provider, started=started, go_on=go_on)
    instance = make_token()
    thread, done = in_background(lambda: press(instance, ada))
    assert started.wait(10)
    first = Run.objects.get(status="running")
    try:
        with pytest.raises(Busy) as busy:
            press(instance, ada)
        assert busy.value.extra["run"] == str(first.pk)
        with pytest.raises(Busy):
            patch_instance(
                process_id=instance.process_id, data={"client_id": "x"}, revision=1, user=ada
            )
    finally:
        go_on.set()
        thread.join(20)
    assert done[0].status == "succeeded"
    assert Run.objects.count() == 1


def test_a_persons_save_waits_for_a_run_that_was_a_moment_faster(
    make_token: Make, ada: Any, settings: Any
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 10
    instance = make_token()
    threads: list[threading.Thread] = []

    def another_run(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        done = execute(sql, params, many, context)
        # It was looked whether a run works on the instance: none does. Now one begins.
        if "processes_run" in sql and not threads:
            moment = timezone.now()
            run = Run(instance=instance, status="running", queued=moment, started=moment)
            threads.append(threading.Timer(0.3, ended, [run]))
            run.save()
            threads[0].start()
        return done

    def ended(run: Run) -> None:
        Run.objects.filter(pk=run.pk).update(status="succeeded")
        connection.close()

    with connection.execute_wrapper(another_run):
        changed = patch_instance(
            process_id=instance.process_id, data={"client_id": "x"}, revision=1, user=ada
        )
    threads[0].join()
    assert changed.revision == 2


def test_a_second_trigger_runs_when_the_first_ends_in_time(
    make_token: Make, provider: HTTPServer, ada: Any, settings: Any
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 10
    started, go_on = threading.Event(), threading.Event()
    slow(provider, started=started, go_on=go_on)
    instance = make_token()
    thread, first = in_background(lambda: press(instance, ada))
    assert started.wait(10)
    waiting, second = in_background(lambda: press(instance, ada))
    time.sleep(0.2)
    assert not second
    go_on.set()
    thread.join(20)
    waiting.join(20)
    assert [first[0].status, second[0].status] == ["succeeded", "succeeded"]
    assert ProcessInstance.objects.get(pk=instance.pk).revision == 3


def test_a_flagship_chain_makes_at_most_four_commits(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    statements: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    commits: list[int] = []
    real = connection.connection
    with connection.execute_wrapper(note):
        if connection.vendor == "sqlite":
            real.set_trace_callback(lambda sql: commits.append(1) if sql == "COMMIT" else None)
        run = press(instance, ada)
    assert run.status == "succeeded"
    writes = [s for s in statements if s.split()[0] in {"INSERT", "UPDATE", "DELETE"}]
    # start, intent, answer, and save + history + close in one.
    assert len(writes) == 6, writes


def test_a_queued_run_is_carried_out_once(make_token: Make, provider: HTTPServer, ada: Any) -> None:
    answers(provider)
    instance = make_token()
    queued = runs.enqueue(
        process_id=instance.process_id, target="refresh", user=ada, trigger="api", data={}
    )
    assert queued.status == "queued"
    done = runs.execute_queued(queued.pk)
    assert done is not None
    assert done.status == "succeeded"
    assert runs.execute_queued(queued.pk) is None
    assert len(provider.log) == 1


def test_the_secrets_sent_with_a_queued_run_are_kept_encrypted_and_erased(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, {}, status=500)
    instance = make_token()
    queued = runs.enqueue(
        process_id=instance.process_id,
        target="refresh",
        user=ada,
        trigger="api",
        data={"refresh_token": "rt-sent-99"},
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT journal FROM processes_run")
        [(journal,)] = cursor.fetchall()
    assert "rt-sent-99" not in journal
    runs.execute_queued(queued.pk)
    assert provider.log[0][0].form["refresh_token"] == "rt-sent-99"
    assert Run.objects.get(pk=queued.pk).journal is None


def test_a_queued_run_on_a_preview_that_cannot_follow_its_draft_is_refused_with_the_reason(
    make_token: Make, ada: Any
) -> None:
    live = make_token()
    preview = create_instance(
        process="token-refresh", mode="preview", data={"client_id": "x1"}, user=ada
    )
    queued = runs.enqueue(process_id=preview.process_id, target="refresh", user=ada, trigger="api")
    changed = copy.deepcopy(document_of(live.version).normalised())
    field = next(f for f in changed["forms"][0]["fields"] if f["name"] == "client_id")
    field["type"] = "number"
    del field["mode"], field["max_length"], field["pattern"]
    save_design(name="token-refresh", raw=changed, user=ada)
    ended = runs.execute_queued(queued.pk)
    assert ended is not None
    assert ended.status == "refused"
    assert "Client ID does not fit" in ended.error["message"]
    assert not runs.queued_to_send(timezone.now() + timedelta(seconds=6))


def test_a_queued_run_is_sent_again_ever_more_seldom(make_token: Make, ada: Any) -> None:
    instance = make_token()
    queued = runs.enqueue(
        process_id=instance.process_id, target="refresh", user=ada, trigger="api", data={}
    )
    sweeps = range(0, 301, 5)
    sent = [
        age for age in sweeps if runs.queued_to_send(queued.queued + timedelta(seconds=age + 0.5))
    ]
    assert sent == [5, 10, 20, 40, 60, 120, 180, 240, 300]


def test_a_default_that_cannot_be_made_is_told_with_all_the_others(ada: Any, admin: Any) -> None:
    from processes.services.designs import create_design
    from processes.services.instances import create_instance

    fields = [
        {"type": "number", "name": "one", "default": "=1 / 0"},
        {"type": "number", "name": "two", "default": "=2 / 0"},
    ]
    create_design(raw={"name": "odd", "forms": [{"name": "main", "fields": fields}]}, user=ada)
    with pytest.raises(Invalid) as refused:
        create_instance(process="odd", mode="preview", data={}, user=ada)
    assert [flaw.pointer for flaw in refused.value.errors] == ["/data/one", "/data/two"]
