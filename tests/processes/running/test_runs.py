"""What a run does (contract 4)."""

from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from datasources.services.access import set_security
from kianda.lib.errors import Invalid, Missing, Stale
from kianda.lib.secrets import MASK
from processes.models import Change, Run
from processes.running import runs
from tests.processes.conftest import GOOD_ANSWER, RULES, answers
from tests.processes.stories import Make, press, values_of

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_a_rotated_token_is_stored_though_its_lifetime_does_not_fit(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, {**GOOD_ANSWER, "expires_in": "1 hour", "created_at": {"rt": "rt-new-77"}})
    instance = make_token(expires_in=60)
    run = press(instance, ada)
    assert run.status == "succeeded", run.error
    stored = values_of(instance)
    assert (stored["access_token"], stored["refresh_token"]) == ("at-new", "rt-new-77")
    assert stored["expires_in"] == 60
    call = run.steps[1]
    assert call["status"] == "succeeded"
    assert call["reason"] == 'Expires in (s): "1 hour" is not a number. The field keeps its value.'
    assert "rt-new-77" not in repr(run.steps)


def test_without_keep_a_value_that_does_not_fit_leaves_everything_as_it_was(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider, {**GOOD_ANSWER, "expires_in": "1 hour"})
    lifetime = {"field": "expires_in", "value": "[response.body.expires_in]"}
    rows = [{**row, **lifetime, "if_missing": "fail"} if row["field"] == "expires_in" else row
            for row in RULES[1]["on_success"]]  # fmt: skip
    instance = make_token([RULES[0], {**RULES[1], "on_success": rows}, RULES[2]])
    run = press(instance, ada)
    assert (run.status, run.error["kind"]) == ("failed", "value")
    assert values_of(instance)["refresh_token"] == "rt-old-42"


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
    assert run.steps[0]["reason"] == "The condition is not met: Expires in is more than 5."
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


def test_a_default_that_cannot_be_made_is_told_with_all_the_others(ada: Any, admin: Any) -> None:
    from processes.designs.lifecycle import create_design
    from processes.instances.lifecycle import create_instance

    fields = [
        {"type": "number", "name": "one", "default": "=1 / 0"},
        {"type": "number", "name": "two", "default": "=2 / 0"},
    ]
    create_design(raw={"name": "odd", "forms": [{"name": "main", "fields": fields}]}, user=ada)
    with pytest.raises(Invalid) as refused:
        create_instance(process="odd", mode="preview", data={}, user=ada)
    assert [flaw.pointer for flaw in refused.value.errors] == ["/data/one", "/data/two"]
