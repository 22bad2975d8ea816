"""The debugger of a preview: step by step, breakpoints, values by hand, runs of the past."""

from typing import Any

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from kianda.accounts.models import Profile
from processes.designs.lifecycle import create_design
from processes.instances.lifecycle import create_instance
from processes.models import Run
from tests.factories import SEEN_BY_ALL
from tests.pages import client_of, text_of
from tests.processes.conftest import RULES, VALUES, answers, with_rules
from tests.processes.preview.shell import FRAME, SHELL, stored, typed

pytestmark = pytest.mark.django_db(transaction=True)


def begin(client: Client) -> Run:
    """Press the button in debug mode."""
    sent = typed(act="press:refresh", outward="do", debug="1")
    answer = client.post(FRAME, sent)
    assert (answer.status_code, answer["Location"]) == (303, FRAME)
    return Run.objects.get()


def act(client: Client, run: Run, what: str, **more: Any) -> Any:
    return client.post(f"{SHELL}debugger/", {"act": what, "run": run.pk, **more}, follow=True)


def test_the_debugger_shows_each_rule_before_and_after(
    made: Any, ada: Any, provider: HTTPServer
) -> None:
    answers(provider)
    client = client_of(ada)
    run = begin(client)
    page = client.get(SHELL).content.decode()
    assert "Paused before rule 1" in page
    page = act(client, run, "step").content.decode()
    assert "Paused before rule 2" in page
    assert "client_secret=<mark>secret</mark>" in page
    assert "This has a real effect outside." in page
    assert provider.log == []
    frame = client.get(FRAME).content.decode()
    assert "Refresh is paused." in frame
    assert "changed now" in frame
    assert "<fieldset" in frame
    page = act(client, run, "continue").content.decode()
    assert "Succeeded" in page
    assert stored()["access_token"] == "at-new"
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in page


def test_breakpoints_are_set_before_and_during_a_session(
    made: Any, ada: Any, provider: HTTPServer
) -> None:
    answers(provider)
    client = client_of(ada)
    client.post(f"{SHELL}breakpoints/get-token/", {"on": "1"})
    run = begin(client)
    assert "Paused before rule 2" in act(client, run, "continue").content.decode()
    client.post(f"{SHELL}breakpoints/save/", {"on": "1"})
    client.post(f"{SHELL}breakpoints/get-token/", {"on": "0"})
    assert "Paused before rule 3" in act(client, run, "continue").content.decode()
    act(client, run, "stop")
    run.refresh_from_db()
    assert run.status == "interrupted"
    new = client.post("/designs/token-refresh/preview/breakpoints/clear/", {"on": "1"})
    assert new.status_code == 303


def test_a_breakpoint_before_a_rule_that_is_not_there_is_refused(made: Any, ada: Any) -> None:
    client = client_of(ada)
    for rule in ("gone", "x" * 300):
        refused = client.post(f"{SHELL}breakpoints/{rule}/", {"on": "1"})
        assert refused.status_code == 404
        assert f"There is no rule {rule} any more" in refused.content.decode()
    assert "breakpoints" not in str(dict(client.session))


def test_a_number_is_read_in_the_language_in_which_its_dialog_was_shown(
    made: Any, ada: Any, provider: HTTPServer
) -> None:
    provider.expect_oneshot_request("/oauth/token").respond_with_data("no", status=400)
    client = client_of(ada)
    run = begin(client)
    act(client, run, "continue")
    there = f"{SHELL}values/expires_in/"
    assert '<input type="hidden" name="shown-in" value="en">' in client.get(there).text
    Profile.objects.update_or_create(user=ada, defaults={"language": "de"})
    assert client.post(there, {"v-expires_in": "1.5", "shown-in": "en"}).status_code == 303
    assert 'value="1,5"' in client.get(there).text


def test_a_value_is_edited_by_hand_and_a_rule_run_again(
    made: Any, ada: Any, provider: HTTPServer
) -> None:
    provider.expect_oneshot_request("/oauth/token").respond_with_data("no", status=400)
    answers(provider)
    client = client_of(ada)
    run = begin(client)
    page = act(client, run, "continue").content.decode()
    assert "Paused: rule 2 failed" in page
    assert "Run it again" in page
    dialog = client.get(f"{SHELL}values/client_secret/").content.decode()
    assert "cs-secret-1" not in dialog
    answer = client.post(f"{SHELL}values/expires_in/", {"v-expires_in": "soon"})
    assert answer.status_code == 422
    answer = client.post(f"{SHELL}values/client_secret/", {"v-client_secret": "cs-typed-7"})
    assert answer.status_code == 303
    page = act(client, run, "again:1").content.decode()
    assert "Edited manually" in page
    assert b"client_secret=cs-typed-7" in provider.log[-1][0].data
    assert "cs-typed-7" not in page
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "cs-typed-7" not in page
    assert "Edited manually" in page


