"""The command bar: finds any page, datasource, design, instance, run and scheduled task."""

import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from datasources.models import Datasource
from kianda.accounts.permissions import signed_in
from kianda.accounts.roles import ADMINISTRATOR, DATASOURCE_MANAGER, DESIGNER, has_role
from kianda.lib.i18n import with_small_beginning
from kianda.lib.pagination import last_looked_at
from kianda.lib.word_search import holds_words
from kianda.web import navigation
from kianda.web.pages import page, query_words, render_page
from processes.forms.own_records import processes_called
from processes.listing import that_hold
from processes.models import ProcessDesign, ProcessInstance
from processes.record_titles import learn_names, seen_record
from processes.running.target_titles import with_target_titles
from processes.selectors import first_seen, runs_seen_among, searched_instances
from scheduler.selectors import visible_tasks

M = TypeVar("M", bound=Model)

EACH = 6
# To look into values takes ten times as long as to look at names.
LOOKED_INTO = 2_000
RUN = re.compile(r"(?:run\s*)?#?(\d{1,18})\Z", re.IGNORECASE)


class SearchHit(NamedTuple):
    """One line of the answer: the page of it, by name and argument, and how it reads."""

    kind: str
    icon: str
    title: Any
    hint: str
    url_name: str
    argument: str = ""


@page(roles=())
def search(request: HttpRequest) -> HttpResponseBase:
    """Show what fits the words; all pages when there are none."""
    words = query_words(request, "q")["q"]
    looked = Looked()
    found = list(find(words, user=signed_in(request), looked=looked))
    context = {"words": words, "found": found, "ended": looked.ended}
    return render_page(
        request, "search/search.html", context,
        partials={"dialog": "search/_bar.html", "results": "search/_results.html"},
    )  # fmt: skip


class Looked:
    """How far a search looks: at so many of the newest rows of each kind, and whether it ended."""

    def __init__(self) -> None:
        """Start with nothing left out."""
        self.ended = False

    def at(self, rows: QuerySet[M], *, most: int | None = None) -> QuerySet[M]:
        """Return the rows to look at, the newest first."""
        last = last_looked_at(rows, most=most)
        self.ended = self.ended or last is not None
        return (rows if last is None else rows.filter(pk__gte=last)).order_by("-pk")


def find(words: str, *, user: User, looked: Looked | None = None) -> Iterator[SearchHit]:
    """Yield what fits the words, kind by kind, at most six of each."""
    looked = looked or Looked()
    yield from _places(words, user)
    if not words:
        return
    yield from _processes(words, user, looked)
    yield from _runs(words, user)
    yield from _instances(words, user, looked)
    yield from _tasks(words, user, looked)
    if has_role(user, DESIGNER):
        yield from _designs(words, looked)
    if has_role(user, DESIGNER, DATASOURCE_MANAGER):
        yield from _datasources(words, looked)
    if has_role(user, ADMINISTRATOR):
        yield from _people(words, looked)


def _places(words: str, user: User) -> Iterator[SearchHit]:
    everywhere = navigation.WORK + navigation.ADMINISTRATION + navigation.MORE
    wanted = words.casefold().split()
    for place in navigation.places_for(user, everywhere):
        said = f"{place.title} {place.also}".casefold()
        if all(word in said for word in wanted):
            yield SearchHit(_("Page"), place.icon, place.title, str(place.also), place.name)


def _runs(words: str, user: User) -> Iterator[SearchHit]:
    named = RUN.match(words)
    if named is None:
        return
    rows = runs_seen_among(user, [int(named.group(1))]).select_related(None)
    shown = rows.only("process_id", "process", "version", "target")
    for run, target in with_target_titles(shown):
        hint = f"{run.process_id} · {target}"
        title = _("Run %(id)s") % {"id": run.pk}
        yield SearchHit(_("Run"), "activity", title, hint, "run", str(run.pk))


def _processes(words: str, user: User, looked: Looked) -> Iterator[SearchHit]:
    """Yield where the records of a process are listed, and where one is started."""
    new = str(_("New")).casefold()
    named = [word for word in words.split() if word.casefold() != new]
    rows = looked.at(ProcessDesign.objects.all())
    for design, document in processes_called(user, named, rows, most=EACH) if named else ():
        icon, name = document.record.icon or "collection", design.name
        start = _("New %(record)s") % {"record": with_small_beginning(document.one_record)}
        yield SearchHit(
            pgettext("a command", "Start"),
            "plus-lg",
            start,
            design.description,
            "start-request",
            name,
        )
        yield SearchHit(_("List"), icon, document.many_records, "", "records", name)


def _instances(words: str, user: User, looked: Looked) -> Iterator[SearchHit]:
    rows = searched_instances(user)
    # Whoever knows how the Process ID begins finds it among all of them: an index serves that.
    begin = rows.filter(_begins(words.lower())).order_by("key")
    pks = first_seen(user, begin, most=EACH)
    if len(pks) < EACH:
        wanted = holds_words(words.split(), "process_id", "design__title")
        others = looked.at(rows).exclude(pk__in=pks).filter(wanted)
        pks += first_seen(user, others, most=EACH - len(pks))
    if len(pks) < EACH:
        newest = looked.at(rows, most=LOOKED_INTO).exclude(pk__in=pks)
        pks += that_hold(newest, words.split()[:8], user, most=EACH - len(pks))
    shown = ProcessInstance.objects.select_related("design", "version")
    found = shown.defer("secrets", "version__document").in_bulk(pks)
    learn_names(found.values())
    for row in (found[pk] for pk in pks if pk in found):
        record = seen_record(row, user)
        hint = row.process_id if record.is_named else row.design.title
        kind = record.document.record.one or _("Record")
        yield SearchHit(kind, "collection", record.title, hint, "instance", row.process_id)


def _begins(text: str) -> Q:
    """Return the filter that a key begins with a text, such that the index of keys is used."""
    if connection.vendor == "sqlite":
        # Its LIKE knows no capitals, the index does.
        return Q(key__gte=text, key__lt=text + chr(sys.maxunicode))
    return Q(key__startswith=text)


def _tasks(words: str, user: User, looked: Looked) -> Iterator[SearchHit]:
    rows = looked.at(visible_tasks(user)).filter(holds_words(words.split(), "name", "process_id"))
    for task in rows[:EACH]:
        hint = task.process_id or task.process_name
        yield SearchHit(_("Scheduled task"), "alarm", task.name, hint, "task", str(task.pk))


def _designs(words: str, looked: Looked) -> Iterator[SearchHit]:
    rows = looked.at(ProcessDesign.objects.all())
    for design in rows.filter(holds_words(words.split(), "name", "title"))[:EACH]:
        yield SearchHit(
            _("Process design"), "diagram-3", design.title, design.name, "design", design.name
        )


def _datasources(words: str, looked: Looked) -> Iterator[SearchHit]:
    rows = looked.at(Datasource.objects.only("name", "title"))
    for row in rows.filter(holds_words(words.split(), "name", "title", "base_url"))[:EACH]:
        yield SearchHit(_("Data source"), "plug", row.title, row.name, "datasource", row.name)


def _people(words: str, looked: Looked) -> Iterator[SearchHit]:
    rows = looked.at(User.objects.all())
    said = ("username", "first_name", "last_name", "email")
    for user in rows.filter(holds_words(words.split(), *said))[:EACH]:
        name = user.get_full_name() or user.username
        yield SearchHit(_("User"), "person", name, user.username, "user", str(user.pk))
