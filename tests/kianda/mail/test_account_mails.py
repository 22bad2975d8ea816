"""Mails about accounts read in two ways: as text, and in the look of all other mails."""

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from kianda.accounts.services.account_mails import BUTTONS, send_account_mail
from kianda.mail.delivery import deliver_due
from tests.factories import make_user
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db
LINK = "http://kianda.example/welcome/MQ/set-4711/"
TITLES = {
    "account_changed": "Your Kianda account was changed",
    "confirm_address": "Confirm your email address for Kianda",
    "invitation": "You are invited to Kianda",
    "no_password": "Your Kianda account has no password",
    "password_link": "Set a new password for Kianda",
    "password_reset": "Set a new password for Kianda",
    "single_sign_on": "Sign in to Kianda with single sign-on",
}


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "kianda.mail.backend.OutboxBackend"
    settings.KIANDA_PUBLIC_URL = "http://kianda.example"
    with MailServer() as made:
        settings.KIANDA_SMTP = made.settings
        yield made


def received(server: MailServer, name: str, **person: Any) -> EmailMessage:
    """Return a mail about an account as its server got it."""
    ben = make_user("ben", "User", **person)
    context = {"person": ben, "by": ben, "link": LINK, "sign_in": LINK, "days": 7, "minutes": 60,
               "said": "A passkey was added to your account."}  # fmt: skip
    send_account_mail(name, "ben@example.org", context=context)
    deliver_due()
    (found,) = server.received
    return found.message


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("name", TITLES)
def test_it_has_its_title_its_button_and_below_it_the_address(
    server: MailServer, name: str
) -> None:
    message = received(server, name)
    html, text = part(message, "html"), part(message, "plain")
    assert f">{TITLES[name]}</h1>" in html
    assert "Hello ben," in html
    assert "Hello ben,\n\n" in text
    address = "http://kianda.example" if name == "account_changed" else LINK
    if name not in BUTTONS:
        assert "href=" not in html
        return
    assert html.count('class="button"') == 1
    assert html.count(f'href="{address}"') == 2
    assert f">{BUTTONS[name]}</a>" in html
    assert html.index(f">{BUTTONS[name]}</a>") < html.index(f">{address}</a>")
    assert f"\n\n{address}\n" in text
    assert "X-Kianda-Button" not in message
    assert str(message["Subject"]) == TITLES[name]


def test_every_mail_about_an_account_that_leads_somewhere_says_where() -> None:
    assert set(BUTTONS) == set(TITLES) - {"no_password"}


@pytest.mark.parametrize(
    "name", ["a\n\nhttps://evil.example/\n\n", "http://kianda.example.evil.example/", "<b>x</b>"]
)
def test_a_name_is_no_button_and_no_markup(server: MailServer, name: str) -> None:
    html = part(received(server, "invitation", first_name=name), "html")
    assert html.count('class="button"') == 1
    assert 'href="https://evil' not in html
    assert 'href="http://kianda.example.evil' not in html
    assert "<b>" not in html
