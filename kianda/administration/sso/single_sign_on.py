"""Single sign-on: to an identity provider and back, and the connections of one's own account."""

from typing import Any, cast

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.internal.flows.connect import disconnect as forget_connection
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kianda.accounts.permissions import signed_in
from kianda.accounts.sso.adapter import refuse
from kianda.accounts.sso.openid import Adapter
from kianda.lib.errors import Missing
from kianda.web.pages import go, page, toast

# Why somebody was sent back to the sign-in page, or to that of the own account.
REFUSED: dict[str, Any] = {
    "failed": gettext_lazy("Single sign-on did not work. Try again, or ask an administrator."),
    "single-sign-on": gettext_lazy("Sign in with single sign-on. Passkeys are for administrators."),
    "cancelled": gettext_lazy("Single sign-on was cancelled."),
    "unverified": gettext_lazy(
        "Your email address is not verified there. Verify it, or ask an administrator."
    ),
    "domain": gettext_lazy("Your email address is not one of this workspace."),
    "ambiguous": gettext_lazy("Two accounts have your email address. Ask an administrator."),
    "unknown": gettext_lazy("You have no account here. Ask an administrator."),
    "inactive": gettext_lazy("This account is deactivated. Ask an administrator."),
    "connect": gettext_lazy(
        "Sign in as you did before, then connect it under Profile, Security."
    ),
}  # fmt: skip


class _Login(OAuth2LoginView):
    """Leads to a provider."""


class _Callback(OAuth2CallbackView):
    """Takes what a provider sends a browser back with."""


@never_cache
@require_safe
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to an identity provider."""
    return _carried_out(_Login, request, provider_id)


@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in whom an identity provider vouches for, or connect it to the own account."""
    return _carried_out(_Callback, request, provider_id)


def _carried_out(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        try:
            return cast(HttpResponse, view.adapter_view(Adapter(request, provider_id))(request))
        # Whatever a provider answers that nobody would expect is a sign-in that did not work.
        except (OAuth2Error, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            refuse(request, provider_id, "failed", detail=_why(error))
    except SocialApp.DoesNotExist as missing:
        raise Http404(_("There is no such identity provider.")) from missing
    except ImmediateHttpResponse as led:
        return cast(HttpResponse, led.response)


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, OAuth2Error) else f"{type(error).__name__}: {error}"


@page(roles=(), methods=("POST",))
def disconnect(request: HttpRequest, account_id: int) -> HttpResponseBase:
    """Let an identity provider vouch for the own account no more, where there is another way in."""
    user = signed_in(request)
    account = SocialAccount.objects.filter(user=user, pk=account_id).first()
    if account is None:
        raise Missing(_("This is not connected any more."))
    if not user.has_usable_password():
        toast(request, _("Not disconnected: your account has no password to sign in with."))
    else:
        forget_connection(request, account)
        toast(request, _("Disconnected."))
    return go(request, "security")
