"""Administration, Users: list, invite, change roles, deactivate, links to set a password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import (
    ADMINISTRATOR,
    ROLES,
    assigned_roles,
    remember_roles,
    role_titles,
)
from kianda.accounts.services import password_links as links
from kianda.accounts.services import users as people
from kianda.accounts.services.account_mails import mail_leaves
from kianda.accounts.services.addresses import is_shared, shared_words
from kianda.accounts.services.person_data import own_groups_of, person_data
from kianda.accounts.services.second_factors import those_with_one
from kianda.administration.forms import ROLE_WORDS, InviteForm, PersonForm, by_field
from kianda.administration.lists import shown_rows
from kianda.lib.errors import Conflict, Invalid, Stale
from kianda.lib.usage import page_of, used_by
from kianda.web.edit_conflict import (
    check_revision,
    edit_conflict,
    revision_context,
    revision_of,
)
from kianda.web.form_once import leads_to, once
from kianda.web.pages import (
    confirmed,
    form_errors,
    go,
    page,
    query_words,
    render_dialog,
    render_page,
    toast,
)

ADMIN = (ADMINISTRATOR,)
_ACTS = {
    "deactivate": (people.deactivate_person, gettext_lazy("%s deactivated.")),
    "reactivate": (people.reactivate_person, gettext_lazy("%s reactivated.")),
}


@page(roles=ADMIN)
def users(request: HttpRequest) -> HttpResponseBase:
    """List the users."""
    words = query_words(request, "search", "role", "status")
    rows = people.people(**words).select_related("password_link")
    context = {
        **shown_rows(request, rows, words),
        "roles": list(zip(ROLES, role_titles(ROLES), strict=True)),
        "statuses": [("active", _("Active")), ("inactive", _("Deactivated"))],
    }
    with_factor = those_with_one(list(context["page"]))
    for user in context["page"]:
        held = remember_roles(user, [group.name for group in user.groups.all()])
        user.held = role_titles(role for role in ROLES if role in held)
        user.link, user.invited = links.link_state(user), links.is_invited(user)
        user.has_factor = user.pk in with_factor
    return render_page(
        request, "accounts/users.html", context, partials={"rows": "accounts/_users.html"}
    )


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def invite(request: HttpRequest) -> HttpResponseBase:
    """Make a user, and show the link by which the person sets a password."""
    form = InviteForm(request.POST or None, initial={"roles": ["User"]})
    if request.method == "POST" and form.is_valid():
        try:
            chosen = form.chosen()
            # Where there is no address, or no mail leaves, the link is shown.
            send = bool(chosen["email"]) and mail_leaves()
            made, path = people.invite_person(**chosen, send=send, by=signed_in(request))
        except Invalid as invalid:
            form_errors(form, invalid)
        else:
            _tell_shared(request, made.email)
            if not send:
                return _link(request, made, path, title=_("%s invited") % made.username)
            toast(request, _("Invitation queued for %s. Messages shows its status.") % made.email)
            return go(request, "users")
    context: dict[str, Any] = {"form": form}
    return _form(request, "accounts/_invite.html", context, title=_("Invite a user"))


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def change(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Change a user's name, e-mail, roles, groups and data."""
    user, conflict = people.person(user_id), None
    now = _settings_of(user)
    form = PersonForm(request.POST or None, initial=now)
    if people.has_deactivated_manager(user):
        form.tell_deactivated()
    if request.method == "POST" and form.is_valid():
        mine = form.chosen()
        try:
            people.change_person(
                user, **mine, by=signed_in(request),
                unchanged=lambda row: check_revision(request, _settings_of(row)),
            )  # fmt: skip
        except Invalid as invalid:
            form_errors(form, invalid)
        except Stale:
            now = _settings_of(people.person(user_id))
            conflict = edit_conflict(
                people.KIND, user.username, titles={key: form[key].label for key in now},
                theirs=_in_words(now), mine=_in_words(mine),
            )  # fmt: skip
        else:
            toast(request, _("%s changed.") % user.username)
            _tell_shared(request, mine["email"])
            return go(request, "users")
    context = {
        "form": form, "person": user,
        **revision_context(request, revision_of(now), conflict),
    }  # fmt: skip
    return _form(request, "accounts/_person.html", context, title=user.username)


