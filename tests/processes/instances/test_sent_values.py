"""What is not open, hidden or switched off takes no values and no presses from any door."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from kianda.web.form_once import new_token
from processes.instances.history import restore_value
from processes.instances.sending_back import send_back
from processes.models import Change, ProcessInstance, Run
from processes.running.runs import execute_queued, trigger
from tests.factories import OPEN_TO_ALL, make_user
from tests.pages import client_of, text_of
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.forms.leave import form, states
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)

HIDE = {"type": "hide_or_disable"}


def switching(name: str, field: str, action: str) -> dict[str, Any]:
    return button(name, {**HIDE, "changes": [{"field": field, "action": action}]})


def claim() -> dict[str, Any]:
    """Return a process in which anybody asks and one person decides."""
    return {
        "name": "claim",
        "security": OPEN_TO_ALL,
        "forms": [
            form(
                "ask",
                text_field("why"),
                {"type": "panel", "name": "pan", "fields": [
                    text_field("inside"), {"type": "secret", "name": "pin"}]},
                text_field("fixed", enabled=False),
                text_field("kind", rules=[set_rule("fixed", "[kind] set")]),
                button("again", set_rule("why", "again"), {"type": "save"}),
                button("copy", {"type": "save"}) | {"show_in_display_mode": True},
                button("off", {"type": "save"}) | {"enabled": False},
                switching("shut", "pan", "disable"), switching("hide", "pan", "hide"),
                switching("whole", "ask", "disable"),
                button("send", {"type": "submit"}),
            ),
            form(
                "decide",
                text_field("verdict"),
                button("approve", set_rule("verdict", "yes"), {"type": "submit"}),
                owners={"users": ["ben"]},
            ),
        ],
    }  # fmt: skip


@pytest.fixture
def asked(api: Callable[..., Any], ada: Any, ben: Any) -> str:
    """A claim that Ben made and has not submitted."""
    return made(api(ben), published(claim(), user=ada), why="rest")


@pytest.fixture
def approved(asked: str, api: Callable[..., Any], ben: Any) -> str:
    """A claim that is through."""
    fired(api(ben), asked, "send")
    fired(api(ben), asked, "approve")
    assert read(api(ben), asked)["status"] == "completed"
    return asked


def patch(client: Any, process_id: str, **data: Any) -> Any:
    body = {"data": data, "revision": read(client, process_id)["revision"]}
    return client.patch(f"/api/v1/instances/{process_id}/", body)


def ask(client: Any, process_id: str, target: str, **data: Any) -> Any:
    body = {"target": target, "data": data}
    return client.post(f"/api/v1/instances/{process_id}/trigger/", body)


def page(user: Any, process_id: str, act: str, *, seen: int | None = None, **typed: str) -> Any:
    revision = seen or ProcessInstance.objects.get(process_id=process_id).revision
    body = {"act": act, "revision": str(revision), "once": new_token()}
    body |= {name if name == "left" else f"v-{name}": value for name, value in typed.items()}
    return client_of(user).post(f"/instances/{process_id}/", body)


@pytest.fixture
def unchanged() -> Callable[[str], Any]:
    """Return what a refusal must leave as it is."""

    def found(process_id: str) -> Any:
        row = ProcessInstance.objects.get(process_id=process_id)
        runs = Run.objects.filter(process_id=process_id).count()
        return row.revision, row.values, row.secrets, row.forms, row.display, runs

    return found


@pytest.mark.parametrize(
    "act",
    [
        lambda c, u, i: patch(c, i, why="other"),
        lambda c, u, i: patch(c, i, verdict="no") if u.username == "ben" else patch(c, i, why="x"),
        lambda c, u, i: ask(c, i, "again"),
        lambda c, u, i: ask(c, i, "kind", kind="x"),
        lambda c, u, i: ask(c, i, "copy", why="other"),
        lambda c, u, i: ask(c, i, "process#load", why="other"),
        lambda c, u, i: ask(c, i, "form:ask#submit"),
        lambda c, u, i: page(u, i, "press:again"),
        lambda c, u, i: page(u, i, "press:form:ask#submit"),
        lambda c, u, i: page(u, i, "save", why="other"),
        lambda c, u, i: c.post(
            f"/api/v1/instances/{i}/trigger/", {"target": "again", "async": True}
        ),
    ],
    ids=["patch", "patch-own", "press", "change", "data", "load", "submit", "page-press",
         "page-submit", "page-save", "async"],
)  # fmt: skip
def test_a_completed_form_is_changed_by_nobody(
    approved: str, api: Callable[..., Any], ada: Any, ben: Any, unchanged: Any, act: Any
) -> None:
    before = unchanged(approved)
    # Nobody involved, a designer, and the owner of the approval.
    for person in (make_user("olga", "User"), ada, ben):
        refused = act(api(person), person, approved)
        assert refused.status_code == 409
        said = text_of(refused) if not hasattr(refused, "data") else refused.data["detail"]
        assert "is completed and cannot be changed" in said
        assert unchanged(approved) == before


def test_a_form_that_is_not_open_yet_takes_nothing(
    asked: str, api: Callable[..., Any], ben: Any, unchanged: Any
) -> None:
    before, client = unchanged(asked), api(ben)
    refused = patch(client, asked, verdict="yes", why="more")
    assert refused.status_code == 409
    assert refused.data["detail"] == ("The form Decide is not open and cannot be changed now.")
    assert [one["pointer"] for one in refused.data["errors"]] == ["/data/verdict"]
    assert ask(client, asked, "approve").status_code == 409
    assert ask(client, asked, "send", verdict="yes").status_code == 409
    assert unchanged(asked) == before


def test_the_open_form_is_changed_as_before_and_a_whole_record_is_sent_along(
    asked: str, api: Callable[..., Any], ben: Any
) -> None:
    client = api(ben)
    data = read(client, asked)["data"]
    assert patch(client, asked, **{**data, "why": "more"}).status_code == 200
    assert read(client, asked)["data"]["why"] == "more"


def test_an_administrator_changes_a_completed_form_and_the_history_says_so(
    approved: str, api: Callable[..., Any]
) -> None:
    root = make_user("root", "Administrator")
    assert patch(api(root), approved, verdict="no").status_code == 200
    assert ask(api(root), approved, "again", why="other").status_code == 200
    rows = [row for change in Change.objects.order_by("pk") for row in change.fields]
    said = {"before": "completed", "after": "changed"}
    assert [row for row in rows if row["after"] == "changed"] == [
        {"field": "form:decide", **said}, {"field": "form:ask", **said}]  # fmt: skip
    shown = text_of(client_of(root).get(f"/instances/{approved}/changes/"))
    assert shown.count("changed by an administrator") == 2


@pytest.mark.parametrize("by", ["shut", "hide", "whole"])
@pytest.mark.parametrize("door", ["patch", "trigger"])
def test_what_a_rule_has_hidden_or_switched_off_takes_no_value(
    asked: str, api: Callable[..., Any], ben: Any, by: str, door: str
) -> None:
    client = api(ben)
    fired(client, asked, by)
    target = "copy" if by != "whole" else "process#load"
    refused = (
        patch(client, asked, inside="x", pin="1")
        if door == "patch"
        else ask(client, asked, target, inside="x", pin="1")
    )
    assert refused.status_code == 400
    assert [one["pointer"] for one in refused.data["errors"]] == ["/data/inside", "/data/pin"]
    assert read(client, asked)["data"]["inside"] == ""


def test_what_the_design_has_switched_off_takes_neither_a_value_nor_a_press(
    asked: str, api: Callable[..., Any], ben: Any
) -> None:
    client = api(ben)
    refused = patch(client, asked, fixed="x", why="more")
    assert (refused.status_code, [one["pointer"] for one in refused.data["errors"]]) == (
        400, ["/data/fixed"])  # fmt: skip
    assert refused.data["errors"][0]["detail"] == ("Fixed is switched off and cannot be used now.")
    pressed = ask(client, asked, "off")
    assert (pressed.status_code, pressed.data["errors"][0]["pointer"]) == (400, "/target")
    typed = page(ben, asked, "save", fixed="x", why="more")
    assert typed.status_code == 422
    assert read(client, asked)["data"]["why"] == "rest"


def test_a_button_of_the_display_mode_fires_on_a_form_that_is_not_open(
    approved: str, api: Callable[..., Any], ben: Any
) -> None:
    shown = client_of(ben).get(f"/instances/{approved}/").content.decode()
    assert 'value="press:copy"' in shown[shown.index("k-footbar") :]
    assert fired(api(ben), approved, "copy")["status"] == "succeeded"
    assert page(ben, approved, "press:copy").status_code in {200, 302, 303}


@pytest.mark.parametrize("kind", ["schedule", "webhook", "manual"])
def test_a_firing_of_a_task_is_no_press_and_goes_on_after_the_submission(
    approved: str, api: Callable[..., Any], ben: Any, kind: str
) -> None:
    run = trigger(process_id=approved, target="again", user=ben, trigger=kind)
    assert (run.status, run.saved) == ("succeeded", True)
    assert read(api(ben), approved)["data"]["why"] == "again"


def test_a_queued_press_is_refused_when_its_form_is_submitted_before_its_turn(
    asked: str, api: Callable[..., Any], ben: Any
) -> None:
    client = api(ben)
    queued = client.post(
        f"/api/v1/instances/{asked}/trigger/",
        {"target": "again", "data": {"why": "x"}, "async": True},
    )
    fired(client, asked, "send")
    run = execute_queued(int(queued.data["id"]))
    assert run is not None
    assert run.status == "refused"
    assert "The form Ask is completed" in run.error["message"]
    assert read(client, asked)["data"]["why"] == "rest"


def test_a_preview_refuses_it_too(api: Callable[..., Any], ada: Any, ben: Any) -> None:
    published(claim(), user=ada)
    client = api(ada)
    body = {"process": "claim", "mode": "preview", "data": {"why": "rest"}}
    preview = client.post("/api/v1/instances/", body).data["process_id"]
    fired(client, preview, "send")
    frame = reverse("preview-frame", args=["claim", preview])
    seen = str(read(client, preview)["revision"])
    for debug in ("0", "1"):
        refused = client_of(ada).post(
            frame, {"act": "press:again", "revision": seen, "once": new_token(), "debug": debug}
        )
        assert refused.status_code == 409
        assert "The form Ask is completed" in text_of(refused)
    assert not Run.objects.filter(target="again").exists()
    assert patch(client, preview, why="x").status_code == 409


def test_a_former_value_of_a_completed_form_is_not_brought_back(
    asked: str, api: Callable[..., Any], ben: Any
) -> None:
    client = api(ben)
    patch(client, asked, why="more")
    change = Change.objects.latest("pk")
    assert "Restore previous value" in text_of(client_of(ben).get(f"/instances/{asked}/changes/"))
    fired(client, asked, "send")
    assert "Restore previous value" not in text_of(
        client_of(ben).get(f"/instances/{asked}/changes/")
    )
    path = f"/instances/{asked}/changes/{change.pk}/why/"
    refused = client_of(ben).post(path, {"once": new_token()})
    assert refused.status_code == 409
    assert "The form Ask is completed" in text_of(refused)
    send_back(process_id=asked, form="ask", note="Look again.", user=ben)
    restore_value(process_id=asked, change_pk=change.pk, field="why", user=ben)
    assert read(client, asked)["data"]["why"] == "rest"


def sealed_in(response: Any) -> str:
    text = response.content.decode()
    return str(text.split('name="left" value="')[1].split('"')[0])


def test_what_a_rule_set_in_a_switched_off_field_is_saved_by_its_person_and_not_replayed_later(
    asked: str, api: Callable[..., Any], ben: Any, unchanged: Any
) -> None:
    left = sealed_in(page(ben, asked, "press:kind", kind="big"))
    page(ben, asked, "save", kind="big", left=left)
    assert read(api(ben), asked)["data"]["fixed"] == "big set"
    left = sealed_in(page(ben, asked, "press:kind", kind="small"))
    fired(api(ben), asked, "send")
    before = unchanged(asked)
    refused = page(ben, asked, "save", left=left)
    assert refused.status_code == 409
    assert 'name="left"' not in refused.content.decode()
    assert unchanged(asked) == before
    assert states(asked)["ask"] == "completed"
