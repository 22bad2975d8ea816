"""Forms worked through by people: asked, given to somebody, sent back, decided; on a phone too."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from processes.running.runs import trigger
from tests.browser.hands import see_sent
from tests.browser.story_rows import SCRIPT
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import button, process, set_rule, text_field


def leave() -> Any:
    """Return a process: somebody asks for days off, Ben decides."""
    made = process(
        text_field("days", title="Days", required=True, rules=[set_rule("total", "[days] days")]),
        text_field("total", title="Total", enabled=False),
        {"type": "panel", "name": "more", "fields": [text_field("reason", title="Reason")]},
        name="leave",
        title="Leave",
        rules=[],
    )
    made["forms"][0] |= {"name": "asking", "title": "Asking"}
    made["forms"].append(
        {
            "name": "decision",
            "title": "Decision",
            "owners": {"users": ["ben"]},
            "fields": [
                text_field("word", title="Word", required=True),
                {"type": "toggle", "name": "paid", "required": True},
                button("decide", {"type": "submit"}) | {"title": "Decide", "place": "footer"},
            ],
        }
    )
    return made


@pytest.fixture
def instance(person: Callable[[str], Any]) -> Any:
    """A live instance, begun by Ada."""
    ada = person("ada")
    person("ben")
    create_design(raw=leave(), user=ada)
    publish_design(name="leave", user=ada)
    return create_instance(process="leave", mode="live", data={}, user=ada)


def test_a_request_goes_from_who_asks_to_who_decides_and_back(
    instance: Any, page_as: PageAs, axe: Look
) -> None:
    ada = page_as("ada")
    ada.goto(f"/instances/{instance.process_id}/")
    ada.complaints.expect("status of 422")
    ada.get_by_role("button", name="Submit").click()
    ada.get_by_text("Days is required. Fill it in.").first.wait_for()
    ada.wait_for_selector("#f-data-days:focus")
    ada.locator("#f-data-days").fill("3")
    # Leaving the field runs the rules of its change, and what is typed meanwhile stays.
    ada.keyboard.press("Tab")
    ada.locator("#f-data-reason").fill(SCRIPT)
    expect(ada.locator("#f-data-total")).to_have_value("3 days")
    assert ada.locator("#f-data-reason").input_value() == SCRIPT
    ada.get_by_role("button", name="Submit").click()
    see_sent(ada, "ben")
    axe(ada)

    ben = page_as("ben")
    ben.goto("/")
    ben.get_by_role("link", name=re.compile("My work")).first.click()
    axe(ben)
    ben.get_by_role("link", name="Decision").click()
    ben.get_by_role("tab", name="Asking").click()
    ben.get_by_role("link", name="Send back to this form").click()
    axe(ben)
    ben.locator("#dialog").get_by_label("Reason").fill("Two days at most.")
    ben.get_by_role("button", name="Send back").click()
    ben.get_by_text("Asking is open again").wait_for()

    ada.goto(f"/instances/{instance.process_id}/")
    ada.locator("#f-data-days").fill("2")
    ada.keyboard.press("Tab")
    expect(ada.locator("#f-data-total")).to_have_value("2 days")
    ada.get_by_role("button", name="Submit").click()
    see_sent(ada, "ben")

    ben.goto("/work/")
    ben.get_by_role("link", name="Decision").click()
    ben.complaints.expect("status of 422")
    ben.locator("#f-data-word").fill("Yes")
    ben.get_by_role("button", name="Decide").click()
    ben.get_by_text("Paid is required. Fill it in.").first.wait_for()
    axe(ben)
    ben.wait_for_selector("input[name=v-paid]:focus")
    ben.keyboard.press("Space")
    ben.get_by_role("button", name="Decide").dblclick()
    ben.get_by_text("Completed by you").wait_for()
    done = ProcessInstance.objects.get()
    assert (done.status, done.values["total"], done.values["word"]) == (
        "completed", "2 days", "Yes",
    )  # fmt: skip
    ben.goto("/work/")
    ben.get_by_text("Nothing is waiting for you").wait_for()


@pytest.mark.parametrize("width", [1280, 390])
def test_what_was_decided_and_is_sent_back_says_why_and_comes_to_be_decided_again(
    instance: Any, person: Callable[[str], Any], page_as: PageAs, looks: Any, width: int
) -> None:
    ada, ben = person("ada"), person("ben")
    press(instance, "form:asking#submit", ada, days="3")
    press(instance, "decide", ben, word="Yes", paid=True)
    boss = page_as("ben", width)
    boss.goto(f"/instances/{instance.process_id}/#form-asking")
    boss.get_by_role("link", name="Send back to this form").locator("visible=true").click()
    # Nobody has to guess why: without a note it stays as it is.
    boss.get_by_role("button", name="Send back").click()
    boss.get_by_text("Enter a reason.").wait_for()
    looks(boss)
    boss.locator("#dialog").get_by_label("Reason").fill(f"{SCRIPT}\nTwo days at most.")
    boss.get_by_role("button", name="Send back").click()
    boss.get_by_text("Asking is open again").wait_for()
    expect(boss.locator("#form-asking")).to_contain_text("Sent back by you")

    asker = page_as("ada", width)
    asker.goto("/work/")
    expect(asker.locator("#rows")).to_contain_text("Two days at most.")
    looks(asker)
    asker.get_by_role("link", name="Asking").click()
    note = asker.locator("#form-asking .k-note")
    expect(note).to_contain_text("Sent back by ben")
    expect(note).to_contain_text(SCRIPT)
    looks(asker)
    asker.locator("#f-data-days").fill("2")
    asker.get_by_role("button", name="Submit").click()
    see_sent(asker, "ben")
    expect(note).to_have_count(0)

    boss.goto("/work/")
    boss.get_by_role("link", name="Decision").click()
    expect(boss.locator("#f-data-word")).to_have_value("Yes")
    boss.get_by_role("button", name="Decide").click()
    expect(boss.locator("#form-decision")).to_contain_text("Completed by you")
    boss.goto(f"/instances/{instance.process_id}/changes/")
    expect(boss.locator("main")).to_contain_text("Completed by ben, today")
    looks(boss)


def press(instance: Any, target: str, user: Any, **data: Any) -> None:
    run = trigger(
        process_id=instance.process_id, target=target, user=user, trigger="button", data=data
    )
    assert run.status == "succeeded", run.error


def test_rules_require_refuse_give_show_and_leave(
    person: Callable[[str], Any], page_as: PageAs
) -> None:
    many = {"items": [{"left": "[days]", "operator": "gt", "right": "5"}]}
    made = leave()
    made["forms"][1]["owners"] = {}
    made["forms"][0]["fields"][0] = {"type": "number", "name": "days", "decimals": 1}
    made["forms"][0]["fields"] += [
        button("need", {"type": "make_required", "changes": [{"field": "reason"}]}),
        button("check", {"type": "validate_input", "field": "days", "message": "[days] is a lot.",
                         "conditions": many}),
        button("give", {"type": "assign_form", "form": "decision", "to": {"users": ["ben"]}},
               {"type": "save"}),
        button("look", {"type": "go_to_form", "form": "decision", "mode": "read"}),
        button("drop", {"type": "close", "status": "Dropped"}),
    ]  # fmt: skip
    person("ben")
    create_design(raw=made, user=person("ada"))
    publish_design(name="leave", user=person("ada"))
    create_instance(process="leave", mode="live", data={}, user=person("ada"))
    page = page_as("ada")
    page.complaints.expect("status of 422")
    page.goto("/instances/leave-1/")
    page.get_by_role("button", name="Need").click()
    page.locator("#f-data-reason[required]").wait_for()
    page.locator("#f-data-days").fill("6")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#f-data-days-error")).to_have_text("6 is a lot.")
    page.wait_for_selector("#f-data-days:focus")
    assert page.locator("#f-data-days").input_value() == "6"
    page.locator("#f-data-days").fill("2")
    page.locator("#f-data-reason").fill("rest")
    page.get_by_role("button", name="Give").click()
    page.get_by_text("Give: done").wait_for()
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("tab", name="Decision")).to_have_attribute("aria-selected", "true")
    page.get_by_text("Opens when").filter(has_text="with ben").wait_for()
    page.get_by_role("tab", name="Asking").click()
    page.get_by_role("button", name="Drop").click()
    page.wait_for_url("**/records/leave/")
    done = ProcessInstance.objects.get()
    assert (done.status, done.values["days"], done.values["reason"]) == ("Dropped", 2, "rest")


def test_a_new_form_reacts_as_it_is_filled_in_and_submitting_makes_the_instance(
    person: Callable[[str], Any],
    page_as: PageAs,
    looks: Look,
) -> None:
    needs = {"items": [{"left": "[days]", "operator": "eq", "right": "9"}]}
    shows = {
        "type": "hide_or_disable", "conditions": needs,
        "changes": [{"field": "reason", "action": "show"}],
        "opposite": [{"field": "reason", "action": "hide"}],
    }  # fmt: skip
    made = leave()
    made["forms"][0]["fields"][0]["rules"].append(shows)
    made["forms"][0]["fields"][2]["fields"][0] |= {"visible": False, "required": True}
    made["forms"][0]["fields"].append({"type": "secret", "name": "pin", "title": "PIN"})
    person("ben")
    create_design(raw=made, user=person("ada"))
    publish_design(name="leave", user=person("ada"))
    page = page_as("ada")
    page.complaints.expect("status of 422")
    page.goto("/start/leave/")
    page.locator("#f-data-pin").fill("1234")
    page.locator("#f-data-days").fill("9")
    # The button is pressed while the rules of the change are at work.
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("Reason is required. Fill it in.").first.wait_for()
    page.wait_for_selector("#f-data-reason:focus")
    assert page.locator("#f-data-total").input_value() == "9 days"
    assert page.locator("#f-data-pin").input_value() == "1234"
    looks(page)
    assert not ProcessInstance.objects.exists()
    page.keyboard.type("rest")
    page.get_by_role("button", name="Submit").dblclick()
    see_sent(page, "ben")
    assert page.url.endswith("/instances/leave-1/")
    instance = ProcessInstance.objects.get()
    assert (instance.status, instance.values["total"]) == ("Decision", "9 days")
    assert "pin" in instance.secrets


def press_slowly(page: Page, name: str, meanwhile: Any) -> None:
    """Press a button as a hand does: something happens between press and release."""
    box = page.get_by_role("button", name=name).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    meanwhile()
    page.mouse.up()


def test_a_button_pressed_right_after_typing_is_pressed_whatever_comes_meanwhile(
    person: Callable[[str], Any], page_as: PageAs
) -> None:
    shows = {
        "type": "hide_or_disable", "conditions": {"items": [
            {"left": "[days]", "operator": "eq", "right": "9"}]},
        "changes": [{"field": "reason", "action": "show"}],
        "opposite": [{"field": "reason", "action": "hide"}],
    }  # fmt: skip
    fields = [
        text_field("days", title="Days", rules=[shows, set_rule("total", "[days] days")]),
        text_field("reason", title="Reason", visible=False),
        text_field("total", title="Total"),
        {**button("keep", {"type": "save"}), "title": "Keep"},
    ]
    create_design(raw=process(*fields, name="leave", rules=[]), user=person("ada"))
    publish_design(name="leave", user=person("ada"))
    instance = create_instance(process="leave", mode="live", data={}, user=person("ada"))
    page = page_as("ada")
    page.goto("/instances/leave-1/")
    page.locator("#f-data-days").click()
    page.keyboard.type("9")
    # The press takes the focus from the field: its rules put another field above the button.
    press_slowly(page, "Keep", lambda: page.wait_for_timeout(500))
    expect(page.locator("dt:has-text('Revision') + dd")).to_have_text("2")
    instance.refresh_from_db()
    assert (instance.revision, instance.values["total"]) == (2, "9 days")
    held: list[Route] = []

    def answer() -> None:
        while not held:
            page.wait_for_timeout(20)
        held[0].continue_()
        page.unroute("**/instances/leave-1/")
        # The answer has come: its rules hide the reason, and another button stands there.
        page.locator("#f-data-reason").wait_for(state="hidden")

    page.route("**/instances/leave-1/", lambda route: held.append(route))
    page.locator("#f-data-days").fill("8")
    page.locator("#f-data-total").focus()
    # The rules of the change are at work already.
    press_slowly(page, "Keep", answer)
    expect(page.locator("dt:has-text('Revision') + dd")).to_have_text("3")
    instance.refresh_from_db()
    assert (instance.revision, instance.values["total"]) == (3, "8 days")


def test_what_runs_on_opening_runs_once_for_each_opening(
    person: Callable[[str], Any], page_as: PageAs
) -> None:
    raw = process(text_field("seen"), rules=[set_rule("seen", "[user.name]"), {"type": "save"}])
    create_design(raw=raw, user=person("ada"))
    publish_design(name="orders", user=person("ada"))
    create_instance(process="orders", mode="live", data={}, user=person("ada"))
    page = page_as("ada")
    for times in (1, 2):
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.goto("/instances/orders-1/")
        expect(page.locator("[data-load]")).to_have_count(0)
        assert page.locator("[name=v-seen]").input_value() == "ada"
        page.wait_for_load_state("networkidle")
        assert Run.objects.count() == times


def test_forms_and_work_fit_and_are_accessible(instance: Any, page_as: PageAs, looks: Look) -> None:
    page = page_as("ada")
    page.goto("/work/")
    looks(page)
    page.goto(f"/instances/{instance.process_id}/")
    looks(page)
    page.get_by_role("tab", name="Decision").click()
    page.get_by_text("Opens when").wait_for()
    looks(page)
