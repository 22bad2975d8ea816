"""The dialog of one value in a browser: its kinds, its functions by keys, on a phone."""

from typing import Any

from playwright.sync_api import Locator, Page, expect

from processes.instances.lifecycle import create_instance
from tests.browser.designer.dialogs import kept, open_rule, under
from tests.browser.watch import Look, PageAs
from tests.processes.conftest import VALUES


def open_value(page: Page, *, kind: str = "Text") -> Locator:
    """Open the dialog of the empty value that the rule gives to the access token, as this kind."""
    dialog = open_rule(page, "Set form field")
    dialog.get_by_role("button", name="Choose: Form field or text: access_token").click()
    page.get_by_role("button", name="Formula", exact=True).click()
    made = page.locator("#k-builder[open]")
    expect(made.get_by_role("heading", name="Value of Access token")).to_be_visible()
    expect(made.get_by_role("radio", name="Formula")).to_be_checked()
    if kind != "Formula":
        made.get_by_text(kind, exact=True).first.click()
    expect(text_of(made)).to_be_focused()
    return made


def stored(made: Locator) -> Locator:
    return made.locator("[data-stored]")


def text_of(made: Locator) -> Locator:
    return made.get_by_role("textbox", name="Value", exact=True)


def test_a_value_is_a_text_a_field_or_a_formula_and_nothing_is_lost(
    page_as: PageAs, scenario: Any
) -> None:
    page = page_as("ada")
    made = open_value(page)
    kinds = {name: made.get_by_role("radio", name=name) for name in ("Text", "A field", "Formula")}
    expect(kinds["Text"]).to_be_checked()
    expect(text_of(made)).to_be_focused()
    page.keyboard.type('Say "hi" to ')
    page.keyboard.type("[client_id]")
    expect(stored(made)).to_have_text('Say "hi" to [client_id]')
    # A formula that gives the same text; the sign = stands in the frame.
    made.get_by_text("Formula", exact=True).click()
    expect(under(text_of(made))).to_have_value(r'"Say \"hi\" to [client_id]"')
    expect(stored(made)).to_have_text(r'="Say \"hi\" to [client_id]"')
    expect(made.get_by_role("status")).to_contain_text('Say "hi" to client-1 Text')
    # As a field it stays what it was until one is chosen.
    made.get_by_text("A field", exact=True).click()
    expect(made.get_by_text("Choose a field. It replaces the current value.")).to_be_visible()
    expect(stored(made)).to_have_text(r'="Say \"hi\" to [client_id]"')
    made.get_by_text("Text", exact=True).first.click()
    expect(under(text_of(made))).to_have_value('Say "hi" to [client_id]')
    made.get_by_text("A field", exact=True).click()
    made.get_by_role("treeitem", name="Redirect URL, redirect_url").click()
    expect(made.get_by_role("treeitem", name="Redirect URL")).to_have_attribute(
        "aria-selected", "true"
    )
    expect(made.get_by_text("Choose a field.")).to_be_hidden()
    expect(stored(made)).to_have_text("[redirect_url]")
    made.get_by_text("Formula", exact=True).click()
    expect(stored(made)).to_have_text("=[redirect_url]")
    made.get_by_role("button", name="OK").click()
    page.get_by_role("button", name="OK", exact=True).last.click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    assert kept(scenario, "clear")["assignments"][0]["value"] == "=[redirect_url]"


