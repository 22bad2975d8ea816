"""What is typed into a rule dialog is kept, whatever comes in between."""

from typing import Any

from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from tests.browser.designer.dialogs import RULE, kept, open_rule, shown, under
from tests.browser.hands import press_as_the_session_ends
from tests.browser.story_rows import sign_in
from tests.browser.watch import Look, PageAs


def hold(page: Page, address: str) -> None:
    """Keep the next answer of such an address back until `window.release()`."""
    page.evaluate(
        """(address) => {
          const straight = window.fetch;
          window.held = new Promise((go) => (window.hold = go));
          window.fetch = async (url, ...rest) => {
            const answer = await straight(url, ...rest);
            if (String(url).includes(address)) {
              window.hold();
              await new Promise((go) => (window.release = go));
              window.fetch = straight;
            }
            return answer;
          };
        }""",
        address,
    )


def test_what_is_typed_while_rows_are_made_anew_is_kept(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    answers = open_rule(page).get_by_role("region", name="On success")
    texts = shown(answers, "/value")
    hold(page, "/control/")
    answers.get_by_role("button", name="Add mapping").click()
    page.evaluate("window.held")
    texts.nth(1).fill("typed")
    page.evaluate("window.release()")
    expect(answers.get_by_role("row")).to_have_count(7)
    expect(under(texts.nth(1))).to_have_value("typed")
    expect(texts.nth(1)).to_be_focused()
    page.keyboard.type(" on")
    hold(page, "/control/")
    answers.get_by_role("button", name="Remove access_token").click()
    page.evaluate("window.held")
    texts.nth(3).fill("of created_at")
    page.evaluate("window.release()")
    expect(answers.get_by_role("row")).to_have_count(6)
    expect(under(texts.nth(0))).to_have_value("typed on")
    expect(under(texts.nth(2))).to_have_value("of created_at")
    hold(page, "/control/")
    answers.get_by_role("button", name="Move created_at up").click()
    page.evaluate("window.held")
    texts.nth(2).fill("moved")
    page.evaluate("window.release()")
    expect(under(texts.nth(1))).to_have_value("moved")
    expect(texts.nth(1)).to_be_focused()


def test_names_that_come_late_are_not_for_what_was_typed_on_meanwhile(
    page_as: PageAs, scenario: Any
) -> None:
    page = page_as("ada")
    dialog = open_rule(page)
    box = dialog.get_by_role("region", name="On success").get_by_role("combobox", name="Form field")
    hold(page, "q=client_&")
    box.last.fill("client_")
    page.evaluate("window.held")
    page.keyboard.type("i")
    page.evaluate("window.release()")
    page.keyboard.press("Enter")
    expect(box.last).to_have_value("client_id")
    expect(box.last).to_be_focused()
    # The names of "client_id" are shown; Enter right after more was typed waits for those of it.
    page.keyboard.press("Backspace")
    page.get_by_role("listbox").wait_for()
    page.keyboard.press("Backspace")
    page.keyboard.type("s")
    page.keyboard.press("Enter")
    expect(box.last).to_have_value("client_secret")


def test_a_lost_session_keeps_the_rows_that_were_added(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    page.goto(RULE)
    page.locator("[data-script]").wait_for()
    errors = page.get_by_role("region", name="On error")
    errors.get_by_role("button", name="Add mapping").click()
    expect(errors.get_by_role("row")).to_have_count(3)
    expect(errors.get_by_label("Form field", exact=True).last).to_be_focused()
    page.keyboard.type("access_token")
    page.keyboard.press("Escape")
    press_as_the_session_ends(page.get_by_role("button", name="OK", exact=True).last)
    sign_in(page, "ada")
    page.wait_for_selector("text=Your entries are here again")
    expect(errors.get_by_role("row")).to_have_count(3)
    expect(errors.get_by_label("Form field", exact=True).last).to_have_value("access_token")
    page.get_by_role("button", name="OK", exact=True).last.click()
    page.wait_for_url("**/designer/?at=**")
    assert [row["field"] for row in kept(scenario)["on_error"]] == ["last_error", "access_token"]


def test_what_was_typed_outlives_back_and_a_hasty_key(
    page_as: PageAs, scenario: Any, axe: Look
) -> None:
    page = page_as("ada")
    dialog = open_rule(page, "Set form field")
    values = shown(dialog, "rule/assignments/0/value")
    values.fill("")
    values.focus()
    # Enter before the names are there is for them: the dialog is not sent half done.
    page.keyboard.type("[last_er")
    page.keyboard.press("Enter")
    expect(under(values)).to_have_value("[last_error]")
    # Back closes what is on top, and only that.
    dialog.get_by_role("button", name="Choose: Form field or text").click()
    page.get_by_role("button", name="Formula", exact=True).click()
    chosen = page.locator("#k-builder").get_by_role("treeitem", name="Last error, last_error")
    expect(chosen).to_be_focused()
    page.go_back()
    expect(page.locator("#k-builder[open]")).to_have_count(0)
    expect(values).to_be_focused()
    page.go_back()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    assert page.url.split("?")[0].endswith("/designer/")
    # What was typed can be had back, and is kept with OK.
    axe(page)
    page.locator("#toasts").get_by_role("button", name="Open again").click()
    expect(under(values)).to_have_value("[last_error]")
    expect(dialog).to_contain_text("Your entries are here again.")
    dialog.get_by_role("button", name="OK", exact=True).click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    expect(page.locator("#toasts")).not_to_contain_text("not kept")
    assert kept(scenario, "clear")["assignments"][0]["value"] == "[last_error]"


def test_without_a_connection_a_dialog_says_so_where_it_was_pressed(
    page_as: PageAs, scenario: Any, axe: Look
) -> None:
    page = page_as("ada")
    page.complaints.expect("ERR_INTERNET_DISCONNECTED")
    dialog = open_rule(page)
    errors = dialog.get_by_role("region", name="On error")
    page.context.set_offline(True)
    errors.get_by_role("button", name="Add mapping").click()
    expect(errors.get_by_role("alert")).to_contain_text("Connection lost.")
    axe(page)
    page.context.set_offline(False)
    errors.get_by_role("button", name="Add mapping").click()
    expect(errors.get_by_role("row")).to_have_count(3)
    expect(errors.get_by_role("alert")).to_have_count(0)
    # A session that has ended is another matter.
    page.context.clear_cookies(name="sessionid")
    errors.get_by_role("button", name="Choose: Error or text").first.click()
    expect(errors.get_by_role("alert")).to_contain_text("Your session has ended. Select OK")


def test_a_dialog_says_in_the_words_of_the_server_why_it_refuses(
    page_as: PageAs, scenario: Any
) -> None:
    page = page_as("ada")
    page.complaints.expect("status of 4")
    page.complaints.expect("status of 500")
    errors = open_rule(page).get_by_role("region", name="On error")
    ask = errors.get_by_role("button", name="Choose: Error or text").first
    page.route("**/tree/**", lambda route: route.fulfill(status=500, body="<h1>Broken</h1>"))
    ask.click()
    expect(errors.get_by_role("alert")).to_have_text("That did not work: the server answered 500.")
    page.unroute("**/tree/**")
    scenario.groups.clear()
    ask.click()
    expect(errors.get_by_role("alert")).to_have_text("You need the role Designer for this page.")


def test_a_dialog_says_that_its_session_is_over_though_another_tab_has_a_new_one(
    page_as: PageAs, scenario: Any
) -> None:
    page = page_as("ada")
    page.complaints.expect("status of 403")
    errors = open_rule(page).get_by_role("region", name="On error")
    Session.objects.all().delete()
    other = page.context.new_page()
    other.goto("/profile/")
    sign_in(other, "ada")
    other.wait_for_url("**/profile/")
    errors.get_by_role("button", name="Add mapping").click()
    expect(errors.get_by_role("alert")).to_contain_text("Your session has ended. Select OK")
