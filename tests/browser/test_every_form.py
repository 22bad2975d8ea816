"""Every form of the product, attacked in the same way: a table of forms, and one walk over each.

A page that takes a POST and stands in no table fails the first story.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.sessions.models import Session
from django.test import RequestFactory
from django.urls import URLResolver
from playwright.sync_api import expect

from datasources.services import create_datasource
from kianda.accounts.models import ApiToken, AuditEntry
from kianda.accounts.tokens import create_token
from kianda.demo import DATASOURCE
from kianda.urls import urlpatterns
from processes.models import Change, ProcessDesign, ProcessInstance
from processes.services.designs import publish_design, save_design
from scheduler.models import ScheduledTask
from tests.browser.story_rows import SCRIPT, make_order, make_orders
from tests.browser.story_rows import orders as orders_raw
from tests.browser.test_signing_in import sign_in
from tests.browser.test_tasks import make_task

LONG = "W" * 7000


def nothing(*_: Any) -> None:
    """Do nothing."""


def orders(person):
    make_orders(person("ada"))
    make_order(person("ada"))


def task(person):
    orders(person)
    make_task(person("ada"))


def service(person):
    raw = {**DATASOURCE, "name": "token-service", "base_url": "https://auth.example.org"}
    create_datasource(raw=raw, user=person("dan"))


def crew(person):
    person("ben")
    Group.objects.create(name="Crew", pk=77)


@dataclass(frozen=True)
class Form:
    """A form: where it stands, how it is filled in, what counts as its effect."""

    path: str
    who: str
    button: str
    # The control that takes text, by its name, and a text that it takes.
    box: str
    good: str
    # The page and the link that open it as a dialog.
    opener: tuple[str, str] | None = None
    rows: Callable[[Any], None] = nothing
    # What else has to be filled in, besides the box.
    fill: Callable[[Any], None] = nothing
    done: Callable[[], int] = AuditEntry.objects.count
    takes_empty: bool = False
    takes_long: bool = False
    # What a second tab sends, if not the same; and what it is told. Without an answer of its own it
    # does the same once more.
    second: str = ""
    again: str = ""


def filled(place, **values):
    for name, value in values.items():
        place.locator(f"[name='/{name}']").fill(value)


def of_task(place):
    place.locator("#f-schedule-every").fill("55")
    place.get_by_label("Process design").select_option("orders")
    place.get_by_label("Approve button").check(force=True)


TASKS, DESIGNS = "/scheduled-tasks/", "/designs/"
FORMS = {
    "user-invite": Form(
        "/users/invite/", "admin", "Invite", "username", "eve",
        opener=("/users/", "Invite a user"), again="There is a user eve already",
    ),
    "user": Form(
        "/users/{ben}/", "admin", "OK", "name", SCRIPT, second="Ben", opener=("/users/", "ben"),
        rows=crew, takes_empty=True, again="Somebody else has changed this user meanwhile",
    ),
    "group-new": Form(
        "/users/groups/new/", "admin", "OK", "name", SCRIPT[:40],
        opener=("/users/groups/", "Add a group"), again="There is a group",
    ),
    "group": Form(
        "/users/groups/77/", "admin", "OK", "name", "Night crew", rows=crew,
        opener=("/users/groups/", "Crew"), second="Day crew",
        again="Somebody has renamed it to Night crew meanwhile",
    ),
    "token-new": Form(
        "/tokens/new/", "ben", "Create", "name", SCRIPT, opener=("/tokens/", "Create a token"),
    ),
    "datasource-new": Form(
        "/datasources/new/", "dan", "Save", "/title", "Safe",
        fill=partial(filled, base_url="https://example.org"), again="The name safe is taken",
    ),
    "datasource": Form(
        "/datasources/token-service/", "dan", "Save", "/title", SCRIPT, rows=service,
        second="Other", again="saved this while you were editing",
    ),
    "datasource-security": Form(
        "/datasources/token-service/security/", "dan", "OK", "/editors/users", "dan",
        rows=service, takes_empty=True, second="ben, dan", again="meanwhile",
    ),
    "method-new": Form(
        "/datasources/token-service/methods/new/", "dan", "Save method", "/title", "Look",
        fill=partial(filled, url_path="/look"), rows=service, again="look",
    ),
    "method": Form(
        "/datasources/token-service/methods/me/", "dan", "Save method", "/title", SCRIPT,
        rows=service, second="Other", again="saved this while you were editing",
    ),
    "design-new": Form(
        "/designs/new/", "ada", "Add and open the designer", "/title", "Leave",
        opener=(DESIGNS, "Add new"), again="There is a process leave already",
    ),
    "design-details": Form(
        "/designs/orders/details/", "ada", "Save", "/title", SCRIPT, rows=orders,
        second="Other", again="Somebody saved this design meanwhile. Title: “Orders” became",
    ),
    "design-duplicate": Form(
        "/designs/orders/duplicate/", "ada", "Duplicate", "/title", SCRIPT, rows=orders,
        again="There is a process orders-copy already",
    ),
    "task-new": Form(
        "/scheduled-tasks/new/", "ada", "OK", "/name", SCRIPT,
        opener=(TASKS, "Schedule a task"), rows=orders, fill=of_task,
        again="There is a scheduled task",
    ),
    "task": Form(
        "/scheduled-tasks/{task}/", "ada", "OK", "/name", SCRIPT, rows=task, second="Other",
        again="Somebody else has saved this task meanwhile",
    ),
    "instance-new": Form(
        "/instances/new/?process=orders", "ada", "Create instance", "v-customer", SCRIPT,
        rows=orders, done=ProcessInstance.objects.count, takes_empty=True, takes_long=True,
    ),
    "instance": Form(
        "/instances/orders-1/", "ada", "Save", "v-customer", SCRIPT, rows=orders,
        done=Change.objects.count, takes_long=True, second="Other", again="meanwhile",
    ),
}  # fmt: skip
# What is asked before it is done: where, the button, and what a second tab is told that asks too;
# without words it does the same once more.
ASKED = {
    "user-password-link": ("/users/{ben}/password-link/", "Make the link", ""),
    "user-deactivate": ("/users/{ben}/deactivate/", "Deactivate", "ben is deactivated."),
    "group-delete": ("/users/groups/77/delete/", "Delete", "There is no such group"),
    "token-revoke": ("/tokens/{token}/revoke/", "Revoke", "is revoked."),
    "task-renew-hook": ("/scheduled-tasks/{task}/renew-hook/", "Make a new address", ""),
    "task-delete": (
        "/scheduled-tasks/{task}/delete/", "Delete task", "There is no scheduled task",
    ),
    "method-delete": (
        "/datasources/token-service/methods/me/delete/", "Delete",
        "The datasource token-service has no REST method me",
    ),
    "datasource-delete": (
        "/datasources/token-service/delete/", "Delete", "There is no datasource token-service",
    ),
    "instance-move": ("/instances/orders-1/move/", "Move to 2.0", "Moved to version 2.0"),
    "instance-delete": (
        "/instances/orders-1/delete/", "Delete instance", "There is no process instance orders-1",
    ),
    "design-delete": ("/designs/orders/delete/", "Delete design", "There is no process"),
    "bin-remove": ("/designs/bin/{bin}/remove/", "Remove for good", "The recycle bin is empty"),
}  # fmt: skip
# What has a story of its own, by the module that tells it.
ELSEWHERE = {
    "test_signing_in": {"sign-in", "sign-out", "change-password"},
    "test_people": {"set-password", "profile"},
    "test_shell": {"theme"},
    "test_datasources": {"datasource-test", "method-send", "method-duplicate"},
    "test_designs": {"design", "design-new-definition", "design-publish", "design-restore"},
    "test_library": {"designs-import", "bin-restore", "template", "template-press"},
    "test_instances": {"instance-restore"},
    "test_forms": {"instance-send-back"},
    "test_runs": {"run-store"},
    "test_tasks": {"task-run", "task-pause", "task-resume"},
    "test_preview": {
        "preview-new-frame", "preview-new-breakpoint", "preview-answer", "preview-frame",
        "preview-outward", "preview-debugger", "preview-breakpoint", "preview-value",
    },
    "test_rule_dialogs": {"designer-rule", "designer-part"},
    "test_designer": {
        "designer-act", "designer-settings", "designer-publish", "designer-preview",
        "designer-discard",
    },
}  # fmt: skip


def test_no_page_that_takes_a_form_is_left_out():
    for module in ELSEWHERE:
        assert Path(__file__).with_name(f"{module}.py").is_file()
    assert posts() == {*FORMS, *ASKED}.union(*ELSEWHERE.values())


def posts():
    """Return the names of the pages that take a POST."""
    found, ask = set(), RequestFactory().options("/")
    ask.user, ask.session = AnonymousUser(), {}
    for pattern in pages(urlpatterns):
        words = dict.fromkeys(pattern.pattern.converters, "1") | pattern.default_args
        view = getattr(pattern.callback, "view_class", None)
        takes = pattern.callback(ask, **words).headers.get("Allow", "") if view is None else ""
        if hasattr(view, "post") or "POST" in takes:
            found.add(pattern.name)
    return found


def pages(patterns):
    for one in patterns:
        if not isinstance(one, URLResolver):
            yield one
        elif str(one.pattern) == "":
            yield from pages(one.url_patterns)


class Tab:
    """A page with the form in it."""

    def __init__(self, page, form, path):
        self.page, self.form, self.path = page, form, path
        self.place = page.locator("#main")

    def open(self):
        self.page.goto(self.path)

    def open_dialog(self):
        where, link = self.form.opener
        self.page.goto(where)
        self.page.get_by_role("link", name=link, exact=True).first.click()
        self.page.wait_for_selector("#dialog[open] form")
        self.place = self.page.locator("#dialog")

    @property
    def box(self):
        return self.place.locator(f"[name='{self.form.box}']")

    @property
    def button(self):
        return self.place.get_by_role("button", name=self.form.button, exact=True)

    def type(self, text):
        self.box.evaluate("one => one.removeAttribute('maxlength')")
        self.box.fill(text)

    def refused(self, text):
        """Send a text that is refused beside its control, which has the focus and the text."""
        self.type(text)
        self.button.click()
        expect(self.box).to_have_attribute("aria-invalid", "true")
        expect(self.box).to_be_focused()
        assert self.box.input_value() == text

    def back(self):
        """Go back: that closes the dialog alone, and what was typed can be had again."""
        here = self.page.url
        self.type(self.form.good)
        self.page.go_back()
        expect(self.page.locator("#dialog[open]")).to_have_count(0)
        assert self.page.url == here
        self.page.get_by_role("button", name="Open it again").click()
        expect(self.box).to_have_value(self.form.good)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_takes_the_worst_and_loses_nothing(page_as, person, name):
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

    Session.objects.all().delete()
    tab.button.click()
    page.wait_for_selector("text=Your session has ended")
    sign_in(page, form.who)
    page.get_by_text("nothing was sent yet").wait_for()
    expect(tab.box).to_have_value(form.good)
    assert form.done() == before

    tab.button.dblclick()
    until(page, lambda: form.done() > before)
    assert (form.done(), page.title() == "owned") == (before + 1, False)

    other.button.click()
    other.page.get_by_text("nothing was sent yet").wait_for()
    expect(other.box).to_have_value(form.second or form.good)
    other.button.click()
    if form.again:
        other.page.get_by_text(form.again).first.wait_for()
    else:
        until(other.page, lambda: form.done() == before + 2)
    assert form.done() == before + (1 if form.again else 2)
    assert other.page.title() != "owned"


def until(page, holds):
    for _ in range(200):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"It did not come to pass: {page.inner_text('main')}")


def test_what_is_asked_in_two_tabs_and_pressed_twice_is_done_once(page_as, person):
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

    def effects():
        moved = ProcessInstance.objects.filter(version__major=2).count()
        return AuditEntry.objects.count() + (moved if "/move/" in path else 0)

    for path, button, again in ASKED.values():
        for word, pk in known.items():
            path = path.replace(word, str(pk))
        for tab in tabs:
            tab.goto(path)
        before = effects()
        first, second = (tab.locator("main").get_by_role("button", name=button) for tab in tabs)
        first.dblclick()
        until(page, lambda: effects() > before)  # noqa: B023 - called at once
        assert effects() == before + 1, path
        second.click()
        if again:
            tabs[1].get_by_text(again).first.wait_for()
        else:
            until(page, lambda: effects() == before + 2)  # noqa: B023
        assert effects() == before + (1 if again else 2), path
