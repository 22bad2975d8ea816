"""The dialogs of a person's own views of a list: saved, edited, given changes, deleted."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from pydantic import ValidationError

from kianda.accounts.services.groups import group_names_in
from kianda.lib.errors import ApplicationError, Flaw, Forbidden, Invalid, Missing, Stale
from kianda.lib.numbers import whole_number
from kianda.lib.pointers import flaws_of
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, is_htmx, page, render_dialog, toast
from processes.definition.views import RecordView
from processes.language.people import called
from processes.language.people_refs import EVERYONE, refs_in_words
from processes.lists.records import RecordList, record_list
from processes.lists.saved_views import (
    LONGEST_TITLE,
    SavedViewSettings,
    change_view,
    create_view,
    delete_view,
    may_delete,
    name_for,
    read_view,
    settings_from,
    settings_of,
)
from processes.lists.state import asked_state
from processes.lists.views import view_named
from processes.models import SavedView
from processes.views.common import person
from processes.views.lists.chart_sentence import sentence_of

# The controls of the dialogs; what is wrong elsewhere is said above them.
_PLACES = ("/title", "/see")


@page(methods=("GET", "POST"))
@once
def new_view(request: HttpRequest, process: str) -> HttpResponseBase:
    """Ask for the title of a view that shows what the list shows now, and save it."""
    found = record_list(process, person(request))
    view = view_named(found, request.GET.get("view", ""))
    settings_for = _as_shown(request, found, view)
    title, see = _typed(request, "", ())

    def act() -> str:
        settings = settings_for(name=name_for(title, found), title=title, see=see)
        saved = create_view(process=process, settings=settings, user=found.user)
        toast(request, _("View saved."))
        return saved.key

    back = f"{_place_of(request, process)}?{request.GET.urlencode()}"
    context = {"typed": title, "see": see, "action": request.get_full_path(), "back": back}
    return _asked(request, found, act, context, title=_("Save as view"))


@page(methods=("GET", "POST"))
@once
def edit_view(request: HttpRequest, process: str, view_id: int) -> HttpResponseBase:
    """Show title, readers and place of an own view, and change them."""
    found, saved = _found(request, process, view_id)
    if saved.owner_id != found.user.pk:
        raise Forbidden(_("You can edit only your own views."))
    own = [one for one in found.saved if one.owner_id == found.user.pk]
    here = next((at for at, one in enumerate(own, start=1) if one.pk == saved.pk), 1)
    title, see = _typed(request, saved.title, saved.see)
    position = whole_number(request.POST.get("position", "")) or here

    def act() -> str:
        stored = settings_of(saved).model_dump(mode="json")
        settings = _checked(
            lambda: SavedViewSettings.model_validate(stored | {"title": title, "see": see})
        )
        change_view(
            view_id, settings=settings, user=found.user, position=position,
            unchanged=_unchanged(request),
        )  # fmt: skip
        toast(request, _("View saved."))
        return saved.key

    context = {
        "saved": saved, "typed": title, "see": see, "position": position,
        "places": _places(own, saved), "revision": request.POST.get("revision", saved.revision),
        "action": request.get_full_path(), "back": _list_of(process, saved.key, of=request),
    }  # fmt: skip
    return _asked(request, found, act, context, title=_("Edit view"))


@page(methods=("POST",))
@once
def save_view(request: HttpRequest, process: str, view_id: int) -> HttpResponseBase:
    """Have an own view show what its list shows now."""
    found, saved = _found(request, process, view_id)
    view = view_named(found, saved.key)
    settings_for = _as_shown(request, found, view)
    settings = settings_for(name=saved.name, title=saved.title, see=saved.see)
    change_view(view_id, settings=settings, user=found.user, unchanged=_unchanged(request))
    toast(request, _("Changes saved."))
    return go(request, _list_of(process, saved.key, of=request))


@page(methods=("GET", "POST"))
@once
def remove_view(request: HttpRequest, process: str, view_id: int) -> HttpResponseBase:
    """Ask, then delete a view."""
    found, saved = _found(request, process, view_id)
    if not may_delete(saved, found.user):
        raise Forbidden(_("You can delete only your own views."))
    if request.method == "POST":
        delete_view(view_id, user=found.user)
        toast(request, _("View deleted."))
        return go(request, "records", process=process)
    context = {
        "saved": saved, "action": request.path, "back": _list_of(process, saved.key),
        "readers": refs_in_words(saved.see, names=called) if saved.see else "",
    }  # fmt: skip
    title = _("Delete view “%(title)s”") % {"title": saved.title}
    return render_dialog(request, "lists/_view_delete.html", context, title=title)


def _found(request: HttpRequest, process: str, view_id: int) -> tuple[RecordList, SavedView]:
    found = record_list(process, person(request))
    saved = read_view(view_id, found.user)
    if saved.design_id != found.design.pk:
        raise Missing(_("There is no such view."))
    return found, saved


def _typed(
    request: HttpRequest, title: str, see: tuple[str, ...]
) -> tuple[str, tuple[str, ...] | list[str]]:
    """Return title and readers as they were sent; before, as they are."""
    if request.method != "POST":
        return title, see
    return request.POST.get("title", "").strip(), group_names_in([request.POST.get("see", "")])


def _as_shown(
    request: HttpRequest, found: RecordList, view: RecordView
) -> Callable[..., SavedViewSettings]:
    """Return what makes the settings of a view that shows what the list, or its charts, show now.

    It is given name, title and readers. Raises Invalid for what cannot be asked of a list.
    """
    state = asked_state(view, dict(request.GET.lists()))
    chart = sentence_of(found, request.GET).open_chart if _is_of_charts(request) else None
    return lambda **apart: _checked(lambda: settings_from(view, state, chart, **apart))


def _checked(made: Callable[[], SavedViewSettings]) -> SavedViewSettings:
    try:
        settings = made()
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, {})) from error
    return settings


def _unchanged(request: HttpRequest) -> Callable[[SavedView], None]:
    revision = whole_number(request.POST.get("revision", ""))

    def check(saved: SavedView) -> None:
        if revision != saved.revision:
            raise Stale

    return check


def _asked(
    request: HttpRequest,
    found: RecordList,
    act: Callable[[], str],
    context: dict[str, Any],
    *,
    title: str,
) -> HttpResponse:
    """Show the dialog; a POST acts and leads to the view, or says what is in the way."""
    errors, refusal = Errors(), ""
    if request.method == "POST":
        try:
            if not context["typed"]:
                raise Invalid.at("/title", _("Enter a title."))
            return go(request, _list_of(found.design.name, act(), of=request))
        except Invalid as invalid:
            flaws = [Flaw(_place(flaw), flaw.detail) for flaw in invalid.errors]
            errors = Errors(Invalid(errors=[one for one in flaws if one.pointer]))
            others = [one.detail for one in flaws if not one.pointer]
            refusal = " ".join(others) or ("" if flaws else invalid.detail)
        except ApplicationError as refused:
            refusal = refused.detail
    more = {"errors": errors, "refusal": refusal, "longest": LONGEST_TITLE,
            "everyone": [(EVERYONE, _("Everyone who sees this process"), "people")]}  # fmt: skip
    wrong = errors or refusal
    status = 422 if wrong and (errors or is_htmx(request)) else 409 if wrong else 200
    template = "lists/_view_form.html"
    return render_dialog(request, template, {**context, **more}, title=title, status=status)


def _place(flaw: Flaw) -> str:
    """Return the control that a flaw is about, or nothing."""
    return next((place for place in _PLACES if flaw.pointer.startswith(place)), "")


def _places(own: list[SavedView], saved: SavedView) -> list[tuple[int, str]]:
    others = [one for one in own if one.pk != saved.pk]
    after = [(at, _("After %(title)s") % {"title": one.title}) for at, one in enumerate(others, 2)]
    return [(1, _("First")), *after]


def _list_of(process: str, key: str, *, of: HttpRequest | None = None) -> str:
    """Return the address of a view; where it was saved from its charts, that of those."""
    place = _place_of(of, process) if of is not None else reverse("records", args=[process])
    return f"{place}?{urlencode({'view': key})}"


def _place_of(request: HttpRequest, process: str) -> str:
    return reverse("record-charts" if _is_of_charts(request) else "records", args=[process])


def _is_of_charts(request: HttpRequest) -> bool:
    return "charts" in request.GET
