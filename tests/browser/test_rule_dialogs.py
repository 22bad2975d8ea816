"""Rule dialogs in a browser: mapping, conditions, expressions, by mouse and by keyboard."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from datasources.services import create_datasource
from processes.rules import rules
from processes.services import working_copies
from processes.services.designs import create_design, publish_design
from processes.services.instances import create_instance
from tests.browser.story_rows import LOOKS
from tests.processes.conftest import ORDERS_METHOD, TOKEN_METHOD, VALUES, definition
from tests.processes.definitions import button, process, text_field

RULE = "/designs/token-refresh/designer/rule/get-token/"
DESIGNER = "/designs/token-refresh/designer/?at=field:refresh"


@pytest.fixture
def scenario(person):
    """The customer's design, its data source, one instance."""
    admin, ada = person("admin"), person("ada")
    create_datasource(
        raw={
            "name": "token-service", "title": "Token service", "kind": "rest",
            "base_url": "https://auth.example.org", "methods": [TOKEN_METHOD, ORDERS_METHOD],
        },
        user=admin,
    )  # fmt: skip
    create_datasource(
        raw={"name": "warehouse", "title": "Warehouse", "kind": "rest",
             "base_url": "https://warehouse.example.org", "methods": []},
        user=admin,
    )  # fmt: skip
    create_design(raw=definition(), user=ada)
    publish_design(name="token-refresh", user=ada)
    create_instance(process="token-refresh", mode="live", data=VALUES, user=ada)
    return ada


def kept(user, rule_id="get-token"):
    """Return a rule as the working copy has it now."""
    document = working_copies.open_copy("token-refresh", user=user).document
    rules = document["forms"][0]["fields"][-1]["rules"]
    return next(rule for rule in rules if rule["id"] == rule_id)


def strip(user, **settings):
    """Change settings of the rule before the story begins."""
    copy = working_copies.open_copy("token-refresh", user=user)
    edit = {"do": "change", "target": "rule:get-token", "settings": settings}
    working_copies.edit("token-refresh", user=user, revision=copy.revision, edit=edit)


def open_rule(page, rule="Create item"):
    """Open the dialog of a rule from the designer's rule list."""
    page.goto(DESIGNER)
    page.locator("[data-live]").wait_for()
    page.locator(".k-rule", has_text=rule).locator("a.k-rule-text").click()
    dialog = page.locator("#dialog[open]")
    dialog.wait_for()
    return dialog


def look(page, name):
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_dialogs_fit_and_are_accessible(page_as, scenario, axe, assert_fits, width, scheme):
    strip(scenario, conditions={
        "match": "all", "items": [
            {"left": "[refresh_token]", "operator": "not_blank"},
            {"left": "[client_id]", "operator": "eq", "right": "kianda-demo"},
            {"match": "any", "items": [
                {"left": "[access_token]", "operator": "blank"},
                {"left": "[lasterror]", "operator": "contains", "right": "503"}]}]})  # fmt: skip
    page = page_as("ada", width=width, scheme=scheme)
    page.goto(RULE)
    look(page, f"page-{width}-{scheme}")
    axe(page)
    assert_fits(page)
    page.goto(DESIGNER)
    page.locator("#dialog").evaluate("(d, url) => htmx.ajax('GET', url, {target: '#dialog'})", RULE)
    page.locator("#dialog[open]").wait_for()
    look(page, f"rule-{width}-{scheme}")
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Choose: Left side, condition 1").click()
    page.get_by_role("treeitem", name="Client ID").wait_for()
    look(page, f"tree-{width}-{scheme}")
    axe(page)
    assert_fits(page)
    page.get_by_role("button", name="Expression", exact=True).click()
    page.get_by_text("Secret: secret").wait_for()
    look(page, f"builder-{width}-{scheme}")
    axe(page)
    assert_fits(page)
    page.locator("#k-builder").get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Select data source").click()
    page.get_by_role("textbox", name="Find a method").or_(
        page.get_by_role("searchbox")
    ).first.wait_for()
    look(page, f"source-{width}-{scheme}")
    axe(page)
    assert_fits(page)


