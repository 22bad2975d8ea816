"""The form of a new instance: its rules work before there is an instance to store anything in."""

import re
from typing import Any

import pytest

from kianda.web.form_once import new_token
from processes.designs.lifecycle import create_design, publish_design
from processes.models import ProcessInstance, Run
from tests.pages import client_of, text_of
from tests.processes.definitions import button, process, set_rule, text_field

pytestmark = pytest.mark.django_db
OTHER = {"items": [{"left": "[kind]", "operator": "eq", "right": "other"}]}
SAVE = {"type": "save"}
SHOW = {
    "type": "hide_or_disable", "conditions": OTHER,
    "changes": [{"field": "reason", "action": "show"}],
    "opposite": [{"field": "reason", "action": "hide_and_clear"}],
}  # fmt: skip
NEED = {
    "type": "make_required", "conditions": OTHER, "changes": [{"field": "reason"}],
    "opposite": [{"field": "reason", "action": "not_required"}],
}  # fmt: skip
REFUSE = {
    "type": "validate_input", "field": "kind", "message": "No [kind] here.",
    "conditions": {"items": [{"left": "[kind]", "operator": "eq", "right": "wrong"}]},
}  # fmt: skip


def leave(*buttons: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return a process whose form shows a reason only for one kind of leave."""
    return process(
        text_field("kind", rules=[SHOW, NEED, set_rule("length", "=Length([kind])"), REFUSE]),
        text_field("reason", visible=False),
        {"type": "number", "name": "length", "enabled": False},
        *buttons,
        name="leave",
        **settings,
    )


@pytest.fixture
def new(ada: Any, ben: Any) -> Any:
    """Return `new(raw)`: a process is published; the result posts its first form as Ben."""

    def made(raw: dict[str, Any]) -> Any:
        create_design(raw=raw, user=ada)
        publish_design(name="leave", user=ada)
        client = client_of(ben)
        headers = {"HX-Request": "true", "HX-Target": "instance"}

        def post(act: str, left: str = "", **typed: str) -> Any:
            body = {"act": act, "mode": "live", "once": new_token()}
            body |= {"left": left} | {f"v-{name}": value for name, value in typed.items()}
            return client.post("/start/leave/", body, headers=headers)

        post.get = lambda: client.get("/start/leave/")  # type: ignore[attr-defined]
        return post

    return made


def left_in(response: Any) -> str:
    found = re.search(r'name="left" value="([^"]+)"', response.content.decode())
    return found.group(1) if found else ""


def test_a_panel_is_hidden_and_cleared_before_there_is_an_instance(new: Any) -> None:
    rules = [{"type": "hide_or_disable", "changes": [{"field": "pan", "action": "hide_and_clear"}]}]
    pan = {"type": "panel", "name": "pan", "fields": [text_field("why")]}
    post = new(process(text_field("kind", rules=rules), pan, name="leave"))
    left = left_in(post("press:kind", kind="x", why="old"))
    post("create", left, kind="x", why="old")
    instance = ProcessInstance.objects.get()
    assert (instance.values["why"], instance.display["pan"]) == ("", {"visible": False})


def test_a_change_runs_its_rules_and_nothing_is_stored(new: Any) -> None:
    post = new(leave())
    shown = post("press:kind", kind="other")
    page = shown.content.decode()
    assert shown.status_code == 200
    assert re.search(r'name="v-reason" required', page)
    assert re.search(r'value="5"\s+id="[^"]*" name="v-length"', page)
    again = post("press:kind", left_in(shown), kind="sick", reason="none").content.decode()
    assert 'name="v-reason"' not in again
    assert re.search(r'value="4"\s+id="[^"]*" name="v-length"', again)
    assert not ProcessInstance.objects.exists()
    assert not Run.objects.exists()


def test_what_rules_made_of_the_form_is_stored_with_the_instance(new: Any) -> None:
    post = new(leave())
    left = left_in(post("press:kind", kind="other"))
    refused = post("create", left, kind="other", length="99")
    assert "Reason is required" in text_of(refused)
    assert not ProcessInstance.objects.exists()
    post("create", left_in(refused), kind="other", reason="rest", length="99")
    made = ProcessInstance.objects.get()
    assert made.values == {"kind": "other", "reason": "rest", "length": 5}
    assert made.display["reason"] == {"visible": True, "required": True}


@pytest.mark.parametrize("left", ["forged", "[1, 1, {}]:x:y"])
def test_what_somebody_writes_into_the_page_is_not_taken(new: Any, left: str) -> None:
    new(leave())("create", left, kind="sick", reason="mine", length="99")
    made = ProcessInstance.objects.get()
    assert (made.values["reason"], made.values["length"], made.display) == ("", None, {})


def test_the_rules_of_opening_work_on_the_new_form(new: Any) -> None:
    post = new(leave(rules=[set_rule("kind", "[user.name]")]))
    assert re.search(r'value="ben"\s+id="[^"]*" name="v-kind"', post.get().content.decode())
    assert not ProcessInstance.objects.exists()


def test_a_rule_of_opening_that_fails_is_told_and_the_form_can_be_filled_in(new: Any) -> None:
    shown = new(leave(rules=[set_rule("length", "=1 / 0")])).get()
    assert "The form did not open correctly" in text_of(shown)
    assert 'name="v-kind"' in shown.content.decode()


def test_what_rules_refuse_stands_beside_its_field(new: Any) -> None:
    post = new(leave())
    shown = post("press:kind", kind="wrong")
    assert shown.status_code == 422
    assert re.search(r'id="f-data-kind-error"[^>]*>\s*No wrong here', shown.content.decode())
    # The rules before it have done nothing either.
    assert not re.search(r'value="5"\s+id="[^"]*" name="v-length"', shown.content.decode())


def test_a_button_that_stores_makes_the_instance_and_runs_on_it(new: Any) -> None:
    post = new(leave(button("go", set_rule("reason", "went"), SAVE)))
    assert 'value="press:go"' in post.get().content.decode()
    answer = post("press:go", kind="sick")
    assert answer["HX-Redirect"] == "/instances/leave-1/"
    made = ProcessInstance.objects.get()
    assert (made.values["kind"], made.values["reason"]) == ("sick", "went")
    assert Run.objects.get().trigger == "button"


def test_a_form_with_a_gap_or_something_refused_is_not_submitted_and_nothing_is_made(
    new: Any,
) -> None:
    raw = leave(button("ask", REFUSE, {"type": "submit"}, {"type": "close"}))
    raw["forms"][0]["fields"][0]["required"] = True
    post = new(raw)
    assert "Kind is required" in text_of(post("press:ask"))
    assert "No wrong here" in text_of(post("press:ask", kind="wrong"))
    assert not ProcessInstance.objects.exists()
    assert post("press:ask", kind="sick")["HX-Redirect"] == "/instances/leave-1/sent/main/"
    assert ProcessInstance.objects.get().status == "completed"


def test_the_form_itself_is_submitted_from_the_start(new: Any) -> None:
    raw = leave()
    raw["forms"].append({"name": "next", "fields": [text_field("word")]})
    post = new(raw)
    led = post("press:form:main#submit", kind="sick")["HX-Redirect"]
    assert led == "/instances/leave-1/#form-next"
    assert ProcessInstance.objects.get().status == "Next"


def test_a_change_whose_rules_store_makes_the_instance(new: Any) -> None:
    raw = leave()
    raw["forms"][0]["fields"][0]["rules"].append(SAVE)
    answer = new(raw)("press:kind", kind="other")
    assert answer["HX-Redirect"] == "/instances/leave-1/"
    assert Run.objects.get().trigger == "change"


def test_close_leaves_a_new_form_and_nothing_is_made_of_it(new: Any) -> None:
    post = new(leave(button("away", {"type": "close"})))
    assert post("press:away", kind="sick")["HX-Redirect"] == "/"
    assert not ProcessInstance.objects.exists()


def test_what_was_typed_into_a_field_that_is_hidden_comes_back_with_it(new: Any) -> None:
    switch = {"type": "hide_or_disable", "changes": [{"field": "kind", "action": "toggle_visible"}]}
    post = new(leave(button("turn", switch)))
    hidden = post("press:turn", kind="sick")
    assert 'name="v-kind"' not in hidden.content.decode()
    shown = post("press:turn", left_in(hidden)).content.decode()
    assert re.search(r'value="sick"\s+id="[^"]*" name="v-kind"', shown)


def test_a_rule_that_goes_to_a_form_shows_it_on_the_page_of_the_new_instance(new: Any) -> None:
    look = {"type": "go_to_form", "form": "next", "mode": "read"}
    raw = leave(button("look", SAVE, look))
    raw["forms"].append({"name": "next", "fields": [text_field("word")]})
    assert new(raw)("press:look")["HX-Redirect"] == "/instances/leave-1/#form-next"


def test_a_preview_reacts_before_its_first_save_too(new: Any, ada: Any) -> None:
    new(leave())
    headers = {"HX-Request": "true", "HX-Target": "instance"}
    url = "/designs/leave/preview/new/form/"
    client = client_of(ada)
    shown = client.post(url, {"act": "press:kind", "v-kind": "other"}, headers=headers)
    assert re.search(r'name="v-reason" required', shown.content.decode())
    assert not ProcessInstance.objects.exists()
    sent = {"act": "save", "v-kind": "other", "v-reason": "rest", "left": left_in(shown)}
    client.post(url, sent, headers=headers)
    assert ProcessInstance.objects.get().display["reason"]["required"]


@pytest.mark.parametrize(
    ("press", "main", "beside"),
    [
        (button("ask", {"type": "submit"}), "Ask", "Save"),
        (button("keep", SAVE), "Create", "Keep"),
    ],
)
def test_what_submits_the_form_is_its_main_button(
    new: Any, press: dict[str, Any], main: str, beside: str
) -> None:
    page = new(leave(press)).get().content.decode()
    buttons = re.findall(r'<button type="submit"(.*?)>(.*?)</button>', page, re.DOTALL)
    looks = {re.sub(r"<.*?>", "", words).strip(): "btn-primary" in look for look, words in buttons}
    assert {main: looks[main], beside: looks[beside]} == {main: True, beside: False}
