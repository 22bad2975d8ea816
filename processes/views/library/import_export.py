"""Export of designs as one file, and its import with a preview of what will be made."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.accounts.roles import DESIGNER
from kianda.lib.errors import Invalid, TooLarge
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, render_page, toast
from processes.library import importer
from processes.library.exporter import export_text
from processes.library.import_file import MOST_BYTES, Bundle, read_bundle
from processes.library.importer import ImportChoice, ImportPlan, ImportRow
from processes.models import ProcessDesign
from processes.views.common import person

ACTS = ("make", "use", "draft", "leave")
RESULT = "_kianda_imported"


@page(roles=(DESIGNER,))
def export(request: HttpRequest, name: str) -> HttpResponseBase:
    """Give one design as a file."""
    return _file([name], f"{name}.json", request)


@page(roles=(DESIGNER,))
def export_some(request: HttpRequest) -> HttpResponseBase:
    """Ask which designs; then give them as one file."""
    names = request.GET.getlist("name")
    if names:
        return _file(names, f"designs-{timezone.localdate():%Y-%m-%d}.json", request)
    rows = ProcessDesign.objects.order_by("group", "title", "pk")
    context = {"designs": list(rows), "asked": "asked" in request.GET}
    status = 422 if context["asked"] else 200
    return render_page(request, "library/export.html", context, status=status)


def _file(names: list[str], file_name: str, request: HttpRequest) -> HttpResponse:
    text = export_text(names, user=person(request))
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return answer


@page(roles=(DESIGNER,), methods=("GET", "POST"))
@once
def import_file(request: HttpRequest) -> HttpResponseBase:
    """Take a file and show what would be made of it; then make what was chosen."""
    if request.method == "GET":
        return render_page(request, "library/import.html", {"errors": Errors()})
    try:
        if "held" in request.POST:
            return _make(request)
        body = _body(request)
        bundle = read_bundle(body)
    except (Invalid, TooLarge) as refusal:
        context = {"errors": _errors(refusal), "text": request.POST.get("text", "")[:MOST_BYTES]}
        return render_page(request, "library/import.html", context, status=422)
    plan = importer.plan_of(bundle, user=person(request))
    return _preview(request, plan, importer.hold(body))


def _body(request: HttpRequest) -> bytes:
    file = request.FILES.get("file")
    if file is not None:
        # One byte more than fits says that it is too large, whatever is left of it.
        return bytes(file.read(MOST_BYTES + 1))
    text = request.POST.get("text", "")
    if not text.strip():
        raise Invalid.at("", _("Choose a file, or paste its text."))
    return text.encode("utf-8", "surrogatepass")


def _errors(refusal: Invalid | TooLarge) -> Errors:
    return Errors(refusal if isinstance(refusal, Invalid) else Invalid.at("", refusal.detail))


def _make(request: HttpRequest) -> HttpResponseBase:
    token = request.POST.get("held", "")
    bundle = importer.held(token)
    choices = _choices(bundle, request.POST)
    try:
        done = importer.carry_out(bundle, choices, user=person(request))
    except Invalid as invalid:
        plan = _as_chosen(importer.plan_of(bundle, user=person(request)), choices)
        return _preview(request, plan, token, errors=Errors(invalid))
    request.session[RESULT] = {
        "processes": [[one.name, one.title] for one in done.processes],
        "datasources": [[one.name, one.title] for one in done.datasources],
        "todo": [[todo.kind, todo.name, todo.sentence] for todo in done.todo],
    }
    toast(request, _("Import finished."))
    return go(request, "designs-imported")


def _choices(bundle: Bundle, sent: QueryDict) -> dict[str, ImportChoice]:
    keys = [f"process:{one.name}" for one in bundle.processes]
    keys += [f"datasource:{one['name']}" for one in bundle.datasources]
    made = {}
    for key in keys:
        act = sent.get(f"act:{key}", "leave")
        if act in ACTS:
            made[key] = ImportChoice(act, sent.get(f"name:{key}", "").strip()[:200])  # type: ignore[arg-type]
    return made


def _as_chosen(plan: ImportPlan, choices: dict[str, ImportChoice]) -> ImportPlan:
    def lines(kind: str, planned: list[ImportRow]) -> list[ImportRow]:
        return [
            line._replace(choice=choices.get(f"{kind}:{line.key}", line.choice)) for line in planned
        ]

    return ImportPlan(lines("process", plan.processes), lines("datasource", plan.datasources))


def _preview(
    request: HttpRequest, plan: ImportPlan, token: str, *, errors: Errors | None = None
) -> HttpResponseBase:
    context: dict[str, Any] = {
        "plan": plan, "held": token, "errors": errors or Errors(),
        "missing": [
            (line.title, sentence)
            for line in (*plan.datasources, *plan.processes)
            if line.choice.act in {"make", "draft"}
            for sentence in line.missing
        ],
    }  # fmt: skip
    return render_page(
        request, "library/import_preview.html", context, status=422 if errors else 200
    )


@page(roles=(DESIGNER,))
def imported(request: HttpRequest) -> HttpResponseBase:
    """Show what the last import has made, and what is left to do."""
    done = request.session.get(RESULT)
    if not done:
        return go(request, "designs")
    return render_page(request, "library/imported.html", {"done": done})
