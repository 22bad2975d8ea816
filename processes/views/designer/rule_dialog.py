"""The dialog of a rule: its settings as a form; OK keeps them in the working copy."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.lib.dialogs.dialog import changed_settings, read_with_act
from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.dialogs.specs import spec_of
from kianda.lib.errors import ApplicationError, Conflict, Flaw, Invalid, Missing
from kianda.web.pages import go, is_htmx, page, render_page
from processes.definition.tree import Piece
from processes.designer.copy_view import CopyView
from processes.designer.editing.piece_checks import model_of
from processes.designer.rule_samples import RuleSamples, samples_for
from processes.designer.settings_forms.auto_mapping import mapped_by_name
from processes.designer.settings_forms.editor_scope import EditorScope, scope_of
from processes.designer.settings_forms.form import SettingsForm
from processes.views.designer.palette import label_of
from processes.views.designer.screen import Screen
from processes.views.designer.workspace import Workspace

PREFIX = "rule"
ACT = f"{PREFIX}!act"
# What the choice of a data source says, and the setting that it is about.
CHOSEN, SOURCE = "refresh:", "/datasource"


@page(roles=(DESIGNER,), methods=("GET", "POST"))
def rule(request: HttpRequest, name: str, rule_id: str) -> HttpResponseBase:
    """Show the dialog of a rule; OK keeps it, and stays while something in it is wrong."""
    workspace = Workspace(request, name)
    element = rule_of(workspace.screen, rule_id)
    if request.method == "GET":
        return _render(workspace, element, _opened(workspace, element))
    if ACT in request.POST:
        return _rearranged(workspace, element)
    try:
        copy = _store_changes(workspace, element)
    except Missing:
        raise
    except ApplicationError as refusal:
        return _refused(workspace, rule_id, refusal)
    screen = workspace.screen_of(copy, element.target)
    # The pieces that it holds are added below it, when its dialog has closed.
    told, _hints = screen.told_of(element.target)
    wrong = sum(not element.holds_pieces_at(flaw.pointer) for flaw in told)
    if wrong and request.POST.get("then") != "close":
        form = _form(workspace, screen, rule_of(screen, rule_id))
        return _render(workspace, element, form, copy=copy, kept=wrong, status=422)
    return _closed(request, name, element.target)


def rule_of(screen: Screen, rule_id: str) -> Piece:
    """Return a rule of the working copy; raises Missing."""
    element = screen.tree.get(f"rule:{rule_id}")
    if element is None:
        raise Missing(_("There is no rule %(rule)s any more.") % {"rule": rule_id})
    return element


def typed_raw(
    workspace: Workspace, element: Piece, *, prefix: str = PREFIX
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """Return an element as it was typed, and the place of a row that was added."""
    kind = model_of(element)
    if kind is None:
        return element.node, ""
    read, place = read_with_act(kind, workspace.request.POST, prefix=prefix)
    raw = element.node | read
    act = act_of(workspace.request.POST.get(f"{prefix}!act", ""))
    if act.verb == "by_name":
        setting = "".join(act.parts)
        spec = spec_of(kind, setting)
        if spec is not None:
            rows = raw.get(setting) or []
            raw[setting] = mapped_by_name(spec.control, rows, scope_for(workspace, raw, element))
    return raw, place


def scope_for(workspace: Workspace, raw: dict[str, Any], element: Piece | None) -> EditorScope:
    """Return what is known around a rule."""
    return scope_of(workspace.copy.document, workspace.catalog, raw, loop=loop_around(element))


def loop_around(element: Piece | None) -> str:
    """Return the table whose rows are gone through by the rule that this rule stands in."""
    owner = element.owner if element is not None and element.kind == "rule" else None
    table = owner.node.get("table") if owner is not None and owner.kind == "rule" else ""
    return table if isinstance(table, str) else ""


def samples_of(
    workspace: Workspace, screen: Screen, raw: dict[str, Any], element: Piece | None, *,
    record: str = "",
) -> RuleSamples:  # fmt: skip
    """Return the values that a rule would move now, of the newest record or of the one named."""
    rules: list[Mapping[str, Any]] = [one.node for one in screen.tree.walk("rule")]
    return samples_for(
        screen.copy.document,
        raw,
        rules,
        user=workspace.user,
        scope=scope_for(workspace, raw, element),
        record=record,
    )


def form_of(
    workspace: Workspace, screen: Screen, raw: dict[str, Any], element: Piece, *,
    flaws: list[Flaw] | None = None, hints: list[Flaw] | None = None, focus: str = "",
    prefix: str = PREFIX,
) -> SettingsForm:  # fmt: skip
    """Return the form of a rule's settings, with the values that its rows would carry."""
    return SettingsForm(
        kind=model_of(element), raw=raw, document=screen.copy.document, catalog=workspace.catalog,
        flaws=flaws or [], hints=hints or [], prefix=prefix, focus=focus,
        samples=samples_of(workspace, screen, raw, element), loop=loop_around(element),
    )  # fmt: skip


