"""Users, Import: a file is checked, then imported as it was shown; new users get links."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from kianda.accounts.models import AuditEntry
from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services import audit
from kianda.accounts.services.account_mails import mail_leaves
from kianda.accounts.services.password_links import password_path, send_first_invitations
from kianda.accounts.services.people_file import (
    COLUMNS,
    MOST_BYTES,
    FileFlaw,
    PeopleFile,
    column_title,
    decoded,
    held,
    hold,
    read_people,
)
from kianda.accounts.services.people_import import PeoplePlan, carry_out, plan_import
from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Invalid, Stale
from kianda.web.csv_files import csv_answer
from kianda.web.form_once import leads_to, once
from kianda.web.pages import go, page, render_page, toast

ADMIN = (ADMINISTRATOR,)
# So many lines of a kind are shown; all are imported.
MOST_SHOWN = 200
MOST_LINES = 10


class ToldFlaw(NamedTuple):
    """One thing wrong, told once for all lines that have it."""

    lines: str
    times: int
    column: str
    detail: str


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def import_people(request: HttpRequest) -> HttpResponseBase:
    """Take a file and show what would be done; then do what was shown."""
    if request.method == "GET":
        return _choose(request)
    try:
        body = held(request.POST["held"]) if "held" in request.POST else _body(request)
    except Invalid as invalid:
        return _choose(request, [FileFlaw(0, "", invalid.detail)])
    text, flaw = decoded(body)
    if flaw is not None:
        return _choose(request, [flaw])
    file = read_people(text)
    if "held" not in request.POST:
        return _preview(request, plan_import(file), hold(body))
    return _import(request, file, request.POST["held"])


def _import(request: HttpRequest, file: PeopleFile, token: str) -> HttpResponseBase:
    plan = plan_import(file)
    digest = request.POST.get("digest", "")
    try:
        made = carry_out(file, digest=digest, by=signed_in(request))
    except (Stale, Invalid):
        return _preview(request, plan_import(file), token, is_other=True)
    leads_to(request, reverse("users"))
    context = {
        "new": len(plan.new), "changed": len(plan.changed),
        "links": [(user, request.build_absolute_uri(path)) for user, path in made[:MOST_SHOWN]],
        "more": len(made) - MOST_SHOWN,
        "sends": mail_leaves() and any(user.email for user, _path in made),
        "held": hold(json.dumps([user.pk for user, _path in made]).encode()),
    }  # fmt: skip
    return render_page(request, "accounts/people_imported.html", context)


@page(roles=ADMIN, methods=("POST",))
def import_invite(request: HttpRequest) -> HttpResponseBase:
    """Mail their links to those of an import who have an address, and were not sent one yet."""
    try:
        pks = json.loads(held(request.POST.get("held", "")))
    except Invalid as invalid:
        return _choose(request, [FileFlaw(0, "", invalid.detail)])
    sent = send_first_invitations(pks, by=signed_in(request))
    toast(request, _("Invitations queued: %(n)d") % {"n": sent})
    return go(request, "users")


@page(roles=ADMIN, methods=("POST",))
def import_links(request: HttpRequest) -> HttpResponseBase:
    """Send the links of an import as a CSV file: of those who have not set a password yet."""
    try:
        pks = json.loads(held(request.POST.get("held", "")))
    except Invalid as invalid:
        return _choose(request, [FileFlaw(0, "", invalid.detail)])
    users = [
        user
        for user in User.objects.filter(pk__in=pks, is_active=True).order_by("username")
        if not user.has_usable_password()
    ]
    by, detail = signed_in(request), _("Link to set a password, in a CSV file.")
    AuditEntry.objects.bulk_create(
        [
            audit.entry(by, action="exported", kind="user", name=user.username, detail=detail)
            for user in users
        ],
        batch_size=200,
    )
    return csv_answer(_links(request, users), name="invitations.csv")


def _links(request: HttpRequest, users: Iterable[User]) -> Iterator[Sequence[str]]:
    yield [column_title(key) for key in ("username", "name", "email")] + [_("Link")]
    for user in users:
        link = request.build_absolute_uri(password_path(user))
        yield [user.username, display_name(user), user.email, link]


def _body(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    if file is None:
        raise Invalid.at("", _("Choose a file."))
    # One byte more than fits says that it is too large, whatever is left of it.
    return bytes(file.read(MOST_BYTES + 1))


def _choose(request: HttpRequest, flaws: Iterable[FileFlaw] = ()) -> HttpResponseBase:
    """Ask for a file, and say what is wrong with the one before."""
    told = _told(flaws)
    context = {
        "flaws": told[:MOST_SHOWN], "more_flaws": len(told) - MOST_SHOWN,
        "columns": [(column_title(key), key) for key in COLUMNS],
    }  # fmt: skip
    return render_page(request, "accounts/people_import.html", context, status=422 if told else 200)


def _preview(
    request: HttpRequest, plan: PeoplePlan, token: str, *, is_other: bool = False
) -> HttpResponseBase:
    if plan.flaws:
        return _choose(request, plan.flaws)
    shown = sorted([*plan.new, *plan.changed], key=lambda one: one.line)
    context: dict[str, Any] = {
        "new": len(plan.new), "changed": len(plan.changed),
        "total": len(shown), "unchanged": len(plan.people) - len(shown), "is_other": is_other,
        "lines": shown[:MOST_SHOWN], "more": len(shown) - MOST_SHOWN,
        "held": token, "digest": plan.digest,
    }  # fmt: skip
    return render_page(
        request, "accounts/people_preview.html", context, status=409 if is_other else 200
    )


def _told(flaws: Iterable[FileFlaw]) -> list[ToldFlaw]:
    lines: dict[tuple[str, str], list[int]] = {}
    for flaw in flaws:
        lines.setdefault((flaw.column, flaw.detail), []).append(flaw.line)
    told = []
    for (column, detail), numbers in lines.items():
        named = [str(number) for number in numbers[:MOST_LINES] if number]
        more = ["…"] if len(numbers) > MOST_LINES else []
        told.append(ToldFlaw(", ".join([*named, *more]), len(numbers), column, detail))
    return told
