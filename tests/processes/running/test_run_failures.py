"""What a run leaves that failed, or that stored nothing: kept, undone, offered later."""

import copy
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from kianda.lib.errors import Conflict
from kianda.lib.secrets import MASK
from processes.designs.lifecycle import publish_design, save_design
from processes.document_cache import document_of
from processes.instances.lifecycle import patch_instance, store_unsaved_answer
from processes.instances.version_moves import move_instance
from processes.models import Change, ProcessInstance, Run
from processes.running import runs
from processes.selectors import get_design
from tests.pages import client_of
from tests.processes.conftest import GOOD_ANSWER, RULES, answers, with_rules
from tests.processes.stories import Make, press, values_of

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert "A response for token-refresh-1 was not stored" in start_page(ada)
    store_unsaved_answer(run_pk=run.pk, user=ada)
    assert values_of(instance)["access_token"] == "at-new"
    assert values_of(instance)["refresh_token"] == "rt-new-77"
    assert not Run.objects.get(pk=run.pk).unsaved_answer
    assert "not stored" not in start_page(ada)


def test_what_a_form_has_left_is_stored_no_more_once_the_form_is_completed(
    make_token: Make, provider: HTTPServer, ada: Any, admin: Any
) -> None:
    answers(provider)
    instance = make_token([RULES[0], RULES[1]])
    run = press(instance, ada)
    runs.trigger(
        process_id="token-refresh-1", target="form:token#submit", user=ada, trigger="submit"
    )
    with pytest.raises(Conflict, match="is completed"):
        store_unsaved_answer(run_pk=run.pk, user=ada)
    assert values_of(instance)["access_token"] == "at-old"
    assert Run.objects.get(pk=run.pk).unsaved_answer
    # Who manages the process corrects it, and the history tells.
    store_unsaved_answer(run_pk=run.pk, user=admin)
    assert values_of(instance)["access_token"] == "at-new"
    said = Change.objects.filter(run=run).latest("pk").fields
    assert {"field": "form:token", "before": "completed", "after": "changed"} in said


def start_page(user: Any) -> str:
    return client_of(user).get("/").content.decode()


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


def test_a_later_run_that_stores_all_of_an_answer_takes_its_mark(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token([RULES[0], RULES[1]])
    left = press(instance, ada)
    assert left.unsaved_answer
    save_design(name="token-refresh", raw=with_rules(list(RULES)), user=ada)
    publish_design(name="token-refresh", user=ada)
    newest = get_design("token-refresh").published
    assert newest is not None
    move_instance(instance_pk=instance.pk, version=newest, user=ada)
    assert press(instance, ada).saved
    later = Run.objects.get(pk=left.pk)
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
