"""From the working copy to versions: publish, preview, discard."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.lib.errors import ApplicationError, Conflict, Invalid, Missing
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, render_dialog, toast
from processes import selectors
from processes.designer import working_copy
from processes.models import DesignVersion, ProcessInstance
from processes.views.designer.workspace import Workspace, designer_dialog


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def publish(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask for a note and whether to move instances; save and publish, and say which stayed."""
    workspace = Workspace(request, name)
    errors = Errors()
    if request.method == "POST":
        try:
            return _published(workspace)
        except Invalid as invalid:
            errors = Errors(invalid)
        except Conflict as conflict:
            errors = Errors(Invalid(conflict.detail))
    design = selectors.get_design(name)
    context = {
        "design": design, "copy": workspace.copy, "screen": workspace.screen, "errors": errors,
        "note": request.POST.get("note", ""), "moves": request.POST.get("move_instances") == "1",
        "older": ProcessInstance.objects.filter(design=design, mode="live").count(),
        **workspace.publishing(design, workspace.copy),
        "back": workspace.address(workspace.at),
    }  # fmt: skip
    title = _("Publish %(title)s") % {"title": workspace.screen.tree.process.title}
    status = 422 if errors else 200
    return designer_dialog(request, "designer/_publish.html", context, title=title, status=status)


def _published(workspace: Workspace) -> HttpResponseBase:
    note = workspace.request.POST.get("note", "").strip()
    moves = workspace.request.POST.get("move_instances") == "1"
    _copy, done = working_copy.publish_version(
        workspace.name,
        user=workspace.user,
        revision=workspace.copy.revision,
        note=note,
        move_instances=moves,
    )
    if done.stayed:
        context = {
            "design": selectors.get_design(workspace.name), "version": done.version,
            "stayed": done.stayed,
        }  # fmt: skip
        title = _("Published %(version)s") % {"version": done.version}
        return render_dialog(workspace.request, "library/_published.html", context, title=title)
    toast(workspace.request, _published_words(done.version, moves=moves))
    return go(workspace.request, workspace.address(workspace.at))


def _published_words(version: DesignVersion, *, moves: bool) -> str:
    if moves:
        return _("Version %(v)s is published; its open records now use it.") % {"v": version}
    return _("Version %(v)s is published.") % {"v": version}


@page(roles=(DESIGNER,), methods=("POST",))
def preview(request: HttpRequest, name: str) -> HttpResponseBase:
    """Save what is not saved yet, then open the preview of the draft."""
    workspace = Workspace(request, name)
    try:
        if workspace.copy.changed:
            working_copy.save_version(name, user=workspace.user, revision=workspace.copy.revision)
    except Missing:
        raise
    except ApplicationError as refusal:
        return workspace.refuse(refusal)
    return go(request, "design-preview", name=name)


@page(roles=(DESIGNER,), methods=("GET", "POST"))
def discard(request: HttpRequest, name: str) -> HttpResponseBase:
    """Ask, then go back to the last saved version."""
    workspace = Workspace(request, name)
    if request.method == "POST":
        working_copy.discard(name, user=workspace.user, revision=workspace.copy.revision)
        toast(request, _("Your edits since the last version are dropped. Undo brings them back."))
        return go(request, workspace.address())
    context = {
        "design": {"name": name},
        "copy": workspace.copy,
        "back": workspace.address("process"),
    }
    title = _("Discard unsaved edits")
    return designer_dialog(request, "designer/_discard.html", context, title=title)
