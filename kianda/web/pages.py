"""What every page shares: who may open it, which part of it is sent, where errors stand."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeAlias, cast
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import (
    is_reauthentication_required,
    suspend_request,
)
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import BadRequest, PermissionDenied
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from kianda.accounts.roles import USER, has_role, role_titles
from kianda.lib.errors import ApplicationError, Flaw, Forbidden, Invalid, Missing
from kianda.lib.pointers import control_id
from kianda.web.sessions import in_language_shown

P = ParamSpec("P")
# What a person types into a search fits into this.
MOST_WORDS = 200
View: TypeAlias = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class Refused(BadRequest):
    """What a service refuses and the page has no place for: a page of its own says it."""

    def __init__(self, error: ApplicationError) -> None:
        """Take the sentences and the status of the refusal."""
        places = dict.fromkeys(flaw.detail for flaw in error.errors)
        super().__init__(" ".join(places) or error.detail)
        self.status = error.status


def page(
    *, roles: tuple[str, ...] = (USER,), methods: tuple[str, ...] = ("GET",)
) -> Callable[[View[P]], View[P]]:
    """Guard a page: signed in, one of `roles` (none: everybody), one of `methods`.

    Missing and Forbidden of the services become the pages 404 and 403; what else they refuse, and
    the page does not show at its place, is said on a page of its own. A form is read in the
    language in which it was shown.
    """
    allowed = {*methods, "HEAD"} if "GET" in methods else set(methods)

    def guarded_by(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method not in allowed:
                return HttpResponseNotAllowed(sorted(allowed))
            if not request.user.is_authenticated:
                return to_sign_in(request)
            if roles and not has_role(request.user, *roles):
                named = _(" or ").join(role_titles(roles))
                raise PermissionDenied(
                    _("You need the role %(roles)s for this page.") % {"roles": named}
                )
            try:
                return view(request, *args, **kwargs)
            except ApplicationError as error:
                raise _for_a_page(error) from error

        return in_language_shown(cast(View[P], guarded))

    return guarded_by


def _for_a_page(error: ApplicationError) -> Exception:
    if isinstance(error, Missing):
        return Http404(error.detail)
    return PermissionDenied(error.detail) if isinstance(error, Forbidden) else Refused(error)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a person without a session to the sign-in page, and then back to the page they saw."""
    here = request.get_full_path()
    if request.method not in {"GET", "HEAD"} or is_htmx(request):
        # What was asked is an act or a part; the page it was asked on is what to come back to.
        here = page_before(request) or reverse("start")
    ended = request.method == "POST" or is_htmx(request) or _session_has_ended(request)
    query = {"next": here, "expired": "1"} if ended else {"next": here}
    there = f"{reverse('sign-in')}?{urlencode(query, safe='/')}"
    return go(request, there) if is_htmx(request) else redirect(there)


def _session_has_ended(request: HttpRequest) -> bool:
    """Tell whether somebody was signed in here; a session that lives on without them never was.

    Such a one is of a guest, who has opened a link that sets a password.
    """
    if not request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        return False
    return SESSION_KEY in request.session or request.session.is_empty()


def asks_again(request: HttpRequest) -> bool:
    """Tell whether the person has signed in, or confirmed to be it, longer ago than minutes."""
    return bool(is_reauthentication_required(request, app="kianda"))