def test_a_call_is_set_up_by_choosing_and_mapping(page_as, scenario):
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
    expect(dialog.locator("[data-coverage]")).to_contain_text("Nothing goes to 5 of the places")

    mapping.get_by_role("button", name="Map all by name").click()
    expect(dialog.locator("[data-coverage]")).to_contain_text("Everything that the method takes")
    expect(mapping.get_by_role("status")).to_have_text("5 rows were added.")
    mapping.get_by_role("button", name="Map all by name").click()
    expect(mapping.get_by_role("status")).to_contain_text("Nothing is left that is called the same")
    expect(mapping.get_by_role("row")).to_have_count(6)
    expect(mapping.get_by_role("row").nth(2)).to_contain_text("client-1")
    expect(mapping.get_by_role("row").nth(3)).to_contain_text("secret")
    mapping.get_by_role("button", name="Add mapping").click()
    box = mapping.get_by_role("row").last.get_by_role("combobox")
    expect(box.first).to_be_focused()
    page.keyboard.type("/oauth/token")
    mapping.get_by_role("row").last.get_by_role("button", name="Choose: Data source field").click()
    page.get_by_role("treeitem", name="urlPath").click()
    expect(box.last).to_have_value("url_path")
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


def test_rows_are_mapped_with_the_keyboard_alone(page_as, scenario):
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
    expect(page.locator(":focus")).to_have_value("Token [response.body.token_type]")
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


def hold(page, address):
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


def test_what_is_typed_while_rows_are_made_anew_is_kept(page_as, scenario):
    page = page_as("ada")
    answers = open_rule(page).get_by_role("region", name="On success")
    texts = answers.locator("[name$='/value']")
    hold(page, "/control/")
    answers.get_by_role("button", name="Add mapping").click()
    page.evaluate("window.held")
    texts.nth(1).fill("typed")
    page.evaluate("window.release()")
    expect(answers.get_by_role("row")).to_have_count(7)
    expect(texts.nth(1)).to_have_value("typed")
    expect(texts.nth(1)).to_be_focused()
    page.keyboard.type(" on")
    hold(page, "/control/")
    answers.get_by_role("button", name="Remove access_token").click()
    page.evaluate("window.held")
    texts.nth(3).fill("of created_at")
    page.evaluate("window.release()")
    expect(answers.get_by_role("row")).to_have_count(6)
    expect(texts.nth(0)).to_have_value("typed on")
    expect(texts.nth(2)).to_have_value("of created_at")
    hold(page, "/control/")
    answers.get_by_role("button", name="Move created_at up").click()
    page.evaluate("window.held")
    texts.nth(2).fill("moved")
    page.evaluate("window.release()")
    expect(texts.nth(1)).to_have_value("moved")
    expect(texts.nth(1)).to_be_focused()


def test_names_that_come_late_are_not_for_what_was_typed_on_meanwhile(page_as, scenario):
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


def test_conditions_nest_and_read_as_a_sentence(page_as, scenario):
    page = page_as("ada")
    dialog = open_rule(page)
    dialog.locator("summary", has_text="Conditions").click()
    dialog.get_by_role("button", name="Add condition").click()
    left = dialog.get_by_label("Left side, condition 1", exact=True)
    expect(left).to_be_focused()
    page.keyboard.type("[exp")
    page.get_by_role("option", name="[expires_in]").wait_for()
    page.keyboard.press("Enter")
    operator = dialog.get_by_role("combobox", name="Operator, condition 1")
    expect(operator.locator("option", has_text="contains")).to_have_count(0)
    operator.select_option("gt")
    dialog.get_by_label("Right side, condition 1", exact=True).fill("10")
    sentence = dialog.locator("[data-sentence]")
    expect(sentence).to_contain_text("Runs when Expires in (s) is more than “10”.")
    dialog.get_by_role("button", name="Add group").click()
    inner = dialog.get_by_role("group", name="Match in the group")
    inner.get_by_text("Any of these").click()
    dialog.get_by_label("Left side, condition 2", exact=True).fill("[client_secret]")
    second = dialog.get_by_role("combobox", name="Operator, condition 2")
    expect(second.locator("option", has_text="contains")).to_have_count(0)
    second.select_option("blank")
    expect(dialog.get_by_label("Right side, condition 2", exact=True)).to_be_hidden()
    expect(sentence).to_contain_text("and Client secret is blank")
    dialog.get_by_label("Right side, condition 1", exact=True).fill("[lost]")
    expect(sentence).to_contain_text("1 condition to mend")
    dialog.get_by_role("button", name="OK", exact=True).last.click()
    # Kept as it is; what is wrong is told beside its box, which has the focus.
    wrong = dialog.get_by_label("Right side, condition 1", exact=True)
    expect(wrong).to_be_focused()
    expect(dialog.get_by_text("lost is no longer there: choose again.")).to_be_visible()
    wrong.fill("10")
    dialog.get_by_role("button", name="OK", exact=True).last.click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    assert kept(scenario)["conditions"] == {
        "match": "all",
        "items": [
            {"left": "[expires_in]", "operator": "gt", "right": "10"},
            {"match": "any",
             "items": [{"left": "[client_secret]", "operator": "blank", "right": ""}]},
        ],
    }  # fmt: skip


