"""Somebody submits a form while another person types into it: what the page says then."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from processes.instances.lifecycle import create_instance
from processes.instances.sending_back import send_back
from processes.printing.printed_record import NONE
from processes.running.runs import trigger
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import button, set_rule, text_field
from tests.processes.forms.leave import form
from tests.processes.stories import published


@pytest.fixture
def claim(person: Callable[[str], Any]) -> Any:
    """A claim that anybody fills in and that Ada decides, made by Ben."""
    raw = {
        "name": "claim",
        "forms": [
            form("ask", text_field("why"), button("send", {"type": "submit"}),
                 button("remind", {"type": "save"}) | {"show_in_display_mode": True}),
            form("decide", text_field("verdict"), button("approve", {"type": "submit"}),
                 owners={"users": ["ada"]}),
        ],
    }  # fmt: skip
    published(raw, user=person("ada"))
    return create_instance(process="claim", mode="live", user=person("ben"), data={"why": "rest"})


def press(person: Callable[[str], Any], name: str, target: Any) -> None:
    run = trigger(process_id="claim-1", target=target, user=person(name), trigger="button")
    assert run.status == "succeeded"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("act", ["Save draft", "Send"])
def test_what_is_typed_into_a_form_that_was_submitted_meanwhile_is_refused_with_its_reason(
    page_as: PageAs,
    claim: Any,
    person: Callable[[str], Any],
    axe: Look,
    assert_fits: Look,
    width: int,
    act: str,
) -> None:
    page = page_as("ben", width)
    page.goto("/instances/claim-1/")
    page.get_by_label("Why").fill("more rest")
    press(person, "ben", "send")
    page.get_by_role("button", name=act, exact=True).click()
    note = page.get_by_role("alert").filter(has_text="Nothing was changed")
    expect(note).to_contain_text("The form Ask is completed and cannot be changed")
    page.locator("#tab-ask").click()
    expect(page.get_by_label("Why")).to_have_count(0)
    expect(page.locator("#f-data-why")).to_have_text(re.compile(r"^\s*Why\s+rest\s*$"))
    expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(0)
    # The one button that its design lets be pressed then is there.
    expect(page.get_by_role("button", name="Remind")).to_be_enabled()
    assert_fits(page)
    axe(page)
    page.get_by_role("button", name="Remind").click()
    expect(page.get_by_text("Remind: done")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_rule_opens_a_completed_form_for_whoever_presses_its_button_until_they_leave(
    page_as: PageAs, person: Callable[[str], Any], axe: Look, assert_fits: Look, width: int
) -> None:
    modes = [{"field": "ask", "action": "edit"}, {"field": "verdict", "action": "read"}]
    mend = button("mend", {"type": "field_display_mode", "changes": modes})
    ask = form(
        "ask", text_field("why", rules=[set_rule("words", "=Length([why])")]), text_field("words"),
        button("send", {"type": "submit"}), mend | {"show_in_display_mode": True},
    )  # fmt: skip
    decide = form("decide", text_field("verdict", required=True))
    published({"name": "claim", "forms": [ask, decide]}, user=person("ada"))
    create_instance(process="claim", mode="live", user=person("ben"), data={"why": "rest"})
    press(person, "ben", "send")
    page = page_as("ben", width)
    page.complaints.expect("status of 422")
    page.goto("/instances/claim-1/#form-ask")
    why = page.locator("#f-data-why")
    expect(page.locator("dl#f-data-why")).to_contain_text("rest")
    page.get_by_role("button", name="Mend").click()
    expect(why).to_be_enabled()
    expect(page.locator("#form-ask")).to_contain_text("Open for you")
    expect(page.get_by_role("button", name="Send", exact=True)).to_have_count(0)
    axe(page)
    assert_fits(page)
    why.fill("sleep")
    page.get_by_label("Words").focus()
    expect(page.get_by_label("Words")).to_have_value("5")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page.locator("#tab-decide").click()
    expect(page.get_by_label("Verdict")).not_to_be_editable()
    # Somebody sends it back while Ben types once more: it is refused, and nothing typed is lost.
    page.locator("#tab-ask").click()
    why.fill("more sleep")
    send_back(process_id="claim-1", form="ask", note="Which?", user=person("ben"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("submitted or sent back in the meantime")
    expect(why).to_have_value("more sleep")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("claim-1: Decide")
    page.goto("/instances/claim-1/#form-ask")
    expect(page.locator("dl#f-data-why")).to_contain_text("more sleep")


def test_a_claim_that_is_sent_back_after_its_end_waits_in_my_work(
    page_as: PageAs, claim: Any, person: Callable[[str], Any]
) -> None:
    press(person, "ben", "send")
    press(person, "ada", "approve")
    page = page_as("ben")
    page.goto("/work/")
    expect(page.get_by_text("Nothing is waiting for you")).to_be_visible()
    send_back(process_id="claim-1", form="ask", note="Look again.", user=person("ada"))
    page.reload()
    page.get_by_role("link", name="claim-1").first.click()
    expect(page.get_by_label("Why")).to_be_enabled()
    expect(page.locator("#form-decide")).to_contain_text("Opens when the previous form")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_form_that_is_not_open_for_the_reader_is_read_as_values(
    page_as: PageAs, person: Callable[[str], Any], looks: Look, width: int
) -> None:
    """All of a long text is there without a box to scroll in; what is empty is no box to fill."""
    note = "\n".join(f"Line {at} of a long note." for at in range(1, 121))
    fields = [
        text_field("note", mode="long", title="Note", help="What it is about."),
        {"type": "date", "name": "day", "title": "Day"},
        {"type": "list", "name": "kind", "title": "Kind",
         "choices": [{"value": "a", "title": "Annual leave"}]},
        {"type": "user_picker", "name": "cover", "title": "Cover"},
        {"type": "file_upload", "name": "proof", "title": "Proof"},
        {"type": "secret", "name": "pin", "title": "PIN"},
        {"type": "table", "name": "lines", "title": "Lines",
         "columns": [{"type": "text", "name": "what", "title": "What"}]},
    ]  # fmt: skip
    decide = form("decide", text_field("verdict", title="Comment", help="Required to reject."),
                  owners={"users": ["ada"]})  # fmt: skip
    ask = form("ask", *fields, button("send", {"type": "submit"}))
    published({"name": "claim", "forms": [ask, decide]}, user=person("ada"))
    data = {"note": note, "kind": "a", "cover": "user:ada", "pin": "never-shown",
            "lines": [{"what": "A train"}]}  # fmt: skip
    create_instance(process="claim", mode="live", user=person("ben"), data=data)
    press(person, "ben", "send")
    page = page_as("ben", width)
    page.goto("/instances/claim-1/")
    expect(page.locator("#form-decide dl")).to_contain_text(NONE)
    expect(page.locator("#form-decide")).not_to_contain_text("Required to reject")
    page.locator("#tab-ask").click()
    read = page.locator("#form-ask")
    expect(read.locator("input:visible, textarea, select")).to_have_count(0)
    expect(page.locator("#f-data-note dd")).to_contain_text("Line 120 of a long note.")
    assert page.locator("#f-data-note dd").evaluate("one => one.scrollHeight <= one.clientHeight")
    assert page.locator("#f-data-note br").count() == 119
    expect(page.locator("#f-data-day dd")).to_have_text(NONE)
    expect(page.locator("#f-data-kind dd")).to_have_text("Annual leave")
    expect(page.locator("#f-data-cover .k-avatar")).to_have_count(1)
    expect(page.locator("#f-data-proof")).to_contain_text("No file")
    expect(page.locator("#f-data-pin dd")).to_have_text("••••••••")
    assert "never-shown" not in page.content()
    expect(read.get_by_role("cell", name="A train")).to_be_visible()
    looks(page)


def test_all_of_a_long_answer_and_of_a_long_table_is_read_beside_what_is_typed(
    page_as: PageAs, person: Callable[[str], Any], looks: Look
) -> None:
    lines = {"type": "table", "name": "lines", "title": "Lines",
             "columns": [{"type": "text", "name": "what", "title": "What"}]}  # fmt: skip
    ask = form("ask", text_field("why", mode="long"), lines, button("send", {"type": "submit"}))
    decide = form("decide", text_field("verdict"), owners={"users": ["ada"]})
    published({"name": "claim", "forms": [ask, decide]}, user=person("ada"))
    why = "\n".join(f"Reason {number} of a long list." for number in range(1, 41))
    data = {"why": why, "lines": [{"what": f"Pen {number}"} for number in range(1, 61)]}
    create_instance(process="claim", mode="live", user=person("ben"), data=data)
    press(person, "ben", "send")
    page = page_as("ada")
    page.goto("/instances/claim-1/")
    beside = page.locator(".k-asked")
    end = beside.get_by_text("Reason 40 of a long list.")
    expect(end).to_be_hidden()
    beside.get_by_text("Show all").click()
    expect(end).to_be_visible()
    expect(beside.get_by_text("Reason 1 of a long list.").locator("visible=true")).to_have_count(1)
    looks(page)
    page.get_by_label("Verdict").fill("Good")
    page.locator("#tab-ask").click()
    for rows in ("26\u201350", "51\u201360"):
        turn = page.get_by_role("button", name=rows)
        turn.click()
        expect(turn).to_be_focused()
        expect(turn).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("cell", name="Pen 60")).to_be_visible()
    looks(page)
    page.locator("#tab-decide").click()
    expect(page.get_by_label("Verdict")).to_have_value("Good")
