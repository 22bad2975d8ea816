"""A run takes an instance as it is at that very moment, though it was read shortly before."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from kianda.lib.errors import Missing, Stale
from processes.designs.lifecycle import publish_design, save_design
from processes.instances.lifecycle import create_instance, delete_instance, patch_instance
from processes.instances.version_moves import move_instance
from processes.models import ProcessInstance, Run
from processes.running import runs
from processes.selectors import get_design
from tests.processes.conftest import answers, just_before_the_lock, with_rules

Make = Callable[..., ProcessInstance]
pytestmark = pytest.mark.django_db(transaction=True)
KEEP_ID = {
    "type": "set_form_field", "id": "note", "title": "Note",
    "assignments": [{"field": "last_error", "value": "[client_id]"}],
}  # fmt: skip
SAVE = {"type": "save", "id": "save", "title": "Save"}


def hides(field: str) -> dict[str, Any]:
    """Return a rule that hides a field whose name was sent."""
    sent = {"items": [{"left": "[last_error]", "operator": "eq", "right": field}]}
    return {
        "type": "hide_or_disable", "id": f"hide-{field.replace('_', '-')}",
        "title": f"Hide {field}", "conditions": sent,
        "changes": [{"field": field, "action": "hide"}],
    }  # fmt: skip


def press(instance: ProcessInstance, user: Any, **more: Any) -> Run:
    return runs.trigger(
        process_id=instance.process_id, target="refresh", user=user, trigger="button", **more
    )


def test_values_stored_in_the_last_moment_are_those_that_the_rules_read(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    instance = make_token()
    new = {"refresh_token": "rt-by-hand", "client_id": "by-hand"}
    change = lambda: patch_instance(  # noqa: E731 - it is what happens
        process_id=instance.process_id, data=new, revision=None, user=ada
    )
    with just_before_the_lock(change):
        run = press(instance, ada)
    assert run.status == "succeeded", run.error
    [(request, _)] = provider.log
    assert request.form["refresh_token"] == "rt-by-hand"
    instance.refresh_from_db()
    assert (instance.revision, instance.values["client_id"]) == (3, "by-hand")
    assert Run.objects.count() == 1


def test_an_instance_moved_in_the_last_moment_runs_the_rules_of_its_new_version(
    make_token: Make, ada: Any
) -> None:
    instance = make_token(rules=[SAVE])
    save_design(name="token-refresh", raw=with_rules([KEEP_ID, SAVE]), user=ada)
    publish_design(name="token-refresh", user=ada)
    newest = get_design("token-refresh").published
    assert newest is not None
    with just_before_the_lock(
        lambda: move_instance(instance_pk=instance.pk, version=newest, user=ada)
    ):
        run = press(instance, ada)
    assert (run.version, [step["rule"] for step in run.steps]) == ("2.0", ["note", "save"])
    instance.refresh_from_db()
    assert instance.values["last_error"] == "client-1"


def test_what_another_run_has_hidden_in_the_last_moment_stays_hidden(
    make_token: Make, ada: Any
) -> None:
    instance = make_token(rules=[hides("client_id"), hides("redirect_url")])
    other_run = lambda: press(instance, ada, data={"last_error": "client_id"})  # noqa: E731
    with just_before_the_lock(other_run):
        press(instance, ada, data={"last_error": "redirect_url"})
    instance.refresh_from_db()
    hidden = {name for name, parts in instance.display.items() if parts["visible"] is False}
    assert (instance.revision, hidden) == (1, {"client_id", "redirect_url"})


def test_an_instance_deleted_in_the_last_moment_is_not_run(make_token: Make, ada: Any) -> None:
    instance = make_token(rules=[SAVE])
    gone = lambda: delete_instance(process_id=instance.process_id, user=ada)  # noqa: E731
    with just_before_the_lock(gone), pytest.raises(Missing):
        press(instance, ada)
    assert not Run.objects.exists()


def test_a_change_in_the_last_moment_is_told_to_who_has_read_what_was_before(
    make_token: Make, ada: Any
) -> None:
    instance = make_token(rules=[SAVE])
    change = lambda: patch_instance(  # noqa: E731
        process_id=instance.process_id, data={"client_id": "x"}, revision=1, user=ada
    )
    with just_before_the_lock(change), pytest.raises(Stale):
        press(instance, ada, revision=1)
    assert not Run.objects.exists()


def test_a_preview_runs_the_rules_of_the_draft_that_was_saved_meanwhile(
    make_token: Make, ada: Any
) -> None:
    make_token(rules=[SAVE])
    preview = create_instance(process="token-refresh", mode="preview", data={}, user=ada)
    save_design(name="token-refresh", raw=with_rules([KEEP_ID, SAVE]), user=ada)
    run = press(preview, ada)
    assert [step["rule"] for step in run.steps] == ["note", "save"]
    assert run.started is not None
    assert run.started <= timezone.now()
