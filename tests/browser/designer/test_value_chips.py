"""Boxes that take values show the fields in them as chips; their text is what is sent."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.designer.dialogs import RULE, kept, look, ok, open_rule, shown, strip, under
from tests.browser.watch import Look, PageAs

BOX = "Form field or text: access_token"
EVERY_KIND = [
    {"target": "body.client_id", "value": "Order [client_id] of [redirect_url]"},
    {"target": "body.grant_type", "value": "=[expires_in] * 2 + Length([client_id])"},
    {"target": "body.client_secret", "value": "[client_secret]"},
    {"target": "body.refresh_token", "value": "[delivery_date]"},
    {"target": "body.redirect_uri", "value": "[now]"},
    {"target": "url_path", "value": ""},
]


def value_box(page: Page) -> Locator:
    """Open the rule that sets one field, and empty the box of its value."""
    box = open_rule(page, "Set form field").get_by_role("textbox", name=BOX)
    box.fill("")
    return box


def test_a_name_that_is_typed_becomes_a_chip_with_the_title_of_its_field(
    page_as: PageAs, scenario: Any, axe: Look
) -> None:
    page = page_as("ada")
    box = value_box(page)
    page.keyboard.type("Order [client_i")
    page.get_by_role("option", name="[client_id]").wait_for()
    axe(page)
    page.keyboard.press("Enter")
    chips = box.locator(".k-val")
    expect(chips).to_have_text("Client ID")
    # Written to its end by hand it is one too, also where there is no such field.
    page.keyboard.type(" of [redirect_url] and [lost]")
    expect(chips).to_have_text(["Client ID", "Redirect URL", "Lost"])
    expect(chips.last).to_have_class("k-val k-val--bad")
    expect(page.locator("[data-sample]")).to_have_text("no such field")
    expect(under(box)).to_have_value("Order [client_id] of [redirect_url] and [lost]")
    page.keyboard.press("Backspace")
    expect(page.locator("[data-sample]")).to_contain_text("Order client-1 of https://")
    ok(page)
    stored = kept(scenario, "clear")["assignments"][0]["value"]
    assert stored == "Order [client_id] of [redirect_url] and "


def test_chips_are_passed_and_removed_whole_by_keys(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    box = value_box(page)
    press, text = page.keyboard.press, under(box)
    page.keyboard.type("[client_id][expires_in]")
    press("ArrowLeft")
    page.keyboard.type("+")
    expect(text).to_have_value("[client_id]+[expires_in]")
    press("ArrowRight")
    page.keyboard.type("!")
    expect(text).to_have_value("[client_id]+[expires_in]!")
    # With their titles they take two lines.
    expect(box.locator(".k-val")).to_have_text(["Client ID", "Expires in (s)"])
    press("ControlOrMeta+Home")
    press("Delete")
    expect(text).to_have_value("+[expires_in]!")
    press("Shift+ArrowRight")
    press("Shift+ArrowRight")
    page.keyboard.type("a")
    expect(text).to_have_value("a!")
    press("ControlOrMeta+z")
    expect(text).to_have_value("+[expires_in]!")
    expect(box.locator(".k-val")).to_have_text("Expires in (s)")
    press("ControlOrMeta+z")
    expect(text).to_have_value("[client_id]+[expires_in]!")
    press("ControlOrMeta+Shift+z")
    expect(text).to_have_value("+[expires_in]!")
    press("ControlOrMeta+y")
    expect(text).to_have_value("a!")
    # Two brackets are one that stands for itself.
    press("End")
    page.keyboard.type("[[client_id]")
    expect(text).to_have_value("a![[client_id]")
    expect(box.locator(".k-val")).to_have_count(0)
    # Enter is OK, as in every box of one line.
    press("Enter")
    expect(page.locator("#dialog[open]")).to_have_count(0)
    assert kept(scenario, "clear")["assignments"][0]["value"] == "a![[client_id]"


def test_chips_are_copied_cut_and_pasted_as_text(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box = value_box(page)
    press, text = page.keyboard.press, under(box)
    page.keyboard.type("by [client_id]")
    press("ControlOrMeta+a")
    press("ControlOrMeta+c")
    assert page.evaluate("navigator.clipboard.readText()") == "by [client_id]"
    press("End")
    press("ControlOrMeta+v")
    expect(text).to_have_value("by [client_id]by [client_id]")
    expect(box.locator(".k-val")).to_have_text(["Client ID", "Client ID"])
    press("Shift+ArrowLeft")
    press("ControlOrMeta+x")
    expect(text).to_have_value("by [client_id]by ")
    # What is pasted is text without its looks, in one line.
    page.evaluate(
        """() => navigator.clipboard.write([new ClipboardItem({
          "text/html": new Blob(["<b>to</b>"], {type: "text/html"}),
          "text/plain": new Blob(["to\\n[redirect_url]"], {type: "text/plain"}),
        })])"""
    )
    press("ControlOrMeta+v")
    expect(text).to_have_value("by [client_id]by to [redirect_url]")
    expect(box.locator("b")).to_have_count(0)


def test_a_text_that_is_composed_is_left_alone_until_it_is_done(
    page_as: PageAs, scenario: Any
) -> None:
    page = page_as("ada")
    box = value_box(page)
    page.keyboard.type("[client_id]")
    keys = page.context.new_cdp_session(page)
    for part in ("に", "にほ", "にほん"):
        caret = {"selectionStart": len(part), "selectionEnd": len(part)}
        keys.send("Input.imeSetComposition", {"text": part, **caret})
        expect(under(box)).to_have_value("[client_id]")
    keys.send("Input.insertText", {"text": "日本"})
    expect(under(box)).to_have_value("[client_id]日本")
    page.keyboard.type(" [now]")
    expect(under(box)).to_have_value("[client_id]日本 [now]")
    expect(box.locator(".k-val")).to_have_text(["Client ID", "Now"])


def test_every_kind_of_value_fits_and_is_accessible(
    page_as: PageAs, scenario: Any, looks: Any
) -> None:
    strip(scenario, input_mapping=EVERY_KIND)
    page = page_as("ada")
    page.goto(RULE)
    mapping = page.get_by_role("region", name="Input mapping")
    formula = "= Expires in (s) \u00d7 2 + Length(Client ID)"
    titles = ["Client ID", "Redirect URL", formula, "Client secret", "Delivery date", "Now"]
    expect(mapping.locator(".k-val")).to_have_text(titles)
    expect(mapping.get_by_role("row").nth(2)).to_contain_text("8 Number")
    expect(mapping.get_by_role("row").nth(4)).to_contain_text("no such field")
    sentence = "Delivery date is no longer in the form. Choose another field or remove the row."
    expect(mapping.locator(".k-note")).to_have_text(sentence)
    answers = page.get_by_role("region", name="On success").locator(".k-val")
    expect(answers).to_have_text(["Access token", "Refresh token", "Expires in", "Created at"])
    look(page, "values")
    looks(page)
    # Another field, and nothing is wrong any more.
    gone = mapping.get_by_role("textbox", name="Form field or text: body.refresh_token")
    expect(gone).to_have_attribute("aria-invalid", "true")
    gone.fill("[refresh_token]")
    expect(mapping.locator(".k-note")).to_have_count(0)
    expect(mapping.get_by_role("row").nth(4)).to_contain_text("secret")


def test_a_field_that_was_probably_meant_takes_the_place_of_one_that_is_gone(
    page_as: PageAs, scenario: Any
) -> None:
    strip(scenario, input_mapping=[{"target": "body.client_id", "value": "by [client_idd]"}])
    page = page_as("ada")
    mapping = open_rule(page).get_by_role("region", name="Input mapping")
    mapping.get_by_role("button", name="Use client_id").click()
    expect(mapping.locator(".k-val")).to_have_text("Client ID")
    expect(shown(mapping, "/value")).to_be_focused()
    expect(mapping.locator(".k-note")).to_have_count(0)
    ok(page)
    assert kept(scenario)["input_mapping"][0]["value"] == "by [client_id]"


def test_a_formula_is_one_chip_that_opens_the_builder(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    box = value_box(page)
    page.keyboard.type("=[expires_in] * 2")
    page.keyboard.press("Tab")
    chip = box.locator(".k-val")
    expect(chip).to_have_text("= Expires in (s) \u00d7 2")
    chip.click()
    text = page.locator("#k-builder-text")
    expect(text).to_be_focused()
    # Its sign = is part of the frame there.
    expect(under(text)).to_have_value("[expires_in] * 2")
    expect(page.locator("[data-stored]")).to_have_text("=[expires_in] * 2")
    expect(text.locator(".k-val")).to_have_text("Expires in (s)")
    page.keyboard.type(" + Length([client_id])")
    expect(text.locator(".k-fn")).to_have_text("Length")
    page.locator("#k-builder").get_by_role("button", name="OK").click()
    # In the box it is text again, to be typed on.
    expect(box).to_be_focused()
    expect(box.locator(".k-fn")).to_have_text("Length")
    page.keyboard.type(" + 1")
    page.keyboard.press("Tab")
    expect(chip).to_have_text("= Expires in (s) \u00d7 2 + Length(Client ID) + 1")
    ok(page)
    stored = kept(scenario, "clear")["assignments"][0]["value"]
    assert stored == "=[expires_in] * 2 + Length([client_id]) + 1"


def test_whoever_wants_to_sees_the_text_instead(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    dialog = open_rule(page, "Set form field")
    box = dialog.get_by_label(BOX, exact=True)
    box.fill("by [client_id]")
    dialog.get_by_role("button", name="Show as text").click()
    expect(box).to_have_value("by [client_id]")
    box.fill("of [client_id]")
    ok(page)
    # Remembered as long as the tab is there.
    dialog = open_rule(page, "Set form field")
    expect(box).to_have_value("of [client_id]")
    dialog.get_by_role("button", name="Show as chips").click()
    expect(box.locator(".k-val")).to_have_text("Client ID")
    expect(dialog.get_by_role("button", name="Show as text")).to_be_focused()


def test_a_text_that_is_too_long_for_chips_stays_text(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    box = value_box(page)
    box.fill("[client_id] " * 500)
    plain = page.get_by_label(BOX, exact=True)
    expect(plain).to_have_value("[client_id] " * 500)
    expect(plain).to_be_focused()
    expect(page.locator("#dialog .k-val")).to_have_count(0)


def test_a_text_of_several_lines_has_chips_too(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    open_rule(page, "Set form field")
    page.get_by_role("button", name="Choose: Form field or text: access_token").click()
    page.get_by_role("button", name="Formula", exact=True).click()
    text = page.get_by_role("textbox", name="Value", exact=True)
    text.fill("Dear [client_id],")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("[now]")
    expect(under(text)).to_have_value("Dear [client_id],\n\n[now]")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    page.keyboard.type("x")
    expect(under(text)).to_have_value("Dear [client_id],\nx")


def test_arguments_of_a_function_are_filled_in_one_after_the_other(
    page_as: PageAs, scenario: Any
) -> None:
    page = page_as("ada")
    box = value_box(page)
    page.keyboard.type("=")
    box.evaluate(
        """async (box) => {
          const own = document.querySelector("script[src*='rows/settings_forms']").src;
          const { insertSlots } = await import(own.replace("settings_forms", "values"));
          insertSlots(box, "DateDiff", ["from", "to", "unit"]);
        }"""
    )
    slots, text = box.locator(".k-val--slot"), under(box)
    expect(text).to_have_value("=DateDiff(from, to, unit)")
    expect(slots).to_have_text(["from", "to", "unit"])
    expect(slots.first).to_have_class("k-val k-val--slot is-active")
    page.keyboard.type("[created_at]")
    page.keyboard.press("Tab")
    page.keyboard.type("[now]")
    expect(slots).to_have_text("unit")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(box).not_to_be_focused()
    page.keyboard.press("Tab")
    expect(slots).to_have_class("k-val k-val--slot is-active")
    page.keyboard.type('"days"')
    expect(text).to_have_value('=DateDiff([created_at], [now], "days")')
    page.keyboard.press("ControlOrMeta+z")
    page.keyboard.press("ControlOrMeta+z")
    expect(slots).to_have_count(1)


@pytest.mark.parametrize("width", [1280, 390])
def test_without_script_the_same_boxes_hold_the_text(
    plain_page_as: Callable[[str], Page], scenario: Any, width: int
) -> None:
    page = plain_page_as("ada")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/designs/token-refresh/designer/rule/clear/")
    box = page.get_by_label(BOX, exact=True)
    box.fill("by [client_id]")
    expect(page.get_by_role("button", name="Show as text")).to_be_hidden()
    page.get_by_role("button", name="OK", exact=True).last.click()
    page.wait_for_url("**/designer/?at=**")
    assert kept(scenario, "clear")["assignments"][0]["value"] == "by [client_id]"
