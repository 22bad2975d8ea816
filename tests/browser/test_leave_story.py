"""A leave request by five people: asked, mailed, decided from the mail, told, kept, and hidden."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Locator, expect

from kianda.accounts.models import Profile
from kianda.mail.delivery import deliver_due
from processes.document_cache import document_of
from processes.models import ProcessInstance, Run
from processes.record_titles import open_title_of
from tests.browser.hands import until
from tests.browser.watch import Look, PageAs
from tests.factories import api_client, make_user
from tests.mail_server import MailServer
from tests.pages import client_of
from tests.scheduler.gallery.wizard import answered

LISTS = ("/instances/", "/runs/", "/work/", "/search/?q=leave", "/api/v1/instances/")


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    """A mail server that is the workspace's."""
    with MailServer() as made:
        settings.KIANDA_SMTP = made.settings
        yield made


@pytest.fixture
def people(db: None) -> dict[str, Any]:
    """Emma and her manager Mark, Helen of HR, Tom who has nothing to do with it."""
    made = {
        name: make_user(name, "User", first_name=first, last_name=last)
        for name, first, last in (
            ("emma", "Emma", "Doyle"), ("mark", "Mark", "Murphy"), ("helen", "Helen", "Ryan"),
            ("tom", "Tomás", "Keane"),
        )
    }  # fmt: skip
    made["helen"].groups.add(Group.objects.create(name="HR"))
    Profile.objects.create(user=made["emma"], manager=made["mark"])
    return made


def letter_to(server: MailServer, address: str) -> Any:
    """Return the only letter that reached an address, once a worker has looked at the outbox."""
    deliver_due()
    (found,) = [one for one in server.received if address in one.recipients]
    return found


def link_in(letter: Any) -> str:
    """Return the path that a letter leads to."""
    found = re.search(r"http\S+/instances/[^\s)]+", letter.text)
    assert found is not None
    return urlsplit(found[0]).path


def pressed_by(keys: bool) -> Callable[[Locator], None]:
    """Return a hand that presses with the mouse, or with the keyboard."""

    def press(target: Locator) -> None:
        if not keys:
            target.click()
            return
        target.focus()
        target.press("Enter")

    return press


@pytest.mark.parametrize(("width", "keys"), [(1280, False), (390, True)])
def test_a_leave_request_goes_its_way_and_nobody_else_meets_it(
    page_as: PageAs, people: dict[str, Any], server: MailServer, looks: Look,
    width: int, *, keys: bool,
) -> None:  # fmt: skip
    hand = pressed_by(keys)
    designer = client_of(make_user("dora", "Designer"))
    sent = answered(service="Leave request", keeper="group:HR")
    assert designer.post("/designs/templates/leave-request/", sent).status_code == 303

    page = page_as("emma", width)
    # By a link of before, which leads to where a request is started now.
    page.goto("/instances/new/?process=leave-request&note=My+sister+comes")
    expect(page.get_by_label("Note to your manager")).to_have_value("My sister comes")
    page.get_by_label("First day").fill("2026-12-07")
    page.get_by_label("Last day").fill("2026-12-11")
    page.get_by_label("Working days").fill("5")
    looks(page)
    hand(page.get_by_role("button", name="Send request"))
    expect(page.get_by_role("heading", name="Sent to Mark Murphy")).to_be_visible()
    expect(page.locator("main")).to_contain_text("You get a message when it is decided.")
    looks(page)
    made = ProcessInstance.objects.get(status="Waiting for a decision")

    asked = letter_to(server, "mark@example.org")
    title = open_title_of(made, document_of(made.version))
    _kind, days = title.split(", ")
    assert asked.message["Subject"] == f"Emma Doyle asks for a{title[1:]}"
    assert link_in(asked) == f"/instances/{made.process_id}/"
    page = page_as("mark", width, "dark")
    page.goto("/")
    row, waiting = page.locator(".k-task"), page.get_by_role("heading", level=1)
    expect(row).to_contain_text("Leave request from Emma Doyle")
    expect(waiting).to_have_text("1 request is waiting for you")
    # Rejecting asks for the reason in the row; that is taken back, and one press approves.
    hand(row.get_by_role("link", name="Reject"))
    expect(row.get_by_label("Comment")).to_be_focused()
    looks(page)
    page.complaints.expect("status of 422")
    hand(row.get_by_role("button", name="Reject"))
    expect(row).to_contain_text("Enter Comment to continue")
    row.get_by_label("Comment").press("Escape")
    expect(row.get_by_role("link", name="Reject")).to_be_focused()
    hand(row.get_by_role("button", name="Approve"))
    expect(row).to_contain_text("Approved")
    expect(waiting).to_have_text("Nothing is waiting for you")
    expect(page.locator("#waiting-here")).to_have_text("")
    expect(page.locator("#rail-waiting")).to_have_text("")
    looks(page)
    until(page, lambda: ProcessInstance.objects.filter(status="Approved").exists())

    decided = letter_to(server, "emma@example.org")
    assert decided.message["Subject"] == f"{title}: Approved"
    page = page_as("emma")
    page.goto(link_in(decided))
    expect(page.locator("main")).to_contain_text("Approved")
    page.get_by_role("button", name="Notifications, 1 unread").click()
    expect(page.locator("#bellbox")).to_contain_text(f"{title}: Approved")

    kept = letter_to(server, "helen@example.org")
    assert kept.message["Subject"] == f"Annual leave of Emma Doyle, {days}"
    page = page_as("helen")
    page.goto("/instances/?process=leave-request")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(link_in(kept))
    expect(page.locator("h1")).to_contain_text(title)

    stranger, api = client_of(people["tom"]), api_client(people["tom"])
    run = Run.objects.latest("pk").pk
    for path in (f"/instances/{made.process_id}/", f"/instances/{made.process_id}/changes/",
                 f"/instances/{made.process_id}/runs/", f"/runs/{run}/"):  # fmt: skip
        assert stranger.get(path).status_code == 404, path
    for path in (f"instances/{made.process_id}/", f"runs/{run}/"):
        assert api.get(f"/api/v1/{path}").status_code == 404, path
    for path in LISTS:
        answer = (api if path.startswith("/api") else stranger).get(path)
        assert made.process_id not in answer.content.decode(), path
