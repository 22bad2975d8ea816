"""Edits in the designer are kept: with two people, without a connection, after the session."""

from typing import Any

from django.contrib.sessions.models import Session
from playwright.sync_api import Route, expect

from tests.browser.designer.screen import HERE, box, field_of, kept, names, selected
from tests.browser.story_rows import sign_in
from tests.browser.watch import Look, PageAs


def test_two_people_are_told_of_each_other(page_as: PageAs, orders: None, axe: Look) -> None:
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
    expect(other.locator("#d-lost")).to_contain_text("ada changed this first")
    assert field_of("subject")["title"] == "From Ada"
    expect(other.locator("#b-subject")).to_contain_text("From Ada")
    axe(other)
    other.locator("#d-lost").get_by_role("button", name="Apply mine anyway").click()
    expect(other.locator("#b-subject")).to_contain_text("From the other")
    kept(other)
    assert field_of("subject")["title"] == "From the other"
    # What does not touch the same goes in beside it, and is told.
    ada.locator("#d-add").get_by_role("button", name="Toggle", exact=True).click()
    expect(ada.locator("#toasts")).to_contain_text("admin: Changed title")
    expect(ada.locator("#b-subject")).to_contain_text("From the other")
    assert names() == ["subject", "toggle"]


def test_two_people_give_a_new_field_a_title(page_as: PageAs, orders: None) -> None:
    ada, other = page_as("ada"), page_as("admin")
    ada.goto(HERE)
    ada.locator("#d-add").get_by_role("button", name="Number", exact=True).click()
    kept(ada)
    other.goto(f"{HERE}?at=field:number")
    ada.locator("[name='s/title']").fill("Net price")
    ada.locator("[name='s/title']").press("Enter")
    selected(ada, "field:net_price")
    kept(ada)
    other.locator("[name='s/title']").fill("Cost")
    other.locator("[name='s/title']").press("Enter")
    expect(other.locator("#d-lost")).to_contain_text("ada changed this first: Changed title of")
    expect(other.locator("#d-kept")).to_contain_text("Change not saved.")
    expect(other.locator("[name='s/title']")).to_have_value("Cost")
    other.locator("#d-lost").get_by_role("button", name="Apply mine anyway").click()
    selected(other, "field:cost")
    kept(other)
    assert names() == ["subject", "cost"]
    assert field_of("cost")["title"] == "Cost"


def test_what_is_typed_into_a_field_that_somebody_removed_stays_to_be_read(
    page_as: PageAs, orders: None
) -> None:
    ada, other = page_as("ada"), page_as("admin")
    ada.goto(HERE)
    ada.locator("#d-add").get_by_role("button", name="Number", exact=True).click()
    kept(ada)
    other.goto(f"{HERE}?at=field:number")
    box(ada, "number").focus()
    ada.keyboard.press("Delete")
    expect(box(ada, "number")).to_have_count(0)
    kept(ada)
    other.locator("[name='s/title']").fill("Cost")
    other.locator("[name='s/title']").press("Enter")
    expect(other.locator("#d-lost")).to_contain_text("someone has removed it")
    expect(other.locator("#d-kept")).to_contain_text("Change not saved.")
    expect(other.locator("[name='s/title']")).to_have_value("Cost")


