"""Second factors: asked for at the sign-in, set up and removed by their person.

The steps are those of django-allauth; the pages, the words and the counting are the product's.
"""

from http import HTTPStatus
from typing import Any, ClassVar

from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import (
    DownloadRecoveryCodesView,
    GenerateRecoveryCodesView,
    ViewRecoveryCodesView,
)
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import (
    AddWebAuthnView,
    EditWebAuthnView,
    LoginWebAuthnView,
    ReauthenticateWebAuthnView,
    RemoveWebAuthnView,
)
from allauth.socialaccount.models import SocialAccount
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.accounts.permissions import signed_in
from kianda.accounts.services import audit
from kianda.accounts.services.addresses import asked_change, is_verified
from kianda.accounts.services.identity_providers import providers
from kianda.accounts.services.second_factors import (
    FEW_CODES,
    check_removal,
    codes_left,
    has_second_factor,
    must_use_provider,
    needs_second_factor,
)
from kianda.accounts.services.sessions import end_session, end_sessions, sessions_of
from kianda.administration.sso.single_sign_on import REFUSED
from kianda.lib.errors import Conflict
from kianda.web.pages import go, page, render_page, toast


class _SaysWhatIsWrong:
    """A page of allauth that says what is wrong as bad input, and how long to wait."""

    request: HttpRequest
    said: ClassVar[Any] = ""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Answer 422, or 429 where the code was not looked at."""
        answer: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        wait = getattr(form, "wait_s", 0)
        answer.status_code = HTTPStatus.TOO_MANY_REQUESTS if wait else 422
        if wait:
            answer["Retry-After"] = str(wait)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        """Say what was done, where the page says no more."""
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        if self.said:
            toast(self.request, str(self.said))
        used = getattr(form, "authenticator", None)
        if used is not None and used.type == Authenticator.Type.RECOVERY_CODES:
            _tell_codes_left(self.request, codes_left(used.user))
        return answer


class SecondFactorStep(_SaysWhatIsWrong, AuthenticateView):
    """Asks for the second factor, once the password was right."""

    template_name = "registration/second_factor.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Tell which of them the person has."""
        rows = Authenticator.objects.filter(user=self.stage.login.user)
        kinds = set(rows.values_list("type", flat=True))
        context: dict[str, Any] = super().get_context_data(**more)
        return {**context, "has_app": "totp" in kinds, "has_passkey": "webauthn" in kinds}


class CodeAgain(_SaysWhatIsWrong, ReauthenticateView):
    """Asks for a code once more, of who has no password."""

    template_name = "registration/code_again.html"


class PasskeyAgain(ReauthenticateWebAuthnView):
    """Asks for a passkey once more, of who has no password."""

    template_name = "registration/passkey_again.html"


class PasskeySignIn(LoginWebAuthnView):
    """Signs a person in by a passkey, instead of user name and password."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Say so at the sign-in page."""
        return HttpResponseRedirect(f"{reverse('sign-in')}?refused=passkey")

    def form_valid(self, form: Any) -> HttpResponse:
        """Refuse who has to use single sign-on."""
        if must_use_provider(form.cleaned_data["credential"].user):
            return HttpResponseRedirect(f"{reverse('sign-in')}?refused=single-sign-on")
        answer: HttpResponse = super().form_valid(form)
        return answer


class AddApp(_SaysWhatIsWrong, ActivateTOTPView):
    """Sets up an authenticator app."""

    template_name = "security/add_app.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the secret, encrypted, and drop it from the session."""
        answer = super().form_valid(form)
        form.forget_secret()
        return answer


class RemoveApp(_SaysWhatIsWrong, DeactivateTOTPView):
    """Removes the authenticator app."""

    template_name = "security/remove_app.html"


class AddPasskey(_SaysWhatIsWrong, AddWebAuthnView):
    """Adds a passkey."""

    template_name = "security/add_passkey.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Ask the browser for a passkey that knows its person, so that it can be signed in with."""
        context: dict[str, Any] = super().get_context_data(**more)
        form = more.get("form") or context["form"]
        options = auth.begin_registration(self.request.user, passwordless=True)
        return {**context, "form": form, "js_data": options}