def _form(workspace: Workspace, screen: Screen, element: Piece) -> SettingsForm | None:
    if model_of(element) is None:
        return None
    flaws, hints = screen.told_of(element.target)
    return form_of(workspace, screen, element.node, element, flaws=flaws, hints=hints)


def _opened(workspace: Workspace, element: Piece) -> SettingsForm | None:
    """Return the form as it opens: a new rule is not reproached with what nobody has typed yet."""
    if not element.is_new or model_of(element) is None:
        return _form(workspace, workspace.screen, element)
    form = form_of(workspace, workspace.screen, element.node, element)
    form.focus = form.first_needed
    return form


def _rearranged(workspace: Workspace, element: Piece) -> HttpResponse:
    """Show what was typed with a row added, moved or taken out: nothing is kept yet."""
    raw, place = typed_raw(workspace, element)
    chosen = SOURCE if workspace.request.POST[ACT] == CHOSEN else ""
    form = form_of(workspace, workspace.screen, raw, element, focus=place or chosen)
    return _render(workspace, element, form)


def _store_changes(workspace: Workspace, element: Piece) -> CopyView:
    """Keep what differs."""
    kind = model_of(element)
    if kind is None:
        raise Conflict(_("Unknown rule type. Remove the rule."))
    settings = changed_settings(kind, element.node, workspace.request.POST, prefix=PREFIX)
    if not settings:
        return workspace.copy
    return workspace.edit(do="change", target=element.target, settings=settings)


def _refused(workspace: Workspace, rule_id: str, refusal: ApplicationError) -> HttpResponse:
    """Show what was typed and why it was not kept; OK once more keeps it over what others did."""
    element = rule_of(workspace.screen, rule_id)
    form = None
    if model_of(element) is not None:
        raw, _place = typed_raw(workspace, element)
        flaws = list(refusal.errors) if isinstance(refusal, Invalid) else []
        form = form_of(workspace, workspace.screen, raw, element, flaws=flaws)
    return _render(workspace, element, form, refused=refusal, status=422)


def _render(
    workspace: Workspace, element: Piece, form: SettingsForm | None, *,
    copy: CopyView | None = None, refused: ApplicationError | None = None,
    kept: int = 0, status: int = 200,
) -> HttpResponse:  # fmt: skip
    owner, sent = element.owner, {**workspace.request.GET, **workspace.request.POST}
    context = {
        "design": {"name": workspace.name}, "copy": copy or workspace.copy,
        "rule": element, "form": form,
        "title": _("Edit rule: %(kind)s") % {"kind": label_of("rule", element.slug)},
        "under": _("Rule %(n)s of %(owner)s")
        % {"n": element.at + 1, "owner": owner.title if owner else ""},
        "back": workspace.address(element.target), "refused": refused, "kept": kept,
        # To be taken away again when it is closed without OK.
        "added": "" if kept or "added" not in sent else element.target,
    }  # fmt: skip
    context["dialog_title"] = context["title"]
    return render_page(
        workspace.request, "settings_forms/rule_page.html", context,
        partials={"dialog": "settings_forms/_rule_dialog.html"}, status=status,
    )  # fmt: skip


def _closed(request: HttpRequest, name: str, target: str) -> HttpResponseBase:
    """Close the dialog and let the panes follow."""
    if not is_htmx(request):
        return go(request, f"{reverse('designer', args=[name])}?{urlencode({'at': target})}")
    return HttpResponse("", headers={"HX-Trigger": "designer-changed"})
