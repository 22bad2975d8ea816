"""The designer in a browser: built by mouse, by keys, by two people, without a connection."""

import pytest
from playwright.sync_api import expect

from processes.models import WorkingCopy
from processes.services.designs import create_design, get_design
from tests.browser.conftest import session_cookie
from tests.browser.story_rows import LOOKS
from tests.processes.definitions import button, process, set_rule, text_field

HERE = "/designs/orders/designer/"


def document():
    """Return the working copy as it is kept now."""
    return WorkingCopy.objects.get(design__name="orders").document


def names(form=0):
    return [field["name"] for field in document()["forms"][form]["fields"]]


def field_of(name):
    return next(f for form in document()["forms"] for f in form["fields"] if f["name"] == name)


def kept(page):
    """Wait until every edit has arrived."""
    expect(page.locator("#d-kept")).to_contain_text("All edits kept")
    page.wait_for_selector('#main:not([data-waiting]), #main[data-waiting="0"]')


def selected(page, target):
    page.wait_for_selector(f'#act[data-at="{target}"]', state="attached")


def box(page, name):
    return page.locator(f"#b-{name}")


def drag(page, source, target, *, dy=0.5, dx=0.5):
    """Drag with the mouse from one element to a part of another."""
    start, end = source.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    goal = end["x"] + end["width"] * dx, end["y"] + end["height"] * dy
    page.mouse.move(goal[0], goal[1], steps=6)
    page.mouse.up()


@pytest.fixture
def orders(person):
    create_design(
        raw=process(text_field("subject"), name="orders", title="Orders"), user=person("admin")
    )


def test_a_process_is_built_by_mouse(page_as, orders, axe, assert_fits):
    page = page_as("ada")
    page.goto(HERE)
    palette = page.locator("#d-add")
    palette.get_by_role("button", name="Number", exact=True).click()
    selected(page, "field:number")
    drag(page, palette.get_by_role("button", name="Date", exact=True), box(page, "subject"), dy=0.1)
    selected(page, "field:date")
    kept(page)
    assert names() == ["date", "subject", "number"]
    # Its properties: the name goes with the title, until it is somebody's own.
    page.locator("[name='s/title']").fill("Delivery")
    page.locator("[name='s/title']").press("Tab")
    selected(page, "field:delivery")
    expect(page.locator("[name='s/name']")).to_have_value("delivery")
    # What is typed on while the new name is on its way is about the same field.
    page.keyboard.type("due")
    page.keyboard.press("Tab")
    page.keyboard.type("Not a holiday")
    page.keyboard.press("Tab")
    kept(page)
    selected(page, "field:due")
    assert field_of("due") | {"title": "Delivery", "help": "Not a holiday"} == field_of("due")
    # A name that is taken is refused beside it, and stays as it was typed.
    page.locator("[name='s/name']").fill("subject")
    page.locator("[name='s/name']").press("Tab")
    expect(page.locator("#d-props .invalid-feedback")).to_contain_text("subject")
    expect(page.locator("[name='s/name']")).to_have_value("subject")
    page.locator("[name='s/title']").fill("Due on")
    page.locator("[name='s/title']").press("Tab")
    expect(box(page, "due")).to_contain_text("Due on")
    # A button at the end of the form, with a rule from the menu; its dialog opens by itself.
    palette.get_by_role("button", name="Button", exact=True).click()
    selected(page, "field:button")
    expect(page.locator(".k-footbar #b-button")).to_be_visible()
    page.locator("#d-rules").get_by_role("button", name="Add rule").click()
    page.locator("#m-add-rules").get_by_role("button", name="Set form field").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    assert_fits(page)
    # Back in the middle of a dialog closes it, and no more.
    page.go_back()
    page.wait_for_selector("#dialog[open]", state="detached")
    assert page.url.split("?")[0].endswith(HERE)
    page.locator("#d-rules").get_by_role("button", name="Add rule").click()
    page.locator("#m-add-rules").get_by_role("button", name="Save", exact=True).click()
    selected(page, "rule:save")
    # What was added last is seen, however long the form and the list.
    expect(box(page, "button")).to_be_in_viewport()
    rows = page.locator("#d-rules .k-rule")
    drag(page, rows.nth(1).locator("[data-grip]").first, rows.nth(0), dy=0.1)
    expect(rows.nth(0)).to_contain_text("Save")
    kept(page)
    rules = field_of("button")["rules"]
    assert [rule["type"] for rule in rules] == ["save", "set_form_field"]
    # Moved among the fields, dropped outside, removed, and brought back.
    drag(page, box(page, "number"), box(page, "due"), dy=0.1)
    selected(page, "field:number")
    kept(page)
    assert names()[0] == "number"
    drag(page, box(page, "number"), page.locator(".k-crumbs"))
    expect(page.locator("#d-lost")).to_contain_text("Nothing was moved")
    assert names()[0] == "number"
    page.locator(".k-handles").get_by_role("button", name="Delete (Del)").click()
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    selected(page, "field:number")
    assert names()[0] == "number"
    # A table: its columns are rows of its properties.
    palette.get_by_role("button", name="Table", exact=True).click()
    selected(page, "field:table")
    page.locator("#d-props").get_by_role("button", name="Add column").click()
    page.locator("[name='s/columns/0/name']").fill("article")
    page.locator("[name='s/columns/0/name']").press("Tab")
    expect(page.locator("#b-table")).to_contain_text("article")
    kept(page)
    assert field_of("table")["columns"][0]["name"] == "article"
    # What is wrong is counted, and each leads to its place.
    page.locator("#d-count").click()
    page.locator("#d-flaws button").first.click()
    selected(page, "rule:set-form-field")
    page.keyboard.press("Delete")
    expect(page.locator("#d-count")).to_contain_text("No errors")
    page.locator("#d-save").click()
    page.wait_for_selector("text=Draft 0.2")
    page.locator("#d-publish").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    page.get_by_label("Note").fill("First")
    page.locator("#dialog").get_by_role("button", name="Publish 1.0").click()
    page.wait_for_selector("text=Version 1.0 is published")
    expect(page.locator("#d-head")).to_contain_text("Published 1.0")
    assert str(get_design("orders").published) == "1.0"


