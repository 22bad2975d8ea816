"""The shell: rail, user menu, profile, command bar."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from tests.browser.hands import go_on
from tests.browser.story_rows import make_order, make_orders, sign_in
from tests.browser.watch import Look, PageAs


@pytest.mark.parametrize("path", ["/profile/", "/search/"])
def test_pages_fit_and_are_accessible(page_as: PageAs, looks: Any, path: str) -> None:
    page = page_as("admin")
    page.goto(path)
    looks(page)


def test_the_command_bar_gives_focus_back_and_back_closes_it(page_as: PageAs, axe: Look) -> None:
    page = page_as("ada")
    page.goto("/profile/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#dialog[open] input[type=search]")
    axe(page)
    page.keyboard.press("Escape")
    page.wait_for_selector("#dialog:not([open])", state="attached")
    assert page.evaluate("document.activeElement.matches('[data-find], #main')")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#dialog[open] input[type=search]")
    page.go_back()
    page.wait_for_selector("#dialog:not([open])", state="attached")
    assert page.url.endswith("/profile/")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_colours_are_chosen_in_the_user_menu_and_stay(
    page_as: PageAs, axe: Look, assert_fits: Look, width: int
) -> None:
    page = page_as("ada", width, "light")
    page.goto("/runs/")

    def open_menu() -> None:
        if width == 390:
            page.click("[popovertarget=rail]")
        page.click("[popovertarget=usermenu]")
        page.wait_for_selector("#usermenu >> text=Dark")

    open_menu()
    axe(page)
    assert_fits(page)
    expect(page.get_by_label("System")).to_be_checked()
    with page.expect_response("**/profile/theme/"):
        page.locator("#usermenu").get_by_text("Dark", exact=True).click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.is_visible("#usermenu")
    axe(page)
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    open_menu()
    with page.expect_response("**/profile/theme/"):
        page.locator("#usermenu [value=dark]").press("ArrowRight")
    page.goto("/")
    assert page.evaluate("document.documentElement.dataset.theme") is None


def test_in_a_low_window_the_user_menu_stays_and_the_place_where_one_is_comes_into_sight(
    page_as: PageAs,
) -> None:
    page = page_as("admin")
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto("/bin/")
    expect(page.locator("[popovertarget=usermenu]")).to_be_in_viewport(ratio=1)
    expect(page.locator("#rail > [aria-current]")).to_be_in_viewport(ratio=1)

    def below_its_end(entry: str) -> float:
        found: float = page.locator(entry).evaluate(
            "entry => entry.getBoundingClientRect().bottom - "
            "document.querySelector('.k-rail-foot').getBoundingClientRect().top"
        )
        return found

    assert below_its_end("#rail > [aria-current]") <= 0
    entries = page.locator("#rail > a.k-nav-item")
    for at in range(entries.count()):
        entries.nth(at).focus()
        assert below_its_end("#rail > a.k-nav-item:focus") <= 0


def test_on_a_phone_the_rail_is_a_menu(page_as: PageAs, axe: Look, assert_fits: Look) -> None:
    page = page_as("admin", 390)
    page.goto("/")
    assert not page.is_visible("#rail")
    page.click("[popovertarget=rail]")
    page.wait_for_selector("#rail >> text=Audit log")
    axe(page)
    assert_fits(page)
    page.click("#rail [data-find]")
    page.wait_for_selector("#dialog[open] input:focus")
    axe(page)
    assert_fits(page)


def test_every_page_works_without_script(
    plain_page_as: Callable[[str], Page], person: Callable[[str], Any]
) -> None:
    page = plain_page_as("admin")
    page.goto("/users/")
    page.click("[popovertarget=usermenu]")
    page.locator("#usermenu").get_by_text("Dark", exact=True).click()
    go_on(page.get_by_role("button", name="Choose"))
    assert page.url.endswith("/users/")
    expect(page.locator("html[data-theme=dark]")).to_have_count(1)
    go_on(page.locator("text=Invite a user"))
    page.fill("[name=username]", "ADMIN")
    go_on(page.locator("main button[type=submit]"))
    assert "ADMIN already exists" in page.inner_text("main")
    page.fill("[name=username]", "eve")
    go_on(page.locator("main button[type=submit]"))
    assert "/welcome/" in page.inner_text("main code")
    page.goto("/search/?q=eve")
    go_on(page.locator("main >> text=eve"))
    assert page.input_value("[name=name]") == ""


def test_a_skip_link_leads_to_the_content(page_as: PageAs) -> None:
    page = page_as("ben")
    page.goto("/profile/")
    page.keyboard.press("Tab")
    assert page.inner_text(":focus") == "Skip to content"
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def open_without_scripts(page: Page, path: str) -> Callable[..., None]:
    """Open a page whose scripts have not come yet; return what lets them come."""
    scripts = "**/kianda/js/page/kianda*.js"
    held: list[Route] = []
    free: list[bool] = []
    page.route(scripts, lambda route: route.continue_() if free else held.append(route))
    with page.expect_request(scripts):
        page.goto(path, wait_until="commit")
    page.wait_for_function("document.readyState === 'interactive'")

    def let_come() -> None:
        free.append(True)
        for route in held:
            route.continue_()
        page.wait_for_load_state()

    return let_come


# What a quick hand does on a slow line: the page is there, its scripts are not.
EARLY = """document.addEventListener("readystatechange", () => {
  const process = document.querySelector("select[name=process]");
  if (process && document.readyState === "interactive") process.value = "orders";
})"""


def test_what_was_chosen_before_the_scripts_came_is_heard_when_they_come(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    make_orders(person("ada"))
    make_order(person("ada"))
    page = page_as("ada")
    page.is_spent = True
    page.add_init_script(EARLY)
    page.goto("/instances/")
    page.wait_for_url("**/instances/?*process=orders*")


def test_what_was_typed_before_the_scripts_came_outlives_a_session_that_ends(
    page_as: PageAs,
) -> None:
    page = page_as("admin")
    let_come = open_without_scripts(page, "/users/invite/")
    page.fill("[name=username]", "eve")
    let_come()
    Session.objects.all().delete()
    page.click("main button[type=submit]")
    page.wait_for_selector("text=Your session has ended")
    sign_in(page, "admin")
    page.wait_for_selector("text=nothing was sent")
    assert page.input_value("[name=username]") == "eve"


def test_focus_goes_back_from_a_dialog_unless_one_has_moved_on(page_as: PageAs) -> None:
    page = page_as("ada")
    page.goto("/")
    opener, elsewhere = page.locator(".k-find"), page.locator("#main a").first
    for moves in (False, True):
        opener.click()
        page.wait_for_selector("#dialog[open]")
        told = """(link) => new Promise((done) => {
            const dialog = document.getElementById("dialog");
            dialog.addEventListener("close", () => done(), { once: true });
            dialog.close();
            link?.focus();
        })"""
        page.evaluate(told, elsewhere.element_handle() if moves else None)
        expect(elsewhere if moves else opener).to_be_focused()


# Handlers of one kind of event, and what has been called: of three, the first fails, the last but
# one is the last to be called.
HANDLERS = """async () => {
  const { on, onCapture, once } = await import(
    performance.getEntriesByType("resource").find(({ name }) => name.includes("page/listen")).name
  );
  const called = [];
  on("kianda:told", () => { called.push("first"); throw new Error("This one fails"); });
  on("kianda:told", "main", (found) => called.push(found.id));
  on("kianda:told", "footer", () => called.push("elsewhere"));
  once("kianda:told", () => called.push("once"));
  onCapture("kianda:told", () => called.push("on the way down"));
  on("kianda:told", (event) => {
    called.push("the last");
    if (event.detail === "stop") event.stopImmediatePropagation();
  });
  on("kianda:told", () => called.push("after it"));
  const tell = (detail) =>
    document.querySelector("h1").dispatchEvent(
      new CustomEvent("kianda:told", { bubbles: true, detail }));
  const before = (event) => event.stopPropagation();
  tell("go on");
  const all = called.splice(0);
  tell("stop");
  const stopped = called.splice(0);
  document.getElementById("main").addEventListener("kianda:told", before);
  tell("go on");
  return [all, stopped, called];
}"""


def test_who_listens_to_the_page_is_called_in_order_and_one_that_fails_stops_nobody(
    page_as: PageAs,
) -> None:
    page = page_as("ben")
    page.complaints.expect("This one fails")
    page.goto("/profile/")
    everyone, stopped, inside = page.evaluate(HANDLERS)
    first = ["on the way down", "first", "main"]
    assert everyone == [*first, "once", "the last", "after it"]
    assert stopped == [*first, "the last"]
    # What stands inside the page may keep an event to itself.
    assert inside == ["on the way down"]
