"""A run that another version of the product began is taken over, or it is told why not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer

from kianda.lib.secrets import seal
from processes.instances.leases import PATIENCE
from processes.models import ProcessInstance, Run
from processes.preview import debugger
from tests.lib.sealed_rows import put, text_of
from tests.pages import client_of
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.forms.leave import form, states
from tests.processes.running.recovery.dying import Diary, Died, recover
from tests.processes.stories import Make, fired, made, press, published, values_of

pytestmark = pytest.mark.django_db(transaction=True)


def rewritten(run: Run, change: Callable[[dict[str, Any]], Any]) -> None:
    """Let the journal of a run have another shape."""
    journal = dict(run.journal or {})
    Run.objects.filter(pk=run.pk).update(journal=seal(run, "journal", change(journal) or journal))


def without(*names: str) -> Callable[[dict[str, Any]], None]:
    def drop(journal: dict[str, Any]) -> None:
        for name in names:
            journal.pop(name)

    return drop


@pytest.mark.parametrize(
    "change",
    [
        without("copy"),
        without("next"),
        without("handled", "base_revision"),
        lambda journal: journal.update(phase="half-way"),
        lambda journal: journal.update(copy=["at-new"]),
        lambda journal: journal.update(next="save"),
        lambda journal: journal.update(inner=[[0]]),
        lambda journal: journal.update(copy={**journal["copy"], "standing": {"shape": 9}}),
        lambda journal: journal.update(
            copy={**journal["copy"], "values": {"expires_in": ["soon"]}}
        ),
        lambda _journal: ["answered", 3],
    ],
    ids=["no-copy", "no-next", "no-revision", "phase", "list", "name", "inner", "standing", "value",
         "no-object"],
)  # fmt: skip
def test_a_journal_that_cannot_be_read_ends_its_run_with_a_sentence(
    died_after: Died, provider: HTTPServer, ada: Any, change: Any
) -> None:
    instance, run = died_after("answered", trigger="schedule")
    rewritten(run, change)
    [ended] = recover(everything=True)
    assert (ended.pk, ended.status, ended.journal) == (run.pk, "interrupted", None)
    assert ended.error["message"].startswith("Another version of Kianda started this run")
    assert not provider.log
    assert values_of(instance)["access_token"] == "at-old"
    # Nobody is kept waiting, and the page of the run can be read.
    assert press(instance, ada).status == "succeeded"
    assert client_of(ada).get(f"/runs/{run.pk}/").status_code == 200


def test_what_its_call_had_brought_can_still_be_stored(died_after: Died) -> None:
    _, run = died_after("answered")
    rewritten(run, without("next"))
    [ended] = recover(everything=True)
    assert ended.unsaved_answer
    assert ended.unsaved_values["access_token"] == "at-new"


def test_a_run_whose_instance_is_at_another_version_by_now_is_ended(
    died_after: Died, provider: HTTPServer
) -> None:
    _, run = died_after("answered")
    Run.objects.filter(pk=run.pk).update(version="0.7")
    [ended] = recover(everything=True)
    assert ended.status == "interrupted"
    assert not provider.log


def test_a_run_that_cannot_be_recovered_does_not_keep_the_others_waiting(
    died_after: Died, make_token: Any, ada: Any
) -> None:
    _, odd = died_after("answered")
    other = make_token()
    diary = Diary(other)
    with diary.kept():
        press(other, ada)
    good = diary.die_after("answered")
    rewritten(odd, lambda journal: journal.update(copy=None))
    ended = {run.pk: run.status for run in recover(everything=True)}
    assert ended == {odd.pk: "interrupted", good.pk: "succeeded"}


def test_a_run_with_the_notes_of_another_is_ended_and_says_so(
    died_after: Died, make_token: Make, ada: Any
) -> None:
    instance, run = died_after("answered")
    other = Run.objects.create(
        process_id="other-1", process="other", version="1.0", trigger="api", status="succeeded",
        queued=run.queued, journal=dict(run.journal or {}),
    )  # fmt: skip
    put(run, "journal", text_of(other, "journal"))
    [closed] = recover(everything=True)
    assert (closed.pk, closed.status, closed.journal) == (run.pk, "interrupted", None)
    assert "belongs to another run" in closed.error["message"]
    assert values_of(instance)["access_token"] == "at-old"


def test_a_journal_of_before_there_were_forms_leaves_the_instance_where_it_stands(
    api: Callable[..., Any], ada: Any
) -> None:
    done = button("done", set_rule("note", "x"), {"type": "save"}, {"type": "submit"})
    raw = {
        "name": "two",
        "forms": [form("one", text_field("why")), form("next", text_field("note"), done)],
    }
    client = api(ada)
    two_id = made(client, published(raw, user=ada), why="x")
    fired(client, two_id, "form:one#submit")
    Run.objects.all().delete()
    diary = Diary(ProcessInstance.objects.get(process_id=two_id))
    with diary.kept():
        fired(client, two_id, "done")
    run = diary.die_after("saved")

    def older(journal: dict[str, Any]) -> None:
        for part in ("standing", "stored_standing"):
            journal["copy"].pop(part)
        for name in ("inner", "page", "found_secrets"):
            journal.pop(name)

    rewritten(run, older)
    [ended] = recover(everything=True)
    assert (ended.pk, ended.status) == (run.pk, "succeeded")
    assert states(two_id) == {"one": "completed", "next": "completed"}


def test_a_debugging_session_of_another_version_is_shown_and_ends(
    api: Callable[..., Any], ada: Any
) -> None:
    published({"name": "one", "forms": [form("one", button("go", {"type": "save"}))]}, user=ada)
    body = {"process": "one", "mode": "preview", "data": {}}
    preview = api(ada).post("/api/v1/instances/", body).data["process_id"]
    run = debugger.start(process_id=preview, target="go", user=ada, trigger="button")
    rewritten(run, lambda journal: journal.update(debug={"pace": "slow"}))
    client: Client = client_of(ada)
    assert client.get(reverse("preview-frame", args=["one", preview])).status_code == 200
    [ended] = recover(moment=timezone.now() + 2 * PATIENCE)
    assert ended.status == "interrupted"
