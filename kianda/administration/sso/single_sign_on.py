"""Single sign-on: to an identity provider and back, and the connections of one's own account."""

from collections.abc import Callable
from typing import Any, cast

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.internal.flows.connect import disconnect as forget_connection
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.sessions import LoginSession
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from kianda.accounts.models import IdentityProvider
from kianda.accounts.permissions import signed_in
from kianda.accounts.services.identity_providers import OPENID, SAML, providers
from kianda.accounts.sso.adapter import refuse
from kianda.accounts.sso.kinds import KINDS
from kianda.accounts.sso.openid import Adapter
from kianda.accounts.sso.saml import AnswerNotTaken, own_metadata, read_answer
from kianda.accounts.sso.saml_metadata import installed, not_installed
from kianda.lib.errors import Missing
from kianda.web.pages import go, page, toast

# Why somebody was sent back to the sign-in page, or to that of the own account.
REFUSED: dict[str, Any] = {
    "failed": gettext_lazy("Single sign-on failed. Try again, or ask an administrator."),
    "single-sign-on": gettext_lazy("Sign in with single sign-on. Passkeys are for administrators."),
    "cancelled": gettext_lazy("Single sign-on was cancelled."),
    "unverified": gettext_lazy(
        "Your provider has not verified your email address. Verify it there, or ask an "
        "administrator."
    ),
    "domain": gettext_lazy("Your email address does not belong to this workspace. Ask an "
                           "administrator."),
    "ambiguous": gettext_lazy("Two accounts have your email address. Ask an administrator."),
    "unknown": gettext_lazy("You do not have an account here. Ask an administrator."),
    "inactive": gettext_lazy("This account is deactivated. Ask an administrator."),
    "connect": gettext_lazy(
        "Sign in as before, then connect single sign-on under Profile, Security."
    ),
}  # fmt: skip


class _Callback(OAuth2CallbackView):
    """Takes what a provider sends a browser back with."""


@never_cache
@require_safe
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to an identity provider."""
    row = _row(provider_id)

    def lead() -> HttpResponse:
        provider = KINDS[row.kind].provider(request, row.slug)
        return cast(HttpResponse, provider.redirect_from_request(request))

    return _carried_out(request, provider_id, lead)


@never_cache
@require_safe
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in whom an issuer of OpenID Connect vouches for, or connect it to the own account."""
    row = _row(provider_id, kind=OPENID)
    view = _Callback.adapter_view(Adapter(request, row.slug))
    return _carried_out(request, row.slug, lambda: cast(HttpResponse, view(request)))


@csrf_exempt
@never_cache
@require_POST
def saml_answer(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the answer of a SAML provider, and lead to where the browser shows who had asked.

    The provider has its page post it: another site does, so the cookie of the session is not there.
    What is signed and for us is kept for the next request, which is of this site.
    """
    row = _row(provider_id, kind=SAML)

    def keep() -> HttpResponse:
        told = read_answer(row, request.POST.get("SAMLResponse", ""))
        response = HttpResponseRedirect(reverse("saml_finish", args=[row.slug]))
        kept = _kept(request)
        kept.store["told"] = told
        kept.store.set_expiry(300)
        kept.save(response)
        response.cookies[kept.cookie_name]["httponly"] = True
        return response

    return _carried_out(request, row.slug, keep)


@never_cache
@require_GET
def saml_finish(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in whom a SAML provider vouches for, or connect it to the own account."""
    row = _row(provider_id, kind=SAML)

    def finish() -> HttpResponse:
        kept = _kept(request)
        told = kept.store.get("told")
        kept.delete()
        if not told or told["slug"] != row.slug:
            raise AnswerNotTaken(_("The response does not belong to this sign-in."))
        provider = KINDS[SAML].provider(request, row.slug)
        login = provider.sociallogin_from_response(request, told)
        # A request is answered once, in the browser that made it.
        login.state = provider.unstash_redirect_state(request, told["asked"])
        return cast(HttpResponse, complete_social_login(request, login))

    return _carried_out(request, row.slug, finish)


@require_safe
def saml_metadata(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Tell a SAML provider who we are."""
    row = _row(provider_id, kind=SAML, active=False)
    if not installed():
        raise Http404(not_installed())
    return HttpResponse(own_metadata(row), content_type="application/samlmetadata+xml")


def _row(slug: str, *, kind: str = "", active: bool = True) -> IdentityProvider:
    rows = providers(active=active).filter(slug=slug)
    row = (rows.filter(kind=kind) if kind else rows).first()
    if row is None:
        raise Http404(_("Identity provider not found."))
    return row


def _kept(request: HttpRequest) -> Any:
    return LoginSession(request, "saml_answer", "saml-answer")


def _carried_out(request: HttpRequest, slug: str, work: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        try:
            return work()
        except PermissionDenied:
            refuse(
                request, slug, "failed", detail=_("The response does not belong to this sign-in.")
            )
        # Whatever a provider answers that nobody would expect is a sign-in that did not work.
        except (
            OAuth2Error, AnswerNotTaken, OSError, KeyError, TypeError, ValueError, AttributeError,
        ) as error:  # fmt: skip
            refuse(request, slug, "failed", detail=_why(error))
    # It was paused, or deleted, meanwhile.
    except SocialApp.DoesNotExist as missing:
        raise Http404(_("Identity provider not found.")) from missing
    except ImmediateHttpResponse as led:
        return cast(HttpResponse, led.response)


def _why(error: Exception) -> str:
    known = isinstance(error, (OAuth2Error, AnswerNotTaken))
    return str(error) if known else f"{type(error).__name__}: {error}"


@page(roles=(), methods=("POST",))
def disconnect(request: HttpRequest, account_id: int) -> HttpResponseBase:
    """Let an identity provider vouch for the own account no more, where there is another way in."""
    user = signed_in(request)
    account = SocialAccount.objects.filter(user=user, pk=account_id).first()
    if account is None:
        raise Missing(_("Already disconnected."))
    if not user.has_usable_password():
        toast(request, _("Not disconnected. Your account has no password to sign in with."))
    else:
        forget_connection(request, account)
        toast(request, _("Disconnected."))
    return go(request, "security")
