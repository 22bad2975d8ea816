"""The page that lists the records of a process: its views, filters, columns, groups and totals."""

from itertools import groupby
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.lib.errors import Invalid
from kianda.lib.i18n import grouped
from kianda.web.pages import page, render_page
from kianda.web.sorting import SortHead, menu_of, sorted_so
from processes.bulk.offered import buttons_offered
from processes.definition.views import RecordView
from processes.lists.cells import MOST_MARKS, ListRow, marks_of, rows_of
from processes.lists.columns import ListColumn
from processes.lists.conditions import counts_all
from processes.lists.records import RecordList, record_list, with_versions
from processes.lists.saved_views import may_delete
from processes.lists.search import search_filter
from processes.lists.state import ListState, asked_state, moved, state_of
from processes.lists.totals import GROUP, GroupHead, group_heads, totals_of
from processes.lists.totals import grouped as grouped_by
from processes.lists.views import readable_state, shown_columns, view_named, views_of
from processes.models import ProcessInstance, SavedView
from processes.record_titles import noun_of
from processes.rights.decisions import may_start
from processes.views.common import page_of, person, press_shown
from processes.views.lists.chips import chips_of, with_changes
from processes.views.lists.filter_form import changed_filters, filter_form

# A tab tells no more records than these, and no more tabs tell theirs.
MOST_COUNTED, MOST_COUNTED_TABS = 1000, 20
EXPORTS = (("csv", "CSV"), ("xlsx", gettext_lazy("Excel (XLSX)")))


class ViewTab(NamedTuple):
    """A view as a tab; one that people have saved says whose it is."""

    view: RecordView
    here: bool
    saved: SavedView | None = None
    note: str = ""

    @property
    def icon(self) -> str:
        """Return its mark: it is for one person, or for several."""
        return "people" if self.saved and self.saved.see else "person"

    @property
    def count_id(self) -> str:
        """Return where its number of records is shown once it is counted."""
        return "count-" + self.view.name.replace("~", "own_")


class RowGroup(NamedTuple):
    """Rows below the head of their group; without one where a list is not grouped."""

    head: GroupHead | None
    rows: list[ListRow]
    noun: str = ""


@page()
def records(request: HttpRequest, process: str) -> HttpResponseBase:
    """List the records of a process that the person sees."""
    found = record_list(process, person(request))
    view = view_named(found, request.GET.get("view", ""))
    trouble = ""
    try:
        state = asked_state(view, dict(request.GET.lists()))
    except Invalid as refusal:
        state, trouble = state_of(view), refusal.detail
    form = filter_form(found, state, request.GET)
    if "apply" in request.GET and not trouble and not (form and form.flaw):
        filters = changed_filters(found, state, request.GET)
        return HttpResponseRedirect(with_changes(request.GET, filter=filters))
    if "move" in request.GET and not trouble:
        ordered = list(moved(state.columns, request.GET["move"]))
        return HttpResponseRedirect(with_changes(request.GET, columns=ordered, move=None))
    listed = _Listing(request, found, readable_state(found, view, state), state)
    context = {
        "list": found, "document": found.document, "state": state,
        **tabs_context(request, found, view),
        "chips": chips_of(found, state, request.GET),
        "open": form,
        "filterable": [one for one in found.columns.values() if one.operators],
        **_grouping(request, found, state), **_sorting(request, found, state),
        "totalled": _totalled(found, state),
        "kept": kept_parameters(request),
        "may_start": may_start(found.user, found.design),
        "exports": EXPORTS, "export_by": "records-export",
        **press_shown(request), **(shown := listed.context(trouble)),
        "choosable": _choosable(found, shown["columns"]),
    }  # fmt: skip
    return render_page(
        request, "lists/records.html", context, partials={"rows": "lists/_rows.html"}
    )


@page()
def counts(request: HttpRequest, process: str) -> HttpResponseBase:
    """Say how many records each view has, after the page with the tabs is there."""
    found = record_list(process, person(request))
    told = list[tuple[str, str]]()
    for view in views_of(found)[:MOST_COUNTED_TABS]:
        try:
            rows = found.rows(view.filter)
        except Invalid:
            continue
        number = rows[: MOST_COUNTED + 1].count()
        words = grouped(min(number, MOST_COUNTED)) + "+" * (number > MOST_COUNTED)
        told.append((ViewTab(view, here=False).count_id, words))
    return render_page(request, "lists/_tab_counts.html", {"counts": told})


def tabs_context(
    request: HttpRequest, found: RecordList, view: RecordView, *, charts: bool = False
) -> dict[str, Any]:
    """Return the views as tabs, and what the person may do with the one that is open.

    What is saved from the `charts` of a list leads back to charts.
    """
    saved = {one.key: one for one in found.saved}
    open_view = next((one for one in found.saved if one.key == view.name), None)
    is_own = open_view is not None and open_view.owner_id == found.user.pk
    deletes = open_view is not None and may_delete(open_view, found.user)
    shown = with_changes(request.GET, charts="1" if charts else None)
    return {
        "tabs": [_tab(one, view, saved.get(one.name), found.user) for one in views_of(found)],
        "own": open_view if is_own else None, "deletable": open_view if deletes else None,
        "shown": shown, "save_as": reverse("record-view-new", args=[found.design.name]) + shown,
    }  # fmt: skip


