"""Administration, Users, Groups: list, add, rename, change members, delete."""

from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR, ROLES, has_role, role_titles
from kianda.accounts.services import groups as services
from kianda.administration.forms import GroupForm
from kianda.administration.lists import shown_rows
from kianda.lib.errors import Forbidden, InUse, Invalid, Stale
from kianda.lib.usage import Use, page_of
from kianda.web.edit_conflict import (
    check_revision,
    edit_conflict,
    revision_context,
    revision_of,
)
from kianda.web.form_once import once
from kianda.web.pages import form_errors, go, page, query_words, render_dialog, render_page, toast

ADMIN = (ADMINISTRATOR,)
KINDS = {
    "process": gettext_lazy("Process design"),
    "instance": gettext_lazy("Record"),
    "datasource": gettext_lazy("Data source"),
    "start page": gettext_lazy("Start page"),
}


@page(roles=())
def groups(request: HttpRequest) -> HttpResponseBase:
    """List the groups that people made; to an administrator of groups these alone."""
    words, user = query_words(request, "search"), signed_in(request)
    if not has_role(user, ADMINISTRATOR) and not services.groups_managed_by(user).exists():
        raise Forbidden(_("You do not administer a group."))
    rows = services.groups(**words, managed_by=user)
    context = {
        **shown_rows(request, rows, words), "roles": role_titles(ROLES), "all": _is_admin(request),
    }  # fmt: skip
    return render_page(
        request, "accounts/groups.html", context, partials={"rows": "accounts/_groups.html"}
    )


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def add(request: HttpRequest) -> HttpResponseBase:
    """Make a group with its members."""
    form = GroupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_group(
                name=form.cleaned_data["name"], **form.wanted(), by=signed_in(request)
            )
        except Invalid as invalid:
            form_errors(form, invalid, form.places())
        else:
            toast(request, _("Group %s added.") % made.name)
            return go(request, "groups")
    return _dialog(request, form, title=_("Add a group"))


@page(roles=(), methods=("GET", "POST"))
@once
def change(request: HttpRequest, group_id: int) -> HttpResponseBase:
    """Rename a group and change its members; a group that is in use keeps its name."""
    row = services.group(group_id, managed_by=signed_in(request))
    now, conflict = _settings_of(row), None
    form = GroupForm(request.POST or None, initial={key: _lines(now[key]) for key in now})
    if not _is_admin(request):
        form.members_alone()
    if request.method == "POST" and form.is_valid():
        try:
            services.change_group(
                row,
                name=form.cleaned_data["name"],
                **form.wanted(),
                unchanged=lambda row: check_revision(request, _settings_of(row)),
                by=signed_in(request),
            )
        except Invalid as invalid:
            form_errors(form, invalid, form.places())
        except Stale:
            row = services.group(group_id)
            now = _settings_of(row)
            conflict = edit_conflict(
                services.KIND, row.name, titles={key: form[key].label for key in form.fields},
                theirs=now, mine={**form.cleaned_data, **_sorted(form.wanted())},
            )  # fmt: skip
        else:
            toast(request, _("%s changed.") % form.cleaned_data["name"])
            return go(request, "groups")
    if _is_admin(request) and services.uses_of(row):
        form.keep_name()
    context = revision_context(request, revision_of(now), conflict)
    return _dialog(request, form, title=row.name, **context)


def _settings_of(row: Group) -> dict[str, Any]:
    return {
        "name": row.name, "members": services.members_of(row),
        "administrators": services.administrators_of(row),
    }  # fmt: skip


def _is_admin(request: HttpRequest) -> bool:
    return has_role(request.user, ADMINISTRATOR)


def _lines(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "\n".join(value)


def _sorted(lists: dict[str, list[str]]) -> dict[str, list[str]]:
    return {key: sorted(names) for key, names in lists.items()}


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def delete(request: HttpRequest, group_id: int) -> HttpResponseBase:
    """Ask, say who uses it, and delete a group that nothing uses."""
    row = services.group(group_id)
    if request.method == "POST":
        try:
            services.delete_group(row, by=signed_in(request))
        except InUse as refusal:
            return _ask(request, row, refusal.extra["used_by"], status=422)
        toast(request, _("Group %s deleted.") % row.name)
        return go(request, "groups")
    return _ask(request, row, services.uses_of(row))


def _ask(request: HttpRequest, row: Group, uses: list[Use], *, status: int = 200) -> HttpResponse:
    title = _("Delete the group %s?") % row.name
    context: dict[str, Any] = {
        "group": row, "refused": status != 200,
        "members": row.user_set.count(),
        "uses": [
            {"kind": KINDS.get(use["kind"], use["kind"]), "name": use["name"], "url": page_of(use)}
            for use in uses
        ],
    }  # fmt: skip
    return render_dialog(
        request, "accounts/_group_delete.html", context, title=title, status=status
    )


def _dialog(request: HttpRequest, form: GroupForm, *, title: str, **more: Any) -> HttpResponse:
    context = {"form": form, "action": request.path, **more}
    status = 422 if form.errors or more.get("conflict") else 200
    return render_dialog(request, "accounts/_group.html", context, title=title, status=status)
