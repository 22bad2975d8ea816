"""What django-allauth asks the product: who may sign up, what mails and notes say, what is kept."""

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context as current
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from kianda.accounts import factor_secrets
from kianda.accounts.authentication import address_of
from kianda.accounts.services.account_mails import send_account_changed, send_account_mail
from kianda.accounts.services.person_data import display_name
from kianda.accounts.services.second_factors import WRONG_CODE, check_removal
from kianda.lib.errors import Conflict

# What changed on an account, by allauth's name of the mail about it.
CHANGES = {
    "account/email/email_changed": gettext_noop(
        "The email address of your account is now %(to_email)s. It was %(from_email)s."
    ),
    "mfa/email/totp_activated": gettext_noop("An authenticator app was added to your account."),
    "mfa/email/totp_deactivated": gettext_noop(
        "The authenticator app was removed from your account."
    ),
    "mfa/email/recovery_codes_generated": gettext_noop(
        "New recovery codes were created for your account. The old ones no longer work."
    ),
    "mfa/email/webauthn_added": gettext_noop("A passkey was added to your account."),
    "mfa/email/webauthn_removed": gettext_noop("A passkey was removed from your account."),
    "socialaccount/email/account_connected": gettext_noop(
        "You can now sign in to your account with %(provider)s."
    ),
    "socialaccount/email/account_disconnected": gettext_noop(
        "You can no longer sign in to your account with %(provider)s."
    ),
}


# What is said on the page that follows, by allauth's name of the note.
NOTES = {
    "socialaccount/messages/account_connected.txt": gettext_noop("Connected."),
    "socialaccount/messages/account_connected_other.txt": gettext_noop(
        "Not connected. This sign-in already belongs to another account."
    ),
}


class AccountAdapter(DefaultAccountAdapter):
    """Lets nobody sign up, and says everything in the product's own words."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse: accounts come from administrators, an import, or single sign-on."""
        return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """Say what no page of the product says itself."""
        if message_template in NOTES:
            messages.add_message(request, level, gettext(NOTES[message_template]))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask for the password again, unless the person has signed in within these minutes."""
        request = current.request
        records = get_authentication_records(request, request.user)
        newest = max((record["at"] for record in records), default=0)
        return bool(time.time() - newest >= app_settings.REAUTHENTICATION_TIMEOUT)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Have who has neither password nor second factor here sign in again where they can."""
        again = {"id": "sign-in-again", "url": reverse("sign-in-again")}
        return super().get_reauthentication_methods(user) or [again]

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Say at the sign-in page that nobody gets in."""
        return HttpResponseRedirect(f"{reverse('sign-in')}?refused=inactive")

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
            known = context or {}
            if "provider" in known:
                known = {**known, "provider": known["provider"].name}
            send_account_changed(user, to, lambda: gettext(CHANGES[template_prefix]) % known)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Encrypts what second factors have of secrets, and names them in the product's own words."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": gettext_lazy(
            "Your role requires a second factor. Add another one before you remove this one."
        ),
        "cannot_generate_recovery_codes": gettext_lazy(
            "Set up an authenticator app or a passkey first."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret under the key ring."""
        return factor_secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Read a secret with the key ring."""
        return factor_secrets.decrypt(encrypted_text)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Keep the last second factor of a person who needs one."""
        try:
            check_removal(authenticator)
        except Conflict:
            return False
        return True

    def get_totp_issuer(self) -> str:
        """Return what an authenticator app shows above its codes."""
        return f"Kianda ({current.request.get_host()})"

    def get_totp_label(self, user: Any) -> str:
        """Return whose codes an authenticator app shows."""
        return str(user.get_username())

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """Return whose passkey a browser shows: two people may have one address."""
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.get_username(), "display_name": display_name(user)}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        """Return the name of a passkey that its person gave none."""
        count = user.authenticator_set.filter(type=type).count()
        return gettext("Passkey %(n)d") % {"n": count + 1}
