"""What django-allauth would say or show itself is replaced: pages, mails, sign-up."""

import re
from pathlib import Path
from typing import Any

import allauth
import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client
from django.urls import URLPattern, get_resolver

from kianda.accounts.adapters import CHANGES
from tests.processes.rights.test_every_door import patterns

HOME = Path(allauth.__file__).parent
# Of its apps that are installed; what a mail says of accounts of a provider is told by ours.
SENT = re.compile(r'send_notification_mail\(\s*"([^"]+)"')
# Sent by pages of allauth that the product does not have.
NOT_REACHED = {
    "account/email/password_reset", "account/email/password_set", "account/email/password_changed",
    "account/email/email_deleted",
}  # fmt: skip


def views_of_allauth() -> list[tuple[str, Any]]:
    """Return each page that is a view of allauth, or builds upon one."""
    found = []
    for where, pattern in patterns(get_resolver().url_patterns):
        assert isinstance(pattern, URLPattern)
        view = getattr(pattern.callback, "view_class", None)
        if view and any(base.__module__.startswith("allauth.") for base in view.__mro__):
            found.append((where, view))
    return found


def test_every_page_that_builds_upon_allauth_has_a_template_of_ours() -> None:
    found = views_of_allauth()
    assert len(found) > 10
    names = {view.template_name for _where, view in found if getattr(view, "template_name", None)}
    for name in names:
        template: Any = get_template(name)
        assert Path(template.origin.name).is_relative_to(settings.BASE_DIR / "templates"), name


def test_every_mail_of_allauth_about_an_account_is_said_in_our_words() -> None:
    apps = ("account", "mfa", "socialaccount")
    sent = {
        name
        for app in apps
        for path in (HOME / app).rglob("*.py")
        for name in SENT.findall(path.read_text())
    }
    assert len(sent) > 5
    assert sent - NOT_REACHED == set(CHANGES)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["accounts/signup/", "accounts/login/", "signup/", "accounts/2fa/", "accounts/email/"]
)
def test_no_page_of_allauth_is_at_its_own_address(path: str) -> None:
    assert Client().get(f"/{path}").status_code == 404
