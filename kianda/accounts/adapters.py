"""What django-allauth asks the product: who may sign up, what mails and notes say, what is kept."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_noop

from kianda.accounts.authentication import address_of
from kianda.accounts.services.account_mails import send_account_changed, send_account_mail

# What changed on an account, by allauth's name of the mail about it.
CHANGES = {
    "account/email/email_changed": gettext_noop(
        "The email address of your account is now %(to_email)s. It was %(from_email)s."
    ),
}


class AccountAdapter(DefaultAccountAdapter):
    """Lets nobody sign up, and says everything in the product's own words."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: accounts come from administrators, an import, or single sign-on."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: each page of the product says itself what was done."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that the trusted proxies have told."""
        return address_of(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send what allauth wants to be sent from a template of ours; its own are never used."""
        name = template_prefix.rpartition("/")[2]
        send_account_mail(name, email, context=context)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person by mail what was changed on the account."""
        to = email or user.email
        if to:
            send_account_changed(user, to, gettext(CHANGES[template_prefix]) % (context or {}))
