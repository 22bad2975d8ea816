"""Views that people save for themselves: saved, changed, put in order, shared, deleted."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import Field

from kianda.accounts.services.directory import UNKNOWN, entries
from kianda.lib.errors import Flaw, Forbidden, Invalid, Missing
from kianda.lib.i18n import gettext_noop
from kianda.lib.names import RESERVED_SLUGS, free_name, slugify
from kianda.lib.pointers import pointer
from processes.definition.views import RecordView, ViewChart
from processes.language.people_refs import EVERYONE, EarlyRefs
from processes.language.people_refs import MOST as MOST_REFS
from processes.lists.conditions import no_such_column
from processes.lists.records import RecordList, record_list
from processes.lists.state import ListState
from processes.lists.view_charts import with_chart
from processes.models import SavedView, SavedViewReader
from processes.rights.decisions import is_administrator, security_of
from processes.rights.querysets import visible_views

# What one person may have of one process.
MOST_OWN = 50
LONGEST_TITLE = 60
_APART = frozenset({"name", "title", "see"})
Unchanged = Callable[[SavedView], object] | None


class SavedViewSettings(RecordView):
    """The settings of a saved view: those of a view of a design, but for whom it is shared with."""

    see: EarlyRefs = Field(
        default=(),
        max_length=MOST_REFS,
        title=gettext_noop("Shared with"),
        description=gettext_noop("People, groups or everyone. If empty, only its owner has it."),
        json_schema_extra={"control": "refs"},
    )

    @property
    def document(self) -> dict[str, Any]:
        """Return what is stored in one piece."""
        return self.model_dump(mode="json", exclude=set(_APART))


def settings_of(saved: SavedView) -> SavedViewSettings:
    """Return the settings of a saved view."""
    return SavedViewSettings.model_validate(saved.settings_with(see=saved.see))


def settings_from(
    view: RecordView, state: ListState, chart: ViewChart | None = None, **apart: Any
) -> SavedViewSettings:
    """Return the settings of a view that shows what a list shows now; `apart` are name, title, see.

    Charts are those of the view that the list came from, and the `chart` that was asked for; words
    that were searched are no part of it. Raises pydantic's ValidationError, and Invalid when there
    are too many charts.
    """
    filter = view.filter if state.filters == _filters_of(view) else state.filter
    made = view.model_dump(mode="json") | {
        "columns": list(state.columns), "sort": state.sort, "group_by": state.group,
        "filter": filter.model_dump(mode="json"),
        "totals": [one.model_dump(mode="json") for one in state.totals], **apart,
    }  # fmt: skip
    if chart is not None:
        made["charts"] = with_chart(made["charts"], chart)
    return SavedViewSettings.model_validate(made)


def _filters_of(view: RecordView) -> tuple[Any, ...]:
    return view.filter.items if view.filter.match == "all" else (view.filter,)


def read_view(pk: int | None, user: User) -> SavedView:
    """Return a saved view that a person has; raises Missing."""
    rows = visible_views(user).select_related("design__published", "owner")
    found = None if pk is None else rows.prefetch_related("readers").filter(pk=pk).first()
    if found is None:
        raise Missing(_("There is no such view."))
    return found


def may_delete(saved: SavedView, user: User) -> bool:
    """Tell whether a person may delete a view: an own one, or a shared one of a managed process."""
    return saved.owner_id == user.pk or bool(is_administrator(user, security_of(saved.design)))


def name_for(title: str, records: RecordList) -> str:
    """Return a name that none of the person's own views of a process has."""
    own = {one.name for one in records.saved if one.owner_id == records.user.pk}
    return free_name(slugify(title, fallback="view"), own | RESERVED_SLUGS)


def create_view(
    *, process: str, settings: SavedViewSettings, user: User, position: int | None = None
) -> SavedView:
    """Save a view of a process for a person, behind those they have.

    Raises Missing for a process they do not know; Invalid at /name, at the columns that they do not
    have, at /see, and when they have MOST_OWN.
    """
    records = record_list(process, user)
    _check(records, settings, None)
    with transaction.atomic():
        own = _own_locked(records.design.pk, user)
        if len(own) >= MOST_OWN:
            said = _("You have %(most)s views of this process. Delete one first.")
            raise Invalid.at("", said % {"most": MOST_OWN})
        _refuse_taken(settings.name, own)
        now = timezone.now()
        last = max((one.position for one in own), default=0)
        saved = SavedView.objects.create(
            design=records.design, owner=user, name=settings.name, title=settings.title,
            document=settings.document, position=last + 1, created=now, modified=now,
        )  # fmt: skip
        _share(saved, settings.see)
        _put_at(saved, own, position)
    return read_view(saved.pk, user)


