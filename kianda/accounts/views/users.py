"""Administration, Users: list, invite by link, change roles, deactivate, password link."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts import people
from kianda.accounts.callers import signed_in
from kianda.accounts.forms import ROLE_WORDS, InviteForm, PersonForm
from kianda.accounts.roles import ADMINISTRATOR, ROLES, groups_of, roles_of
from kianda.lib.errors import Conflict, Invalid
from kianda.lib.lists import MOST_HITS, Listed, page_of_list
from kianda.pages import (
    form_errors,
    go,
    page,
    page_number,
    query_words,
    render_dialog,
    render_page,
    toast,
)

ADMIN = (ADMINISTRATOR,)


@page(roles=ADMIN)
def users(request: HttpRequest) -> HttpResponseBase:
    """List the users."""
    words = query_words(request, "search", "role", "status")
    found = Listed(people.people(**words), most=MOST_HITS if words["search"] else None)
    rows = page_of_list(found, page_number(request))
    for user in rows:
        user.held = [role for role in ROLES if role in roles_of(user)]
    context = {"page": rows, "words": words, "roles": ROLES, "filtered": any(words.values())}
    return render_page(
        request, "accounts/users.html", context, partials={"rows": "accounts/_users.html"}
    )


@page(roles=ADMIN, methods=("GET", "POST"))
def invite(request: HttpRequest) -> HttpResponseBase:
    """Make a user, and show the link by which the person sets a password."""
    form = InviteForm(request.POST or None, initial={"roles": ["User"]})
    if request.method == "POST" and form.is_valid():
        try:
            made, path = people.invite_person(**form.cleaned_data, by=signed_in(request))
        except Invalid as invalid:
            form_errors(form, invalid)
        else:
            return _link(request, made, path, title=_("%s is invited") % made.username)
    context = {"form": form, "role_words": ROLE_WORDS, "action": request.path}
    return _form(request, "accounts/_invite.html", context, title=_("Invite a user"))


@page(roles=ADMIN, methods=("GET", "POST"))
def change(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Change a user's name, e-mail, roles and groups."""
    user = people.person(user_id)
    held = roles_of(user)
    initial = {
        "name": user.get_full_name(), "email": user.email,
        "roles": list(ROLES) if user.is_superuser else [role for role in ROLES if role in held],
        "groups": sorted(groups_of(user) - set(ROLES)),
    }  # fmt: skip
    form = PersonForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            people.change_person(user, **form.cleaned_data, by=signed_in(request))
        except Invalid as invalid:
            form_errors(form, invalid)
        else:
            toast(request, _("%s is changed.") % user.username)
            return go(request, "users")
    context = {"form": form, "role_words": ROLE_WORDS, "action": request.path, "person": user}
    return _form(request, "accounts/_person.html", context, title=user.username)


@page(roles=ADMIN, methods=("GET", "POST"))
def deactivate(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Ask, then let a user sign in no more; or let one sign in again."""
    user, problem = people.person(user_id), ""
    if request.method == "POST":
        act = people.deactivate_person if user.is_active else people.reactivate_person
        try:
            act(user, by=signed_in(request))
        except Conflict as refusal:
            problem = refusal.detail
        else:
            said = _("%s is deactivated.") if user.is_active else _("%s can sign in again.")
            toast(request, said % user.username)
            return go(request, "users")
    title = (_("Deactivate %s?") if user.is_active else _("Reactivate %s?")) % user.username
    context = {"person": user, "problem": problem, "title": title}
    return render_dialog(
        request, "accounts/_deactivate.html", context, title=title, status=422 if problem else 200
    )


@page(roles=ADMIN, methods=("GET", "POST"))
def password_link(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Ask, then make a link by which the person sets a new password."""
    user, problem = people.person(user_id), ""
    if request.method == "POST":
        try:
            path = people.renew_link(user, by=signed_in(request))
        except Conflict as refusal:
            problem = refusal.detail
        else:
            return _link(request, user, path, title=_("Password link of %s") % user.username)
    title = _("Make a password link for %s?") % user.username
    context = {"person": user, "problem": problem, "title": title}
    return render_dialog(
        request,
        "accounts/_password_link.html",
        context,
        title=title,
        status=422 if problem else 200,
    )


def _form(
    request: HttpRequest, template: str, context: dict[str, Any], *, title: str
) -> HttpResponse:
    status = 422 if context["form"].errors else 200
    return render_dialog(request, template, {**context, "title": title}, title=title, status=status)


def _link(request: HttpRequest, user: User, path: str, *, title: str) -> HttpResponse:
    context = {"person": user, "link": request.build_absolute_uri(path), "title": title}
    return render_dialog(request, "accounts/_link.html", context, title=title)
