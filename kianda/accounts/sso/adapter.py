"""Single sign-on as django-allauth asks for it: which providers there are, who is let in."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from kianda.accounts.models import AuditEntry, IdentityProvider
from kianda.accounts.roles import USER
from kianda.accounts.services import audit
from kianda.accounts.services.identity_providers import KIND, providers
from kianda.accounts.services.password_links import verify_address
from kianda.accounts.services.provider_people import (
    NotTaken,
    account_for,
    follow_groups,
    free_username,
)
from kianda.lib.secrets import opens

_sessions: list[Callable[[], Any]] = []


def register_sessions(make: Callable[[], Any]) -> None:
    """Say how a provider is asked: guarded as every call of the product, by an app above."""
    _sessions[:] = [make]


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Knows the providers of this workspace alone, and lets in whom they may speak of."""

    def list_apps(
        self, request: HttpRequest, provider: Any = None, client_id: Any = None
    ) -> list[SocialApp]:
        """Return the providers that people can use, as allauth knows them; none is stored there."""
        apps = [_app(row) for row in providers(active=True)]
        return [
            app
            for app in apps
            if provider in (None, app.provider, app.provider_id)
            and client_id in (None, app.client_id)
        ]

    def get_requests_session(self) -> Any:
        """Return what asks a provider."""
        return _sessions[0]()

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None,
        extra_context: Any = None,
    ) -> None:  # fmt: skip
        """Lead back to the sign-in page, which says what went wrong; the audit log says more."""
        code = "cancelled" if error == AuthError.CANCELLED else "failed"
        # What a server answered to a request with the secret is not written down.
        said = str(exception or "")
        detail = (
            _("The provider rejected the code.") if said.startswith("Error retrieving") else said
        )
        refuse(request, provider.app.provider_id, code, detail=detail)

    def authenticate_by_email(self, sociallogin: Any) -> None:
        """Take nobody for an account here: `pre_social_login` looks closer."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Check what was answered against what was asked, and find whose account it is."""
        slug, data = sociallogin.account.provider, sociallogin.account.extra_data
        row = IdentityProvider.objects.get(slug=slug)
        nonce = sociallogin.state.get("nonce", "")
        if not nonce or not constant_time_compare(data["nonce"], nonce):
            refuse(
                request, slug, "failed", detail=_("The response does not belong to this sign-in.")
            )
        is_verified = data["email_verified"]
        if is_verified is None:
            is_verified = row.trusts_addresses
        address = data["email"] if is_verified else ""
        if sociallogin.state.get("process") != "connect" and not sociallogin.is_existing:
            self._take(request, sociallogin, row, address)
        if sociallogin.is_existing:
            follow_groups(sociallogin.user, row, data["claims"])

    def _take(
        self, request: HttpRequest, sociallogin: Any, row: IdentityProvider, address: str
    ) -> None:
        try:
            with transaction.atomic():
                user = account_for(row, address=address)
                if user is not None:
                    sociallogin.connect(request, user)
                    verify_address(user)
        except NotTaken as refusal:
            detail = address or _("no verified address")
            refuse(request, row.slug, refusal.code, detail=detail)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Let new people in: whoever may not come has been refused before."""
        return True

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Ask new people nothing."""
        return True

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        """Store a new person with the role User, and the groups that the provider names."""
        user, data = sociallogin.user, sociallogin.account.extra_data
        row = IdentityProvider.objects.get(slug=sociallogin.account.provider)
        with transaction.atomic():
            user.username = free_username(data["username"], user.email)
            user.set_unusable_password()
            sociallogin.save(request)
            verify_address(user)
            user.groups.add(Group.objects.get_or_create(name=USER)[0])
            audit.record(None, action="created", kind="user", name=user.username, detail=row.name)
            follow_groups(user, row, data["claims"])
        made: User = user
        return made

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        """Return to where it was connected."""
        return reverse("security")


def refuse(request: HttpRequest, slug: str, code: str, *, detail: str = "") -> NoReturn:
    """Lead back to the sign-in page with the reason, and write it into the audit log.

    The same once an hour: anybody can call the address to which a provider leads back.
    """
    said = f"{code}: {detail}"[:500] if detail else code
    told = AuditEntry.objects.filter(
        action="sign-in refused", kind=KIND, name=slug, detail=said,
        at__gt=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    if not told.exists():
        audit.record(None, action="sign-in refused", kind=KIND, name=slug, detail=said)
    there = reverse("security" if request.user.is_authenticated else "sign-in")
    raise ImmediateHttpResponse(HttpResponseRedirect(f"{there}?refused={code}"))


def _secret(row: IdentityProvider) -> str:
    """Return its secret; without one that opens it is asked without, and refuses."""
    return str(row.secret or "") if opens(row, "secret") else ""


def _app(row: IdentityProvider) -> SocialApp:
    return SocialApp(
        provider=row.kind, provider_id=row.slug, name=row.name, client_id=row.client_id or row.slug,
        secret=_secret(row), settings={"server_url": row.issuer, "claim": row.groups_claim},
    )  # fmt: skip