def test_it_is_built_by_keys_alone(page_as, orders, axe):
    page = page_as("ada")
    page.goto(HERE)
    press = page.keyboard.press
    page.locator("#main").focus()
    press("F6")
    assert page.evaluate("document.activeElement.id") == "d-find"
    press("F6")
    press("ArrowRight")
    # From the tab of the form into its fields, and one behind the other.
    press("Tab")
    page.locator("#b-subject").focus()
    press("a")
    assert page.evaluate("document.activeElement.id") == "d-find"
    page.keyboard.type("number")
    press("Enter")
    selected(page, "field:number")
    press("Escape")
    assert page.evaluate("document.activeElement.id") == "b-number"
    expect(page.locator("#d-find")).to_have_value("")
    press("Alt+ArrowUp")
    expect(page.locator("#d-say")).to_have_text("Moved to position 1 of 2.")
    assert names() == ["number", "subject"]
    press("F2")
    assert page.evaluate("document.activeElement.name") == "s/title"
    press("Control+a")
    page.keyboard.type("Amount")
    press("Enter")
    expect(page.locator("#b-amount")).to_contain_text("Amount")
    press("Escape")
    press("Control+d")
    selected(page, "field:amount_2")
    press("Delete")
    selected(page, "field:subject")
    press("Control+z")
    selected(page, "field:amount_2")
    press("Control+Shift+z")
    expect(page.locator("#b-amount_2")).to_have_count(0)
    kept(page)
    assert names() == ["amount", "subject"]
    # A rule: added, switched off, opened, moved.
    page.locator("#b-amount").focus()
    press("ArrowDown")
    selected(page, "field:subject")
    press("a")
    page.keyboard.type("save")
    press("Enter")
    selected(page, "rule:save")
    press("Control+a")
    page.keyboard.type("set form")
    press("Enter")
    # A new rule begins where it is to be filled in, and nothing is called wrong yet.
    first = page.locator("[name='rule/assignments/0/field']")
    expect(first).to_be_focused()
    expect(page.locator("#dialog .invalid-feedback")).to_have_count(0)
    press("Escape")
    expect(page.locator("#d-find")).to_be_focused()
    page.locator("[data-rule='rule:set-form-field']").focus()
    press("Alt+ArrowUp")
    expect(page.locator("#d-say")).to_have_text("Moved to position 1 of 2.")
    press("Space")
    expect(page.locator(".k-rule--off")).to_contain_text("Set form field")
    press("Delete")
    selected(page, "rule:save")
    # Cut here, pasted on another form.
    page.locator("#b-amount").focus()
    press("Control+x")
    expect(page.locator("#d-say")).to_contain_text("is cut")
    page.locator("#d-addform").focus()
    press("Enter")
    selected(page, "form:form")
    page.locator("#t-form").focus()
    press("Control+v")
    selected(page, "field:amount")
    kept(page)
    assert (names(0), names(1)) == (["subject"], ["amount"])
    press("Control+PageUp")
    selected(page, "form:main")
    press("Control+PageDown")
    selected(page, "form:form")
    # The focus has gone along: the next key is about this form.
    expect(page.locator("#t-form")).to_be_focused()
    press("Alt+ArrowLeft")
    expect(page.locator("#d-say")).to_have_text("Moved to position 1 of 2.")
    press("Escape")
    selected(page, "process")
    press("?")
    page.wait_for_selector("#dialog[open] >> text=Keys of the designer")
    axe(page)
    press("Escape")
    press("Control+s")
    page.wait_for_selector("text=Draft 0.2")


