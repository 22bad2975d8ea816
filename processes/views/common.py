"""What the pages of processes share."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from kianda.lib import usage
from processes.document import Document, TargetMissing

PAGE = 25


def person(request: HttpRequest) -> User:
    """Return who is signed in; `page` lets nobody else in."""
    return cast(User, request.user)


class Hits:
    """What a search found, as a paginator takes it: looked for once, however many rows there are.

    Nobody pages through more than a thousand hits; `more` says that there are.
    """

    MOST = 1000

    def __init__(self, rows: QuerySet[Any]) -> None:
        """Look for the first thousand."""
        self._rows = rows
        found = list(rows.values_list("pk", flat=True)[: self.MOST + 1])
        self._pks, self.more = found[: self.MOST], len(found) > self.MOST

    def count(self) -> int:
        """Return how many there are, at most a thousand."""
        return len(self._pks)

    def __getitem__(self, part: slice) -> list[Any]:
        """Return some of them, in their order."""
        return list(self._rows.filter(pk__in=self._pks[part]))


def page_of(request: HttpRequest, rows: QuerySet[Any], *, searched: bool = False) -> Page[Any]:
    """Return the page of a list that the query asks for; one that is not there, the nearest."""
    # A paginator asks for no more than what Hits has.
    asked_of: Any = Hits(rows) if searched else rows
    return Paginator(asked_of, PAGE).get_page(request.GET.get("page"))


def asked(request: HttpRequest, *names: str) -> dict[str, str]:
    """Return parameters of the query as plain text."""
    return {name: request.GET.get(name, "").replace("\0", "")[:200] for name in names}


def target_title(document: Document | None, target: str) -> str:
    """Return what a target is called on the form; its name when the design has it no more."""
    if document is not None:
        for known in document.targets():
            if known.target == target:
                return known.title
    return target


def target_kind(document: Document, target: str) -> str:
    """Return how a person triggers a target; that of a button when it is not there."""
    try:
        return document.kind_of(target)
    except TargetMissing:
        return "button"


_WORDS = {"process": "Process design", "instance": "Instance", "run": "Run"}


def used_by_links(uses: list[usage.Use]) -> list[dict[str, str]]:
    """Return what uses an object with the addresses of its pages, for people."""
    return [
        {
            "kind": _(_WORDS.get(kind, kind.capitalize())),
            "name": str(use["name"]),
            "url": usage.page_of(use),
        }
        for use in uses
        for kind in [str(use["kind"])]
    ]
