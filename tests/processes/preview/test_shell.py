"""The page around a preview: who may, what is saved first, forms that follow each other."""

import re
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from processes.designer import working_copy
from processes.designs.lifecycle import create_design
from processes.models import ProcessInstance
from processes.selectors import get_design
from tests.pages import client_of, text_of
from tests.processes.conftest import RULES, answers, with_rules
from tests.processes.definitions import button, process, text_field
from tests.processes.preview.shell import FRAME, SHELL

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "/designs/token-refresh/preview/new/"


def test_save_gives_the_process_id_and_a_task_can_be_scheduled_on_it(design: Any, ada: Any) -> None:
    client = client_of(ada)
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


def test_only_the_form_may_stand_in_a_frame_of_ours(made: Any, ada: Any) -> None:
    client = client_of(ada)
    for url in (FRAME, f"{NEW}form/"):
        answer = client.get(url)
        assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "SAMEORIGIN"
    for url in (SHELL, NEW, "/instances/token-refresh-1/"):
        answer = client.get(url)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"


def test_the_buttons_of_a_new_form_stand_in_one_bar_with_save(ada: Any) -> None:
    send = button("send", {"type": "submit"}) | {"place": "footer"}
    create_design(raw=process(text_field("wish"), send, name="buy"), user=ada)
    page = client_of(ada).get("/designs/buy/preview/new/form/").content.decode()
    above, bar = page.split('<div class="k-footbar k-footbar--panel">')
    acts = re.findall(r'name="act"\s+value="([^"]+)"', bar)
    assert acts == ["save", "press:send"]
    assert 'value="press:send"' not in above.partition('name="v-wish"')[2]


def test_a_preview_is_for_designers(made: Any, ada: Any, ben: Any, dan: Any) -> None:
    for person in (ben, dan):
        assert client_of(person).get(SHELL).status_code == 403
        assert client_of(person).get(FRAME).status_code == 403
    assert client_of(ada).get("/designs/nothing/preview/").status_code == 404
    assert client_of(ada).get("/designs/token-refresh/preview/instance/other-1/").status_code == 404


def test_sound_edits_of_the_designer_are_saved_first_and_others_named(made: Any, ada: Any) -> None:
    client = client_of(ada)
    copy = working_copy.open_copy("token-refresh", user=ada)
    copy = working_copy.edit(
        "token-refresh", user=ada, revision=copy.revision,
        edit={"do": "change", "target": "field:client_id", "settings": {"title": "Client"}},
    )  # fmt: skip
    assert "Draft 0.2" in client.get(SHELL).content.decode()
    assert str(get_design("token-refresh").draft) == "0.2"
    working_copy.edit(
        "token-refresh", user=ada, revision=copy.revision,
        edit={"do": "change", "target": "rule:clear",
              "settings": {"assignments": [{"field": "gone", "value": ""}]}},
    )  # fmt: skip
    page = client.get(SHELL).content.decode()
    assert "s edits are not in this preview of 0.2" in page
    assert "There is no field gone." in page
    assert str(get_design("token-refresh").draft) == "0.2"


def test_a_button_pressed_before_save_makes_the_instance_first(
    design: Any, ada: Any, provider: HTTPServer
) -> None:
    answers(provider)
    client = client_of(ada)
    sent = {"act": "press:refresh", "v-client_id": "c-1", "v-refresh_token": "rt-old-42"}
    assert client.post(f"{NEW}form/", sent).status_code == 422
    assert not ProcessInstance.objects.exists()
    client.post(f"{NEW}form/", {**sent, "outward": "do", "debug": "1"})
    assert "Paused before rule 1" in client.get(SHELL).content.decode()
    assert ProcessInstance.objects.get().outward == "do"


def test_forms_follow_each_other_in_the_frame_and_what_runs_on_opening_waits_for_the_question(
    token_service: Any, ada: Any, provider: HTTPServer
) -> None:
    made = with_rules(RULES)
    made["forms"][0]["rules"] = [{"type": "save", "id": "kept"}]
    made["forms"].append({
        "name": "after", "title": "After", "load_rules": [{**RULES[1], "id": "loaded"}],
        "fields": [{"type": "text", "name": "remark", "title": "Remark"}],
    })  # fmt: skip
    create_design(raw=made, user=ada)
    client = client_of(ada)
    sent = {"act": "press:form:token#submit", "v-client_id": "c-1"}
    assert client.post(f"{NEW}form/", {"act": sent["act"]}).status_code == 422
    assert client.post(f"{NEW}form/", sent).status_code == 303
    frame = client.get(FRAME).content.decode()
    assert "data-load" not in frame
    assert "External calls" in frame
    pane = client.get(f"{SHELL}?debug=1").content.decode()
    assert 'value="start:form:after#load"' in pane
    refused = client.post(f"{SHELL}debugger/", {"act": "start:form:after#load"})
    assert "Choose first whether to send real requests" in refused.content.decode()
    client.post(f"{SHELL}outward/", {"outward": "do"})
    assert "data-load" in client.get(FRAME).content.decode()
    client.post(f"{SHELL}debugger/", {"act": "start:form:after#load"})
    paused = text_of(client.get(SHELL))
    assert "Paused before rule 1" in paused
    assert re.search(r"Ends without saving at \d\d:\d\d if you do nothing\.", paused)
    assert provider.log == []
