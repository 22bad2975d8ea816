"""Administration: where a user is signed in, a lost second factor, how this workspace signs in."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR, ROLES, role_titles
from kianda.accounts.services import second_factors, users
from kianda.accounts.services.identity_providers import only_single_sign_on, providers
from kianda.accounts.services.sessions import end_session, end_sessions, sessions_of
from kianda.accounts.sso.kinds import KINDS
from kianda.administration.forms import ROLE_WORDS
from kianda.lib.errors import Invalid
from kianda.web.form_once import once
from kianda.web.pages import confirmed, form_errors, go, page, render_dialog, render_page, toast

ADMIN = (ADMINISTRATOR,)


class SignInSettingsForm(forms.Form):
    """How people of this workspace sign in."""

    roles: Any = forms.MultipleChoiceField(
        label=gettext_lazy("Second factor required for"), required=False,
        widget=forms.CheckboxSelectMultiple, choices=[(role, role) for role in ROLES],
        help_text=gettext_lazy(
            "People with these roles must set one up before they continue. API tokens "
            "still work."
        ),
    )  # fmt: skip

    only_single_sign_on: Any = forms.BooleanField(
        label=gettext_lazy("Single sign-on only"), required=False,
        help_text=gettext_lazy(
            "Only Administrators can then use passwords and passkeys, so that you are "
            "never locked out."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Name the roles in the language of the reader."""
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = list(zip(ROLES, role_titles(ROLES), strict=True))  # type: ignore[attr-defined]


@page(roles=ADMIN, methods=("GET", "POST"))
def sign_in_settings(request: HttpRequest) -> HttpResponseBase:
    """Show and store which roles need a second factor."""
    now = second_factors.policy()
    initial = {
        "roles": now.second_factor_roles, "only_single_sign_on": now.only_single_sign_on
    }  # fmt: skip
    form = SignInSettingsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        by = signed_in(request)
        try:
            with transaction.atomic():
                second_factors.require_for(form.cleaned_data["roles"], by=by)
                only_single_sign_on(form.cleaned_data["only_single_sign_on"], by=by)
        except Invalid as invalid:
            form_errors(form, invalid)
        else:
            toast(request, _("Sign-in settings saved."))
            return go(request, "sign-in-settings")
    context = {
        "form": form,
        "kinds": list(KINDS.items()),
        "providers": providers(),
        "role_words": ROLE_WORDS,
    }
    status = 422 if form.errors else 200
    return render_page(request, "accounts/sign_in.html", context, status=status)


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def sessions(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Show where a user is signed in; end all of it, or one session."""
    user, by = users.person(user_id), signed_in(request)
    own = str(request.session.session_key)
    if request.method == "POST":
        if key := request.POST.get("key", ""):
            end_session(user, key, by=by)
            toast(request, _("Session ended."))
        else:
            # Whoever looks at the own account stays signed in here.
            count = end_sessions(user, but=own if user == by else "", by=by)
            toast(request, _("Sessions of %(name)s ended: %(n)d") % {"name": user, "n": count})
        return go(request, "users")
    context = {"person": user, "sessions": sessions_of(user, current=own)}
    title = _("Sessions of %s") % user.username
    return render_dialog(request, "accounts/_sessions.html", context, title=title)


@page(roles=ADMIN, methods=("GET", "POST"))
@confirmed
@once
def reset_second_factor(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Ask, then take the second factor of a user away who has lost it."""
    user = users.person(user_id)
    if request.method == "POST":
        if second_factors.reset_second_factor(user, by=signed_in(request)):
            toast(request, _("Second factor of %s reset.") % user.username)
        else:
            toast(request, _("%s has no second factor.") % user.username)
        return go(request, "users")
    context = {
        "person": user, "needed": second_factors.needs_second_factor(user),
        "has_one": second_factors.has_second_factor(user),
    }  # fmt: skip
    title = _("Reset the second factor of %s?") % user.username
    return render_dialog(request, "accounts/_second_factor.html", context, title=title)
