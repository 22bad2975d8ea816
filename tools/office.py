"""An office at work, and its pictures: what employees see, beside the designer's pages.

Two templates are installed as a designer does it, people send requests over the REST API and a
manager decides some of them; the pictures are what the manager then sees.
"""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = (
    ("mark", "Mark Murphy", "Engineering", ""),
    ("emma", "Emma Doyle", "Engineering", "mark"),
    ("tomas", "Tomás Keane", "Engineering", "mark"),
    ("niamh", "Niamh Walsh", "Engineering", "mark"),
    ("helen", "Helen Ryan", "People", ""),
)
GROUPS = {"HR": ["helen"], "Finance": ["helen"]}
TEMPLATES = {
    "leave-request": {"/service": "Leave request", "/keeper": "group:HR"},
    "purchase-approval": {
        "/service": "Purchase request", "/second": "group:Finance", "/limit": "1000",
    },
}  # fmt: skip
# Who asks for what, and how the manager decides.
LEAVE = (
    ("emma", "Annual leave", "2026-12-07", "2026-12-11", 5, "My sister is visiting.", "approve"),
    ("niamh", "Annual leave", "2026-12-28", "2026-12-30", 3, "", "approve"),
    ("tomas", "Unpaid leave", "2027-01-11", "2027-01-15", 5, "", "reject"),
    ("emma", "Annual leave", "2027-02-15", "2027-02-19", 5, "Half-term with the children.", ""),
    ("tomas", "Parental leave", "2027-03-01", "2027-03-26", 20, "", ""),
    ("niamh", "Annual leave", "2027-04-06", "2027-04-09", 4, "", ""),
)
PURCHASES = (
    ("niamh", "Standing desk", "Workplace Direct", 640, "2027-01-08", "For the new office."),
    ("mark", "Conference tickets", "DevConf", 1180, "2027-02-01", "Two of us give a talk."),
)
COMMENT = "@mark Niamh covers for me that week."
SET_PASSWORDS = """
from django.contrib.auth.models import User
for user in User.objects.filter(username__in={names}):
    user.set_password({password!r})
    user.save()
"""


def post(page: Page, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send what somebody does over the API; stop with a sentence when it is refused."""
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    answer = page.request.post(
        f"/api/v1/{path}",
        data=json.dumps(body),
        headers={"X-CSRFToken": cookies["csrftoken"], "Content-Type": "application/json"},
    )
    if not answer.ok:
        raise SystemExit(f"/api/v1/{path} answers {answer.status}: {answer.text()[:500]}")
    found: dict[str, Any] = json.loads(answer.body())
    return found


def open_office(admin: Page, settings: dict[str, str]) -> str:
    """Make people, groups and processes as an administrator; return everybody's password."""
    admin.goto("/")
    for username, name, department, manager in PEOPLE:
        person = {"username": username, "name": name, "email": f"{username}@example.org",
                  "roles": ["User"], "department": department}  # fmt: skip
        post(admin, "users/", person | ({"manager": manager} if manager else {}))
    for name, members in GROUPS.items():
        post(admin, "groups/", {"name": name, "members": members})
    for slug, answers in TEMPLATES.items():
        install(admin, slug, answers)
    password = secrets.token_urlsafe(16)
    names = [username for username, *_ in PEOPLE]
    code = SET_PASSWORDS.format(names=names, password=password)
    command = [sys.executable, "manage.py", "shell", "--command", code]
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True)  # noqa: S603
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return password


def install(page: Page, slug: str, answers: dict[str, str]) -> None:
    """Answer the questions of a template."""
    page.goto(f"/designs/templates/{slug}/")
    asked = page.locator("form.k-wizard").evaluate("form => [...new FormData(form)]")
    typed: dict[str, str | float | bool] = dict(asked) | answers
    done = page.request.post(f"/designs/templates/{slug}/", form=typed)
    if "/templates/" in done.url and not done.ok:
        raise SystemExit(f"The template {slug} answers {done.status}.")


class Office:
    """The people of the office, each signed in in a browser context of their own."""

    def __init__(self, browser: Browser, password: str, **context: Any) -> None:
        self.browser, self.password, self.settings = browser, password, context
        self.contexts: dict[str, BrowserContext] = {}

    def page(self, username: str) -> Page:
        """Return a page of somebody who is signed in."""
        if username not in self.contexts:
            self.contexts[username] = self.browser.new_context(**self.settings)
            page = self.contexts[username].new_page()
            page.goto("/sign-in/")
            page.fill("[name=username]", username)
            page.fill("[name=password]", self.password)
            page.click("button[type=submit]")
            page.wait_for_url("/")
        return self.contexts[username].pages[0]

    def ask(self, username: str, process: str, data: dict[str, Any]) -> str:
        """Send a request; return its Process ID."""
        page = self.page(username)
        made = post(page, "instances/", {"process": process, "data": data})
        post(page, f"instances/{made['process_id']}/trigger/", {"target": "send_request"})
        return str(made["process_id"])

    def work(self) -> str:
        """Send and decide all requests; return one that waits."""
        waiting = ""
        for username, kind, first_day, last_day, days, note, decision in LEAVE:
            process_id = self.ask(username, "leave-request", {
                "kind": kind, "first_day": first_day, "last_day": last_day, "working_days": days,
                "note": note,
            })  # fmt: skip
            if not decision:
                waiting = waiting or process_id
            else:
                reason = "Please talk to me first." if decision == "reject" else "Enjoy it."
                post(self.page("mark"), f"instances/{process_id}/trigger/", {
                    "target": f"leave_{decision}", "data": {"leave_comment": reason},
                })  # fmt: skip
        for username, wanted, supplier, amount, needed_by, reason in PURCHASES:
            self.ask(username, "purchase-request", {
                "wanted": wanted, "supplier": supplier, "amount": amount, "needed_by": needed_by,
                "reason": reason,
            })  # fmt: skip
        post(self.page("emma"), f"instances/{waiting}/comments/", {"text": COMMENT})
        return waiting

    def pictures(self) -> Iterator[tuple[str, Page]]:
        """Show what employees see, and give the name of each picture while its page is open."""
        waiting = self.work()
        mark = self.page("mark")
        for name, path in (
            ("home", "/"),
            ("list", "/records/leave-request/?view=all"),
            ("record", f"/instances/{waiting}/"),
        ):
            mark.goto(path)
            mark.wait_for_load_state("networkidle")
            yield name, mark