def _tell_shared(request: HttpRequest, address: str) -> None:
    """Warn of an address that another account has too: it is allowed, but nobody signs in by it."""
    if is_shared(address):
        messages.warning(request, shared_words(address))


def _settings_of(user: User) -> dict[str, Any]:
    """Return a user as the dialog shows one."""
    return {
        "name": user.get_full_name(), "email": user.email,
        "roles": assigned_roles(user),
        "groups": own_groups_of(user),
        **by_field(person_data(user)),
    }  # fmt: skip


def _in_words(given: dict[str, Any]) -> dict[str, Any]:
    data = by_field(given["data"]) if "data" in given else {}
    return {**given, **data, "roles": role_titles(given["roles"])}


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def deactivate(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Ask, then let a user sign in no more; or let one sign in again."""
    user, problem = people.person(user_id), ""
    # What the dialog has asked, not the opposite of what is: two tabs may ask the same.
    act = _ACTS.get(request.POST.get("act", ""))
    if request.method == "POST" and act is not None:
        do, said = act
        try:
            do(user, by=signed_in(request))
        except Conflict as refusal:
            problem = refusal.detail
        else:
            toast(request, said % user.username)
            return go(request, "users")
    title = (_("Deactivate %s?") if user.is_active else _("Reactivate %s?")) % user.username
    waiting = [(use["name"], page_of(use)) for use in used_by(people.KIND, user.username)]
    context = {"person": user, "problem": problem, "reports": people.reports_of(user),
               "waiting": waiting}  # fmt: skip
    return render_dialog(
        request, "accounts/_deactivate.html", context, title=title, status=422 if problem else 200
    )


@page(roles=ADMIN, methods=("GET", "POST"))
@confirmed
@once
def password_link(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Create a link by which the person sets a password, and show or mail it; or revoke it."""
    user, problem, by = people.person(user_id), "", signed_in(request)
    act = request.POST.get("act", "show") if request.method == "POST" else ""
    title = _("Invitation link for %s") if links.is_invited(user) else _("Password link for %s")
    title %= user.username
    try:
        if act == "show":
            path = links.renew_link(user, by=by)
            return _link(request, user, path, title=title)
        if act == "send":
            links.send_invitation(user, by=by)
            toast(request, _("Link queued for %s. Messages shows its status.") % user.email)
            return go(request, "users")
        if act == "revoke":
            links.revoke_link(user, by=by)
            toast(request, _("Link of %s revoked.") % user.username)
            return go(request, "users")
    except (Conflict, Invalid) as refusal:
        problem = refusal.detail
    context = {
        "person": user, "problem": problem, "state": links.link_state(user),
        "days": links.LINK_DAYS, "sends": bool(user.email) and mail_leaves(),
    }  # fmt: skip
    return render_dialog(
        request, "accounts/_password_link.html", context, title=title,
        status=422 if problem else 200,
    )  # fmt: skip


def _form(
    request: HttpRequest, template: str, context: dict[str, Any], *, title: str
) -> HttpResponse:
    status = 422 if context["form"].errors or context.get("conflict") else 200
    context |= {"role_words": ROLE_WORDS, "action": request.path}
    return render_dialog(request, template, context, title=title, status=status)


def _link(request: HttpRequest, user: User, path: str, *, title: str) -> HttpResponse:
    leads_to(request, reverse("users"))
    context = {"person": user, "link": request.build_absolute_uri(path)}
    return render_dialog(request, "accounts/_link.html", context, title=title)
