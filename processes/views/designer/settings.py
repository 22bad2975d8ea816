"""The settings of an element: kept as they are typed, in the properties pane or a rule's dialog."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.lib.errors import ApplicationError, Conflict, Invalid, Missing
from kianda.pages import go, is_htmx, page, render_dialog
from processes.services.copy_view import Copy
from processes.settings_forms.form import changed_settings
from processes.views.designer.desk import PREFIX, Desk, Done, kind_of
from processes.views.designer.palette import label_of
from processes.views.designer.screen import Screen
from processes.views.designer.tree import Element

RULE_PREFIX = "rule"


@page(roles=(DESIGNER,), methods=("POST",))
def keep(request: HttpRequest, name: str) -> HttpResponseBase:
    """Keep what was typed into the properties of an element."""
    desk = Desk(request, name)
    try:
        done = desk.already_done()
        if done is not None:
            return desk.answer(done)
        element = _found(desk.screen, request.POST.get("target", ""))
        copy = _kept(desk, element, prefix=PREFIX)
        if copy is None:
            return desk.answer(Done(desk.copy, desk.at))
        at = copy.selected if desk.at == element.target else desk.at
        return desk.answer(Done(copy, at))
    except Missing:
        raise
    except ApplicationError as refusal:
        return desk.refuse(refusal)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
def rule(request: HttpRequest, name: str, rule_id: str) -> HttpResponseBase:
    """Show the dialog of a rule; OK keeps it, and stays while something in it is wrong."""
    desk = Desk(request, name)
    element = desk.screen.tree.get(f"rule:{rule_id}")
    if element is None:
        raise Missing(_("There is no rule %(rule)s any more.") % {"rule": rule_id})
    if request.method == "GET":
        return _dialog(desk, desk.screen, element)
    try:
        copy = _kept(desk, element, prefix=RULE_PREFIX) or desk.copy
    except Missing:
        raise
    except ApplicationError as refusal:
        return _dialog(desk, desk.screen, element, typed=True, refused=refusal)
    screen = desk.screen_of(copy, element.target)
    if request.POST.get("then") != "close" and screen.flaws.get(element.target):
        return _dialog(desk, screen, _found(screen, element.target), kept=True)
    return _closed(desk, element.target)


def _kept(desk: Desk, element: Element, *, prefix: str) -> Copy | None:
    """Keep what differs; None when nothing does."""
    kind = kind_of(element)
    if kind is None:
        raise Conflict(_("Nobody knows the kind of this element. Remove it instead."))
    settings = changed_settings(kind, element.raw, desk.request.POST, prefix=prefix)
    if not settings:
        return None
    try:
        return desk.edit(do="change", target=element.target, settings=settings)
    except Invalid as refusal:
        # The sentence alone, where the panes have no place for it.
        raise Invalid(" ".join(flaw.detail for flaw in refusal.errors) or refusal.detail,
                      errors=refusal.errors) from refusal  # fmt: skip


def _found(screen: Screen, target: str) -> Element:
    element = screen.tree.get(target)
    if element is None:
        raise Conflict(_("That is no longer there: somebody has removed or renamed it."))
    return element


def _dialog(
    desk: Desk, screen: Screen, element: Element, *, kept: bool = False, typed: bool = False,
    refused: ApplicationError | None = None,
) -> HttpResponse:  # fmt: skip
    raw: dict[str, Any] | None = None
    kind = kind_of(element)
    if typed and kind is not None:
        raw = element.raw | changed_settings(
            kind, element.raw, desk.request.POST, prefix=RULE_PREFIX
        )
    title = _("Edit rule: %(kind)s") % {"kind": label_of("rule", element.slug)}
    flaws = screen.flaws.get(element.target, [])
    context = {
        "design": {"name": desk.name}, "copy": screen.copy, "rule": element, "title": title,
        "settings": desk.settings(screen, element, prefix=RULE_PREFIX, raw=raw),
        "back": desk.address(element.target), "refused": refused, "kept": kept, "flaws": flaws,
    }  # fmt: skip
    status = 422 if refused or kept else 200
    return render_dialog(desk.request, "designer/_rule_dialog.html", context, title=title,
                         status=status)  # fmt: skip


def _closed(desk: Desk, target: str) -> HttpResponseBase:
    """Close the dialog and let the panes follow."""
    if not is_htmx(desk.request):
        there = f"{reverse('designer', args=[desk.name])}?{urlencode({'at': target})}"
        return go(desk.request, there)
    return HttpResponse("", headers={"HX-Trigger": "designer-changed"})
