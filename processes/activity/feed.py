"""The activity of a record, made of what is stored of it anyway: history, comments, files.

Each source is read newest first, in batches, as far as a page needs it: mostly one query each.
"""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import merge
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from kianda.accounts.services.substitutes import THROUGH_LINK, acted_words
from kianda.lib.errors import Invalid
from processes.activity.changes import events_of
from processes.activity.event import Event
from processes.activity.kinds import CommentDeleted, Commented, Created, FileAdded
from processes.language.people import called
from processes.language.people_refs import user_ref
from processes.models import Change, Comment, File
from processes.rights.files import sees_file
from processes.rights.instance_rights import InstanceRights

# Of a page no more rows of all sources are read, though the reader may see none of them.
MOST_READ: Final = 2_000
_BATCH: Final = 200
# Where each source goes on: the moment and the key of what was told last; None from its start.
_Place: TypeAlias = tuple[datetime, str] | None


class Feed(NamedTuple):
    """One page of the activity, newest first, and the mark of the next; "" when there is none."""

    events: list[Event]
    next: str


class _Found(NamedTuple):
    """A row of a source: since when, where the source goes on behind it, what it tells."""

    at: datetime
    source: int
    place: tuple[datetime, str]
    row: Any


def activity_of(rights: InstanceRights, *, most: int, after: str = "") -> Feed:
    """Return what has happened to a record that the person of the rights sees, newest first.

    `after` is the `next` of the page before; raises Invalid at /after for another text. A page may
    hold fewer events than `most` and still have a next one; a change is never torn apart, so it
    may hold a few more.
    """
    places: list[_Place] = _places_in(after) if after else [None for _source in _TELLS]
    found: list[tuple[_Found, list[Event]]] = []
    told = 0
    rows = merge(*_rows(rights, places, most), key=lambda one: one.at, reverse=True)
    for read, one in enumerate(rows):
        if told >= most or read >= MOST_READ:
            return Feed(_events(found), _mark_of(places))
        places[one.source] = one.place
        events = _TELLS[one.source](one.row, rights)
        told += len(events)
        found.append((one, events))
    return Feed([*_events(found), _created(rights)], "")


def _events(found: list[tuple[_Found, list[Event]]]) -> list[Event]:
    return [event for _one, events in found for event in events]


def _created(rights: InstanceRights) -> Event:
    instance = rights.instance
    by = instance.created_by.get_username() if instance.created_by else ""
    actor = acted_words(by, None) if by else ""
    return Created(id="created", at=instance.created, by=by, actor=actor)


def _rows(
    rights: InstanceRights, places: list[_Place], most: int
) -> list[Iterator[_Found]]:  # fmt: skip
    instance = rights.instance
    comments = instance.comments.select_related("author", "deleted_by")
    changes = instance.changes.select_related("run").only(
        "instance", "at", "by_name", "acted_for", "fields", "run", "run__trigger"
    )
    sources: list[tuple[QuerySet[Any], str]] = [
        (changes, "at"),
        (comments.filter(deleted_at__isnull=True), "created"),
        (comments.filter(deleted_at__isnull=False), "deleted_at"),
        (_files(rights), "attached_at"),
    ]
    return [
        _batches(rows, source, when, places[source], most)
        for source, (rows, when) in enumerate(sources)
    ]


def _files(rights: InstanceRights) -> QuerySet[File]:
    rows = rights.instance.files.exclude(state=File.State.REMOVING)
    return rows.filter(attached_at__isnull=False).select_related("created_by", "link")


def _batches(
    rows: QuerySet[Any], source: int, when: str, place: _Place, most: int
) -> Iterator[_Found]:
    # What is appended has rising keys, by which an index finds the newest without sorting.
    order = ["-pk"] if source < 2 else [f"-{when}", "-pk"]
    size = most + 1
    while True:
        left = rows.filter(_behind(source, when, place)) if place else rows
        batch = list(left.order_by(*order)[:size])
        # Looked up at once, and remembered until the page is made.
        called(user_ref(name) for name in {_name(row) for row in batch} if name)
        for row in batch:
            at = getattr(row, when)
            place = (at, str(row.pk))
            yield _Found(at, source, place, row)
        if len(batch) < size:
            return
        size = _BATCH


def _name(row: Change | Comment | File) -> str:
    """Return the user name of whoever has done what a row tells of."""
    if isinstance(row, Change):
        return row.by_name
    if isinstance(row, File):
        return row.created_by.username if row.created_by else ""
    by = row.deleted_by or row.author
    return by.username if by else ""


def _behind(source: int, when: str, place: tuple[datetime, str]) -> Q:
    at, key = place
    if source < 2:
        return Q(pk__lt=int(key))
    return Q(**{f"{when}__lt": at}) | Q(**{when: at, "pk__lt": key})


def _mark_of(places: list[_Place]) -> str:
    told = [[place[0].isoformat(), place[1]] if place else None for place in places]
    return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode()


def _places_in(mark: str) -> list[_Place]:
    try:
        told = json.loads(base64.urlsafe_b64decode(mark.encode("ascii")))
        if not isinstance(told, list) or len(told) != len(_TELLS):
            raise ValueError
        return [_place(source, one) for source, one in enumerate(told)]
    except (ValueError, TypeError, AttributeError) as error:
        raise Invalid.at("/after", _("Take it from `next` of the page before.")) from error


def _place(source: int, told: Any) -> _Place:
    if told is None:
        return None
    moment, key = told
    at = datetime.fromisoformat(moment)
    if at.tzinfo is None:
        raise ValueError
    if source == len(_TELLS) - 1:
        return at, str(UUID(key))
    if not 0 <= int(key) < 2**63:
        raise ValueError
    return at, str(int(key))


def _comment(row: Comment, _rights: InstanceRights) -> list[Event]:
    by = row.author.username if row.author else ""
    actor = acted_words(by, None) if by else row.author_name
    number = f"comment-{row.pk}"
    return [Commented(id=number, at=row.created, by=by, actor=actor, comment=row)]


def _deleted(row: Comment, _rights: InstanceRights) -> list[Event]:
    by = row.deleted_by.username if row.deleted_by else ""
    own = row.deleted_by_id is not None and row.deleted_by_id == row.author_id
    actor = acted_words(by, None) if by else row.deleted_by_name
    author = "" if own or actor == row.author_name else row.author_name
    assert row.deleted_at is not None  # that is asked for
    at = row.deleted_at
    head = {"id": f"comment-{row.pk}-deleted", "by": by, "actor": actor, "author": author}
    return [CommentDeleted(**head, at=at)]


def _file(row: File, rights: InstanceRights) -> list[Event]:
    if not sees_file(row, rights):
        return []
    by = row.created_by.username if row.created_by else THROUGH_LINK if row.link_id else ""
    actor = acted_words(by, None) if by else ""
    assert row.attached_at is not None  # that is asked for
    return [FileAdded(id=f"file-{row.pk}", at=row.attached_at, by=by, actor=actor, file=row)]


_TELLS: Final[tuple[Callable[[Any, InstanceRights], list[Event]], ...]] = (
    events_of, _comment, _deleted, _file,
)  # fmt: skip