def test_an_act_that_comes_too_late_says_so(
    made: Any, ada: Any, admin: Any, provider: HTTPServer
) -> None:
    client = client_of(ada)
    run = begin(client)
    other = client.post(f"{SHELL}debugger/", {"act": "dance", "run": run.pk})
    assert other.status_code == 409
    theirs = client_of(admin).get(SHELL).content.decode()
    assert "This is the debugging session of ada." in theirs
    act(client, run, "stop")
    late = client.post(f"{SHELL}debugger/", {"act": "step", "run": run.pk})
    assert late.status_code == 409
    assert "This debugging session has ended." in late.content.decode()
    assert client.post(f"{SHELL}debugger/", {"act": "step", "run": "x"}).status_code == 409


def test_a_run_of_the_past_is_walked_through_step_by_step(
    make_token: Any, ada: Any, ben: Any, provider: HTTPServer
) -> None:
    from processes.running import runs

    answers(provider)
    make_token()
    run = runs.trigger(process_id="token-refresh-1", target="refresh", user=ada, trigger="button")
    client = client_of(ben)
    assert f'href="/runs/{run.pk}/steps/"' in client.get(f"/runs/{run.pk}/").content.decode()
    start = client.get(f"/runs/{run.pk}/steps/?step=0").content.decode()
    assert "Before the first rule" in start
    assert "at-old" in start.partition("<aside")[0]
    cleared = client.get(f"/runs/{run.pk}/steps/?step=1").content.decode().partition("<aside")[0]
    assert "After step 1 of 3: Clear the access token" in cleared
    end = client.get(f"/runs/{run.pk}/steps/").content.decode()
    assert "at-new" in end.partition("<aside")[0]
    assert "Save as sample" not in end
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in start + cleared + end
    assert "Save as sample" in client_of(ada).get(f"/runs/{run.pk}/steps/").content.decode()
    assert client.get(f"/runs/{run.pk}/steps/?step=999999999999").status_code == 200
    assert client.get("/runs/999/steps/").status_code == 404


def test_the_head_of_a_replay_says_which_step_failed_and_which_was_skipped(
    make_token: Any, ada: Any, provider: HTTPServer
) -> None:
    from processes.running import runs

    answers(provider, "busy", status=401)
    make_token()
    run = runs.trigger(process_id="token-refresh-1", target="refresh", user=ada, trigger="button")
    heads = [
        text_of(client_of(ada).get(f"/runs/{run.pk}/steps/?step={at}")).partition("Rules")[0]
        for at in (2, 3)
    ]
    assert "Step 2 of 3, failed: Get a new token" in heads[0]
    assert "Step 3 of 3, skipped: Save" in heads[1]


def test_the_rows_of_a_loop_and_what_was_done_elsewhere_are_shown(
    token_service: Any, ada: Any, ben: Any, provider: HTTPServer
) -> None:
    from processes.designs.lifecycle import publish_design
    from processes.running import runs

    answers(provider)
    made = with_rules([
        {"type": "loop_table", "id": "each", "title": "For each line", "table": "lines",
         "rules": [{**RULES[0], "id": "inner", "title": "Clear in a row"},
                   {"type": "set_form_field", "id": "stamp",
                    "assignments": [{"field": "row.word", "value": "No. [row.word]"}]}]},
        {"type": "create_item", "id": "other", "title": "Make another", "datasource": "kianda",
         "method": "token-refresh",
         "input_mapping": [{"target": "body.client_id", "value": "made by a rule"}]},
    ], security=SEEN_BY_ALL)  # fmt: skip
    lines = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "word"}]}
    made["forms"][0]["fields"].insert(0, lines)
    create_design(raw=made, user=ada)
    publish_design(name="token-refresh", user=ada)
    data = {**VALUES, "lines": [{"word": str(number)} for number in range(60)]}
    create_instance(process="token-refresh", mode="live", data=data, user=ada)
    run = runs.trigger(process_id="token-refresh-1", target="refresh", user=ada, trigger="button")
    client = client_of(ben)
    for url in (f"/runs/{run.pk}/", f"/runs/{run.pk}/steps/"):
        page = client.get(url).content.decode()
        assert page.count("Clear in a row") == 60
        assert "51 to 60" in page
        assert "Create a record of token-refresh" in page
        assert "made by a rule" in page
        # What became of a table is told row by row.
        assert "row 1, Word: 0 → No. 0" in page
    assert run.status == "succeeded"
