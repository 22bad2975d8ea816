"""The editor of a REST method: opened, changed row by row, saved, copied, deleted."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from datasources import forms, method_forms
from datasources.models import Datasource
from datasources.rest.document import RestMethod
from datasources.selectors import get_datasource, rest_document_of
from datasources.services.methods import (
    delete_method,
    duplicate_method,
    method_of,
    save_method,
)
from datasources.views.access import CHANGERS, READERS, may_force, must_change
from datasources.views.answer_samples import (
    FORGET,
    KEEP,
    PLACE,
    described_nodes,
    read_sample,
    sample_nodes,
)
from datasources.views.method_page import MethodEditor
from datasources.views.uses import use_lines
from kianda.lib.dialogs.row_actions import act_of
from kianda.lib.errors import InUse, Invalid, Stale, TooLarge
from kianda.web.edit_conflict import check_revision
from kianda.web.form_once import once
from kianda.web.pages import go, page, render_dialog, render_page, toast


@page(roles=READERS, methods=("GET", "POST"))
@once
def method(request: HttpRequest, name: str, method: str) -> HttpResponseBase:
    """Show a REST method, and store it. `new` stands for one that is not there yet."""
    row = get_datasource(name)
    stored = find(row, method)
    if request.method == "GET":
        if stored is None:
            must_change(request, row)
        return render(MethodEditor.opened(request, row, stored))
    must_change(request, row)
    act = request.POST.get("act", "")
    editor = posted(request, row, stored, act=act)
    verb, parts = act_of(act).verb, act_of(act).parts
    if verb in {"sample", "pick"}:
        return _sampled(editor, picks=request.POST.getlist("pick") if verb == "pick" else ())
    if verb not in {"add", "remove", "take"}:
        return _save(editor)
    if verb == "take":
        method_forms.take(editor.body, parts)
    key = "response_body" if verb == "take" else next(iter(parts), "")
    editor.focus = method_forms.focus_of(editor.body, key)
    return render(editor)


def _sampled(editor: MethodEditor, *, picks: Sequence[str]) -> HttpResponse:
    """Take ticked places over, and show those of the pasted answer if there is one."""
    method_forms.pick(editor.body, picks)
    if picks and not editor.sample.strip():
        return render(editor)
    try:
        found = read_sample(editor.sample, editor.body, title=editor.row.title)
    except Invalid as error:
        editor.errors = forms.errors_of(error, typed=editor.body)
        return render(editor, status=422)
    editor.places = sample_nodes(found, editor.body)
    return render(editor)


def find(row: Datasource, method: str) -> RestMethod | None:
    """Return the REST method of an address; None for `new`."""
    return None if method == "new" else method_of(rest_document_of(row), method)


def posted(
    request: HttpRequest, row: Datasource, stored: RestMethod | None, *, act: str = ""
) -> MethodEditor:
    """Return the editor with what was typed."""
    body = method_forms.method_body(request.POST, stored=stored, act=act)
    editor = MethodEditor(
        request, row, stored, body, typed=method_forms.typed_samples(request.POST)
    )
    editor.sample = forms.text_of(request.POST, PLACE)
    editor.keeps_sample = KEEP in request.POST or act == "sample"
    editor.forgets = FORGET in request.POST
    editor.process_id = forms.line_of(request.POST, "process_id")
    return editor


def render(editor: MethodEditor, *, status: int = 200) -> HttpResponse:
    """Answer with the page of the editor."""
    answer = render_page(editor.request, "datasources/method.html", editor.context(), status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _save(editor: MethodEditor) -> HttpResponseBase:
    request, row, stored = editor.request, editor.row, editor.stored
    try:
        _describe(editor)
        if stored is not None:
            check_revision(request, stored.model_dump(mode="json"))
        name = save_method(
            datasource=row.name,
            method=stored.name if stored else None,
            raw=editor.body,
            user=request.user,
            revision=row.revision,
        )
    except Stale:
        editor.compare(get_datasource(row.name))
        return render(editor, status=409)
    except (Invalid, TooLarge) as error:
        editor.errors = forms.errors_of(error, typed=editor.body)
        return render(editor, status=422)
    toast(request, _("%(title)s saved.") % {"title": editor.body["title"]})
    return go(request, "method", name=row.name, method=name)


def _describe(editor: MethodEditor) -> None:
    """Let the method describe its answer as was asked for: by the sample, as before, not at all."""
    if editor.forgets:
        editor.body["answer_schema"] = None
    if editor.keeps_sample and editor.sample.strip():
        found = read_sample(editor.sample, editor.body, title=editor.row.title)
        editor.body["answer_schema"] = found.description


@page(roles=READERS)
def places(request: HttpRequest, name: str, method: str) -> HttpResponse:
    """Show the places below one that a method describes: a part of its editor."""
    stored = method_of(rest_document_of(get_datasource(name)), method)
    nodes = described_nodes(stored.model_dump(mode="json"), part=request.GET.get("part", "")[:3000])
    context = {"nodes": nodes, "row": {"name": name}, "method_name": method}
    return HttpResponse(render_to_string("datasources/_answer_nodes.html", context, request))


@page(roles=CHANGERS, methods=("POST",))
@once
def duplicate(request: HttpRequest, name: str, method: str) -> HttpResponseBase:
    """Copy a REST method and open the copy."""
    copy = duplicate_method(datasource=name, method=method, user=request.user)
    toast(request, _("Enter a new name for the copy."))
    return go(request, "method", name=name, method=copy)


@page(roles=CHANGERS, methods=("GET", "POST"))
@once
def delete(request: HttpRequest, name: str, method: str) -> HttpResponseBase:
    """Ask, say who uses it, and delete it."""
    title = method_of(rest_document_of(get_datasource(name)), method).title
    status = 200
    if request.method == "POST":
        force = bool(request.POST.get("force"))
        try:
            delete_method(datasource=name, method=method, user=request.user, force=force)
        except InUse:
            status = 422
        else:
            toast(request, _("%(title)s deleted.") % {"title": title})
            return go(request, "datasource", name=name)
    heading = _("Delete %(title)s") % {"title": title}
    context = {
        "title": title,
        "what": _("REST method"),
        "uses": use_lines("method", f"{name}/{method}", user=request.user),
        "may_force": may_force(request),
        "refused": status != 200,
        "back": "datasource",
        "names": [name],
    }
    return render_dialog(request, "datasources/_delete.html", context, title=heading, status=status)