def test_without_connection_edits_are_kept_and_sent_later(
    page_as: PageAs, orders: None, axe: Look, assert_fits: Look
) -> None:
    page = page_as("ada")
    page.complaints.expect("ERR_INTERNET_DISCONNECTED")
    page.complaints.expect("ERR_FAILED")
    page.goto(f"{HERE}?at=field:subject")
    page.context.set_offline(True)
    page.locator("#d-add").get_by_role("button", name="Number", exact=True).click()
    expect(page.locator("#d-lost")).to_contain_text("Connection lost. Your changes are stored here")
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
    expect(page.locator("#d-lost")).to_contain_text("Connection lost. Your changes are stored here")
    page.context.set_offline(False)
    expect(page.locator("#d-lost")).to_be_hidden()
    kept(page)
    assert names().index("number") < names().index("subject")

    # An answer that is lost on its way: the edit has arrived, and is not made twice.
    def loses(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/act/", loses, times=1)
    page.locator("#d-add").get_by_role("button", name="Toggle", exact=True).click()
    expect(page.locator("#b-toggle")).to_be_visible()
    kept(page)
    assert sorted(names()) == ["date", "number", "subject", "toggle"]


def test_what_is_typed_while_an_answer_comes_is_neither_sent_half_nor_lost(
    page_as: PageAs, orders: None
) -> None:
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:subject")
    page.locator("[data-live]").wait_for()
    held, sent = [], []
    page.is_spent = True
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


def test_what_was_asked_before_an_act_does_not_select_what_was_selected_then(
    page_as: PageAs, orders: None
) -> None:
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:subject")
    asked = []
    page.route("**/designer/?at=*", lambda route: asked.append(route), times=1)
    page.evaluate("document.dispatchEvent(new Event('designer-changed'))")
    page.locator("#d-add").get_by_role("button", name="Number", exact=True).click()
    selected(page, "field:number")
    with page.expect_response("**/designer/?at=field*number&*"):
        asked[0].continue_()
    selected(page, "field:number")
    page.locator("#d-add").get_by_role("button", name="Date", exact=True).click()
    kept(page)
    assert names() == ["subject", "number", "date"]


def test_a_field_that_is_chosen_is_shown_although_the_page_asks_meanwhile_who_is_here(
    page_as: PageAs, orders: None
) -> None:
    page = page_as("ada")
    page.goto(f"{HERE}?at=process")
    page.locator("[data-live]").wait_for()
    asked: list[Route] = []
    page.route("**/designer/?at=field*", lambda route: asked.append(route), times=1)
    with page.expect_request("**/designer/?at=field*"):
        box(page, "subject").click()
    # As it does every few seconds, and when the window is seen again.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.evaluate("fetch('/healthz/live').then((answer) => answer.text())")
    asked[0].continue_()
    expect(page.locator("[name='s/title']")).to_have_value("Subject")
    expect(box(page, "subject")).to_have_attribute("aria-pressed", "true")


def test_a_field_that_is_chosen_without_connection_is_shown_when_it_is_back(
    page_as: PageAs, orders: None
) -> None:
    page = page_as("ada")
    page.complaints.expect("ERR_INTERNET_DISCONNECTED")
    page.goto(f"{HERE}?at=process")
    page.locator("[data-live]").wait_for()
    page.context.set_offline(True)
    box(page, "subject").click()
    expect(page.locator("#d-lost")).to_contain_text("Connection lost.")
    expect(page.locator("[name='s/title']")).to_have_value("Orders")
    page.context.set_offline(False)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[name='s/title']")).to_have_value("Subject")
    expect(page.locator("#d-lost")).to_be_hidden()
    kept(page)


def test_a_box_is_ticked_although_an_answer_puts_another_in_its_place_while_it_is_pressed(
    page_as: PageAs, orders: None
) -> None:
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:subject")
    page.locator("[data-live]").wait_for()
    page.locator("#d-props summary", has_text="Checks").click()
    tick = page.locator("[name='s/required'][type=checkbox]")
    held: list[Route] = []
    page.route("**/settings/", lambda route: held.append(route), times=1)
    with page.expect_request("**/settings/"):
        page.locator("[name='s/title']").fill("About")
        page.locator("[name='s/title']").press("Tab")
    tick.hover()
    page.mouse.down()
    held[0].continue_()
    expect(box(page, "subject")).to_contain_text("About")
    page.mouse.up()
    expect(tick).to_be_checked()
    expect(box(page, "subject").locator(".k-req")).to_be_visible()
    kept(page)
    assert field_of("subject")["required"] is True


def test_a_session_that_has_ended_keeps_the_edit(page_as: PageAs, orders: None) -> None:
    page = page_as("ada")
    page.goto(f"{HERE}?at=field:subject")
    cookies: Any = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.locator("#d-add").get_by_role("button", name="Number", exact=True).click()
    expect(page.locator("#d-lost")).to_contain_text("Your session has ended. Sign in to continue")
    assert names() == ["subject"]
    page.locator("#d-lost").get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/sign-in/**")
    page.context.add_cookies([one for one in cookies if one["name"] == "sessionid"])
    page.goto(f"{HERE}?at=field:subject")
    expect(page.locator("#b-number")).to_be_visible()
    assert names() == ["subject", "number"]


def test_who_signs_in_again_in_another_tab_finds_the_edit_kept_and_sent(
    page_as: PageAs, orders: None
) -> None:
    page = page_as("ada")
    page.complaints.expect("status of 403")
    page.goto(f"{HERE}?at=field:subject")
    Session.objects.all().delete()
    other = page.context.new_page()
    other.goto("/profile/")
    sign_in(other, "ada")
    other.wait_for_url("**/profile/")
    page.locator("#d-add").get_by_role("button", name="Number", exact=True).click()
    expect(page.locator("#d-lost")).to_contain_text("Your session has ended. Sign in to continue")
    assert names() == ["subject"]
    page.locator("#d-lost").get_by_role("link", name="Sign in").click()
    expect(page.locator("#b-number")).to_be_visible()
    kept(page)
    assert names() == ["subject", "number"]
