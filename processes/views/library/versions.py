"""What happens to the versions of a design: published, compared, restored; and its end."""

import difflib
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import ADMINISTRATOR, DESIGNER, has_role
from kianda.lib.errors import InUse, Invalid, Missing
from kianda.lib.recycle_bin import in_bin
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_dialog, render_page, toast
from processes import listing, selectors
from processes.definition.diff import describe_changes
from processes.definition.document import Document
from processes.definition.serialization import definition_text
from processes.designs import lifecycle as services
from processes.document_cache import document_of
from processes.models import DesignVersion, ProcessDesign, ProcessInstance
from processes.views.common import asked, page_of, person, used_by_links
from processes.views.library.definition_editor import facts_of

LONGEST_COMPARED = 200_000
LONGEST_NOTE = 500


@page(roles=(DESIGNER,))
def versions(request: HttpRequest, name: str) -> HttpResponseBase:
    """List the versions of a design; compare any two of them."""
    found = selectors.get_design(name)
    query = asked(request, "from", "to")
    page_shown = page_of(request, listing.versions_of(found))
    context: dict[str, Any] = {
        "design": found, **facts_of(found), "page": page_shown,
        "numbers": [str(one) for one in listing.versions_of(found)[:500]],
        "compared": _compared(found, query["from"], query["to"]), "query": query,
    }  # fmt: skip
    return render_page(
        request, "library/versions.html", context,
        partials={"compared": "library/_compared.html"},
    )  # fmt: skip


def _compared(found: ProcessDesign, old: str, new: str) -> dict[str, Any] | None:
    if not old or not new:
        return None
    before = selectors.get_version(found, old)
    after = selectors.get_version(found, new)
    first, second = document_of(before), document_of(after)
    return {
        "before": before, "after": after,
        "sentences": describe_changes(first, second),
        "lines": _line_difference(first, second),
    }  # fmt: skip


def _line_difference(before: Document, after: Document) -> list[tuple[str, str]]:
    """Return the lines that differ with those around them, as (kind, text)."""
    texts = definition_text(before), definition_text(after)
    if max(map(len, texts)) > LONGEST_COMPARED:
        return []
    kinds = {"+": "ins", "-": "del", "@": "gap"}
    lines = difflib.unified_diff(texts[0].split("\n"), texts[1].split("\n"), lineterm="", n=2)
    return [(kinds.get(line[0], ""), line[1:]) for line in list(lines)[2:]]


@page(roles=(DESIGNER,))
def version(request: HttpRequest, name: str, number: str) -> HttpResponseBase:
    """Show the definition of one version."""
    found = selectors.get_design(name)
    shown = selectors.get_version(found, number)
    context = {
        "design": found, **facts_of(found), "version": shown,
        "text": definition_text(document_of(shown)),
    }  # fmt: skip
    return render_page(request, "library/version.html", context)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def restore_version(request: HttpRequest, name: str, number: str) -> HttpResponseBase:
    """Ask, then save an old version as the newest draft."""
    found = selectors.get_design(name)
    old = selectors.get_version(found, number)
    if request.method == "POST":
        document = document_of(old)
        services.save_design(name=name, raw=document.normalised(), user=person(request))
        now = selectors.get_design(name).draft
        toast(request, _("Version %(old)s restored as draft %(new)s.") % {"old": old, "new": now})
        return go(request, "design", name=name)
    draft = found.draft
    changes = describe_changes(document_of(draft), document_of(old)) if draft else []
    context = {"design": found, "version": old, "changes": changes}
    title = _("Restore version %(number)s") % {"number": number}
    return render_dialog(request, "library/_restore_version.html", context, title=title)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
def publish(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask for a note and whether to move instances; publish, and say which stayed."""
    found = selectors.get_design(name)
    errors, note = Errors(), request.POST.get("note", "").strip()
    moves = request.POST.get("move_instances") == "1"
    if request.method == "POST":
        try:
            return _publish(request, found, note=note, moves=moves)
        except Invalid as invalid:
            errors = Errors(invalid)
    context = {
        "design": found, **facts_of(found), "errors": errors, "note": note, "moves": moves,
        "older": _older(found),
    }  # fmt: skip
    return render_dialog(
        request, "library/_publish.html", context,
        title=_("Publish %(title)s") % {"title": found.title}, status=422 if errors else 200,
    )  # fmt: skip


def _older(found: ProcessDesign) -> int:
    return ProcessInstance.objects.filter(design=found, mode="live").count()


def _publish(
    request: HttpRequest, found: ProcessDesign, *, note: str, moves: bool
) -> HttpResponseBase:
    if len(note) > LONGEST_NOTE:
        raise Invalid.at("/note", _("The note has more than 500 characters. Shorten it."))
    done = services.publish_design(
        name=found.name, user=person(request), note=note, move_instances=moves
    )
    if done.stayed:
        context = {"design": found, "version": done.version, "stayed": done.stayed}
        title = _("Published %(version)s") % {"version": done.version}
        return render_dialog(request, "library/_published.html", context, title=title)
    toast(request, _published_words(done.version, moves=moves))
    return go(request, "design", name=found.name)


def _published_words(version: DesignVersion, *, moves: bool) -> str:
    if moves:
        return _("Version %(v)s is published; its open records now use it.") % {"v": version}
    return _("Version %(v)s is published.") % {"v": version}


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def delete(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask, then delete a design that nothing uses; else say what uses it."""
    found = selectors.get_design(name)
    uses: list[dict[str, Any]] = []
    if request.method == "POST":
        try:
            force = request.POST.get("force") == "1"
            services.delete_design(name=name, user=person(request), force=force)
        except InUse as refusal:
            uses = refusal.extra.get("used_by", [])
        except Missing:
            return go(request, "designs")
        else:
            toast(request, _("%(title)s is in the recycle bin.") % {"title": found.title})
            return go(request, "designs")
    context = {
        "design": found, "uses": used_by_links(uses),
        "binned": in_bin(ProcessInstance).filter(design=found).count(),
        "may_force": bool(uses) and has_role(request.user, ADMINISTRATOR),
    }  # fmt: skip
    status = 200 if not uses else 422 if is_htmx(request) else 409
    return render_dialog(
        request, "library/_delete_design.html", context,
        title=_("Delete %(title)s") % {"title": found.title}, status=status,
    )  # fmt: skip
