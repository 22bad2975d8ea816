"""The pages of previews and of the debugger, through the test client: plain pages work."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from processes.models import PinnedAnswer, ProcessInstance, Run
from processes.services import working_copies
from processes.services.designs import create_design, get_design
from processes.services.documents import document_of
from processes.services.instances import create_instance
from processes.services.pinned import pin_answer
from processes.services.values import stored_values
from tests.processes.conftest import GOOD_ANSWER, RULES, VALUES, answers, with_rules

pytestmark = pytest.mark.django_db(transaction=True)

SHELL = "/designs/token-refresh/preview/instance/token-refresh-1/"
FRAME = f"{SHELL}form/"
NEW = "/designs/token-refresh/preview/new/"
Signed = Callable[[Any], Client]
SAMPLE = {"status": 200, "body": {"access_token": "at-pin", "refresh_token": "rt-pin-1"}}


@pytest.fixture
def signed() -> Signed:
    """Return a client in which a person is signed in."""

    def sign(user: Any) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign


@pytest.fixture
def design(token_service: Any, ada: Any) -> Any:
    """The design of the scenario, a draft."""
    return create_design(raw=with_rules(RULES), user=ada)


@pytest.fixture
def made(design: Any, ada: Any) -> ProcessInstance:
    """A preview instance of it."""
    return create_instance(process="token-refresh", mode="preview", data=VALUES, user=ada)


def typed(**more: Any) -> dict[str, Any]:
    """Return what a browser posts for the form, nothing changed."""
    fields = ("grant_type", "client_id", "redirect_url", "access_token", "expires_in",
              "created_at", "last_error")  # fmt: skip
    values = {**VALUES, "grant_type": "refresh_token"}
    return {**{f"v-{name}": values.get(name, "") for name in fields}, "revision": "1", **more}


def stored() -> dict[str, Any]:
    instance = ProcessInstance.objects.select_related("version").get()
    return dict(stored_values(document_of(instance.version), instance))


def begin(client: Client) -> Run:
    """Press the button in debug mode."""
    sent = typed(act="press:refresh", outward="do", debug="1")
    answer = client.post(FRAME, sent)
    assert (answer.status_code, answer["Location"]) == (303, FRAME)
    return Run.objects.get()


def act(client: Client, run: Run, what: str, **more: Any) -> Any:
    return client.post(f"{SHELL}debugger/", {"act": what, "run": run.pk, **more}, follow=True)


def test_save_gives_the_process_id_and_a_task_can_be_scheduled_on_it(
    design: Any, ada: Any, signed: Signed
) -> None:
    client = signed(ada)
    first = client.get("/designs/token-refresh/preview/", follow=True)
    assert first.redirect_chain[-1][0] == NEW
    assert "given by Save" in first.content.decode()
    refused = client.post(f"{NEW}form/", {"act": "save", "v-client_id": ""})
    assert refused.status_code == 422
    assert "Client ID is required. Fill it in." in refused.content.decode()
    saved = client.post(f"{NEW}form/", {"act": "save", "v-client_id": "client-1"}, follow=True)
    assert saved.redirect_chain[-1][0] == SHELL
    page = saved.content.decode()
    assert 'data-copy="token-refresh-1"' in page
    assert "/scheduled-tasks/new/?process=token-refresh&amp;process_id=token-refresh-1" in page
    assert ProcessInstance.objects.get().mode == "preview"
    again = client.get("/designs/token-refresh/preview/")
    assert again["Location"] == SHELL


def test_only_the_form_may_stand_in_a_frame_of_ours(made: Any, ada: Any, signed: Signed) -> None:
    client = signed(ada)
    for url in (FRAME, f"{NEW}form/"):
        answer = client.get(url)
        assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
    for url in (SHELL, NEW, "/instances/token-refresh-1/"):
        answer = client.get(url)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"


def test_a_preview_is_for_designers(
    made: Any, ada: Any, ben: Any, dan: Any, signed: Signed
) -> None:
    for person in (ben, dan):
        assert signed(person).get(SHELL).status_code == 403
        assert signed(person).get(FRAME).status_code == 403
    assert signed(ada).get("/designs/nothing/preview/").status_code == 404
    assert signed(ada).get("/designs/token-refresh/preview/instance/other-1/").status_code == 404


def test_outward_effects_are_asked_for_once_per_preview(
    made: Any, ada: Any, signed: Signed, provider: HTTPServer
) -> None:
    answers(provider)
    client = signed(ada)
    assert "When a rule calls out" in client.get(FRAME).content.decode()
    refused = client.post(FRAME, typed(act="press:refresh"))
    assert refused.status_code == 422
    assert "Choose first whether calls are made" in refused.content.decode()
    assert (Run.objects.count(), provider.log) == (0, [])
    assert client.post(FRAME, typed(act="press:refresh", outward="do")).status_code == 303
    assert "When a rule calls out" not in client.get(FRAME).content.decode()
    assert stored()["access_token"] == "at-new"
    assert client.post(FRAME, typed(act="press:refresh", revision="2")).status_code == 303
    assert len(provider.log) == 2


def test_pinned_samples_answer_what_a_person_presses_but_not_a_schedule(
    made: Any, ada: Any, signed: Signed, provider: HTTPServer
) -> None:
    from processes.services import runs

    answers(provider)
    pin_answer(name="token-refresh", rule_id="get-token", text=json.dumps(SAMPLE), user=ada)
    client = signed(ada)
    client.post(FRAME, typed(act="press:refresh", outward="pinned"))
    assert provider.log == []
    assert stored()["access_token"] == "at-pin"
    page = client.get(f"/runs/{Run.objects.get().pk}/").content.decode()
    assert "Pinned sample" in page
    assert "rt-pin-1" not in page
    runs.trigger(process_id="token-refresh-1", target="refresh", user=ada, trigger="schedule")
    assert len(provider.log) == 1
    assert stored()["access_token"] == "at-new"
    answer = client.post(f"{SHELL}outward/", {"outward": "do"}, follow=True)
    assert "Calls of this preview are made." in answer.content.decode()


def test_without_a_pinned_sample_the_step_says_so(
    made: Any, ada: Any, signed: Signed, provider: HTTPServer
) -> None:
    client = signed(ada)
    client.post(FRAME, typed(act="press:refresh", outward="pinned"))
    run = Run.objects.get()
    assert run.error["message"] == (
        "No answer is pinned for Get a new token. Pin one, or let the call be sent."
    )
    assert provider.log == []


def test_the_debugger_shows_each_rule_before_and_after(
    made: Any, ada: Any, signed: Signed, provider: HTTPServer
) -> None:
    answers(provider)
    client = signed(ada)
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
    made: Any, ada: Any, signed: Signed, provider: HTTPServer
) -> None:
    answers(provider)
    client = signed(ada)
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


def test_a_value_is_edited_by_hand_and_a_rule_run_again(
    made: Any, ada: Any, signed: Signed, provider: HTTPServer
) -> None:
    provider.expect_oneshot_request("/oauth/token").respond_with_data("no", status=400)
    answers(provider)
    client = signed(ada)
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
    assert "Edited by hand" in page
    assert b"client_secret=cs-typed-7" in provider.log[-1][0].data
    assert "cs-typed-7" not in page
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "cs-typed-7" not in page
    assert "Edited by hand" in page


def test_an_act_that_comes_too_late_says_so(
    made: Any, ada: Any, admin: Any, signed: Signed, provider: HTTPServer
) -> None:
    client = signed(ada)
    run = begin(client)
    other = client.post(f"{SHELL}debugger/", {"act": "dance", "run": run.pk})
    assert other.status_code == 409
    theirs = signed(admin).get(SHELL).content.decode()
    assert "This is the debugging session of ada." in theirs
    act(client, run, "stop")
    late = client.post(f"{SHELL}debugger/", {"act": "step", "run": run.pk})
    assert late.status_code == 409
    assert "This debugging session has ended." in late.content.decode()
    assert client.post(f"{SHELL}debugger/", {"act": "step", "run": "x"}).status_code == 409


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "This is no JSON."),
        ("[" * 100_000, "This is no JSON."),
        ("[]", "A pinned answer is an object of three parts."),
        ('{"status": 200, "more": 1}', "A pinned answer is an object of three parts."),
        ('{"status": "200"}', "The status is a whole number"),
        ('{"status": 99}', "The status is a whole number"),
        ('{"headers": {"A": 1}}', "The headers are an object of texts"),
        ('"' + "x" * 300_000 + '"', "A pinned answer may have 256 KB."),
    ],
)
def test_a_pinned_answer_that_is_none_is_refused(
    text: str, sentence: str, design: Any, ada: Any, signed: Signed
) -> None:
    url = "/designs/token-refresh/preview/answers/get-token/"
    answer = signed(ada).post(url, {"act": "pin", "answer": text})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not PinnedAnswer.objects.exists()


def test_a_pinned_answer_is_taken_from_the_last_real_one_without_its_secrets(
    made: Any, ada: Any, signed: Signed, provider: HTTPServer
) -> None:
    from django.db import connection

    answers(provider)
    client = signed(ada)
    url = "/designs/token-refresh/preview/answers/get-token/"
    assert "This is a real answer" not in client.get(url).content.decode()
    client.post(FRAME, typed(act="press:refresh", outward="do"))
    page = client.get(url).content.decode()
    assert "This is a real answer" in page
    assert "sample-refresh_token" in page
    assert GOOD_ANSWER["refresh_token"] not in page
    text = json.dumps({"status": 200, "headers": {}, "body": {"access_token": "kept-1234"}})
    client.post(url, {"act": "pin", "answer": text})
    assert PinnedAnswer.objects.get().answer["body"] == {"access_token": "kept-1234"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM processes_pinnedanswer")
        assert "kept-1234" not in cursor.fetchone()[0]
    assert "Take the last real answer" in client.get(url).content.decode()
    client.post(url, {"act": "unpin"})
    assert not PinnedAnswer.objects.exists()
    assert client.get(url.replace("get-token", "save")).status_code == 404


def test_sound_edits_of_the_designer_are_saved_first_and_others_named(
    made: Any, ada: Any, signed: Signed
) -> None:
    client = signed(ada)
    copy = working_copies.open_copy("token-refresh", user=ada)
    copy = working_copies.edit(
        "token-refresh", user=ada, revision=copy.revision,
        edit={"do": "change", "target": "field:client_id", "settings": {"title": "Client"}},
    )  # fmt: skip
    assert "Draft 0.2" in client.get(SHELL).content.decode()
    assert str(get_design("token-refresh").draft) == "0.2"
    working_copies.edit(
        "token-refresh", user=ada, revision=copy.revision,
        edit={"do": "change", "target": "rule:clear",
              "settings": {"assignments": [{"field": "gone", "value": ""}]}},
    )  # fmt: skip
    page = client.get(SHELL).content.decode()
    assert "s edits are not in this preview of 0.2" in page
    assert "There is no field gone." in page
    assert str(get_design("token-refresh").draft) == "0.2"


def test_a_button_pressed_before_save_makes_the_instance_first(
    design: Any, ada: Any, signed: Signed, provider: HTTPServer
) -> None:
    answers(provider)
    client = signed(ada)
    sent = {"act": "press:refresh", "v-client_id": "c-1", "v-refresh_token": "rt-old-42"}
    assert client.post(f"{NEW}form/", sent).status_code == 422
    assert not ProcessInstance.objects.exists()
    client.post(f"{NEW}form/", {**sent, "outward": "do", "debug": "1"})
    assert "Paused before rule 1" in client.get(SHELL).content.decode()
    assert ProcessInstance.objects.get().outward == "do"


def test_a_run_of_the_past_is_walked_through_step_by_step(
    make_token: Any, ada: Any, ben: Any, signed: Signed, provider: HTTPServer
) -> None:
    from processes.services import runs

    answers(provider)
    make_token()
    run = runs.trigger(process_id="token-refresh-1", target="refresh", user=ada, trigger="button")
    client = signed(ben)
    assert f'href="/runs/{run.pk}/steps/"' in client.get(f"/runs/{run.pk}/").content.decode()
    start = client.get(f"/runs/{run.pk}/steps/?step=0").content.decode()
    assert "Before the first rule" in start
    assert "at-old" in start.partition("<aside")[0]
    cleared = client.get(f"/runs/{run.pk}/steps/?step=1").content.decode().partition("<aside")[0]
    assert "After step 1 of 3: Clear the access token" in cleared
    end = client.get(f"/runs/{run.pk}/steps/").content.decode()
    assert "at-new" in end.partition("<aside")[0]
    assert "Pin as sample" not in end
    for secret in ("cs-secret-1", "rt-old-42", "rt-new-77"):
        assert secret not in start + cleared + end
    assert "Pin as sample" in signed(ada).get(f"/runs/{run.pk}/steps/").content.decode()
    assert client.get(f"/runs/{run.pk}/steps/?step=999999999999").status_code == 200
    assert client.get("/runs/999/steps/").status_code == 404


def test_the_rows_of_a_loop_and_what_was_done_elsewhere_are_shown(
    token_service: Any, ada: Any, ben: Any, signed: Signed, provider: HTTPServer
) -> None:
    from processes.services import runs
    from processes.services.designs import publish_design

    answers(provider)
    made = with_rules([
        {"type": "loop_table", "id": "each", "title": "For each line", "table": "lines",
         "rules": [{**RULES[0], "id": "inner", "title": "Clear in a row"},
                   {"type": "set_form_field", "id": "stamp",
                    "assignments": [{"field": "row.word", "value": "No. [row.word]"}]}]},
        {"type": "create_item", "id": "other", "title": "Make another", "datasource": "kianda",
         "method": "token-refresh",
         "input_mapping": [{"target": "body.client_id", "value": "made by a rule"}]},
    ])  # fmt: skip
    lines = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "word"}]}
    made["forms"][0]["fields"].insert(0, lines)
    create_design(raw=made, user=ada)
    publish_design(name="token-refresh", user=ada)
    data = {**VALUES, "lines": [{"word": str(number)} for number in range(60)]}
    create_instance(process="token-refresh", mode="live", data=data, user=ada)
    run = runs.trigger(process_id="token-refresh-1", target="refresh", user=ada, trigger="button")
    client = signed(ben)
    for url in (f"/runs/{run.pk}/", f"/runs/{run.pk}/steps/"):
        page = client.get(url).content.decode()
        assert page.count("Clear in a row") == 60
        assert "51 to 60" in page
        assert "Create an instance of token-refresh" in page
        assert "made by a rule" in page
        # What became of a table is told row by row.
        assert "row 1, Word: 0 → No. 0" in page
    assert run.status == "succeeded"


def test_forms_follow_each_other_in_the_frame_and_what_runs_on_opening_waits_for_the_question(
    token_service: Any, ada: Any, signed: Signed, provider: HTTPServer
) -> None:
    made = with_rules(RULES)
    made["forms"][0]["rules"] = [{"type": "save", "id": "kept"}]
    made["forms"].append({
        "name": "after", "title": "After", "load_rules": [{**RULES[1], "id": "loaded"}],
        "fields": [{"type": "text", "name": "remark", "title": "Remark"}],
    })  # fmt: skip
    create_design(raw=made, user=ada)
    client = signed(ada)
    sent = {"act": "press:form:token#submit", "v-client_id": "c-1"}
    assert client.post(f"{NEW}form/", {"act": sent["act"]}).status_code == 422
    assert client.post(f"{NEW}form/", sent).status_code == 303
    frame = client.get(FRAME).content.decode()
    assert "data-load" not in frame
    assert "When a rule calls out" in frame
    pane = client.get(f"{SHELL}?debug=1").content.decode()
    assert 'value="start:form:after#load"' in pane
    refused = client.post(f"{SHELL}debugger/", {"act": "start:form:after#load"})
    assert "Choose first whether calls are made" in refused.content.decode()
    client.post(f"{SHELL}outward/", {"outward": "do"})
    assert "data-load" in client.get(FRAME).content.decode()
    client.post(f"{SHELL}debugger/", {"act": "start:form:after#load"})
    assert "Paused before rule 1" in client.get(SHELL).content.decode()
    assert provider.log == []
