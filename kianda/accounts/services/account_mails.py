"""Mails about accounts: an invitation, a link to reset a password, what changed on an account.

They leave as all mails of Django's do: the backend makes rows of them in the transaction that they
tell of, and no page ever shows what they say.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy

from kianda.accounts.services.profiles import in_language_of

# What the button says that is drawn for the address in a mail; it goes to the backend, no further.
BUTTON_HEADER: Final = "X-Kianda-Button"
BUTTONS: Final = {
    "account_changed": gettext_lazy("Open Kianda"),
    "confirm_address": gettext_lazy("Confirm this address"),
    "invitation": gettext_lazy("Choose a password"),
    "password_link": gettext_lazy("Set a new password"),
    "password_reset": gettext_lazy("Set a new password"),
    "single_sign_on": gettext_lazy("Sign in"),
}


def send_account_mail(name: str, to: str, *, context: Mapping[str, Any]) -> None:
    """Send a mail from its two templates, `account/email/<name>_subject.txt` and `_message.txt`.

    It is written in the language of the `person` of the context. An address that stands alone
    between empty lines is drawn as a button too.
    """
    values = {"product": settings.KIANDA_PUBLIC_URL, **context}
    with in_language_of(values.get("person")):
        subject = render_to_string(f"account/email/{name}_subject.txt", values)
        body = render_to_string(f"account/email/{name}_message.txt", values)
        button = str(BUTTONS.get(name, ""))
    EmailMessage(
        subject=" ".join(subject.split()),
        body=f"{body.strip()}\n",
        to=[to],
        headers={BUTTON_HEADER: button} if button else None,
    ).send()


def send_account_changed(user: User, to: str, said: Callable[[], str]) -> None:
    """Mail a person a sentence about what was changed on the account, said in their language."""
    with in_language_of(user):
        send_account_mail("account_changed", to, context={"person": user, "said": said()})


def address_in_full(path: str) -> str:
    """Return an address as a mail holds it: never by the name under which somebody asked."""
    return f"{settings.KIANDA_PUBLIC_URL}{path}"


def mail_leaves() -> bool:
    """Tell whether mails are sent at all, and are not only kept here to be seen."""
    return bool(getattr(get_connection(), "leaves", True))