def test_two_people_are_told_of_each_other(page_as, orders, axe):
    ada, other = page_as("ada"), page_as("admin")
    ada.goto(f"{HERE}?at=field:subject")
    other.goto(f"{HERE}?at=field:subject")
    expect(other.locator("#d-head")).to_contain_text("ada is here")
    ada.locator("[name='s/title']").fill("From Ada")
    ada.locator("[name='s/title']").press("Enter")
    kept(ada)
    # The other one has not seen it: what would overwrite it is refused, and can be insisted on.
    other.locator("[name='s/title']").fill("From the other")
    other.locator("[name='s/title']").press("Enter")
    expect(other.locator("#d-lost")).to_contain_text("ada was quicker")
    assert field_of("subject")["title"] == "From Ada"
    expect(other.locator("#b-subject")).to_contain_text("From Ada")
    axe(other)
    other.locator("#d-lost").get_by_role("button", name="Do mine all the same").click()
    expect(other.locator("#b-subject")).to_contain_text("From the other")
    kept(other)
    assert field_of("subject")["title"] == "From the other"
    # What does not touch the same goes in beside it, and is told.
    ada.locator("#d-add").get_by_role("button", name="Toggle", exact=True).click()
    expect(ada.locator("#toasts")).to_contain_text("admin: Changed title")
    expect(ada.locator("#b-subject")).to_contain_text("From the other")
    assert names() == ["subject", "toggle"]


def test_without_connection_edits_are_kept_and_sent_later(page_as, orders, axe, assert_fits):
    page = page_as("ada")
    page.complaints.expect("ERR_INTERNET_DISCONNECTED")
    page.complaints.expect("ERR_FAILED")
    page.goto(f"{HERE}?at=field:subject")
    page.context.set_offline(True)
    page.locator("#d-add").get_by_role("button", name="Number", exact=True).click()
    expect(page.locator("#d-lost")).to_contain_text("Connection lost. Edits are kept here")
    page.locator("#d-add").get_by_role("button", name="Date", exact=True).click()
    axe(page)
    assert_fits(page)
    assert names() == ["subject"]
    page.context.set_offline(False)
    expect(page.locator("#b-date")).to_be_visible()
    expect(page.locator("#d-lost")).to_be_hidden()
    kept(page)
    assert sorted(names()) == ["date", "number", "subject"]

    # The connection goes while something is dragged: it is moved when it is back.
    subject, number = box(page, "subject").bounding_box(), box(page, "number").bounding_box()
    page.mouse.move(number["x"] + 40, number["y"] + 20)
    page.mouse.down()
    page.mouse.move(subject["x"] + 60, subject["y"] + 30, steps=4)
    page.context.set_offline(True)
    page.mouse.move(subject["x"] + 60, subject["y"] + 4, steps=2)
    page.mouse.up()
    expect(page.locator("#d-lost")).to_contain_text("Connection lost. Edits are kept here")
    page.context.set_offline(False)
    expect(page.locator("#d-lost")).to_be_hidden()
    kept(page)
    assert names().index("number") < names().index("subject")

    # An answer that is lost on its way: the edit has arrived, and is not made twice.
    def loses(route):
        route.fetch()
        route.abort()

    page.route("**/act/", loses, times=1)
    page.locator("#d-add").get_by_role("button", name="Toggle", exact=True).click()
    expect(page.locator("#b-toggle")).to_be_visible()
    kept(page)
    assert sorted(names()) == ["date", "number", "subject", "toggle"]


