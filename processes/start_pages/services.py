"""Start pages: created, changed, ordered, deleted, each with an audit entry; what Home has of them.

What Home asks for is cheap, since each tile is counted after the page.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _
from pydantic import ValidationError

from kianda.accounts.services import audit
from kianda.accounts.services.groups import lock_people
from kianda.lib.errors import Flaw, Invalid, Missing
from kianda.lib.pointers import flaws_of
from processes.language.people_refs import group_ref, named_by
from processes.models import StartPage
from processes.rights.decisions import person_of
from processes.start_pages.document import MOST_TILES, StartPageSettings
from processes.start_pages.tiles import seen_tiles, trouble_of

KIND: Final = "start page"
MOST_PAGES: Final = 50


def start_pages() -> QuerySet[StartPage]:
    """Return the start pages in their order."""
    return StartPage.objects.select_related("modified_by")


def start_page(key: int) -> StartPage:
    """Return one start page; raises Missing."""
    found = start_pages().filter(pk=key).first()
    if found is None:
        raise Missing(_("There is no such start page."))
    return found


def pages_for(user: User) -> list[StartPage]:
    """Return the start pages that a person has on Home, in their order."""
    person = person_of(user)
    return [one for one in StartPage.objects.all() if named_by(one.people, person)]


def settings_of(row: StartPage) -> dict[str, Any]:
    """Return what an administrator says of a start page."""
    return {"title": row.title, "people": row.people, "tiles": row.tiles}


def create_start_page(raw: object, *, by: User) -> StartPage:
    """Create a start page, after the others; raises Invalid with every flaw."""
    wanted = _checked(raw)
    with transaction.atomic():
        lock_people()
        if StartPage.objects.count() >= MOST_PAGES:
            words = _("There are %(most)s start pages. Delete one first.")
            raise Invalid(words % {"most": MOST_PAGES})
        last = StartPage.objects.aggregate(last=Max("position"))["last"]
        made = StartPage.objects.create(
            **wanted, position=0 if last is None else last + 1, modified_by=by
        )
        audit.record(by, action="created", kind=KIND, name=made.title)
    return made


def change_start_page(
    row: StartPage, raw: object, *, unchanged: Callable[[StartPage], None] | None = None, by: User
) -> StartPage:
    """Change a start page; `unchanged` raises when it is not the one that was read."""
    wanted = _checked(raw)
    with transaction.atomic():
        row = _locked(row)
        if unchanged is not None:
            unchanged(row)
        if wanted == settings_of(row):
            return row
        detail = _("It was %(name)s") % {"name": row.title} if wanted["title"] != row.title else ""
        for key, value in wanted.items():
            setattr(row, key, value)
        row.modified_by = by
        row.save()
        audit.record(by, action="changed", kind=KIND, name=row.title, detail=detail)
    return row


def move_start_page(row: StartPage, *, to: int, by: User) -> StartPage:
    """Put a start page at a position, counted from 0; past the end is the end."""
    with transaction.atomic():
        row = _locked(row)
        others = [one for one in StartPage.objects.all() if one.pk != row.pk]
        others.insert(min(max(to, 0), len(others)), row)
        moved = [one for at, one in enumerate(others) if one.position != at]
        for at, one in enumerate(others):
            one.position = at
        StartPage.objects.bulk_update(moved, ["position"])
        if moved:
            audit.record(by, action="moved", kind=KIND, name=row.title)
    return start_page(row.pk)


def delete_start_page(
    row: StartPage, *, unchanged: Callable[[StartPage], None] | None = None, by: User
) -> None:
    """Delete a start page."""
    with transaction.atomic():
        row = _locked(row)
        if unchanged is not None:
            unchanged(row)
        row.delete()
        audit.record(by, action="deleted", kind=KIND, name=row.title)


def uses_of_group(name: str) -> list[dict[str, Any]]:
    """Return the start pages that are for a group."""
    ref = group_ref(name)
    return [
        {"kind": KIND, "name": row.title, "url": f"/api/v1/start-pages/{row.pk}/"}
        for row in StartPage.objects.all()
        if ref in row.people
    ]


def page_of_start_page(use: dict[str, Any]) -> str:
    """Return the page of a use that `uses_of_group` has returned."""
    return str(use["url"]).removeprefix("/api/v1")


def _locked(row: StartPage) -> StartPage:
    # Few write here: all of them one after the other, so that positions stay in order.
    lock_people()
    return start_page(row.pk)


def _checked(raw: object) -> dict[str, Any]:
    try:
        wanted = StartPageSettings.model_validate(raw).model_dump(mode="json")
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, raw, model=StartPageSettings)) from error
    trouble = trouble_of(wanted["tiles"])
    if trouble:
        flaws = [Flaw(f"/tiles/{at}{one.pointer}", one.detail) for at, one in trouble.items()]
        raise Invalid(errors=flaws)
    return wanted


class HomeTile(NamedTuple):
    """A tile that is yet to come: its number on its page, where its charts are, what these are."""

    at: int
    process: str
    view: str
    title: str


class HomeSection(NamedTuple):
    """A start page on Home."""

    key: int
    title: str
    tiles: list[HomeTile]


def sections_for(user: User) -> list[HomeSection]:
    """Return the start pages of a person with what they know of them, at most MOST_TILES tiles."""
    pages = pages_for(user)
    every = [(page, at, tile) for page in pages for at, tile in enumerate(page.tiles)]
    seen: dict[int, list[HomeTile]] = {}
    shown = list(seen_tiles([tile for _page, _at, tile in every], user))[:MOST_TILES]
    for number, found, view in shown:
        page, at, _tile = every[number]
        title = f"{found.document.many_records}: {view.title}"
        seen.setdefault(page.pk, []).append(HomeTile(at, found.document.name, view.name, title))
    return [HomeSection(one.pk, one.title, seen[one.pk]) for one in pages if one.pk in seen]
