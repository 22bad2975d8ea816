"""Every form of the product, attacked in the same way: one walk over each of the table of forms.

A page that takes a POST and stands in no table fails the first story.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import URLResolver
from django.views.generic import RedirectView
from playwright.sync_api import Locator, Page, expect

from kianda.accounts.models import ApiToken
from kianda.accounts.services.tokens import create_token
from kianda.urls import urlpatterns
from processes.designs.lifecycle import publish_design, save_design
from processes.models import ProcessDesign, ProcessInstance
from scheduler.models import ScheduledTask
from tests.browser.form_table import (
    ASKED,
    ELSEWHERE,
    FORMS,
    LONG,
    acts_told,
    crew,
    orders,
    service,
)
from tests.browser.hands import go_on, press_as_the_session_ends, until
from tests.browser.story_rows import SCRIPT, make_task, sign_in
from tests.browser.story_rows import orders as orders_raw
from tests.browser.watch import PageAs


def test_no_page_that_takes_a_form_is_left_out() -> None:
    for module in ELSEWHERE:
        assert (Path(__file__).parent / f"{module}.py").is_file()
    assert posts() == {*FORMS, *ASKED}.union(*ELSEWHERE.values())


def posts() -> Any:
    """Return the names of the pages that take a POST."""
    found: set[str] = set()
    ask: Any = RequestFactory().options("/")
    ask.user, ask.session = AnonymousUser(), {}
    for pattern in pages(urlpatterns):
        words = dict.fromkeys(pattern.pattern.converters, "1") | pattern.default_args
        view = getattr(pattern.callback, "view_class", None)
        takes = pattern.callback(ask, **words).headers.get("Allow", "") if view is None else ""
        # Whoever sends a form to a redirect is sent on, and nothing is read.
        if view is not RedirectView and (hasattr(view, "post") or "POST" in takes):
            found.add(pattern.name)
    return found


def pages(patterns: Any) -> Iterator[Any]:
    for one in patterns:
        if not isinstance(one, URLResolver):
            yield one
        elif str(one.pattern) == "":
            yield from pages(one.url_patterns)


class Tab:
    """A page with the form in it."""

    def __init__(self, page: Page, form: Any, path: str) -> None:
        self.page, self.form, self.path = page, form, path
        self.place = page.locator("#main")

    def open(self) -> None:
        self.page.goto(self.path)

    def open_dialog(self) -> None:
        where, link = self.form.opener
        self.page.goto(where)
        self.page.get_by_role("link", name=link, exact=True).first.click()
        self.page.wait_for_selector("#dialog[open] form")
        self.place = self.page.locator("#dialog")

    @property
    def box(self) -> Locator:
        return self.place.locator(f"[name='{self.form.box}']")

    @property
    def button(self) -> Locator:
        return self.place.get_by_role("button", name=self.form.button, exact=True)

    @property
    def keys(self) -> Locator:
        """What takes the keys: of a people picker, whose box is seen without script only."""
        picker = self.place.locator("[data-people]").filter(
            has=self.page.locator(f"[name='{self.form.box}']")
        )
        return picker.get_by_role("combobox") if self.form.picks else self.box

    def type(self, text: str) -> None:
        if self.form.picks:
            return self.pick(text)
        self.box.evaluate("one => one.removeAttribute('maxlength')")
        self.box.fill(text)

    def pick(self, text: str) -> None:
        """Take out who is chosen, and go on from the box before anybody is offered."""
        for _ in self.box.input_value().split():
            self.keys.press("Backspace")
        self.keys.fill(text)
        self.keys.press("Tab")

    def refused(self, text: str) -> None:
        """Send a text that is refused beside its control, which has the focus and the text."""
        self.type(text)
        self.button.click()
        expect(self.box).to_have_attribute("aria-invalid", "true")
        expect(self.keys).to_be_focused()
        assert self.box.input_value() == text

    def back(self) -> None:
        """Go back: that closes the dialog alone, and what was typed can be had again."""
        here = self.page.url
        self.type(self.form.good)
        self.page.go_back()
        expect(self.page.locator("#dialog[open]")).to_have_count(0)
        assert self.page.url == here
        self.page.get_by_role("button", name="Open again").click()
        expect(self.box).to_have_value(self.form.good)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_takes_the_worst_and_loses_nothing(
    page_as: PageAs, person: Callable[[str], Any], name: Any
) -> None:
    form = FORMS[name]
    form.rows(person)
    path = form.path.replace("{ben}", str(person("ben").pk))
    if "{task}" in path:
        path = path.replace("{task}", str(ScheduledTask.objects.get().pk))
    page = page_as(form.who)
    page.complaints.expect("status of 409")
    tab, other = Tab(page, form, path), Tab(page.context.new_page(), form, path)
    tab.open_dialog() if form.opener else tab.open()
    other.open()
    form.fill(other.place)
    other.type(form.second or form.good)
    before = form.done()
    if not form.takes_empty:
        tab.refused("")
    if not form.takes_long:
        tab.refused(LONG)
    if form.opener:
        tab.back()
    form.fill(tab.place)
    tab.type(form.good)

    press_as_the_session_ends(tab.button)
    page.wait_for_selector("text=Your session has ended")
    sign_in(page, form.who)
    page.get_by_text("nothing was sent").wait_for()
    expect(tab.box).to_have_value(form.good)
    assert form.done() == before

    tab.button.dblclick()
    until(page, lambda: form.done() > before)
    assert (form.done(), page.title() == "owned") == (before + 1, False)

    other.button.click()
    other.page.get_by_text("nothing was sent").wait_for()
    expect(other.box).to_have_value(form.second or form.good)
    if form.again:
        other.button.click()
        other.page.get_by_text(form.again).first.wait_for()
    else:
        go_on(other.button)
    assert form.done() == before + (1 if form.again else 2)
    assert other.page.title() != "owned"


def test_what_is_asked_in_two_tabs_and_pressed_twice_is_done_once(
    page_as: PageAs, person: Callable[[str], Any]
) -> None:
    for rows in (crew, service, orders):
        rows(person)
    save_design(name="orders", raw=orders_raw(description="New"), user=person("ada"))
    publish_design(name="orders", user=person("ada"))
    make_task(person("ada"), name="Hook", schedule={"kind": "on_demand"}, process_id=None)
    create_token(person("ben"), name=SCRIPT)
    known = {
        "{ben}": person("ben").pk, "{token}": ApiToken.objects.get().pk,
        "{task}": ScheduledTask.objects.get().pk, "{bin}": ProcessDesign.objects.get().pk,
    }  # fmt: skip
    page = page_as("admin")
    page.complaints.expect("status of 404")
    tabs = page, page.context.new_page()

    def effects() -> Any:
        moved = ProcessInstance.objects.filter(version__major=2).count()
        return acts_told() + (moved if "/move/" in path else 0)

    for path, button, again in ASKED.values():
        for word, pk in known.items():
            path = path.replace(word, str(pk))
        for tab in tabs:
            tab.goto(path)
        before = effects()
        first, second = (tab.locator("main").get_by_role("button", name=button) for tab in tabs)
        # The answer of the first tab has come, so what it says was not taken for the second one.
        with page.expect_navigation():
            first.dblclick()
        assert effects() == before + 1, path
        go_on(second)
        if again:
            tabs[1].get_by_text(again).first.wait_for()
        assert effects() == before + (1 if again else 2), path
