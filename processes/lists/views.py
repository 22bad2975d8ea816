"""The views of a process that a person has as tabs: of its design, of all records, saved ones."""

from dataclasses import replace

from django.utils.translation import gettext as _

from kianda.lib.errors import Missing
from processes.definition.views import RecordView
from processes.language.people_refs import named_by
from processes.lists.records import RecordList
from processes.lists.state import EVERYTHING, ListState
from processes.models import SavedView
from processes.rights.decisions import is_administrator, person_of, security_of

_USUAL_FIELDS = 4


def views_of(records: RecordList) -> list[RecordView]:
    """Return the views of a process that a person sees, in order; one of all records is among them.

    Those that people have saved come last, each under the `key` that addresses have for it.
    """
    return [*designed_views_of(records), *(as_view(one) for one in records.saved)]


def designed_views_of(records: RecordList) -> list[RecordView]:
    """Return the views of a design that a person sees, and the one of all records.

    Who manages the process sees all of them.
    """
    manages = is_administrator(records.user, security_of(records.design))
    person = person_of(records.user)
    views = [
        view
        for view in records.document.views
        if manages or not view.see or named_by(view.see, person)
    ]
    if all(view.name != EVERYTHING for view in records.document.views):
        views.append(RecordView(name=EVERYTHING, title=_("All")))
    return views


def as_view(saved: SavedView) -> RecordView:
    """Return a saved view as those of a design are; its name is the key of addresses."""
    made = RecordView.model_validate(saved.settings_with())
    return made.model_copy(update={"name": saved.key})


def view_named(records: RecordList, name: str) -> RecordView:
    """Return a view that a person sees, the first one for no name; raises Missing."""
    views = views_of(records)
    if not name and views:
        return views[0]
    for view in views:
        if view.name == name:
            return view
    raise Missing(_("There is no list %(name)s.") % {"name": name})


def readable_state(records: RecordList, view: RecordView, state: ListState) -> ListState:
    """Return a list without the order and the groups that its view has and the reader has not.

    A filter stays: without it, there would be more records than the view is about.
    """
    sort, group = records.columns.get(view.sort.removeprefix("-")), view.group_by
    if state.sort == view.sort and not (sort and sort.sortable):
        state = replace(state, sort="")
    column = records.columns.get(group)
    if state.group == group and not (column and column.groupable):
        state = replace(state, group="")
    return state


def shown_columns(
    records: RecordList, state: ListState, asked: ListState | None = None
) -> tuple[list[str], int]:
    """Return the columns that a list shows, and how many it names that are not the reader's.

    They may be gone from the process, or hidden from the person: which of both is not told. `asked`
    is the list before `readable_state`: an order and groups that it has lost count too.
    """
    wanted = state.columns or usual_columns(records)
    found = [name for name in wanted if name in records.columns]
    missing = {name for name in wanted if name not in records.columns}
    if asked is not None:
        missing |= {asked.sort.removeprefix("-")} if asked.sort != state.sort else set()
        missing |= {asked.group} if asked.group != state.group else set()
    return found, len(missing)


def usual_columns(records: RecordList) -> tuple[str, ...]:
    """Return the columns of a list whose view names none: what sums a record up, and its facts."""
    fields = [name for name in records.document.record.summary if name in records.columns]
    if not fields:
        own = (one for one in records.columns.values() if one.field is not None)
        fields = [one.name for one in own][:_USUAL_FIELDS]
    return (*fields, "process.status", "process.owners", "process.created")
