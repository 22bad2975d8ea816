"""Lists of the API: pages, order, search and filters, each by whitelist."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from django.core.paginator import EmptyPage
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from kianda.lib.errors import Flaw, Invalid, Missing
from kianda.lib.numbers import whole_number
from kianda.lib.pagination import Listed, PageLink, Pages, narrowed
from kianda.lib.word_search import holds_words

M = TypeVar("M", bound=Model)
Filter: TypeAlias = "str | Callable[[QuerySet[Any], str], QuerySet[Any]]"

# What every list takes, whatever else it takes.
PAGING = ("page", "page_size", "cursor")
PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
# Databases refuse to look for a very long text; the pages take as many.
MOST_LETTERS = 200


def read_query(request: Request, allowed: Iterable[str]) -> dict[str, str]:
    """Return the query's parameters; an unknown one, a double or a NUL is Invalid by name."""
    known = set(allowed)
    flaws = [
        Flaw(f"/{name}", problem)
        for name, values in request.query_params.lists()
        if (problem := _parameter_flaw(name, values, known))
    ]
    if flaws:
        said = " ".join(flaw.detail for flaw in flaws)
        raise Invalid(_("The query has errors: %(errors)s") % {"errors": said}, errors=flaws)
    return {name: request.query_params[name] for name in request.query_params}


def force_asked(request: Request) -> bool:
    """Return the query's `force`, its only parameter; what is no yes or no is Invalid."""
    value = read_query(request, ("force",)).get("force", "false").lower()
    if value not in {"true", "false", "1", "0"}:
        raise Invalid.at("/force", _("Enter true or false."))
    return value in {"true", "1"}


def _parameter_flaw(name: str, values: Sequence[object], known: set[str]) -> str:
    if name not in known:
        words = ", ".join(sorted(known)) or _("none")
        return _("Unknown query parameter %(name)r. Available: %(words)s.") % {
            "name": name,
            "words": words,
        }
    if len(values) > 1:
        return _("The query parameter %(name)s appears twice.") % {"name": name}
    if "\0" in str(values[0]):
        return _("The query parameter %(name)s contains the character NUL.") % {"name": name}
    return ""


def list_response(
    request: Request,
    queryset: QuerySet[M],
    *,
    to_json: Callable[[M], Any],
    default_order: Sequence[Any],
    ordering: Mapping[str, str] | None = None,
    search: Sequence[str] = (),
    filters: Mapping[str, Filter] | None = None,
    extra: Iterable[str] = (),
) -> Response:
    """Answer a list: filtered, searched, ordered, one page of it.

    `ordering` maps a word to a column (`-word` turns it round). `filters` maps a parameter to a
    lookup such as `design__name`, or to a function of queryset and value. `extra` names further
    parameters that the view reads itself.
    """
    filters, ordering = filters or {}, ordering or {}
    allowed = {*PAGING, *filters, *extra}
    allowed |= ({"ordering"} if ordering else set()) | ({"search"} if search else set())
    query = read_query(request, allowed)
    for name, how in filters.items():
        if name in query:
            queryset = _filtered(queryset, name, how, query[name])
    words = query.get("search", "")
    queryset = _searched(queryset, words, search)
    # A view that reads `ordering` itself gives its order.
    own = _order(query.get("ordering", ""), ordering) if ordering else []
    columns = own or list(default_order)
    # The key comes last, so that equal rows keep their place from page to page.
    queryset = queryset.order_by(*columns, "-pk")
    return _page(request, narrowed(queryset) if words else queryset, query, to_json)


def _filtered(queryset: QuerySet[M], name: str, how: Filter, value: str) -> QuerySet[M]:
    if not callable(how):
        choices = [str(one) for one, _title in _choices(queryset, how)]
        if not choices:
            return queryset.filter(**{how: value})
        how = one_of(how, choices)
    try:
        return how(queryset, value)
    except Invalid as refusal:
        # The function does not know under which name it stands.
        raise Invalid.at(f"/{name}", refusal.detail) from refusal


def _choices(queryset: QuerySet[Any], lookup: str) -> Sequence[tuple[Any, Any]]:
    """Return the choices of the column that a lookup compares; none where it takes any text."""
    columns = {field.name: field for field in queryset.model._meta.get_fields()}
    return getattr(columns.get(lookup), "choices", None) or ()