def test_an_expression_is_built_with_its_result_in_view(page_as, scenario):
    page = page_as("ada")
    dialog = open_rule(page, "Set form field")
    dialog.get_by_role("button", name="Choose: Form field or text: access_token").click()
    page.get_by_role("button", name="Expression", exact=True).click()
    builder = page.locator("#k-builder")
    text = builder.get_by_role("textbox", name="Expression")
    text.fill("=Upper([client_id]) + Foo(1)")
    expect(builder.get_by_text("There is no function Foo.")).to_be_visible()
    expect(text).to_have_attribute("aria-invalid", "true")
    builder.get_by_role("button", name="Show the place").click()
    assert text.evaluate("t => t.value.slice(t.selectionStart, t.selectionEnd)") == "Foo"
    text.fill("=")
    builder.get_by_role("searchbox", name="Find a function").fill("upper")
    builder.get_by_role("treeitem", name="Upper(text)").click()
    expect(text).to_have_value("=Upper(")
    builder.get_by_role("tab", name="Fields").click()
    builder.get_by_role("treeitem", name="Client ID, client_id").click()
    expect(text).to_be_focused()
    page.keyboard.type(")")
    expect(builder.get_by_text("Text: CLIENT-1")).to_be_visible()
    expect(builder.get_by_text("with the values of token-refresh-1")).to_be_visible()
    builder.get_by_role("button", name="OK").click()
    box = dialog.get_by_role("combobox", name="Form field or text: access_token")
    expect(box).to_have_value("=Upper([client_id])")
    expect(dialog.get_by_role("row").last).to_contain_text("CLIENT-1")
    dialog.get_by_role("button", name="OK", exact=True).last.click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    assert kept(scenario, "clear")["assignments"][0]["value"] == "=Upper([client_id])"


def test_columns_of_a_table_are_edited_in_the_pane(page_as, person, axe):
    ada = person("ada")
    lines = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "article"}]}
    create_design(raw=process(lines, name="shop"), user=ada)
    page = page_as("ada")
    page.goto("/designs/shop/designer/?at=field:lines")
    page.locator("[data-live]").wait_for()
    pane = page.locator("[data-settings]")
    pane.get_by_role("button", name="Add column").click()
    kind = pane.get_by_label("Type", exact=True).last
    expect(kind).to_be_focused()
    kind.select_option("number")
    new = pane.locator("[data-at='1']")
    new.get_by_label("Places after the point").wait_for()
    new.get_by_label("Unique name").fill("price")
    new.get_by_label("Title").fill("Price")
    page.keyboard.press("Tab")
    page.locator("#d-sheet").get_by_text("Price").wait_for()
    look(page, "columns")
    axe(page)
    with page.expect_response("**/designer/settings/"):
        pane.get_by_role("button", name="Move Price up").click()
    expect(pane.locator("[data-at='0'] summary")).to_contain_text("Price")

    def columns():
        document = working_copies.open_copy("shop", user=ada).document
        return [(one["type"], one["name"]) for one in document["forms"][0]["fields"][0]["columns"]]

    assert columns() == [("number", "price"), ("text", "article")]


SHOWING = [
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
    {"type": "go_to_form", "id": "go-to", "form": "main"},
    {"type": "assign_form", "id": "assign", "form": "main", "to": {"users": ["ada"]}},
]  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_other_dialogs_fit_too(page_as, person, axe, assert_fits, width, scheme):
    ada = person("ada")
    lines = {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "what"}]}
    fields = [text_field("a"), text_field("gone"), lines, button("go", *SHOWING)]
    create_design(raw=process(*fields, name="shop"), user=ada)
    copy = working_copies.open_copy("shop", user=ada)
    edit = {"do": "remove", "target": "field:gone", "force": True}
    working_copies.edit("shop", user=ada, revision=copy.revision, edit=edit)
    page = page_as("ada", width=width, scheme=scheme)
    kinds = {rule["type"] for rule in SHOWING} | {"create_item"}
    assert kinds == set(rules.kinds), "A kind of rule has no dialog here."
    for rule in [rule["id"] for rule in SHOWING]:
        page.goto(f"/designs/shop/designer/rule/{rule}/")
        page.locator("[data-settings-form]").wait_for()
        look(page, f"{rule}-{width}-{scheme}")
        axe(page)
        assert_fits(page)


