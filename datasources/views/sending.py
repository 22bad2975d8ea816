"""Trying a REST method: sample values in, the answer out; it is shown once and kept nowhere."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from datasources import forms, method_forms
from datasources.ports import samples_of
from datasources.selectors import get_datasource
from datasources.services.given_files import uploaded_file
from datasources.services.methods import try_method
from datasources.views.access import CHANGERS
from datasources.views.answers import shown_answer
from datasources.views.method_page import MethodEditor
from datasources.views.methods import find, posted, render
from kianda.lib.errors import Invalid, Missing, TooLarge
from kianda.web.pages import is_htmx, page, render_page

PARTIALS = {"answer": "datasources/_sent.html", "inputs": "datasources/_inputs.html"}


@page(roles=CHANGERS, methods=("POST",))
def send(request: HttpRequest, name: str, method: str) -> HttpResponseBase:
    """Send the method as it stands in the editor, or fill in the samples of an instance."""
    row = get_datasource(name)
    stored = find(row, method)
    editor = posted(request, row, stored)
    editor.sending = True
    if request.POST.get("act") == "inputs":
        with suppress(Invalid):  # Nobody asked for samples yet: the next act tells what is wrong.
            editor.samples = _samples(editor)
        return _part(editor)
    try:
        editor.samples = _samples(editor)
        if request.POST.get("act") == "fill":
            return _part(editor)
        tried = try_method(
            datasource=name,
            method=stored.name if stored else None,
            raw=editor.body,
            inputs=_inputs(editor),
            user=request.user,
            detail=f"{method}, {editor.process_id}".strip(", "),
            hidden=[text for sample in editor.samples.values() for text in sample.secrets],
            of_instance=bool(editor.process_id),
        )
    except (Invalid, TooLarge) as error:
        editor.errors = forms.errors_of(error, typed=editor.body)
        return _wrong(editor)
    editor.answer = shown_answer(tried, editor.body)
    return _part(editor)


def _samples(editor: MethodEditor) -> Any:
    stored = editor.stored
    try:
        return samples_of(
            editor.process_id,
            editor.request.user,
            datasource=editor.row.name,
            method=stored.name if stored else "",
            targets=[target for target, _secret in method_forms.targets_of(editor.body)],
        )
    except Missing as error:
        raise Invalid.at("/process_id", error.detail) from error


def _inputs(editor: MethodEditor) -> dict[str, Any]:
    """Return what is sent: what was typed, else what the instance has."""
    files = method_forms.file_targets(editor.body)
    sampled = {
        target: list(sample.files) if target in files else sample.value
        for target, sample in editor.samples.items()
    }
    typed = {
        target: method_forms.as_input(target, text, editor.body)
        for target, text in editor.typed.items()
        if target not in files
    } | _uploaded(editor, files)
    known = {target for target, _secret in method_forms.targets_of(editor.body)}
    return {target: value for target, value in {**sampled, **typed}.items() if target in known}


def _uploaded(editor: MethodEditor, targets: Iterable[str]) -> dict[str, Any]:
    chosen = {
        target: editor.request.FILES.getlist(f"{method_forms.SAMPLE}{target}") for target in targets
    }
    return {
        target: [uploaded_file(one) for one in files] for target, files in chosen.items() if files
    }


def _part(editor: MethodEditor) -> HttpResponse:
    answer = render_page(
        editor.request, "datasources/method.html", editor.context(), partials=PARTIALS
    )
    answer["Cache-Control"] = "no-store"
    return answer


def _wrong(editor: MethodEditor) -> HttpResponse:
    """Show what is wrong beside its control; htmx puts the whole form anew."""
    if not is_htmx(editor.request):
        return render(editor, status=422)
    answer = render_page(
        editor.request,
        "datasources/_method_form.html",
        editor.context(),
        status=422,
    )
    answer["HX-Retarget"], answer["HX-Reswap"] = "#me", "outerHTML"
    answer["Cache-Control"] = "no-store"
    return answer