def test_who_begins_with_the_sign_of_a_formula_writes_one(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    made = open_value(page)
    page.keyboard.type("=")
    expect(made.get_by_role("radio", name="Formula")).to_be_checked()
    page.keyboard.type("1 + 2")
    expect(stored(made)).to_have_text("=1 + 2")
    expect(made.get_by_role("status")).to_contain_text("3 Number")
    text_of(made).fill("")
    # Two of them are a text that begins with one.
    page.keyboard.type("=x")
    expect(made.get_by_role("radio", name="Text")).to_be_checked()
    expect(stored(made)).to_have_text("==x")
    expect(made.get_by_role("status")).to_contain_text("=x Text")


def test_who_asks_for_a_formula_writes_one_with_or_without_its_sign(
    page_as: PageAs, scenario: Any
) -> None:
    page = page_as("ada")
    made = open_value(page, kind="Formula")
    page.keyboard.type("=1 + 2")
    expect(made.get_by_role("radio", name="Formula")).to_be_checked()
    expect(stored(made)).to_have_text("=1 + 2")
    expect(made.get_by_role("status")).to_contain_text("3 Number")
    text_of(made).fill("")
    page.keyboard.type("3 + 4")
    expect(stored(made)).to_have_text("=3 + 4")


def test_undo_stays_within_the_kind_that_is_written(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    made = open_value(page)
    page.keyboard.type("to you")
    made.get_by_text("Formula", exact=True).click()
    expect(stored(made)).to_have_text('="to you"')
    text_of(made).focus()
    page.keyboard.press("Control+z")
    expect(stored(made)).to_have_text('="to you"')
    page.keyboard.press("End")
    page.keyboard.type(" + 1")
    page.keyboard.press("Control+z")
    expect(stored(made)).to_have_text('="to you" + ')


def test_a_formula_is_written_by_keys_alone(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    made = open_value(page)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(made.get_by_role("radio", name="Formula")).to_be_checked()
    page.keyboard.press("Tab")
    expect(text_of(made)).to_be_focused()
    # Both names and functions, though nothing was begun.
    page.keyboard.press("Control+ ")
    offers = made.get_by_role("listbox", name="Matching names")
    expect(offers.get_by_role("option", name="[client_id]")).to_be_visible()
    expect(offers.get_by_role("option", name="Abs(")).to_be_attached()
    page.keyboard.type("low")
    expect(offers.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(stored(made)).to_have_text("=Lower(")
    # The function whose call is written is the one that is explained.
    expect(made.get_by_role("heading", name="Lower")).to_be_visible()
    page.keyboard.press("Control+A")
    page.keyboard.press("Backspace")
    search = made.get_by_role("searchbox", name="Search functions")
    search.focus()
    page.keyboard.type("first characters")
    functions = made.get_by_role("listbox", name="Functions")
    expect(functions.get_by_role("option")).to_have_count(1)
    search.fill("text")
    page.keyboard.press("Tab")
    expect(functions).to_be_focused()
    page.keyboard.press("End")
    expect(made.get_by_role("heading", name="Upper")).to_be_visible()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    first = functions.get_by_role("option").first
    expect(first).to_have_attribute("aria-selected", "true")
    search.fill("left(")
    search.press("Enter")
    expect(text_of(made)).to_be_focused()
    expect(stored(made)).to_have_text("=Left(text, count)")
    expect(made.get_by_role("status")).to_have_text("Fill in the placeholders to see a result.")
    expect(text_of(made)).not_to_have_attribute("aria-invalid", "true")
    # From one argument to the next.
    page.keyboard.type("[client_id")
    expect(offers.get_by_role("option", name="[client_id]")).to_be_visible()
    # Who types the name to its end is not offered it any more, however soon Tab follows.
    page.keyboard.type("]")
    page.keyboard.press("Tab")
    page.keyboard.type("3")
    expect(stored(made)).to_have_text("=Left([client_id], 3)")
    expect(made.get_by_role("status")).to_contain_text("cli Text valid for Access token")


def test_the_record_that_gives_the_values_is_chosen(page_as: PageAs, scenario: Any) -> None:
    older, newer = (
        create_instance(
            process="token-refresh", mode="live", data={**VALUES, "client_id": name}, user=scenario
        )
        for name in ("older", "newer")
    )
    page = page_as("ada")
    made = open_value(page)
    page.keyboard.type("[client_id]")
    status = made.get_by_role("status")
    expect(status).to_contain_text("newer Text")
    records = made.get_by_label("With the values of")
    expect(records).to_have_value(newer.process_id)
    records.focus()
    records.select_option(older.process_id)
    expect(status).to_contain_text("older Text")
    expect(made.locator(".k-facts")).to_contain_text("Client ID older")
    expect(records).to_be_focused()


def test_the_dialog_fits_a_phone_and_says_what_is_not_valid(
    page_as: PageAs, scenario: Any, looks: Look
) -> None:
    page = page_as("ada")
    dialog = open_rule(page, "Set form field")
    dialog.get_by_label("Form field", exact=True).first.fill("expires_in")
    dialog.get_by_role("button", name="Choose: Form field or text").click()
    page.get_by_role("button", name="Formula", exact=True).click()
    made = page.locator("#k-builder[open]")
    expect(made.get_by_role("heading", name="Value of Expires in (s)")).to_be_visible()
    looks(page)
    page.keyboard.type("=Round([client_id]")
    expect(made.get_by_role("button", name="Go to the error")).to_be_visible()
    looks(page)
    text_of(made).fill("Join([client_id])")
    expect(made.get_by_role("status")).to_contain_text(
        'Not valid for Expires in (s): "client-1" is not a number.'
    )
    looks(page)
    made.get_by_text("A field", exact=True).click()
    expect(made.get_by_role("tree", name="Fields")).to_be_visible()
    looks(page)