def test_a_lost_session_keeps_the_rows_that_were_added(page_as, scenario):
    page = page_as("ada")
    page.goto(RULE)
    page.locator("[data-script]").wait_for()
    errors = page.get_by_role("region", name="On error")
    errors.get_by_role("button", name="Add mapping").click()
    expect(errors.get_by_role("row")).to_have_count(3)
    expect(errors.get_by_label("Form field", exact=True).last).to_be_focused()
    page.keyboard.type("access_token")
    page.keyboard.press("Escape")
    page.wait_for_timeout(400)
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="OK", exact=True).last.click()
    page.wait_for_url("**/sign-in/**")
    page.context.add_cookies([one for one in cookies if one["name"] == "sessionid"])
    page.goto(RULE)
    page.wait_for_selector("text=What you typed is here again")
    expect(errors.get_by_role("row")).to_have_count(3)
    expect(errors.get_by_label("Form field", exact=True).last).to_have_value("access_token")
    page.get_by_role("button", name="OK", exact=True).last.click()
    page.wait_for_url("**/designer/?at=**")
    assert [row["field"] for row in kept(scenario)["on_error"]] == ["last_error", "access_token"]


def test_what_was_typed_outlives_back_and_a_hasty_key(page_as, scenario, axe):
    page = page_as("ada")
    dialog = open_rule(page, "Set form field")
    values = dialog.locator("[name='rule/assignments/0/value']")
    values.fill("")
    values.focus()
    # Enter before the names are there is for them: the dialog is not sent half done.
    page.keyboard.type("[last_er")
    page.keyboard.press("Enter")
    expect(values).to_have_value("[last_error]")
    # Back closes what is on top, and only that.
    dialog.get_by_role("button", name="Choose: Form field or text").click()
    page.get_by_role("button", name="Expression", exact=True).click()
    expect(page.locator("#k-builder-text")).to_be_focused()
    page.go_back()
    expect(page.locator("#k-builder[open]")).to_have_count(0)
    expect(values).to_be_focused()
    page.go_back()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    assert page.url.split("?")[0].endswith("/designer/")
    # What was typed can be had back, and is kept with OK.
    axe(page)
    page.locator("#toasts").get_by_role("button", name="Open it again").click()
    expect(values).to_have_value("[last_error]")
    expect(dialog).to_contain_text("What you typed is here again.")
    dialog.get_by_role("button", name="OK", exact=True).click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    expect(page.locator("#toasts")).not_to_contain_text("not kept")
    assert kept(scenario, "clear")["assignments"][0]["value"] == "[last_error]"


def test_without_a_connection_a_dialog_says_so_where_it_was_pressed(page_as, scenario, axe):
    page = page_as("ada")
    page.complaints.expect("ERR_INTERNET_DISCONNECTED")
    dialog = open_rule(page)
    errors = dialog.get_by_role("region", name="On error")
    page.context.set_offline(True)
    errors.get_by_role("button", name="Add mapping").click()
    expect(errors.get_by_role("alert")).to_contain_text("The connection is lost.")
    axe(page)
    page.context.set_offline(False)
    errors.get_by_role("button", name="Add mapping").click()
    expect(errors.get_by_role("row")).to_have_count(3)
    expect(errors.get_by_role("alert")).to_have_count(0)
    # A session that has ended is another matter.
    page.context.clear_cookies(name="sessionid")
    errors.get_by_role("button", name="Choose: Error or text").first.click()
    expect(errors.get_by_role("alert")).to_contain_text("Your session has ended. Press OK")


def test_among_many_rows_those_that_are_wanted_are_found(page_as, scenario, axe, assert_fits):
    many = [{"field": "last_error", "value": f"text {n}"} for n in range(14)]
    strip(scenario, on_error=[*many, {"field": "access_token", "value": ""}])
    page = page_as("ada", 390)
    page.goto(RULE)
    errors = page.get_by_role("region", name="On error")
    search = errors.get_by_role("searchbox", name="Find a row of On error")
    search.fill("access")
    expect(errors.locator("tbody tr:visible")).to_have_count(1)
    axe(page)
    assert_fits(page)
    # Enter in the search sends nothing; OK sends all rows, the hidden ones too.
    search.press("Enter")
    page.get_by_role("button", name="OK", exact=True).last.click()
    page.wait_for_url("**/designer/?at=**")
    assert len(kept(scenario)["on_error"]) == 15
