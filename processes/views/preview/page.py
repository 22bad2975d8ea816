"""The page of a preview: the bar, the frame, the debugger."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from kianda.web.form_once import once
from kianda.web.pages import go, is_htmx, page, render_page, toast
from processes.models import ProcessInstance
from processes.preview.preview_instance import (
    PreviewDraft,
    choose_outward,
    newest_preview,
    open_draft,
    saved_draft,
)
from processes.selectors import get_design
from processes.views.common import person
from processes.views.preview import common
from processes.views.preview.debugger_pane import pane_of

TEMPLATE = "preview/preview.html"
PARTIALS = {"debugger": "preview/_pane.html"}


@page(roles=common.MAKERS)
def design_preview(request: HttpRequest, name: str) -> HttpResponseBase:
    """Lead to the preview instance that this person made last, else to a new preview."""
    design = get_design(name)
    found = newest_preview(design, person(request))
    return go(request, common.shell_url(name, found.process_id if found else ""))


@page(roles=common.MAKERS)
def new_preview(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show the draft with an instance that is not made yet: Save makes it."""
    return shown(request, _draft(request, name), None)


@page(roles=common.MAKERS)
def preview(request: HttpRequest, name: str, process_id: str) -> HttpResponseBase:
    """Show a preview instance in its frame, at the width of a desktop, a tablet or a phone."""
    draft = _draft(request, name)
    return shown(request, draft, common.preview_instance(request, name, process_id))


def _draft(request: HttpRequest, name: str) -> PreviewDraft:
    """Save what the designer holds when the whole page is opened; a part shows what is saved."""
    ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    if is_htmx(request) or request.method != "GET" or ahead:
        return saved_draft(name)
    return open_draft(name, user=person(request))


def shown(
    request: HttpRequest,
    draft: PreviewDraft,
    instance: ProcessInstance | None,
    *,
    status: int = 200,
    refusal: str = "",
) -> HttpResponseBase:
    """Answer with the page of a preview, or with the debugger alone."""
    name = draft.design.name
    process_id = instance.process_id if instance else ""
    width = request.GET.get("width", "")
    pane = pane_of(request, name, draft.document, instance)
    debug = request.GET.get("debug") == "1" or pane["state"] != "idle"
    context: dict[str, Any] = {
        "design": draft.design, "draft": draft, "instance": instance,
        "width": width if width in common.WIDTHS else "desktop", "widths": _widths(),
        "debug": debug, "pane": pane, "refusal": refusal, "alone": is_htmx(request),
        "shell": common.shell_url(name, process_id),
        "frame": common.frame_url(name, process_id),
    }  # fmt: skip
    return render_page(request, TEMPLATE, context, partials=PARTIALS, status=status)


def _widths() -> list[tuple[str, str, str]]:
    return [
        ("desktop", _("Desktop"), "display"), ("tablet", _("Tablet"), "tablet"),
        ("phone", pgettext("a screen", "Phone"), "phone"),
    ]  # fmt: skip


@page(roles=common.MAKERS, methods=("POST",))
@once
def outward(request: HttpRequest, name: str, process_id: str) -> HttpResponseBase:
    """Change what calls do in a preview."""
    instance = common.preview_instance(request, name, process_id)
    choose_outward(instance, request.POST.get("outward", ""))
    toast(
        request,
        _("This preview uses sample responses.")
        if instance.outward == ProcessInstance.Outward.PINNED
        else _("This preview sends real requests."),
    )
    return go(request, common.shell_url(name, process_id))