def test_what_is_typed_while_an_answer_comes_is_neither_sent_half_nor_lost(page_as, orders):
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:subject")
    page.locator("[data-live]").wait_for()
    held, sent = [], []
    page.on("request", lambda one: sent.append(one.url) if one.url.endswith("/settings/") else None)
    page.route("**/settings/", lambda route: held.append(route), times=1)
    title, name = page.locator("[name='s/title']"), page.locator("[name='s/name']")
    title.fill("About")
    title.press("Tab")
    expect(name).to_be_focused()
    name.press("ControlOrMeta+a")
    name.press("Delete")
    page.keyboard.type("about")
    page.wait_for_function("document.getElementById('main').dataset.waiting === '1'")
    held[0].continue_()
    expect(box(page, "subject")).to_contain_text("About")
    expect(name).to_be_focused()
    expect(name).to_have_value("about")
    assert len(sent) == 1
    name.press("Tab")
    selected(page, "field:about")
    kept(page)
    assert names() == ["about"]


def test_a_session_that_has_ended_keeps_the_edit(page_as, orders):
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:subject")
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.locator("#d-add").get_by_role("button", name="Number", exact=True).click()
    expect(page.locator("#d-lost")).to_contain_text("Your session has ended. Your edits are kept")
    assert names() == ["subject"]
    page.locator("#d-lost").get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/sign-in/**")
    page.context.add_cookies([one for one in cookies if one["name"] == "sessionid"])
    page.goto(f"{HERE}?at=field:subject")
    expect(page.locator("#b-number")).to_be_visible()
    assert names() == ["subject", "number"]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_it_fits_and_is_accessible(page_as, person, axe, assert_fits, width, scheme):
    raw = process(
        text_field("subject", required=True, width=6),
        {"type": "secret", "name": "key", "width": 6},
        text_field("a_name_that_is_as_long_as_names_may_be_and_has_no_blank_in_it", width=2,
                   title="The reference that the customer has given us, all of it", required=True),
        {"type": "panel", "name": "box", "fields": [text_field("inside", width=4)]},
        button("go", set_rule("subject", "x"), {"type": "save", "enabled": False}),
        name="orders", title="Orders",
    )  # fmt: skip
    raw["forms"].append({"name": "second", "title": "What the people in the warehouse do"})
    create_design(raw=raw, user=person("admin"))
    page = page_as("ada", width, scheme)
    for at in ("field:go", "field:box", "form:second", "process"):
        page.goto(f"{HERE}?at={at}")
        for pane in ("palette", "canvas", "props") if width < 900 else ("canvas",):
            page.evaluate(f"document.getElementById('pane-{pane}').checked = true")
            axe(page)
            assert_fits(page)
    page.evaluate("document.getElementById('pane-palette').checked = true")
    page.get_by_role("link", name="Outline").click()
    page.wait_for_selector("#d-outline .k-line-of")
    axe(page)
    assert_fits(page)


def test_on_a_phone_one_pane_is_shown_at_a_time(page_as, orders, axe, assert_fits):
    page = page_as("ada", 390)
    page.goto(HERE)
    panes = page.locator("#d-switch")
    panes.locator("label:has(#pane-palette)").click()
    expect(page.locator("#d-canvas")).to_be_hidden()
    page.locator("#d-add").get_by_role("button", name="Toggle", exact=True).click()
    expect(page.locator("#b-toggle")).to_be_visible()
    expect(page.locator("#d-palette")).to_be_hidden()
    page.locator(".k-handles [popovertarget]").click()
    axe(page)
    assert_fits(page)
    page.locator("#m-field").get_by_role("button", name="Move up").click()
    page.wait_for_selector('[data-drag="field"]:first-child[data-slug="toggle"]')
    panes.locator("label:has(#pane-props)").click()
    page.locator("[name='s/title']").fill("Urgent")
    page.locator("[name='s/title']").press("Tab")
    panes.get_by_text("Urgent", exact=True).wait_for()
    kept(page)
    assert names() == ["urgent", "subject"]
    # What is typed last goes along, also when the preview is opened at once.
    page.locator("[name='s/title']").fill("Very urgent")
    page.locator("#d-preview").click()
    page.wait_for_url("**/designs/orders/preview/**")
    assert get_design("orders").draft.document["forms"][0]["fields"][0]["title"] == "Very urgent"


def test_without_script_the_same_buttons_work(browser, live_server, person, orders):
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies([session_cookie(person("ada"), live_server.url)])
    page = context.new_page()
    page.goto(HERE)
    page.get_by_role("button", name="Number", exact=True).click()
    page.wait_for_selector("#toasts >> text=Added Number.")
    page.locator(".k-handles [popovertarget]").click()
    page.locator("#m-field").get_by_role("button", name="Move up").click()
    page.wait_for_selector("text=Moved to position 1 of 2.")
    page.locator("[name='s/title']").fill("Amount")
    page.get_by_role("button", name="Keep these properties").click()
    expect(page.locator("#b-amount")).to_contain_text("Amount")
    page.get_by_role("button", name="Delete (Del)").click()
    page.wait_for_selector("text=Removed Amount.")
    page.get_by_role("button", name="Undo (Ctrl Z)").click()
    expect(page.locator("#b-amount")).to_be_visible()
    assert names() == ["amount", "subject"]
    context.close()


def test_rules_are_dragged_to_fields_and_nothing_into_itself(page_as, person, axe, assert_fits):
    many = [set_rule("subject", str(n), id=f"r{n}") for n in range(12)]
    raw = process(
        text_field("subject"),
        {"type": "panel", "name": "box", "fields": [text_field("inside")]},
        button("go", *many), name="orders", title="Orders",
    )  # fmt: skip
    create_design(raw=raw, user=person("admin"))
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:go")
    assert page.locator(".k-rule--folded").count() == 12
    axe(page)
    assert_fits(page)
    drag(page, page.locator('[data-target="rule:r0"] [data-grip]'), box(page, "subject"))
    selected(page, "rule:r0")
    kept(page)
    assert [rule["id"] for rule in field_of("subject")["rules"]] == ["r0"]
    drag(page, box(page, "box"), box(page, "inside"))
    expect(page.locator("#d-lost")).to_contain_text("cannot be moved into itself")
    drag(page, box(page, "subject"), box(page, "inside"), dy=0.9)
    expect(page.locator(".k-drop--inner #b-subject")).to_be_visible()
    kept(page)
    assert [one["name"] for one in field_of("box")["fields"]] == ["inside", "subject"]
    # On the tab of another form: to its end.
    page.locator("#d-addform").click()
    selected(page, "form:form")
    page.locator("#t-main").click()
    selected(page, "form:main")
    drag(page, box(page, "go"), page.locator("#t-form"))
    selected(page, "field:go")
    kept(page)
    assert names(1) == ["go"]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_what_is_broken_is_marked_and_accessible(page_as, person, axe, assert_fits, width, scheme):
    raw = process(
        text_field("subject"), {"type": "table", "name": "lines", "columns": [text_field("what")]},
        button("go", set_rule("subject", "x", id="set"),
               {"type": "loop_table", "id": "each", "table": "lines",
                "rules": [{"type": "save", "id": "inner"}]}),
        name="orders", title="Orders",
    )  # fmt: skip
    create_design(raw=raw, user=person("admin"))
    page = page_as("ada", width, scheme)
    page.goto(f"{HERE}?at=field:subject")
    page.locator(".k-handles").get_by_role("button", name="Delete (Del)").click()
    page.wait_for_selector("#dialog[open]")
    axe(page)
    assert_fits(page)
    page.locator("#dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("#d-count")).to_contain_text("1 error")
    # No version is made of it; what stands in the way is listed, and leads to its place.
    page.complaints.expect("status of 422")
    page.locator("#d-save").click()
    expect(page.locator("#d-flaws")).to_contain_text("No version was saved: one place has to be")
    axe(page)
    assert_fits(page)
    page.locator("#d-flaws button").click()
    selected(page, "rule:set")
    expect(page.locator(".k-rule-flaw")).to_contain_text("There is no field subject.")
    axe(page)
    assert_fits(page)
    page.locator("#d-publish").click()
    page.wait_for_selector("#dialog[open] >> text=One place stands in the way")
    expect(page.locator("#dialog .k-line-of")).to_be_focused()
    expect(page.locator("#dialog [name=note]")).to_have_count(0)
    axe(page)
    assert_fits(page)
    page.keyboard.press("Escape")
    # Refused, the preview leaves one in the designer, at its own address.
    page.locator("#d-preview").click()
    page.wait_for_selector("#d-lost + [role=alert] >> text=No version was saved")
    page.wait_for_url(f"**{HERE}?at=rule:set")
    for part in ("publish", "type/?target=field:lines", "move/?target=rule:each", "discard",
                 "keys", "uses/?target=field:lines"):  # fmt: skip
        page.goto(f"{HERE}{part}" if "?" in part else f"{HERE}{part}/")
        axe(page)
        assert_fits(page)