def change_view(
    pk: int | None,
    *,
    settings: SavedViewSettings,
    user: User,
    position: int | None = None,
    unchanged: Unchanged = None,
) -> SavedView:
    """Give an own view other settings, and a place among the own ones.

    `unchanged` is called with it under the lock. What it names already may stay, though the person
    has it no more. Raises Missing, Forbidden for a view of somebody else, Invalid as `create_view`.
    """
    saved = _own(pk, user)
    _check(record_list(saved.design.name, user), settings, settings_of(saved))
    with transaction.atomic():
        own = _own_locked(saved.design_id, user)
        now = next((one for one in own if one.pk == saved.pk), None)
        if now is None:
            raise Missing(_("There is no such view."))
        if unchanged is not None:
            unchanged(now)
        _refuse_taken(settings.name, [one for one in own if one.pk != now.pk])
        now.name, now.title, now.document = settings.name, settings.title, settings.document
        now.revision, now.modified = now.revision + 1, timezone.now()
        now.save(update_fields=["name", "title", "document", "revision", "modified"])
        _share(now, settings.see)
        _put_at(now, [one for one in own if one.pk != now.pk], position)
    return read_view(pk, user)


def delete_view(pk: int | None, *, user: User, unchanged: Unchanged = None) -> None:
    """Delete an own view; who manages the process may delete one that is shared with them.

    Raises Missing, Forbidden.
    """
    saved = read_view(pk, user)
    if not may_delete(saved, user):
        raise _not_yours(saved)
    with transaction.atomic():
        own = _own_locked(saved.design_id, saved.owner)
        now = next((one for one in own if one.pk == saved.pk), None)
        if now is None:
            raise Missing(_("There is no such view."))
        if unchanged is not None:
            unchanged(now)
        now.delete()


def _own(pk: int | None, user: User) -> SavedView:
    saved = read_view(pk, user)
    if saved.owner_id != user.pk:
        raise _not_yours(saved)
    return saved


def _not_yours(saved: SavedView) -> Forbidden:
    owner = saved.owner.get_full_name() or saved.owner.get_username()
    return Forbidden(_("Only %(owner)s can change this view.") % {"owner": owner})


def _own_locked(design: int, user: User) -> list[SavedView]:
    """Return the views of a person of a process in order; no other change of them is under way."""
    User.objects.select_for_update().get(pk=user.pk)
    return list(SavedView.objects.filter(design=design, owner=user).order_by("position", "pk"))


def _refuse_taken(name: str, own: Sequence[SavedView]) -> None:
    if any(one.name == name for one in own):
        said = _("%(name)s already exists. Choose another name.")
        raise Invalid.at("/name", said % {"name": name})


def _share(saved: SavedView, see: Sequence[str]) -> None:
    saved.readers.exclude(ref__in=see).delete()
    known = set(saved.readers.values_list("ref", flat=True))
    SavedViewReader.objects.bulk_create(
        SavedViewReader(view=saved, ref=ref) for ref in see if ref not in known
    )


def _put_at(saved: SavedView, others: Sequence[SavedView], position: int | None) -> None:
    """Put a view at a place among the own ones, from 1; past the last one, it is the last."""
    if position is None:
        return
    at = min(position - 1, len(others))
    for place, one in enumerate([*others[:at], saved, *others[at:]], start=1):
        if one.position != place:
            SavedView.objects.filter(pk=one.pk).update(position=place)


def _check(
    records: RecordList, settings: SavedViewSettings, before: SavedViewSettings | None
) -> None:
    flaws = [*_flaws(records, settings, before), *_reader_flaws(settings, before)]
    if flaws:
        raise Invalid(" ".join(flaw.detail for flaw in flaws), errors=flaws)


def _flaws(
    records: RecordList, settings: SavedViewSettings, before: SavedViewSettings | None
) -> Iterator[Flaw]:
    """Yield what a view asks for that its owner does not have; what it had before may stay."""
    known = {(name, need) for _place, name, need in _named(before)} if before else set()
    for place, name, need in _named(settings):
        column = records.columns.get(name)
        if (name, need) not in known and not (column and getattr(column, need)):
            yield Flaw(place, no_such_column())
    if before is None or settings.filter != before.filter:
        try:
            records.rows(settings.filter, at="/filter")
        except Invalid as refusal:
            yield from refusal.errors


def _named(settings: SavedViewSettings) -> Iterator[tuple[str, str, str]]:
    """Yield where a view names a column, which one, and what of a column is asked for there."""
    for at, name in enumerate(settings.columns):
        yield pointer("columns", at), name, "name"
    if settings.sort:
        yield "/sort", settings.sort.removeprefix("-"), "sortable"
    if settings.group_by:
        yield "/group_by", settings.group_by, "groupable"
    for at, total in enumerate(settings.totals):
        yield pointer("totals", at, "field"), total.field, "countable"
    for at, chart in enumerate(settings.charts):
        for key, name in (("field", chart.field), ("by", chart.by)):
            if name:
                yield pointer("charts", at, key), name, "openly"


def _reader_flaws(settings: SavedViewSettings, before: SavedViewSettings | None) -> Iterator[Flaw]:
    known = {EVERYONE, *(before.see if before else ())}
    found = entries(ref for ref in settings.see if ref not in known)
    for entry in found.values():
        if entry.state == UNKNOWN:
            said = _("There is no person or group %(name)s.")
            yield Flaw("/see", said % {"name": entry.name})
