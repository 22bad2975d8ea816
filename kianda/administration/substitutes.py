"""The dialog that says who stands in for somebody: one's own, or that of a user."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.models import Substitution
from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import substitutes as services
from kianda.accounts.services import users as people
from kianda.accounts.services.person_data import display_name
from kianda.accounts.services.profiles import zone_of
from kianda.administration.forms import SubstituteForm
from kianda.lib.errors import Invalid, Missing, Stale
from kianda.web.edit_conflict import check_revision, edit_conflict, revision_context, revision_of
from kianda.web.form_once import once
from kianda.web.pages import form_errors, go, page, render_dialog, toast


@page(roles=(), methods=("GET", "POST"))
@once
def own_substitute(request: HttpRequest) -> HttpResponseBase:
    """Choose who stands in for oneself."""
    return _dialog(request, signed_in(request), back="profile", title=_("Your substitute"))


@page(roles=(ADMINISTRATOR,), methods=("GET", "POST"))
@once
def substitute(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Choose who stands in for a user."""
    user = people.person(user_id)
    title = _("Substitute of %s") % display_name(user)
    return _dialog(request, user, back="users", title=title)


def _dialog(request: HttpRequest, user: User, *, back: str, title: str) -> HttpResponseBase:
    row = services.substitution_of(user)
    now, conflict = _settings_of(row), None
    form = SubstituteForm(request.POST or None, initial=now if row else {"first_day": _today(user)})
    ends = request.POST.get("act") == "end"
    if request.method == "POST" and (ends or form.is_valid()):
        try:
            toast(request, _store(request, user, form, ends=ends))
            return go(request, back)
        except Invalid as invalid:
            form_errors(form, invalid, form.PLACES)
        except Stale:
            row = services.substitution_of(user)
            now = _settings_of(row)
            conflict = edit_conflict(
                people.KIND, user.username, titles={key: form[key].label for key in now},
                theirs=now, mine={} if ends else _in_words(form),
            )  # fmt: skip
    context = {
        "form": form, "row": row, "back": reverse(back), "action": request.path,
        "state": services.state_of(row) if row else "", "zone": zone_of(user).key,
        "is_own": user == signed_in(request),
        **revision_context(request, revision_of(now), conflict),
    }  # fmt: skip
    status = 422 if form.errors or conflict else 200
    return render_dialog(request, "accounts/_substitute.html", context, title=title, status=status)


def _store(request: HttpRequest, user: User, form: SubstituteForm, *, ends: bool) -> str:
    """Store what was chosen, and return what is said of it."""

    def unchanged(row: Substitution | None) -> None:
        check_revision(request, _settings_of(row))

    if ends:
        try:
            services.end_substitute(user, unchanged=unchanged, by=signed_in(request))
        except Missing as gone:
            raise Stale from gone
        return _("Substitute removed.")
    stay = services.Stay(**form.cleaned_data)
    made = services.name_substitute(user, stay, unchanged=unchanged, by=signed_in(request))
    return _("Substitute saved: %(name)s.") % {"name": display_name(made.substitute)}


def _settings_of(row: Substitution | None) -> dict[str, str]:
    if row is None:
        return {"substitute": "", "first_day": "", "last_day": ""}
    return {
        "substitute": row.substitute.get_username(),
        "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat() if row.last_day else "",
    }


def _in_words(form: SubstituteForm) -> dict[str, Any]:
    return {key: str(value or "") for key, value in form.cleaned_data.items()}


def _today(user: User) -> str:
    return timezone.now().astimezone(zone_of(user)).date().isoformat()