def _tab(one: RecordView, view: RecordView, saved: SavedView | None, user: User) -> ViewTab:
    here = one.name == view.name
    if saved is None:
        return ViewTab(one, here)
    if saved.owner_id != user.pk:
        by = saved.owner.get_full_name() or saved.owner.get_username()
        return ViewTab(one, here, saved, _("shared by %(name)s") % {"name": by})
    return ViewTab(one, here, saved, _("your view, shared") if saved.see else _("your view"))


def _totalled(found: RecordList, state: ListState) -> list[tuple[ListColumn, str]]:
    """Return the columns that can be added up, each with how it is: `sum`, `average`, nothing."""
    chosen = {one.field: one.calculate for one in state.totals}
    return [(one, chosen.get(one.name, "")) for one in found.columns.values() if one.countable]


def _choosable(found: RecordList, shown: list[str]) -> list[ListColumn]:
    """Return all columns that there are, those that are shown first, in their order."""
    return [found.columns[name] for name in dict.fromkeys((*shown, *found.columns))]


def _grouping(request: HttpRequest, found: RecordList, state: ListState) -> dict[str, Any]:
    groupable = [one for one in found.columns.values() if one.groupable]
    return {
        "groupable": groupable,
        "groupings": [(one, with_changes(request.GET, group=one.name)) for one in groupable],
        "ungrouped": with_changes(request.GET, group=""),
        "group_title": found.columns[state.group].title if state.group in found.columns else "",
    }


def _sorting(request: HttpRequest, found: RecordList, state: ListState) -> dict[str, Any]:
    heads = (_head(request, one, state.sort) for one in found.columns.values())
    unsorted = with_changes(request.GET, sort="")
    return menu_of(heads, unsorted=unsorted, words=_("Newest first"))


def _head(request: HttpRequest, column: ListColumn, sort: str) -> SortHead:
    state, other = sorted_so(column.name, sort)
    url = with_changes(request.GET, sort=other) if column.sortable else ""
    return SortHead(column.title, state, url, is_number=column.kind == "quantity")


class _Listing:
    """One page of the rows of a list."""

    def __init__(
        self, request: HttpRequest, records: RecordList, state: ListState, asked: ListState
    ) -> None:
        self.request, self.records, self.state, self.asked = request, records, state, asked

    def context(self, trouble: str) -> dict[str, Any]:
        """Return what the rows' template shows; a list that cannot be asked shows none."""
        columns, missing = shown_columns(self.records, self.state, self.asked)
        try:
            rows = asked_rows(self.records, self.state) if not trouble else None
        except Invalid as refusal:
            rows, trouble = None, refusal.detail
        if rows is None:
            rows = ProcessInstance.objects.none()
        shown = page_of(
            self.request, with_versions(rows), words=self.state.words,
            reads_all=self.records.reads_all(self.state.filter),
            exact=bool(self.state.totals) or counts_all(self.state.filter),
        )  # fmt: skip
        lines = rows_of(self.records, self.records.seen(shown), columns)
        totals = totals_of(self.records, rows, self.state.totals)
        # Heads and feet of groups reach to the first total.
        lead = next((at for at, name in enumerate(columns) if name in totals), len(columns))
        return {
            "marks": marks_of(lines), "most_marks": MOST_MARKS,
            "page": shown, "groups": self._groups(lines, rows), "missing": missing,
            "trouble": trouble,
            "heads": [
                _head(self.request, self.records.columns[name], self.state.sort) for name in columns
            ],
            "totals": totals, "lead": lead + 1, "after_lead": columns[lead:],
            "offered": buttons_offered(shown, self.records.user),
            "columns": columns, "noun": self._noun(shown.paginator.count),
            "narrowed": bool(self.state.filters or self.state.words),
        }  # fmt: skip

    def _groups(self, lines: list[ListRow], rows: QuerySet[ProcessInstance]) -> list[RowGroup]:
        if not self.state.group or not lines:
            return [RowGroup(None, lines)] if lines else []
        values = {getattr(one.record.instance, GROUP, None) for one in lines}
        heads = group_heads(self.records, rows, self.state.group, values, self.state.totals)
        return [
            RowGroup(head, list(some), self._noun(head.records) if head else "")
            for value, some in groupby(lines, lambda one: getattr(one.record.instance, GROUP, None))
            for head in [heads.get(value)]
        ]

    def _noun(self, count: int) -> str:
        return noun_of(self.records.document, count)


def asked_rows(records: RecordList, state: ListState) -> QuerySet[ProcessInstance]:
    """Return the records of a list as it is asked for, in its order.

    Raises Invalid for a filter, an order or a group that cannot be asked.
    """
    rows = records.rows(state.filter, at="/filter")
    if state.words:
        rows = rows.filter(search_filter(records, state.words))
    rows = records.sorted(rows, state.sort)
    if state.group:
        order = rows.query.order_by
        rows = grouped_by(records, rows, state.group)
        rows = rows.order_by(F(GROUP).asc(nulls_last=True), *order)
    return rows


def kept_parameters(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the parameters that the forms of a list keep, as hidden fields."""
    left_out = {"page", "cursor", "edit", "value", "operator", "column", "apply", "q"}
    return [
        (name, value)
        for name, values in request.GET.lists()
        if name not in left_out
        for value in values
    ]
