"""What a preview does when a rule calls out: asked once, pinned samples."""

import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from processes.models import PinnedAnswer, Run
from processes.running.pinned_answers import pin_answer
from tests.pages import client_of
from tests.processes.conftest import GOOD_ANSWER, answers
from tests.processes.preview.shell import FRAME, SHELL, stored, typed

pytestmark = pytest.mark.django_db(transaction=True)
SAMPLE = {"status": 200, "body": {"access_token": "at-pin", "refresh_token": "rt-pin-1"}}


def test_outward_effects_are_asked_for_once_per_preview(
    made: Any, ada: Any, provider: HTTPServer
) -> None:
    answers(provider)
    client = client_of(ada)
    assert "External calls" in client.get(FRAME).content.decode()
    refused = client.post(FRAME, typed(act="press:refresh"))
    assert refused.status_code == 422
    assert "Choose first whether to send real requests" in refused.content.decode()
    assert (Run.objects.count(), provider.log) == (0, [])
    assert client.post(FRAME, typed(act="press:refresh", outward="do")).status_code == 303
    assert "External calls" not in client.get(FRAME).content.decode()
    assert stored()["access_token"] == "at-new"
    assert client.post(FRAME, typed(act="press:refresh", revision="2")).status_code == 303
    assert len(provider.log) == 2


@pytest.mark.parametrize("choice", ["", "sample", "do" * 5000, "\0"])
def test_a_choice_that_there_is_not_is_told_and_changes_nothing(
    made: Any, ada: Any, choice: str
) -> None:
    client = client_of(ada)
    sentence = "Choose whether calls are sent or answered from samples"
    for url, sent in ((f"{SHELL}outward/", {}), (FRAME, typed(act="press:refresh"))):
        if url == FRAME and not choice:
            continue
        refused = client.post(url, {**sent, "outward": choice})
        assert refused.status_code == 400
        assert sentence in refused.content.decode()
        part = client.post(url, {**sent, "outward": choice}, headers={"HX-Request": "true"})
        assert (part.status_code, part.content.decode()) == (400, f"{sentence}.")
    made.refresh_from_db()
    assert (made.outward, Run.objects.count()) == ("", 0)


def test_pinned_samples_answer_what_a_person_presses_but_not_a_schedule(
    made: Any, ada: Any, provider: HTTPServer
) -> None:
    from processes.running import runs

    answers(provider)
    pin_answer(name="token-refresh", rule_id="get-token", text=json.dumps(SAMPLE), user=ada)
    client = client_of(ada)
    client.post(FRAME, typed(act="press:refresh", outward="pinned"))
    assert provider.log == []
    assert stored()["access_token"] == "at-pin"
    page = client.get(f"/runs/{Run.objects.get().pk}/").content.decode()
    assert "Sample response" in page
    assert "rt-pin-1" not in page
    runs.trigger(process_id="token-refresh-1", target="refresh", user=ada, trigger="schedule")
    assert len(provider.log) == 1
    assert stored()["access_token"] == "at-new"
    answer = client.post(f"{SHELL}outward/", {"outward": "do"}, follow=True)
    assert "This preview sends real requests." in answer.content.decode()


def test_without_a_pinned_sample_the_step_says_so(
    made: Any, ada: Any, provider: HTTPServer
) -> None:
    client = client_of(ada)
    client.post(FRAME, typed(act="press:refresh", outward="pinned"))
    run = Run.objects.get()
    assert run.error["message"] == (
        "There is no sample response for Get a new token. Add one, or send the call."
    )
    assert provider.log == []


def test_a_pinned_answer_is_taken_from_the_last_real_one_without_its_secrets(
    made: Any, ada: Any, provider: HTTPServer
) -> None:
    from django.db import connection

    answers(provider)
    client = client_of(ada)
    url = "/designs/token-refresh/preview/answers/get-token/"
    assert "This is a real response" not in client.get(url).content.decode()
    client.post(FRAME, typed(act="press:refresh", outward="do"))
    page = client.get(url).content.decode()
    assert "This is a real response" in page
    assert "sample-refresh_token" in page
    assert GOOD_ANSWER["refresh_token"] not in page
    text = json.dumps({"status": 200, "headers": {}, "body": {"access_token": "kept-1234"}})
    client.post(url, {"act": "pin", "answer": text})
    assert PinnedAnswer.objects.get().answer["body"] == {"access_token": "kept-1234"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM processes_pinnedanswer")
        assert "kept-1234" not in cursor.fetchone()[0]
    assert "Use the last real response" in client.get(url).content.decode()
    client.post(url, {"act": "unpin"})
    assert not PinnedAnswer.objects.exists()
    assert client.get(url.replace("get-token", "save")).status_code == 404


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "This is not JSON."),
        ("[" * 100_000, "This is not JSON."),
        ("[]", "A sample response is an object with three parts."),
        ('{"status": 200, "more": 1}', "A sample response is an object with three parts."),
        ('{"status": "200"}', "The status is a whole number"),
        ('{"status": 99}', "The status is a whole number"),
        ('{"headers": {"A": 1}}', "The headers are an object of texts"),
        ('"' + "x" * 300_000 + '"', "A sample response can have at most 256 KB."),
    ],
)
def test_a_pinned_answer_that_is_none_is_refused(
    text: str, sentence: str, design: Any, ada: Any
) -> None:
    url = "/designs/token-refresh/preview/answers/get-token/"
    answer = client_of(ada).post(url, {"act": "pin", "answer": text})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not PinnedAnswer.objects.exists()