def _searched(queryset: QuerySet[M], text: str, columns: Sequence[str]) -> QuerySet[M]:
    if len(text) > MOST_LETTERS:
        raise Invalid.at(
            "/search",
            _("search can have at most %(most)s characters.") % {"most": MOST_LETTERS},
        )
    return queryset.filter(holds_words(text.split(), *columns)) if columns else queryset


def _order(text: str, columns: Mapping[str, str]) -> list[str]:
    made = []
    for word in (part.strip() for part in text.split(",") if part.strip()):
        name = word.removeprefix("-")
        if name not in columns:
            known = ", ".join(columns)
            raise Invalid.at(
                "/ordering",
                _("Cannot order by %(name)r. Available: %(known)s.")
                % {"name": name, "known": known},
            )
        made.append("-" * word.startswith("-") + columns[name])
    return made


def _page(
    request: Request, queryset: QuerySet[M], query: Mapping[str, str], to_json: Callable[[M], Any]
) -> Response:
    size = _number(query, "page_size", PAGE_SIZE, most=MAX_PAGE_SIZE)
    number = _number(query, "page", 1, most=None)
    pages = Pages(Listed(queryset), request, size)
    try:
        page = pages.beside()
        page = pages.numbered(number) if page is None else page
    except EmptyPage as error:
        raise Missing(_("Page %(number)s does not exist.") % {"number": number}) from error
    here = remove_query_param(request.build_absolute_uri(), "cursor")

    def address(link: PageLink | None) -> str | None:
        if link is None:
            return None
        there = replace_query_param(here, "page", link.number)
        return str(replace_query_param(there, "cursor", link.cursor) if link.cursor else there)

    return Response(
        {
            "count": page.paginator.count,
            "next": address(page.next),
            "previous": address(page.previous),
            "results": [to_json(item) for item in page.object_list],
        }
    )


def _number(query: Mapping[str, str], name: str, default: int, *, most: int | None) -> int:
    if name not in query:
        return default
    value = whole_number(query[name], digits=9) or 0
    if value < 1 or (most is not None and value > most):
        said = (
            _("%(name)s must be a whole number from 1 to %(most)s.")
            if most
            else _("%(name)s must be a whole number of 1 or more, with at most nine digits.")
        )
        raise Invalid.at(f"/{name}", said % {"name": name, "most": most})
    return value


def yes_or_no(lookup: str) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """Return a filter for a parameter that is `true` or `false`."""

    def chosen(queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value not in {"true", "false"}:
            raise Invalid(_("Enter true or false in this filter, in lower case."))
        return queryset.filter(**{lookup: value == "true"})

    return chosen


def one_of(lookup: str, known: Sequence[str]) -> Callable[[QuerySet[Any], str], QuerySet[Any]]:
    """Return a filter for a parameter that is one of some words; another one is Invalid."""

    def chosen(queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value not in known:
            raise Invalid(_("Choose one of %(known)s.") % {"known": ", ".join(known)})
        return queryset.filter(**{lookup: value})

    return chosen


def list_parameters(
    *, ordering: Iterable[str] = (), search: bool = False, filters: Iterable[str] = ()
) -> list[OpenApiParameter]:
    """Return the query parameters of a list for its OpenAPI description."""
    said = {
        "page": "Page, from 1. A page past the end is 404.",
        "page_size": f"{PAGE_SIZE}; at most {MAX_PAGE_SIZE}.",
    }
    most = {"page": 999_999_999, "page_size": MAX_PAGE_SIZE}
    made = [
        *(
            OpenApiParameter(
                name,
                {"type": "integer", "minimum": 1, "maximum": most[name]},
                description=description,
            )
            for name, description in said.items()
        ),
        OpenApiParameter("cursor", str, description="From `next` and `previous`, beside `page`."),
        *(OpenApiParameter(name, str) for name in filters),
    ]
    words = ", ".join(ordering)
    if words:
        made.append(OpenApiParameter("ordering", str, description=f"{words}; `-` turns round."))
    if search:
        words = f"Words that all must occur; at most {MOST_LETTERS} characters."
        made.append(OpenApiParameter("search", str, description=words))
    return made
