"""Wherever something secret is shown in clear, or leaves as a file, the audit log says who saw it.

The table is the list of all such places. Values of secret fields, secrets of data sources and of
identity providers, and what mails with links say, are shown by no page at all. That a backup was
written is told in `tests/kianda/ops`, that links of an import were in `test_people_import.py`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.test import Client
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from datasources.services.datasources import create_datasource
from kianda.accounts.models import AuditEntry, IdentityProvider
from kianda.accounts.services.identity_providers import ProviderSettings, add_provider
from kianda.accounts.services.second_factors import reset_second_factor
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from tests.accounts.codes import with_app
from tests.factories import make_user
from tests.pages import client_of, fresh_client_of
from tests.processes.definitions import button, process
from tests.scheduler.conftest import ADD, SAVE

pytestmark = pytest.mark.django_db
CODES = "/profile/security/codes/"
TASK = {
    "name": "When called", "process": "counter", "process_id": "counter-1", "target": "add",
    "schedule": {"kind": "on_demand"},
}  # fmt: skip


class Act(NamedTuple):
    """Who does what, what is shown then, and what the audit log says of it."""

    act: Callable[[Any], Any]
    shows: str
    entry: tuple[str, str, str]


class Workspace(NamedTuple):
    """Somebody who may do everything, by a browser and by the API."""

    browser: Client
    api: Any


@pytest.fixture
def here(api: Any, settings: Settings, httpserver: HTTPServer) -> Workspace:
    settings.KIANDA_EGRESS_ALLOW = ["localhost", "127.0.0.1"]
    root = make_user("root", "Administrator", "Designer", "Data source manager", "User")
    root.is_staff = root.is_superuser = True
    root.save()
    with_app(root)
    make_user("ben", "User")
    definition = process(
        {"type": "number", "name": "total"}, button("add", ADD, SAVE), name="counter"
    )
    create_design(raw=definition, user=root)
    publish_design(name="counter", user=root)
    create_instance(process="counter", mode="live", data={}, user=root)
    httpserver.expect_request("/me").respond_with_json({"card": "4711-0815"})
    method = {"name": "me", "url_path": "/me"}
    raw = {"name": "crm", "base_url": httpserver.url_for("/").rstrip("/"), "methods": [method]}
    create_datasource(raw=raw, user=root)
    return Workspace(fresh_client_of(root), api(root))


def task_made(here: Workspace) -> str:
    """Make a task with a hook, of which the audit log tells; return its number."""
    made = here.api.post("/api/v1/scheduled-tasks/", TASK).json()
    assert "/hooks/" in made["hook_url"]
    return str(made["id"])


def user_id(name: str) -> int:
    from django.contrib.auth.models import User

    return int(User.objects.get(username=name).pk)


ACTS: dict[str, Act] = {
    "the recovery codes": Act(
        lambda here: here.browser.get(CODES), "", ("recovery codes read", "user", "root")
    ),
    "the file of recovery codes": Act(
        lambda here: here.browser.get(f"{CODES}file/"), "", ("recovery codes read", "user", "root")
    ),
    "new recovery codes": Act(
        lambda here: here.browser.post(f"{CODES}new/"), "", ("recovery codes made", "user", "root")
    ),
    "an API token": Act(
        lambda here: here.browser.post("/tokens/new/", {"name": "CI", "lives": "30"}),
        "kia_", ("created", "API token", "CI"),
    ),
    "an API token of Django's administration": Act(
        lambda here: here.browser.post(
            "/django-admin/accounts/apitoken/add/",
            {"name": "CI", "user": user_id("ben"), "expires_at_0": "", "expires_at_1": ""},
        ),
        "kia_", ("created", "API token", "CI"),
    ),
    "a password link": Act(
        lambda here: here.browser.post(f"/users/{user_id('ben')}/password-link/", {"act": "show"}),
        "/welcome/", ("password link made", "user", "ben"),
    ),
    "an invitation": Act(
        lambda here: here.browser.post("/users/invite/", {"username": "kim", "roles": ["User"]}),
        "/welcome/", ("invited", "user", "kim"),
    ),
    "the address of a new hook": Act(
        lambda here: here.api.post("/api/v1/scheduled-tasks/", TASK),
        "/hooks/", ("created", "scheduled task", "When called"),
    ),
    "the address of a hook that was renewed": Act(
        lambda here: here.browser.post(f"/scheduled-tasks/{task_made(here)}/renew-hook/"),
        "/hooks/", ("hook renewed", "scheduled task", "When called"),
    ),
    "the address of a hook that was renewed by the API": Act(
        lambda here: here.api.post(f"/api/v1/scheduled-tasks/{task_made(here)}/renew-hook/"),
        "/hooks/", ("hook renewed", "scheduled task", "When called"),
    ),
    "the answer of a REST method": Act(
        lambda here: here.api.post("/api/v1/datasources/crm/methods/me/call/", {}),
        "4711-0815", ("called", "datasource", "crm"),
    ),
    "a design": Act(
        lambda here: here.browser.get("/designs/export/?name=counter"),
        "counter", ("exported", "process", "counter"),
    ),
    "a data source": Act(
        lambda here: here.browser.get("/datasources/crm/export/"),
        "base_url", ("exported", "datasource", "crm"),
    ),
    "messages": Act(
        lambda here: here.browser.get("/messages/export/"),
        "Subject", ("exported", "message", "Messages"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ACTS)
def test_who_saw_it_is_told_and_the_entry_leads_there(
    here: Workspace, admin: Any, django_capture_on_commit_callbacks: Any, what: str
) -> None:
    act, shows, entry = ACTS[what]
    before = AuditEntry.objects.latest("pk").pk
    with django_capture_on_commit_callbacks(execute=True):
        answer = act(here)
    assert shows in answer.content.decode()
    told = AuditEntry.objects.filter(pk__gt=before)
    found = {(one.action, one.kind, one.name): one for one in told}
    assert entry in found, found
    assert found[entry].user_name == "root"
    rows = client_of(admin).get("/audit/").context["page"]
    url = next(one.url for one in rows if one.pk == found[entry].pk)
    assert client_of(admin).get(url).status_code == 200


def test_entries_about_sign_in_lead_there_too(here: Workspace, admin: Any) -> None:
    given = ProviderSettings(name="Acme", issuer="https://login.example", client_id="k")
    add_provider(given, by=admin)
    reset_second_factor(make_user("kim", "User"), by=admin)
    here.browser.post("/users/sign-in/", {"only_single_sign_on": "on"})
    urls = {one.kind: one.url for one in client_of(admin).get("/audit/").context["page"]}
    assert urls["identity provider"] == "/users/sign-in/acme/"
    assert urls["sign-in"] == "/users/sign-in/"
    IdentityProvider.objects.all().delete()
    urls = {one.kind: one.url for one in client_of(admin).get("/audit/").context["page"]}
    assert urls["identity provider"] == ""
