"""A debugging session holds its instance until it ends, is stopped, is left or dies."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer

from kianda.lib.errors import Busy, Conflict, Forbidden, Invalid
from kianda.lib.secrets import seal
from processes.instances.leases import PATIENCE, PAUSED
from processes.models import Run
from processes.preview import debugger
from processes.preview.debug_session import session_of
from processes.preview.debugger import Paused
from processes.running import runs
from processes.running.recovery import recover_runs
from tests.processes.preview.debugging.sessions import start, statuses
from tests.processes.stories import Make, values_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_stop_ends_it_and_stores_nothing(preview: Make, provider: HTTPServer, ada: Any) -> None:
    instance = preview()
    run = start(instance, ada, data={"client_id": "typed only"})
    debugger.step(Paused(run.pk, ada))
    debugger.stop(Paused(run.pk, ada))
    run.refresh_from_db()
    assert run.status == "interrupted"
    assert run.error["message"] == "Stopped in the debugger by ada before rule 2, Get a new token."
    assert values_of(instance)["client_id"] == "client-1"
    with pytest.raises(Conflict, match="has ended"):
        debugger.step(Paused(run.pk, ada))


def test_a_session_holds_its_instance_and_only_its_person_steps_it(
    preview: Make, provider: HTTPServer, ada: Any, admin: Any
) -> None:
    instance = preview()
    run = start(instance, ada)
    with pytest.raises(Busy):
        runs.trigger(process_id=instance.process_id, target="refresh", user=ada, trigger="button")
    with pytest.raises(Forbidden, match="debugging session of ada"):
        debugger.step(Paused(run.pk, admin))
    Run.objects.filter(pk=run.pk).update(holder="another process")
    with pytest.raises(Busy, match="in progress"):
        debugger.step(Paused(run.pk, ada))
    Run.objects.filter(pk=run.pk).update(holder=PAUSED)
    debugger.stop(Paused(run.pk, admin))
    assert session_of(instance) is None


def test_a_live_instance_is_not_debugged(make_token: Make, ada: Any) -> None:
    with pytest.raises(Conflict, match="Only preview records"):
        start(make_token(), ada)


def test_a_value_that_does_not_fit_changes_nothing(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    run = start(preview(), ada)
    at = Paused(run.pk, ada)
    with pytest.raises(Invalid) as refused:
        debugger.edit_value(at, field="expires_in", value="soon")
    assert refused.value.errors[0].pointer == "/data/expires_in"
    with pytest.raises(Invalid):
        debugger.edit_value(at, field="nothing", value="1")
    assert statuses(run) == []
    debugger.step(at)


def test_a_session_outlives_a_restart_but_not_a_person_who_left(
    preview: Make, provider: HTTPServer, ada: Any
) -> None:
    instance = preview()
    run = start(instance, ada)
    debugger.step(Paused(run.pk, ada))
    assert recover_runs(everything=True) == []
    run.refresh_from_db()
    [closed] = recover_runs(moment=run.lease_until + PATIENCE / 1000)
    assert closed.pk == run.pk
    assert closed.status == "interrupted"
    assert "was inactive" in closed.error["message"]
    assert closed.journal is None
    assert values_of(instance)["access_token"] == "at-old"


@pytest.mark.parametrize(
    ("phase", "words", "unsaved"),
    [
        ("calling", "The call may have been carried out", None),
        ("answered", "this debugging session ended during a step", {"access_token": "at-new"}),
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
        journal=seal(run, "journal", journal),
        holder="dead",
        lease_until=timezone.now() - PATIENCE,
    )
    [closed] = recover_runs()
    assert closed.status == "interrupted"
    assert words in closed.error["message"]
    assert closed.unsaved_values == unsaved
