"""Every form of the product as a table: where it stands, how it is filled in, what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import Group
from playwright.sync_api import Locator

from datasources.services.datasources import create_datasource
from kianda.accounts.models import AuditEntry, UserAttribute
from kianda.demo import DATASOURCE
from processes.models import Change, ProcessInstance
from tests.browser.story_rows import SCRIPT, make_order, make_orders, make_task

LONG = "W" * 7000


def nothing(*_: Any) -> None:
    """Do nothing."""


def orders(person: Callable[[str], Any]) -> None:
    make_orders(person("ada"))
    make_order(person("ada"))


def task(person: Callable[[str], Any]) -> None:
    orders(person)
    make_task(person("ada"))


def service(person: Callable[[str], Any]) -> None:
    raw = {**DATASOURCE, "name": "token-service", "base_url": "https://auth.example.org"}
    create_datasource(raw=raw, user=person("dan"))


def crew(person: Callable[[str], Any]) -> None:
    person("ben")
    Group.objects.create(name="Crew", pk=77)
    UserAttribute.objects.create(name="office", title="Office", pk=77)


def acts_told() -> int:
    """Return how many acts the audit log tells of; that somebody has signed in is none of them."""
    return AuditEntry.objects.exclude(action="signed in").count()


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
    done: Callable[[], int] = acts_told
    takes_empty: bool = False
    takes_long: bool = False
    # Whether the control is a people picker, which has a box of its own for the keys.
    picks: bool = False
    # What a second tab sends, if not the same; and what it is told. Without an answer of its own it
    # does the same once more.
    second: str = ""
    again: str = ""


def filled(place: Locator, **values: Any) -> None:
    for name, value in values.items():
        place.locator(f"[name='/{name}']").fill(value)


def of_account(place: Locator) -> None:
    filled(place, host="mail.example.org")
    place.get_by_label("From").fill("kianda@example.org")


def of_task(place: Locator) -> None:
    place.locator("#f-schedule-every").fill("55")
    place.get_by_label("Process design").select_option("orders")
    place.get_by_label("Approve button").check(force=True)


TASKS, DESIGNS = "/scheduled-tasks/", "/designs/"
FORMS = {
    "user-invite": Form(
        "/users/invite/", "admin", "Invite", "username", "eve",
        opener=("/users/", "Invite a user"), again="eve already exists",
    ),
    "user": Form(
        "/users/{ben}/", "admin", "OK", "name", SCRIPT, second="Ben", opener=("/users/", "ben"),
        rows=crew, takes_empty=True, again="You changed this in another window",
    ),
    "group-new": Form(
        "/users/groups/new/", "admin", "OK", "name", SCRIPT[:40],
        opener=("/users/groups/", "Add a group"), again="already exists. Choose another name.",
    ),
    "group": Form(
        "/users/groups/77/", "admin", "OK", "name", "Night crew", rows=crew,
        opener=("/users/groups/", "Crew"), second="Day crew",
        again="You changed this in another window",
    ),
    "user-attribute-new": Form(
        "/users/attributes/new/", "admin", "OK", "title", SCRIPT,
        opener=("/users/attributes/", "Add an attribute"),
        again="already exists. Choose another title.",
    ),
    "user-attribute": Form(
        "/users/attributes/77/", "admin", "OK", "title", SCRIPT, rows=crew,
        opener=("/users/attributes/", "Office"), second="Room",
        again="You changed this in another window",
    ),
    "token-new": Form(
        "/tokens/new/", "ben", "Create", "name", SCRIPT, opener=("/tokens/", "Create a token"),
    ),
    "datasource-new": Form(
        "/datasources/new/", "dan", "Save", "/title", "Safe",
        fill=partial(filled, base_url="https://example.org"), again="safe already exists",
    ),
    "datasource-new-email": Form(
        "/datasources/new/email/", "dan", "Save", "/title", "Safe",
        fill=of_account,
        again="safe already exists",
    ),
    "datasource": Form(
        "/datasources/token-service/", "dan", "Save", "/title", SCRIPT, rows=service,
        second="Other", again="You changed this in another window",
    ),
    "datasource-security": Form(
        "/datasources/token-service/security/", "dan", "OK", "/editors/users", "dan",
        rows=service, takes_empty=True, second="ben", picks=True,
        again="You changed this in another window",
    ),
    "variables": Form(
        "/variables/", "admin", "Save", "/variables/0/name", "crm_host", takes_empty=True,
        second="other", again="You changed this in another window.",
    ),
    "method-new": Form(
        "/datasources/token-service/methods/new/", "dan", "Save method", "/title", "Look",
        fill=partial(filled, url_path="/look"), rows=service, again="look",
    ),
    "method": Form(
        "/datasources/token-service/methods/me/", "dan", "Save method", "/title", SCRIPT,
        rows=service, second="Other", again="You changed this in another window",
    ),
    "design-new": Form(
        "/designs/new/", "ada", "Add and open the designer", "/title", "Leave",
        opener=(DESIGNS, "Add new"), again="The process leave already exists",
    ),
    "design-details": Form(
        "/designs/orders/details/", "ada", "Save", "/title", SCRIPT, rows=orders,
        second="Other", again="You changed this in another window. Title: “Orders”",
    ),
    "design-duplicate": Form(
        "/designs/orders/duplicate/", "ada", "Duplicate", "/title", "Second", rows=orders,
        again="The process second already exists",
    ),
    "task-new": Form(
        "/scheduled-tasks/new/", "ada", "OK", "/name", SCRIPT,
        opener=(TASKS, "Schedule a task"), rows=orders, fill=of_task,
        again="already exists. Choose another name.",
    ),
    "task": Form(
        "/scheduled-tasks/{task}/", "ada", "OK", "/name", SCRIPT, rows=task, second="Other",
        again="You changed this in another window",
    ),
    "start-request": Form(
        "/start/orders/", "ada", "Save draft", "v-customer", SCRIPT,
        rows=orders, done=ProcessInstance.objects.count, takes_empty=True, takes_long=True,
    ),
    "instance": Form(
        "/instances/orders-1/", "ada", "Save draft", "v-customer", SCRIPT, rows=orders,
        done=Change.objects.count, takes_empty=True, takes_long=True, second="Other",
        again="1 field was changed while you were editing.",
    ),
}  # fmt: skip
# What is asked before it is done: where, the button, and what a second tab is told that asks too;
# without words it does the same once more.
ASKED = {
    "user-password-link": ("/users/{ben}/password-link/", "Show new link", ""),
    "user-deactivate": ("/users/{ben}/deactivate/", "Deactivate", "ben deactivated."),
    "group-delete": ("/users/groups/77/delete/", "Delete", "Group not found"),
    "user-attribute-delete": (
        "/users/attributes/77/delete/", "Delete", "Attribute not found",
    ),
    "token-revoke": ("/tokens/{token}/revoke/", "Revoke", "” revoked."),
    "task-renew-hook": ("/scheduled-tasks/{task}/renew-hook/", "Create new URL", ""),
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
        "/instances/orders-1/delete/", "Delete record", "There is no record orders-1",
    ),
    "design-delete": ("/designs/orders/delete/", "Delete design", "There is no process"),
    "bin-remove": (
        "/bin/designs/{bin}/remove/", "Delete permanently", "You can restore deleted items",
    ),
}  # fmt: skip
# What has a story of its own, by the module that tells it.
ELSEWHERE = {
    "test_signing_in": {
        "sign-in", "account_login", "sign-out", "change-password", "password-forgotten",
        "account_reauthenticate", "sign-in-again", "change-email", "confirm-email",
    },
    "test_second_factor": {
        "mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_edit_webauthn",
        "mfa_remove_webauthn", "mfa_generate_recovery_codes", "mfa_authenticate",
        "mfa_login_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "session-end",
        "user-sessions", "user-second-factor", "sign-in-settings", "identity-provider-new",
        "identity-provider", "identity-provider-test", "identity-provider-delete",
        "provider-disconnect",
    },
    "test_people": {"set-password"},
    "test_saml": {"saml_acs"},
    "test_own_account": {"profile"},
    "test_shell": {"theme"},
    "datasources/test_connections": {
        "connection-new", "connection-connect", "connection-refresh", "connection-disconnect",
    },
    "datasources/test_settings": {"datasource-test", "datasource-certificates"},
    "datasources/test_imports": {"datasource-import", "datasource-import-choose"},
    "datasources/test_methods": {"method-send", "method-duplicate"},
    "test_designs": {"design", "design-new-definition", "design-publish", "design-restore"},
    "test_library": {"designs-import", "bin-restore", "template", "template-press"},
    "test_instances": {
        "instance-restore", "instance-comments", "instance-comment-edit",
        "instance-comment-delete", "instance-follow",
    },
    "test_forms": {"instance-send-back"},
    "test_quick_actions": {"instance-reassign", "instance-edit-again", "instance-quick-action"},
    "test_bulk_presses": {"bulk-press-new", "bulk-press-stop"},
    "test_lists": {"record-view-new", "record-view", "record-view-save", "record-view-delete"},
    "test_leave_story": {"instance-press", "instance-new"},
    "test_rights": {"designer-rights"},
    "test_charts": {"record-charts", "designer-lists"},
    "test_start_pages": {
        "start-page", "start-page-new", "start-page-move", "start-page-delete",
    },
    "test_files": {"form-link-files"},
    "test_form_links": {"form-link", "instance-link-revoke"},
    "test_substitutes": {"own-substitute", "user-substitute"},
    "test_people_import": {"users-import", "users-import-links", "users-import-invite"},
    "test_notifications": {
        "notifications-read", "notifications-settings", "notifications-stop",
    },
    "test_messages": {"message-resend", "message-done", "mail-settings"},
    "test_runs": {"run-store"},
    "tasks/test_acts": {"task-run", "task-pause", "task-resume"},
    "test_preview": {
        "preview-new-frame", "preview-new-breakpoint", "preview-answer", "preview-frame",
        "preview-outward", "preview-debugger", "preview-breakpoint", "preview-value",
    },
    "designer/test_rule_dialogs": {"designer-rule", "designer-part"},
    "designer/test_building": {
        "designer-act", "designer-settings", "designer-publish", "designer-preview",
        "designer-discard",
    },
}  # fmt: skip
