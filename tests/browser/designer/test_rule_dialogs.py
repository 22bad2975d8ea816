"""Rule dialogs in a browser: how they look; calls set up by mouse and by keyboard."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from processes.designer import working_copy
from processes.designs.lifecycle import create_design
from processes.rules import rules
from tests.browser.designer.dialogs import DESIGNER, RULE, kept, look, open_rule, strip, under
from tests.browser.watch import PageAs
from tests.processes.definitions import button, process, text_field


def test_the_dialogs_fit_and_are_accessible(page_as: PageAs, scenario: Any, looks: Any) -> None:
    strip(scenario, conditions={
        "match": "all", "items": [
            {"left": "[refresh_token]", "operator": "not_blank"},
            {"left": "[client_id]", "operator": "eq", "right": "kianda-demo"},
            {"match": "any", "items": [
                {"left": "[access_token]", "operator": "blank"},
                {"left": "[lasterror]", "operator": "contains", "right": "503"}]}]})  # fmt: skip
    page = page_as("ada")
    page.goto(RULE)
    look(page, "page")
    looks(page)
    page.goto(DESIGNER)
    page.locator("#dialog").evaluate("(d, url) => htmx.ajax('GET', url, {target: '#dialog'})", RULE)
    page.locator("#dialog[open]").wait_for()
    look(page, "rule")
    looks(page)
    page.get_by_role("button", name="Choose: Left side, condition 1").click()
    page.get_by_role("treeitem", name="Client ID").wait_for()
    look(page, "tree")
    looks(page)
    page.get_by_role("button", name="Formula", exact=True).click()
    page.locator("#k-builder-result b", has_text="secret").wait_for()
    look(page, "builder")
    looks(page)
    page.locator("#k-builder").get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Select data source").click()
    page.get_by_role("textbox", name="Find a method").or_(
        page.get_by_role("searchbox")
    ).first.wait_for()
    look(page, "source")
    looks(page)


def test_a_call_is_set_up_by_choosing_and_mapping(page_as: PageAs, scenario: Any) -> None:
    strip(scenario, datasource="", method="", input_mapping=[], on_success=[], on_error=[])
    page = page_as("ada")
    dialog = open_rule(page)
    mapping = dialog.get_by_role("region", name="Input mapping")
    expect(mapping).to_contain_text("Choose a data source first")
    expect(mapping.get_by_role("button")).to_have_count(0)
    select = dialog.get_by_role("button", name="Select data source")
    select.click()
    dialog.get_by_role("searchbox", name="Find a method").fill("auth")
    expect(dialog.get_by_text("Get orders")).to_be_hidden()
    dialog.get_by_text("Get/Refresh Auth Token").click()
    dialog.locator("[data-source-picker]").get_by_role("button", name="OK").click()
    expect(dialog.locator(".k-chosen")).to_contain_text("POST /oauth/token")
    expect(select).to_be_focused()
    # The same by keys: Enter in the search goes to what it found, Enter there is OK of the choice.
    for words, found in (("orders", "GET /api/orders"), ("refresh auth", "POST /oauth/token")):
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("searchbox", name="Find a method")).to_be_focused()
        page.keyboard.type(words)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(dialog.locator(".k-chosen")).to_contain_text(found)
        expect(select).to_be_focused()
    expect(dialog.locator("[data-coverage]")).to_contain_text("5 parameters have no value")

    mapping.get_by_role("button", name="Map all by name").click()
    expect(dialog.locator("[data-coverage]")).to_contain_text("All parameters of the method")
    expect(mapping.get_by_role("status")).to_have_text("5 rows added.")
    mapping.get_by_role("button", name="Map all by name").click()
    expect(mapping.get_by_role("status")).to_contain_text("No more names match")
    expect(mapping.get_by_role("row")).to_have_count(6)
    expect(mapping.get_by_role("row").nth(2)).to_contain_text("client-1")
    expect(mapping.get_by_role("row").nth(3)).to_contain_text("secret")
    mapping.get_by_role("button", name="Add mapping").click()
    row = mapping.get_by_role("row").last
    expect(row.get_by_role("textbox", name="Form field or text")).to_be_focused()
    page.keyboard.type("/oauth/token")
    row.get_by_role("button", name="Choose: Data source field").click()
    page.get_by_role("treeitem", name="urlPath").click()
    expect(row.get_by_role("combobox")).to_have_value("url_path")
    expect(mapping.get_by_role("row").last).to_contain_text("/oauth/token")

    answers = dialog.get_by_role("region", name="On success")
    answers.get_by_role("button", name="Map all by name").click()
    expect(answers.get_by_role("row")).to_have_count(5)
    answers.get_by_role("combobox", name="When refresh_token is missing").select_option("keep")
    answers.get_by_role("button", name="Remove expires_in").click()
    expect(answers.get_by_role("row")).to_have_count(4)
    errors = dialog.get_by_role("region", name="On error")
    errors.get_by_role("button", name="Add mapping").click()
    row = errors.get_by_role("row").last
    row.get_by_role("combobox", name="Form field").fill("last")
    page.get_by_role("listbox").get_by_role("option", name="last_error").click()
    row.get_by_role("button", name="Choose: Error or text").click()
    page.get_by_role("searchbox", name="Find in the tree").fill("message")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="OK", exact=True).last.click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    rule = kept(scenario)
    assert (rule["datasource"], rule["method"]) == ("token-service", "refresh-token")
    assert {"target": "url_path", "value": "/oauth/token"} in rule["input_mapping"]
    assert {"target": "body.redirect_uri", "value": "[redirect_url]"} in rule["input_mapping"]
    assert [row["field"] for row in rule["on_success"]] == [
        "access_token", "refresh_token", "created_at",
    ]  # fmt: skip
    assert rule["on_success"][1]["if_missing"] == "keep"
    assert rule["on_error"] == [{"field": "last_error", "value": "[error.message]"}]


def test_rows_are_mapped_with_the_keyboard_alone(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    dialog = open_rule(page)
    answers = dialog.get_by_role("region", name="On success")
    answers.get_by_role("combobox", name="Form field").nth(1).focus()
    page.keyboard.press("Alt+ArrowUp")
    first = answers.get_by_role("combobox", name="Form field").first
    expect(first).to_have_value("refresh_token")
    expect(first).to_be_focused()
    expect(dialog.locator("[data-said]")).to_have_text("Moved to position 1 of 5.")
    answers.get_by_role("button", name="Add mapping").focus()
    page.keyboard.press("Enter")
    expect(answers.get_by_role("row")).to_have_count(7)
    expect(answers.get_by_role("combobox", name="Form field").last).to_be_focused()
    page.keyboard.type("client_i")
    page.get_by_role("listbox").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Token [response.body.tok")
    expect(page.get_by_role("option", name="[response.body.token_type]")).to_be_visible()
    page.keyboard.press("Tab")
    expect(under(page.locator(":focus"))).to_have_value("Token [response.body.token_type]")
    # The tree beside the box, by its keys.
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="Find in the tree")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem", name="Status", exact=True)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("treeitem", name="Body", exact=True)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tree")).to_have_count(0)
    dialog.get_by_role("textbox", name="Title").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog[open]")).to_have_count(0)
    rule = kept(scenario)
    assert [row["field"] for row in rule["on_success"]][:2] == ["refresh_token", "access_token"]
    assert rule["on_success"][-1]["field"] == "client_id"
    assert rule["on_success"][-1]["value"] == "Token [response.body.token_type]"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_rule_that_was_only_added_goes_again_when_its_dialog_is_closed(
    page_as: PageAs, scenario: Any, looks: Any, width: int
) -> None:
    page = page_as("ada", width=width)
    page.goto(DESIGNER)
    page.locator("[data-live]").wait_for()
    if width < 600:
        page.locator("label:has(#pane-props)").click()
    add = page.locator("[popovertarget='m-add-rules']")
    rules = page.locator("#d-rules .k-rule")
    before = rules.count()
    for close in ("Escape", "Close", "Close without saving"):
        add.click()
        page.locator("#m-add-rules").get_by_role("button", name="Set form field").click()
        page.locator("#dialog[open]").wait_for()
        expect(rules).to_have_count(before + 1)
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            page.locator("#dialog").get_by_role("link", name=close, exact=True).last.click()
        expect(rules).to_have_count(before)
        expect(add).to_be_focused()
        page.wait_for_function("!history.state?.dialogs")
    looks(page)
    # What was typed there brings it back; what was saved once stays.
    add.click()
    page.locator("#m-add-rules").get_by_role("button", name="Set form field").click()
    title = page.locator("#dialog").get_by_role("textbox", name="Title")
    title.fill("Remember it")
    page.keyboard.press("Escape")
    expect(rules).to_have_count(before)
    page.get_by_role("button", name="Open again").click()
    expect(title).to_have_value("Remember it")
    page.locator("#dialog").get_by_role("button", name="OK", exact=True).click()
    page.get_by_text("Fix this now or later").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("#dialog[open]")).to_have_count(0)
    expect(rules).to_have_count(before + 1)
    assert kept(scenario, "set-form-field")["title"] == "Remember it"


SHOWING: list[dict[str, Any]] = [
    {"type": "hide_or_disable", "id": "hide", "title": "Show what is needed",
     "changes": [{"field": "go", "action": "disable"}, {"field": "gone", "action": "hide"}],
     "opposite": [{"field": "a", "action": "hide_and_clear"}]},
    {"type": "start_a_process", "id": "start", "process": "shop", "lookup": "existing",
     "process_id": "[a]", "input_mapping": [{"target": "a", "value": "x"}]},
    {"type": "find_items", "id": "find", "datasource": "kianda", "method": "shop",
     "filter": {"match": "all", "items": [{"left": "[item.a]", "operator": "eq", "right": "x"}]},
     "on_success": [{"field": "a", "value": "[item.a]"}]},
    {"type": "update_item", "id": "update", "datasource": "kianda", "method": "shop",
     "filter": {"match": "all", "items": [{"left": "[item.a]", "operator": "eq", "right": "x"}]},
     "input_mapping": [{"target": "body.a", "value": "y"}]},
    {"type": "delete_item", "id": "delete", "datasource": "kianda", "method": "shop",
     "filter": {"match": "all", "items": [{"left": "[item.a]", "operator": "eq", "right": "x"}]}},
    {"type": "set_form_field", "id": "set", "assignments": [{"field": "a", "value": "x"}]},
    {"type": "make_required", "id": "require",
     "changes": [{"field": "a", "action": "required"}]},
    {"type": "loop_table", "id": "each", "table": "lines",
     "rules": [{"type": "set_form_field", "id": "inner",
                "assignments": [{"field": "a", "value": "[row.what]"}]}]},
    {"type": "validate_input", "id": "validate", "field": "a", "message": "Write it in full.",
     "conditions": {"match": "all", "items": [{"left": "[a]", "operator": "blank"}]}},
    *({"type": kind, "id": kind} for kind in ("save", "submit", "close")),
    {"type": "delete_form", "id": "delete-it"},
    {"type": "field_display_mode", "id": "let-edit",
     "changes": [{"field": "main", "action": "edit"}, {"field": "a", "action": "read"}]},
    {"type": "go_to_form", "id": "go-to", "form": "main"},
    {"type": "assign_form", "id": "assign", "form": "main", "to": {"users": ["ada"]}},
    {"type": "get_user_property", "id": "get", "user": "[who]",
     "properties": [{"field": "a", "property": "email"}]},
    {"type": "lookup_user_by_property", "id": "look-up", "property": "department",
     "value": "[a]", "field": "who"},
    {"type": "update_user_property", "id": "change", "user": "[who]",
     "properties": [{"property": "phone", "value": "[a]"}]},
    {"type": "process_security", "id": "secure",
     "see": ["creator", "user:ada", "[creator.manager]"]},
    {"type": "send_email", "id": "mail", "to": ["creator", "ada@example.org", "[a]"],
     "subject": "Hello [a]", "body": "# Look\n\nIt is **[a]**.\n\n[[Open]([process.url])",
     "attachments": [{"field": "a", "send_as": "link"}]},
    {"type": "meeting_request", "id": "meet", "to": ["creator"], "subject": "Talk", "body": "Hi",
     "start": "[a]", "end": "2026-12-07T10:00"},
    {"type": "anonymous_form_link", "id": "link", "form": "main", "field": "a"},
    {"type": "user_alert", "id": "alert", "to": ["creator"], "subject": "Done"},
]  # fmt: skip


def test_other_dialogs_fit_too(page_as: PageAs, person: Callable[[str], Any], looks: Any) -> None:
    ada = person("ada")
    lines = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "what"}]}
    who = {"type": "user_picker", "name": "who"}
    fields = [text_field("a"), text_field("gone"), who, lines, button("go", *SHOWING)]
    create_design(raw=process(*fields, name="shop"), user=ada)
    copy = working_copy.open_copy("shop", user=ada)
    edit = {"do": "remove", "target": "field:gone", "force": True}
    working_copy.edit("shop", user=ada, revision=copy.revision, edit=edit)
    page = page_as("ada")
    kinds = {rule["type"] for rule in SHOWING} | {"create_item"}
    assert kinds == set(rules.kinds), "A kind of rule has no dialog here."
    for rule in [rule["id"] for rule in SHOWING]:
        page.goto(f"/designs/shop/designer/rule/{rule}/")
        page.locator("[data-settings-form]").wait_for()
        look(page, rule)
        looks(page)