class RenamePasskey(_SaysWhatIsWrong, EditWebAuthnView):
    """Gives a passkey another name."""

    template_name = "security/rename_passkey.html"


class RemovePasskey(RemoveWebAuthnView):
    """Removes a passkey."""

    template_name = "security/remove_passkey.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Refuse to remove the last second factor of a person who needs one."""
        try:
            check_removal(self.get_object())
        except Conflict as refusal:
            context = self.get_context_data(problem=refusal.detail)
            answer: HttpResponse = self.render_to_response(context)
            answer.status_code = refusal.status
            return answer
        answer = super().form_valid(form)
        return answer


class RecoveryCodesPage(ViewRecoveryCodesView):
    """Shows the recovery codes that were not used yet; the audit log says that they were read."""

    template_name = "security/codes.html"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Tell the audit log, once the codes may be shown."""
        context: dict[str, Any] = super().get_context_data(**more)
        _told_read(self.request)
        return context


class RecoveryCodesFile(DownloadRecoveryCodesView):
    """Gives the recovery codes as a file."""

    template_name = "security/codes.txt"

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """Tell the audit log, once the codes may be shown."""
        context: dict[str, Any] = super().get_context_data(**more)
        _told_read(self.request)
        return context


class NewRecoveryCodes(_SaysWhatIsWrong, GenerateRecoveryCodesView):
    """Replaces the recovery codes."""

    template_name = "security/new_codes.html"
    success_url = reverse_lazy("mfa_view_recovery_codes")


def _tell_codes_left(request: HttpRequest, count: int) -> None:
    """Say how many recovery codes are left, once one was used; with few, lead to new ones."""
    said = ngettext(
        "Recovery code used. %(n)d code left.", "Recovery code used. %(n)d codes left.", count
    ) % {"n": count}
    if count > FEW_CODES:
        return toast(request, said)
    link, words = reverse("mfa_generate_recovery_codes"), _("Create new codes")
    messages.warning(request, format_html('{} <a href="{}">{}</a>', said, link, words))


def _told_read(request: HttpRequest) -> None:
    user = signed_in(request)
    audit.record(user, action="recovery codes read", kind="user", name=user.get_username())


@page(roles=())
def security(request: HttpRequest) -> HttpResponse:
    """Show how a person signs in, and where they are signed in."""
    user = signed_in(request)
    rows = Authenticator.objects.filter(user=user).order_by("created_at")
    names = {row.slug: row for row in providers(active=True)}
    connected = [
        {"pk": one.pk, "name": names.get(one.provider, one.provider), "since": one.date_joined}
        for one in SocialAccount.objects.filter(user=user)
    ]
    taken = set(SocialAccount.objects.filter(user=user).values_list("provider", flat=True))
    context = {
        "app": next((row for row in rows if row.type == "totp"), None),
        "passkeys": [row for row in rows if row.type == "webauthn"],
        "codes": any(row.type == "recovery_codes" for row in rows), "codes_left": codes_left(user),
        "needed": needs_second_factor(user) and not has_second_factor(user),
        "is_verified": is_verified(user), "asked_address": asked_change(user),
        "connected": connected,
        "providers": [row for row in names.values() if row.slug not in taken],
        "refused": REFUSED.get(request.GET.get("refused", "")),
        "sessions": sessions_of(user, current=str(request.session.session_key)),
    }  # fmt: skip
    return render_page(request, "security/security.html", context)


@page(roles=(), methods=("POST",))
def end(request: HttpRequest) -> HttpResponse:
    """End one session of one's own, or all others."""
    user, key = signed_in(request), request.POST.get("key", "")
    if key:
        end_session(user, key, by=user)
        toast(request, _("Session ended."))
    else:
        count = end_sessions(user, but=str(request.session.session_key), by=user)
        toast(request, _("Other sessions ended: %(n)d") % {"n": count})
    return go(request, "security")
