"""Administration, Start pages: list, add, change, order, delete."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR
from kianda.lib.dialogs.dialog import read_with_act
from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.errors import Flaw, Invalid, Stale
from kianda.web.edit_conflict import (
    EditConflict,
    check_revision,
    edit_conflict,
    revision_context,
    revision_of,
)
from kianda.web.form_once import once
from kianda.web.pages import go, page, render_dialog, render_page, toast
from processes.language.people import called
from processes.language.people_refs import EVERYONE, refs_in_words
from processes.models import StartPage
from processes.start_pages import services
from processes.start_pages.document import StartPageSettings
from processes.start_pages.tiles import trouble_of
from processes.views.common import person
from processes.views.start_pages.form import StartPageDialog, TileChoices, with_first_lists

ADMIN = (ADMINISTRATOR,)
PREFIX = "p"
ACT = f"{PREFIX}!act"


@page(roles=ADMIN)
def start_pages(request: HttpRequest) -> HttpResponseBase:
    """List the start pages: for whom each is, how many tiles it has, and how many are broken."""
    rows = [
        {"page": one, "people": _in_words(one.people), "tiles": len(one.tiles),
         "broken": len(trouble_of(one.tiles))}
        for one in services.start_pages()
    ]  # fmt: skip
    return render_page(request, "start_pages/start_pages.html", {"rows": rows})


def _in_words(refs: list[str]) -> str:
    return refs_in_words(refs, names=lambda some: ("" if one == EVERYONE else called([one])[0]
                                                   for one in some))  # fmt: skip


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def add(request: HttpRequest) -> HttpResponseBase:
    """Add a start page."""
    if request.method == "GET":
        return _form(request, {"tiles": [{}]}, title=_("New start page"))
    raw, focus = _typed(request)
    if ACT in request.POST:
        return _form(request, raw, title=_("New start page"), focus=focus, acted=True)
    try:
        made = services.create_start_page(raw, by=person(request))
    except Invalid as refusal:
        return _form(request, raw, title=_("New start page"), refusal=refusal)
    toast(request, _("Start page “%(title)s” created.") % {"title": made.title})
    return go(request, "start-pages")


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def change(request: HttpRequest, page_id: int) -> HttpResponseBase:
    """Change a start page; broken tiles say what is wrong with them."""
    row = services.start_page(page_id)
    now = services.settings_of(row)
    if request.method == "GET":
        return _form(request, now, title=row.title, row=row, flaws=_broken(row))
    raw, focus = _typed(request)
    if ACT in request.POST:
        return _form(request, raw, title=row.title, row=row, focus=focus, acted=True)
    try:
        services.change_start_page(
            row, raw, by=person(request),
            unchanged=lambda row: check_revision(request, services.settings_of(row)),
        )  # fmt: skip
    except Invalid as refusal:
        return _form(request, raw, title=row.title, row=row, refusal=refusal)
    except Stale:
        row = services.start_page(page_id)
        titles = {key: _(str(info.title)) for key, info in StartPageSettings.model_fields.items()}
        conflict = edit_conflict(
            services.KIND, row.title, titles=titles, theirs=services.settings_of(row), mine=raw
        )
        return _form(request, raw, title=row.title, row=row, conflict=conflict)
    toast(request, _("Start page “%(title)s” saved.") % {"title": raw["title"]})
    return go(request, "start-pages")


@page(roles=ADMIN, methods=("POST",))
def move(request: HttpRequest, page_id: int) -> HttpResponseBase:
    """Put a start page one place up or down."""
    row = services.start_page(page_id)
    step = -1 if request.POST.get("step") == "up" else 1
    keys = [one.pk for one in services.start_pages()]
    services.move_start_page(row, to=keys.index(row.pk) + step, by=person(request))
    return go(request, "start-pages")


@page(roles=ADMIN, methods=("GET", "POST"))
@once
def delete(request: HttpRequest, page_id: int) -> HttpResponseBase:
    """Ask, and delete a start page."""
    row = services.start_page(page_id)
    if request.method == "POST":
        services.delete_start_page(row, by=person(request))
        toast(request, _("Start page “%(title)s” deleted.") % {"title": row.title})
        return go(request, "start-pages")
    title = _("Delete start page “%(title)s”?") % {"title": row.title}
    context = {"page": row, "people": _in_words(row.people)}
    return render_dialog(request, "start_pages/_delete.html", context, title=title)


def _typed(request: HttpRequest) -> tuple[dict[str, Any], str]:
    """Return what was typed, and the place that the pressed button was about."""
    raw, place = read_with_act(StartPageSettings, request.POST, prefix=PREFIX)
    return raw, place or act_of(request.POST.get(ACT, "")).place.rpartition("/")[0]


def _broken(row: StartPage) -> list[Flaw]:
    found = trouble_of(row.tiles)
    return [Flaw(f"/tiles/{at}{one.pointer}", one.detail) for at, one in found.items()]


def _form(
    request: HttpRequest, raw: dict[str, Any], *, title: str, row: StartPage | None = None,
    flaws: list[Flaw] | None = None, refusal: Invalid | None = None, focus: str = "",
    conflict: EditConflict | None = None, acted: bool = False,
) -> HttpResponse:  # fmt: skip
    choices = TileChoices({str(tile.get("process", "")) for tile in raw.get("tiles", ())})
    # What no tile can be any more is told, and not changed behind the back of who reads it.
    raw = with_first_lists(raw, choices) if acted else raw
    form = StartPageDialog(
        kind=StartPageSettings, raw=raw, prefix=PREFIX, focus=focus, choices=choices,
        flaws=list(refusal.errors) if refusal else flaws or [],
    )  # fmt: skip
    revision = revision_of(services.settings_of(row)) if row is not None else ""
    context = {
        "form": form, "title": title, "page": row, "refusal": refusal,
        **revision_context(request, revision, conflict),
    }  # fmt: skip
    return render_page(
        request, "start_pages/start_page.html", context,
        partials={"start-page": "start_pages/_form.html"},
        status=422 if refusal or conflict else 200,
    )  # fmt: skip
