"""The rights of a design: who may what with its instances, parts with rights of their own, a check.

What is kept here is an edit of the working copy, as all of the designer does; it holds for live
instances once it is published.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.roles import DESIGNER
from kianda.accounts.services.person_data import display_name
from kianda.lib.dialogs.dialog import read_settings
from kianda.lib.errors import ApplicationError, Invalid
from kianda.web.pages import Errors, go, page, render_page, toast
from processes import selectors
from processes.definition.document import Document, parse_document
from processes.definition.security import Security
from processes.definition.tree import Piece, columns_of, title_of
from processes.designer.settings_forms.form import SettingsForm
from processes.designs.check_as import checked_rights
from processes.language.people_refs import (
    CREATOR,
    EVERYONE,
    PARTICIPANTS,
    named_group,
    named_user,
    ref_in_words,
)
from processes.rights.check_as import Verdict
from processes.rights.decisions import is_administrator, security_of
from processes.selectors import visible_instances
from processes.views.designer.palette import icon_of
from processes.views.designer.workspace import Workspace

PLACE = "/security"
PRESETS = (
    ("involved", gettext_lazy("Only the people involved"),
     gettext_lazy("The person who started it and everyone who fills in one of its forms. Right for "
                  "leave, pay and complaints.")),
    ("certain", gettext_lazy("Certain people and groups"),
     gettext_lazy(
         "They see every record, the person who started it sees theirs. Right for purchasing and "
         "facilities.")),
    ("everyone", gettext_lazy("Everyone who can sign in"),
     gettext_lazy("Right for suggestions, room bookings and the lunch menu.")),
)  # fmt: skip
FEW_INSTANCES = 50


@dataclass(frozen=True)
class PartRights:
    """A form, field or button with rights of its own: who sees it, who changes or presses it."""

    piece: Piece
    # The title of the column, where it is one of a table.
    column: str
    see: list[str]
    act: list[str]

    @property
    def icon(self) -> str:
        """Return the icon of its kind."""
        return icon_of(self.piece.slug if self.piece.kind == "field" else self.piece.kind)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
def rights(request: HttpRequest, name: str) -> HttpResponseBase:
    """Show and keep who may see, start, fill in, delete and manage; check them as somebody."""
    workspace = Workspace(request, name)
    form = _form(workspace)
    if request.method == "POST":
        typed = read_settings(Security, request.POST, prefix=form.prefix)
        preset = request.POST.get("preset", "")
        wanted = {**typed, "see": _seen_by(preset, typed.get("see", []))} if preset else typed
        try:
            workspace.edit(do="change", target="process", settings={"security": wanted})
        except Invalid as refusal:
            form = _form(workspace, typed, refusal)
        except ApplicationError as refusal:
            form = _form(workspace, typed, Invalid(refusal.detail))
        else:
            toast(request, _("Rights saved. They apply once you publish."))
            return go(request, "designer-rights", name=name)
    return _page(workspace, form, status=422 if form.flaws and request.method == "POST" else 200)


def _form(
    workspace: Workspace, typed: Mapping[str, Any] | None = None, refusal: Invalid | None = None
) -> SettingsForm:
    """Return the lists as a form: as they are kept, or as they were typed and refused."""
    screen = workspace.screen_of(workspace.copy, "process")
    whole = workspace.settings(screen, screen.tree.process)
    assert whole is not None  # the model of a process is known
    kept = screen.tree.process.node.get("security")
    raw = typed if typed is not None else kept if isinstance(kept, dict) else {}
    found = whole.within(Security, dict(raw), PLACE)
    assert isinstance(found, SettingsForm)
    if refusal is not None:
        found.flaws = [
            flaw._replace(pointer=flaw.pointer.partition(PLACE)[2]) for flaw in refusal.errors
        ]
    return found


def _seen_by(preset: str, see: list[str]) -> list[str]:
    """Return who sees an instance by a preset; people and groups that are named stay."""
    named = [ref for ref in see if named_user(ref) or named_group(ref)]
    return {
        "involved": [PARTICIPANTS],
        "certain": [CREATOR, *named],
        "everyone": [EVERYONE],
    }.get(preset, see)


def _preset_of(see: list[str]) -> str:
    if EVERYONE in see:
        return "everyone"
    return "involved" if see == [PARTICIPANTS] else "certain"


def _page(workspace: Workspace, form: SettingsForm, *, status: int) -> HttpResponseBase:
    request = workspace.request
    design = selectors.get_design(workspace.name)
    manages = bool(is_administrator(workspace.user, security_of(design)))
    see = form.raw.get("see", list(Security().see))
    context = {
        "design": design, "copy": workspace.copy, "form": form,
        "presets": [(*one, one[0] == _preset_of(list(see))) for one in PRESETS],
        "parts": list(_parts(workspace)),
        "manages": manages, **_check(workspace, manages=manages),
        **workspace.publishing(design, workspace.copy),
    }  # fmt: skip
    return render_page(
        request, "designer/rights.html", context,
        partials={"checked": "processes/_checked.html"}, status=status,
    )  # fmt: skip


def _parts(workspace: Workspace) -> Iterator[PartRights]:
    """Yield the parts of the working copy that say who sees, changes or presses them."""
    tree = workspace.screen.tree
    for kind in ("form", "field"):
        for piece in tree.walk(kind):
            for node in (piece.node, *columns_of(piece.node)):
                see, act = (_words(node, *names) for names in (("see",), ("press", "edit")))
                if see or act:
                    column = "" if node is piece.node else title_of(node)
                    yield PartRights(piece, column, see, act)


def _words(node: Mapping[str, Any], *settings: str) -> list[str]:
    refs: Any = next((node[name] for name in settings if node.get(name)), [])
    return [ref_in_words(str(ref)) for ref in refs] if isinstance(refs, list) else []


def _check(workspace: Workspace, *, manages: bool) -> dict[str, Any]:
    """Return what somebody may do by the rights as they stand here."""
    asked = workspace.request.GET
    person, process_id = (asked.get(key, "").strip().replace("\0", "")[:150]
                          for key in ("person", "instance"))  # fmt: skip
    instances = _instances(workspace.user, workspace.name) if manages else []
    found: dict[str, Any] = {
        "person": person.removeprefix("user:"), "process_id": process_id, "instances": instances,
    }  # fmt: skip
    if not person:
        return found
    try:
        acts = checked_rights(
            name=workspace.name, person=found["person"], process_id=process_id or None,
            user=workspace.user, document=_document(workspace),
        )  # fmt: skip
    except Invalid as refusal:
        return found | {"check_errors": Errors(refusal), "check_refused": refusal.detail}
    user = User.objects.get(username=found["person"])
    return found | {"called": display_name(user), "verdict": Verdict.of(acts)}


def _document(workspace: Workspace) -> Document:
    """Return the definition under the designer's hands; raises Invalid while it does not hold."""
    try:
        return parse_document(dict(workspace.copy.document))
    except Invalid as refusal:
        raise Invalid(_("The design has errors. Correct them in the designer, then check.")) from (
            refusal
        )


def _instances(user: User, name: str) -> list[tuple[str, str]]:
    rows = visible_instances(user).filter(design__name=name, mode="live").order_by("-pk")
    return list(rows.values_list("process_id", "status")[:FEW_INSTANCES])
