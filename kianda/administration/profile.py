"""The page on which people choose their zone and theme."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR, has_role
from kianda.accounts.services.addresses import asked_change
from kianda.accounts.services.groups import groups_managed_by
from kianda.accounts.services.person_data import about
from kianda.accounts.services.profiles import choose_theme, profile_of, save_profile
from kianda.accounts.services.substitutes import stand_ins_of, state_of, substitution_of
from kianda.administration.forms import ProfileForm
from kianda.lib.errors import Invalid
from kianda.web.pages import form_errors, go, is_htmx, page, page_before, render_page, toast


@page(roles=(), methods=("GET", "POST"))
def profile(request: HttpRequest) -> HttpResponseBase:
    """Show and store the person's choices."""
    user, known = signed_in(request), profile_of(request.user)
    form = ProfileForm(
        request.POST or None,
        initial={name: getattr(known, name) for name in ProfileForm.base_fields},
    )
    if request.method == "POST" and form.is_valid():
        try:
            save_profile(request.user, **form.cleaned_data)
        except Invalid as invalid:
            form_errors(form, invalid)
        else:
            toast(request, _("Profile saved."))
            return go(request, "profile")
    status = 422 if form.errors else 200
    context = {
        "form": form,
        "about": about(request.user),
        "asked_address": asked_change(user),
        **_substitutes(user),
        "managed": _managed(user),
    }
    return render_page(request, "accounts/profile.html", context, status=status)


def _managed(user: User) -> list[str]:
    """Return the groups that a person administers who is no Administrator."""
    if has_role(user, ADMINISTRATOR):
        return []
    return list(groups_managed_by(user).order_by("name").values_list("name", flat=True))


def _substitutes(user: User) -> dict[str, Any]:
    """Return who stands in for a person, and for whom they do, each with how it stands."""
    row, others = substitution_of(user), stand_ins_of(user)
    for one in [*others, *([row] if row else [])]:
        one.state = state_of(one)  # type: ignore[attr-defined]
    return {"substitution": row, "stand_ins": others}


@page(roles=(), methods=("POST",))
def theme(request: HttpRequest) -> HttpResponseBase:
    """Store the colours chosen in the user menu, and stay on the page."""
    try:
        choose_theme(request.user, request.POST.get("theme", ""))
    except Invalid as invalid:
        raise BadRequest(invalid.detail) from invalid
    if is_htmx(request):
        return HttpResponse(status=204)
    return go(request, page_before(request) or "start")
