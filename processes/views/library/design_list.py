"""The library of designs: the list in groups, and the acts on one of them."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.accounts.services.person_data import display_name
from kianda.lib.errors import Invalid, Stale
from kianda.lib.pagination import MOST_HITS, Listed, page_of_list
from kianda.web.edit_conflict import changed_words
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, render_dialog, render_page, toast
from processes import listing
from processes.library import catalogue
from processes.models import DesignVersion, ProcessDesign
from processes.selectors import get_design, get_version
from processes.views.common import asked, person

SETTINGS = ("title", "name", "description", "group")


class Folder(NamedTuple):
    """The head of a group in the list."""

    name: str
    designs: int


class DesignRow(NamedTuple):
    """One design of the list; with the head of its group when it is the first of it."""

    design: ProcessDesign
    instances: int
    edited: bool
    folder: Folder | None


@page(roles=(DESIGNER,))
def designs(request: HttpRequest) -> HttpResponseBase:
    """List the designs, group by group."""
    query = asked(request, "q", "state", "group", "ordering")
    rows = listing.designs(
        words=query["q"], state=query["state"], group=query["group"], ordering=query["ordering"]
    )
    listed = Listed(rows, most=MOST_HITS if query["q"] else None)
    found = page_of_list(listed, request)
    counts = listing.group_counts(rows, hits=listed.hits, in_order=not query["state"])
    filtered = bool(query["q"] or query["state"] or query["group"])
    context = {
        "page": found, "query": query, "filtered": filtered,
        "lines": list(_lines(found, counts)),
        "groups": sum(1 for name in counts if name),
        "any": found.paginator.count > 0 or (filtered and ProcessDesign.objects.exists()),
    }  # fmt: skip
    return render_page(
        request, "library/designs.html", context,
        partials={"rows": "library/_designs_rows.html"},
    )  # fmt: skip


def _lines(found: Iterable[ProcessDesign], counts: dict[str, int]) -> Iterator[DesignRow]:
    instances, edited = listing.instance_counts(found), listing.edited_designs(found)
    # Without any group there are no folders to tell apart.
    before = None if any(counts) else ""
    for one in found:
        folder = None if one.group == before else Folder(one.group, counts.get(one.group, 0))
        before = one.group
        yield DesignRow(one, instances.get(one.pk, 0), one.pk in edited, folder)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def new_design(request: HttpRequest) -> HttpResponseBase:
    """Ask for title, name, description and group; make the process and open its designer."""
    typed, errors = _typed(request), Errors()
    if request.method == "POST":
        try:
            made = catalogue.add_design(**typed, user=person(request))
        except Invalid as invalid:
            errors = Errors(invalid)
        else:
            return go(request, "designer", name=made.name)
    context = {
        "typed": typed, "errors": errors, "groups": catalogue.group_names(), "act": "new",
        "title": _("Add a process design"), "button": _("Add and open the designer"),
    }  # fmt: skip
    return _dialog(request, context)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def details(request: HttpRequest, name: str) -> HttpResponseBase:
    """Change title, description and group of a design."""
    found, errors = get_design(name), Errors()
    typed = _typed(request) if request.method == "POST" else _stored(found)
    typed["name"] = name
    if request.method == "POST":
        try:
            done = catalogue.describe_design(
                name, words=typed, user=person(request), expected=_seen(request, found)
            )
        except Invalid as invalid:
            errors = Errors(invalid)
        except Stale:
            seen, found = _seen(request, found), get_design(name)
            errors = Errors(Invalid(_meanwhile(seen, found.draft, person(request))))
        else:
            toast(request, _described(done, typed["title"]))
            return go(request, "designs")
    context = {
        "typed": typed, "errors": errors, "groups": catalogue.group_names(), "act": "edit",
        "design": found, "button": _("Save"), "version": found.draft,
        "title": _("Title and group of %(name)s") % {"name": name},
    }  # fmt: skip
    return _dialog(request, context)


def _seen(request: HttpRequest, found: ProcessDesign) -> DesignVersion | None:
    """Return the draft that the dialog was made from."""
    number = request.POST.get("version", "")
    return get_version(found, number) if number else None


def _meanwhile(seen: DesignVersion | None, now: DesignVersion | None, reader: User) -> str:
    """Say what somebody else has changed of what the dialog shows."""
    before, after = (one.document if one else {} for one in (seen, now))
    changed = [
        _("%(what)s: “%(before)s” became “%(now)s”.")
        % {"what": what, "before": before.get(key, "")[:200], "now": after.get(key, "")[:200]}
        for key, what in (("title", _("Title")), ("description", _("Description")))
        if before.get(key, "") != after.get(key, "")
    ]
    by = now.created_by if now else None
    said = changed or [_("Title and description have not changed.")]
    return " ".join(
        [
            f"{changed_words(display_name(by) if by else '', own=by == reader)}.",
            *said,
            _("Save stores your values."),
        ]
    )


def _described(done: str, title: str) -> str:
    if done == "kept":
        words = _("%(title)s: the designer has unsaved edits, so this is saved together with them.")
        return words % {"title": title}
    return _("%(title)s saved.") % {"title": title}


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def duplicate(request: HttpRequest, name: str) -> HttpResponseBase:
    """Make a second process from a design, and open its designer."""
    found, errors = get_design(name), Errors()
    typed = _typed(request) if request.method == "POST" else _copy_of(found)
    if request.method == "POST":
        words = {key: typed[key] for key in ("title", "description", "group")}
        try:
            made = catalogue.duplicate_design(
                name=name, new_name=typed["name"], **words, user=person(request)
            )
        except Invalid as invalid:
            errors = Errors(invalid)
        else:
            toast(request, _("%(title)s created.") % {"title": made.title})
            return go(request, "designer", name=made.name)
    context = {
        "typed": typed, "errors": errors, "groups": catalogue.group_names(), "act": "duplicate",
        "design": found, "button": _("Duplicate"),
        "title": _("Duplicate %(title)s") % {"title": found.title},
    }  # fmt: skip
    return _dialog(request, context)


def _typed(request: HttpRequest) -> dict[str, str]:
    sent = request.POST
    return {key: sent.get(f"/{key}", "").replace("\r\n", "\n") for key in SETTINGS}


def _stored(found: ProcessDesign) -> dict[str, str]:
    return {key: str(getattr(found, key)) for key in SETTINGS}


def _copy_of(found: ProcessDesign) -> dict[str, str]:
    title = _("%(title)s copy") % {"title": found.title[:190]}
    return _stored(found) | {"title": title, "name": catalogue.free_name(f"{found.name[:58]}-copy")}


def _dialog(request: HttpRequest, context: dict[str, Any]) -> HttpResponseBase:
    status = 422 if context["errors"] else 200
    return render_dialog(
        request, "library/_design_details.html", context, title=context["title"], status=status,
        alone="library/design_details.html",
    )  # fmt: skip