def confirmed(view: View[P]) -> View[P]:
    """Have who signed in some minutes ago confirm that it is them, before an act worth stealing.

    Whoever finds a browser open can then do neither. What was sent is kept, and done afterwards.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not asks_again(request):
            return view(request, *args, **kwargs)
        part = is_htmx(request)
        # The dialog comes back as a page of its own.
        for name in [name for name in request.META if name.startswith("HTTP_HX_")]:
            del request.META[name]
        (where, *_more) = get_adapter().get_reauthentication_methods(request.user)
        led = suspend_request(request, where["url"])
        if part:
            return HttpResponse(status=204, headers={"HX-Redirect": led["Location"]})
        return cast(HttpResponseBase, led)

    return cast(View[P], guarded)


def page_before(request: HttpRequest) -> str:
    """Return the page of ours on which this was asked for: its path and query, or nothing."""
    url = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}):
        return ""
    parts = urlsplit(url)
    # Two slashes at the start would name another host.
    return "/" + parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")


def is_htmx(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true" and "HX-Boosted" not in request.headers


def part_asked(request: HttpRequest) -> str:
    """Return the id of the part of a page that htmx asks for; nothing for all of it."""
    return request.headers.get("HX-Target", "") if is_htmx(request) else ""


def go(request: HttpRequest, to: str, **url_arguments: Any) -> HttpResponse:
    """Lead to a page after an act: a URL or the name of one, for htmx and for plain forms."""
    url = to if to.startswith(("/", "http")) else reverse(to, kwargs=url_arguments or None)
    if is_htmx(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    answer = redirect(url)
    answer.status_code = 303
    return answer


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partials: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer with the full page, or with the partial of the htmx target's id.

    `partials` maps the id of a target to its template: `{"rows": "designs/_rows.html", "dialog":
    "designs/_delete.html"}`. Toasts (Django's messages) travel with a partial out of band.
    """
    known, target = partials or {}, part_asked(request)
    values = dict(context or {})
    if target not in known:
        return HttpResponse(render_to_string(template, values, request), status=status)
    html = render_to_string(known[target], values, request)
    html += render_to_string("components/toasts_oob.html", {}, request)
    return HttpResponse(html, status=status)


def render_dialog(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    title: str,
    status: int = 200,
    alone: str = "components/dialog_page.html",
) -> HttpResponse:
    """Answer with a dialog's partial; without htmx, as a page of its own with the same form."""
    values = {**(context or {}), "dialog_title": title, "dialog_template": template}
    return render_page(request, alone, values, partials={"dialog": template}, status=status)


def query_words(request: HttpRequest, *names: str) -> dict[str, str]:
    """Return parameters of the query as words to look for: trimmed, bounded, without NUL."""
    return {
        name: request.GET.get(name, "").replace("\0", "").strip()[:MOST_WORDS] for name in names
    }


def toast(request: HttpRequest, text: str) -> None:
    """Say that an act is done, where the result is not in view. Never for errors."""
    messages.success(request, text)


class Errors:
    """What is wrong with an input, by JSON pointer; falsy when nothing is."""

    def __init__(self, invalid: Invalid | None = None) -> None:
        """Take the flaws of an Invalid; one without places stands above the form."""
        self._by: dict[str, list[str]] = {}
        for flaw in invalid.errors if invalid else ():
            self._by.setdefault(flaw.pointer, []).append(flaw.detail)
        if invalid and not self._by:
            self._by[""] = [invalid.detail]

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self._by)

    def __len__(self) -> int:
        """Count the sentences."""
        return sum(len(sentences) for sentences in self._by.values())

    def at(self, pointer: str) -> list[str]:
        """Return the sentences for one place."""
        return self._by.get(pointer, [])

    def items(self) -> list[tuple[str, str, str]]:
        """Return (id of the control, pointer, sentence) of each, for the summary."""
        return [
            (control_id(pointer), pointer, sentence)
            for pointer, sentences in self._by.items()
            for sentence in sentences
        ]


def form_errors(form: BaseForm, invalid: Invalid, fields: Mapping[str, str] | None = None) -> None:
    """Put the flaws of a service beside the fields of a Django form.

    A flaw at `/name` belongs to the field `name`; `fields` names what differs, by pointer. A flaw
    without a field stands above the form.
    """
    for pointer, sentence in invalid.errors or [Flaw("", invalid.detail)]:
        name = (fields or {}).get(pointer, pointer.lstrip("/").replace("/", "-"))
        form.add_error(name if name in form.fields else None, sentence)
