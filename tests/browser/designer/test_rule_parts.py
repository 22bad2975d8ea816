"""Parts of rule dialogs in a browser: conditions, expressions, columns, many rows."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from datasources.selectors import get_datasource, rest_document_of
from datasources.services.datasources import patch_datasource
from processes.designer import working_copy
from processes.designs.lifecycle import create_design
from tests.browser.designer.dialogs import RULE, kept, look, open_rule, shown, strip, under
from tests.browser.watch import Look, PageAs
from tests.processes.definitions import button, process, text_field


def test_conditions_nest_and_read_as_a_sentence(
    page_as: PageAs, scenario: Any, assert_fits: Look
) -> None:
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
    second = dialog.get_by_role("combobox", name="Operator, condition 2")
    for words in ("does not contain", "is before today"):
        second.select_option(label=words)
        assert_fits(page)
    dialog.get_by_label("Left side, condition 2", exact=True).fill("[client_secret]")
    expect(second.locator("option", has_text="contains")).to_have_count(0)
    second.select_option("blank")
    expect(dialog.get_by_label("Right side, condition 2", exact=True)).to_be_hidden()
    expect(sentence).to_contain_text("and Client secret is blank")
    dialog.get_by_label("Right side, condition 1", exact=True).fill("[lost]")
    expect(sentence).to_contain_text("1 condition to fix")
    dialog.get_by_role("button", name="OK", exact=True).last.click()
    # Kept as it is; what is wrong is told beside its box, which has the focus.
    wrong = dialog.get_by_label("Right side, condition 1", exact=True)
    expect(wrong).to_be_focused()
    expect(dialog.get_by_text("lost no longer exists. Choose another one.")).to_be_visible()
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


def test_a_large_answer_is_opened_and_searched_by_keys(page_as: PageAs, scenario: Any) -> None:
    words: dict[str, Any] = {"type": ["string"]}
    inner = {"type": ["object"], "properties": {f"part_{at}": words for at in range(900)}}
    row = get_datasource("token-service")
    methods = rest_document_of(row).masked()["methods"]
    methods[0] |= {"response_body": [], "answer_schema": {
        "type": ["object"], "properties": {"customer": inner}
    }}  # fmt: skip
    patch_datasource(name="token-service", changes={"methods": methods}, user=scenario)
    page = page_as("ada")
    dialog = open_rule(page)
    box = shown(dialog, "rule/on_success/1/value")
    box.locator("xpath=..").locator("[data-pick]").click()
    branch = page.get_by_role("treeitem", name="customer, object")
    expect(branch).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("c")
    expect(branch).to_be_focused()
    page.keyboard.press("ArrowRight")
    first = page.get_by_role("treeitem", name="part_0, text")
    expect(first).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    search = page.get_by_role("searchbox", name="Find in the tree")
    search.fill("part_777")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    search.fill("")
    expect(branch).to_be_visible()
    search.fill("part_777")
    expect(page.get_by_role("treeitem")).to_have_count(1)
    search.press("Enter")
    expect(under(box)).to_have_value("[response.body.customer.part_777]")


def test_an_expression_is_built_with_its_result_in_view(page_as: PageAs, scenario: Any) -> None:
    page = page_as("ada")
    dialog = open_rule(page, "Set form field")
    dialog.get_by_role("button", name="Choose: Form field or text: access_token").click()
    page.get_by_role("button", name="Formula", exact=True).click()
    builder = page.locator("#k-builder")
    builder.get_by_text("Formula", exact=True).click()
    text = builder.get_by_role("textbox", name="Value", exact=True)
    text.fill("Upper([client_id]) + Foo(1)")
    expect(builder.get_by_text("There is no function Foo.")).to_be_visible()
    expect(text).to_have_attribute("aria-invalid", "true")
    builder.get_by_role("button", name="Go to the error").click()
    assert text.evaluate("t => t.value.slice(t.selectionStart, t.selectionEnd)") == "Foo"
    text.fill("")
    builder.get_by_role("searchbox", name="Search functions").fill("upper")
    functions = builder.get_by_role("listbox", name="Functions")
    expect(functions.get_by_role("option")).to_have_count(1)
    builder.get_by_role("option", name="Upper(text)").click()
    builder.get_by_role("button", name="Insert with placeholders").click()
    expect(under(text)).to_have_value("Upper(text)")
    # The place of the argument is selected: a field takes it.
    builder.get_by_role("button", name="Choose: Value").click()
    page.get_by_role("treeitem", name="Client ID, client_id").click()
    expect(text).to_be_focused()
    expect(under(text)).to_have_value("Upper([client_id])")
    expect(builder.get_by_role("status")).to_contain_text("CLIENT-1 Text")
    expect(builder.get_by_role("status")).to_contain_text("valid for Access token")
    expect(builder.get_by_label("With the values of")).to_have_value("token-refresh-1")
    expect(builder.locator(".k-facts")).to_contain_text("Client ID client-1")
    expect(builder.locator("footer")).to_contain_text("Stored as =Upper([client_id])")
    builder.get_by_role("button", name="OK").click()
    box = dialog.get_by_role("textbox", name="Form field or text: access_token")
    expect(under(box)).to_have_value("=Upper([client_id])")
    expect(dialog.get_by_role("row").last).to_contain_text("CLIENT-1")
    dialog.get_by_role("button", name="OK", exact=True).last.click()
    expect(page.locator("#dialog[open]")).to_have_count(0)
    assert kept(scenario, "clear")["assignments"][0]["value"] == "=Upper([client_id])"


def test_columns_of_a_table_are_edited_in_the_pane(
    page_as: PageAs, person: Callable[[str], Any], axe: Look
) -> None:
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
    new.get_by_label("Decimal places").wait_for()
    new.get_by_label("Unique name").fill("price")
    new.get_by_label("Title").fill("Price")
    page.keyboard.press("Tab")
    page.locator("#d-sheet").get_by_text("Price").wait_for()
    look(page, "columns")
    axe(page)
    with page.expect_response("**/designer/settings/"):
        pane.get_by_role("button", name="Move Price up").click()
    expect(pane.locator("[data-at='0'] summary")).to_contain_text("Price")

    def columns() -> list[Any]:
        document = working_copy.open_copy("shop", user=ada).document
        return [(one["type"], one["name"]) for one in document["forms"][0]["fields"][0]["columns"]]

    assert columns() == [("number", "price"), ("text", "article")]


def test_among_many_rows_those_that_are_wanted_are_found(
    page_as: PageAs, scenario: Any, axe: Look, assert_fits: Look
) -> None:
    many = [{"field": "last_error", "value": f"text {n}"} for n in range(14)]
    strip(scenario, on_error=[*many, {"field": "access_token", "value": ""}])
    page = page_as("ada", 390)
    page.goto(RULE)
    errors = page.get_by_role("region", name="On error")
    search = errors.get_by_role("searchbox", name="Search On error")
    search.fill("access")
    expect(errors.locator("tbody tr:visible")).to_have_count(1)
    axe(page)
    assert_fits(page)
    # Enter in the search sends nothing; OK sends all rows, the hidden ones too.
    search.press("Enter")
    page.get_by_role("button", name="OK", exact=True).last.click()
    page.wait_for_url("**/designer/?at=**")
    assert len(kept(scenario)["on_error"]) == 15


@pytest.mark.parametrize(
    ("rule", "label"),
    [
        ({"type": "hide_or_disable", "changes": [{"field": "old", "action": "hide"}]},
         "Field or form"),
        ({"type": "make_required", "changes": [{"field": "old"}]}, "Form field"),
        ({"type": "start_a_process", "process": "shop",
          "input_mapping": [{"target": "old", "value": "x"}]}, "Field of the other process"),
    ],
)  # fmt: skip
def test_a_box_that_holds_a_name_offers_names_and_takes_one_whole(
    page_as: PageAs, person: Callable[[str], Any], rule: dict[str, Any], label: str
) -> None:
    fields = [text_field("old"), text_field("reason"), text_field("remark")]
    rules = [{**rule, "id": "rule", "title": "The rule"}]
    create_design(raw=process(*fields, button("go", *rules), name="shop"), user=person("ada"))
    page = page_as("ada")
    page.goto("/designs/shop/designer/rule/rule/")
    box = page.get_by_role("combobox", name=label, exact=True)
    box.fill("rea")
    page.get_by_role("option", name="reason").wait_for()
    page.keyboard.press("Enter")
    expect(box).to_have_value("reason")
    page.get_by_role("button", name=f"Choose: {label}", exact=True).click()
    page.get_by_role("treeitem", name="remark").click()
    expect(box).to_have_value("remark")
    page.get_by_role("button", name=f"Choose: {label}", exact=True).click()
    page.get_by_role("treeitem", name="remark").wait_for()
    expect(page.get_by_role("button", name="Formula")).to_have_count(0)
