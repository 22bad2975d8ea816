"""The home page: what waits for a person and what they may start; for those who keep tokens their
health, what needs somebody, latest runs, next firings.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from kianda.accounts.roles import DESIGNER, ROLES, has_role, roles_of
from kianda.accounts.services.directory import tint_of
from kianda.ops import liveness
from kianda.web import navigation, times
from kianda.web.pages import page, render_page
from processes.forms.own_records import (
    OwnRecord,
    StartTile,
    WaitingRecord,
    own_records,
    start_tiles,
    waiting_records,
)
from processes.instances.form_states import MOST_COUNTED, how_much_work, newest_work
from processes.instances.unsaved import to_see_to
from processes.language.people_refs import user_ref
from processes.models import ProcessDesign, ProcessInstance, Run
from processes.running.target_titles import with_target_titles
from processes.selectors import visible_runs
from processes.start_pages.services import HomeSection, sections_for
from scheduler.gallery import TEMPLATES
from scheduler.models import ScheduledTask
from scheduler.selectors import UNSEEN, visible_tasks
from scheduler.services.gallery import may_make_datasources
from scheduler.token_selectors import KeptToken, TokenHealth, token_health
from scheduler.tokens.health import AMBER, RED

RUNS = 8
OWN = 6
TILES = 6
FIRINGS = 6
ATTENTION = 5
LOOK_BACK = timedelta(hours=24)
HEAVY = ("steps", "data", "journal", "unsaved_values")
# Why nothing is planned for a kept token.
IDLE = {
    "finished": gettext_noop("The scheduled task “%(task)s” has finished."),
    "paused": gettext_noop("The scheduled task “%(task)s” is paused."),
    "on_demand": gettext_noop(
        "The scheduled task “%(task)s” has no schedule. It runs on each webhook call."
    ),
    "active": gettext_noop("No run of the scheduled task “%(task)s” is planned."),
}


@dataclass(frozen=True)
class MendButton:
    """A button of a note: the page it leads to, or what it does at once."""

    text: str
    url_name: str
    argument: str = ""
    at_once: bool = False


@dataclass(frozen=True)
class Attention:
    """Something that needs a person: what, why, and the buttons that mend it, the best last."""

    kind: str
    title: str
    text: str
    acts: tuple[MendButton, ...] = ()


class TemplateTile(NamedTuple):
    """A template of the gallery, as a first process to begin with."""

    title: str
    description: str
    icon: str
    tint: int
    url: str


class Overview:
    """What the start page shows to one person; each part is read only when it is drawn."""

    def __init__(self, user: Any, *, now: datetime) -> None:
        """Take the person, and the moment that everything is seen from."""
        self.user, self.now = user, now

    @cached_property
    def tokens(self) -> TokenHealth:
        """Return the kept tokens."""
        return token_health(self.user, now=self.now)

    @cached_property
    def runs(self) -> list[tuple[Run, str]]:
        """Return the latest runs, each with what its target is called."""
        return with_target_titles(visible_runs(self.user).defer(*HEAVY).order_by("-pk")[:RUNS])

    @cached_property
    def firings(self) -> list[ScheduledTask]:
        """Return the tasks that fire next."""
        due = visible_tasks(self.user).filter(enabled=True, next_run_at__isnull=False)
        return list(due.order_by("next_run_at")[:FIRINGS])

    @cached_property
    def waiting(self) -> list[WaitingRecord]:
        """Return the newest records that wait for the person."""
        if not self.has_work:
            return []
        rows = ProcessInstance.objects.filter(pk__in=newest_work(self.user, OWN))
        rows = rows.select_related("design", "version", "created_by").order_by("-pk")
        return waiting_records(rows.defer("version__document", "secrets"), self.user)

    @cached_property
    def waiting_count(self) -> int:
        """Return how many records wait for the person, as the rail counts them."""
        return how_much_work(self.user) if self.has_work else 0

    @cached_property
    def own(self) -> list[OwnRecord]:
        """Return the newest records that the person has started."""
        return own_records(self.user, most=OWN) if self.has_work else []

    @cached_property
    def tiles(self) -> list[StartTile]:
        """Return what the person may start."""
        return start_tiles(self.user, most=TILES + 1) if self.has_work else []

    @cached_property
    def start_pages(self) -> list[HomeSection]:
        """Return the start pages that administrators have put here for the person."""
        return sections_for(self.user) if self.has_work else []

    @property
    def tiles_shown(self) -> list[StartTile]:
        """Return the first of what the person may start."""
        return self.tiles[:TILES]

    @property
    def has_work(self) -> bool:
        """Tell whether the person works with records at all."""
        return "work" in self.doors

    @property
    def shows_runs(self) -> bool:
        """Tell whether runs are of use to the person: who keeps tokens, designs, administers."""
        return self.may_plan or bool(self.tokens.count)

    @cached_property
    def title(self) -> str:
        """Return the answer to "is everything well?" in one sentence."""
        count, current = self.tokens.count, self.tokens.current
        if self.waiting_count and current == count and not self.tokens.worrying:
            return self._work()
        if not count:
            return _("Welcome to Kianda") if self.is_new else self._work()
        if all(kept.state == "waiting" for kept in self.tokens.shown):
            return _("No token fetched yet")
        if current == count and self.tokens.worrying:
            return self._worrying()
        if count == 1:
            return _("The token is valid") if current else _("The token is not valid")
        if current == count:
            return _("All %(count)s tokens are valid") % {"count": count}
        return ngettext(
            "%(current)s of %(count)s tokens is valid",
            "%(current)s of %(count)s tokens are valid",
            current,
        ) % {"current": current, "count": count}

    def _worrying(self) -> str:
        """Return how many tokens need attention, while all of them are still valid."""
        count, n = self.tokens.count, self.tokens.worrying
        if count == 1:
            return _("The token is valid and needs attention")
        said = ngettext(
            "%(n)s of %(count)s tokens needs attention",
            "%(n)s of %(count)s tokens need attention",
            n,
        )
        return said % {"n": n, "count": count}

    @cached_property
    def may_plan(self) -> bool:
        """Tell whether the person sees all scheduled tasks, and so whether none is kept."""
        return has_role(self.user, DESIGNER)

    @cached_property
    def is_new(self) -> bool:
        """Tell whether the person may design processes and there is none yet."""
        return self.may_plan and not ProcessDesign.objects.exists()

    @property
    def first_tiles(self) -> list[TemplateTile]:
        """Return the templates that the person may use, for a workspace without any process."""
        all_of_them = may_make_datasources(self.user)
        return [
            TemplateTile(one.title, one.summary, one.icon, tint_of(one.slug),
                         reverse("template", args=[one.slug]))
            for one in TEMPLATES if all_of_them or not one.needs_datasource
        ]  # fmt: skip

    @cached_property
    def doors(self) -> frozenset[str]:
        """Return which pages the person may open, by their names."""
        every = (*navigation.WORK, *navigation.ADMINISTRATION)
        return frozenset(place.name for place in navigation.places_for(self.user, every))

    def _work(self) -> str:
        count = self.waiting_count
        if not count:
            return _("Nothing is waiting for you")
        said = ngettext(
            "%(n)s request is waiting for you", "%(n)s requests are waiting for you", count
        )
        return said % {"n": count if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"}

    @cached_property
    def parts(self) -> str:
        """Return which parts of the product give signs of life, in words."""
        return liveness.running_in_words(now=self.now)

    @cached_property
    def attention(self) -> list[Attention]:
        """Return what needs a person, the worst first."""
        tokens = self.tokens.shown
        wanted = [_of_token(kept, self.now) for kept in tokens if kept.state in RED]
        wanted += [_of_token(kept, self.now) for kept in tokens if kept.state in AMBER]
        return [*self._of_parts(), *wanted, *self._unsaved()]

    @property
    def attention_shown(self) -> list[Attention]:
        """Return the worst of what needs a person."""
        return self.attention[:ATTENTION]

    @property
    def attention_more(self) -> int:
        """Return how many more notes there are."""
        return max(len(self.attention) - ATTENTION, 0)

    def _of_parts(self) -> list[Attention]:
        acts = (MendButton(_("Open System"), "system"),) if "system" in self.doors else ()
        return [
            Attention("bad", part.sentence(self.now), part.consequence, acts)
            for part in liveness.silent(now=self.now)
        ]

    def _unsaved(self) -> list[Attention]:
        runs = visible_runs(self.user).filter(
            finished__gt=self.now - LOOK_BACK, instance__deleted_at__isnull=True
        )
        return [
            Attention(
                "warn",
                _("A response for %(id)s was not stored") % {"id": run.process_id},
                _("A call succeeded, but the run ended before its values were saved."),
                (MendButton(_("Open the run"), "run", str(run.pk)),),
            )
            for run in to_see_to(runs, most=3)
        ]


def _of_token(kept: KeptToken, now: datetime) -> Attention:
    name = kept.instance.process_id
    kind = "bad" if kept.state in RED else "warn"
    acts = [MendButton(_("Open %(name)s") % {"name": name}, "instance", name)]
    if kept.last_run is not None and kept.last_run.status != Run.Status.SUCCEEDED:
        acts.insert(0, MendButton(_("View the failed run"), "run", str(kept.last_run.pk)))
    if not kept.is_seen:
        acts = []
    # Who sees a kept token may change its task.
    task = str(kept.task.pk)
    if kept.idle == "paused":
        acts.append(MendButton(_("Resume the task"), "task-resume", task, at_once=True))
    elif kept.idle == "finished":
        acts.append(MendButton(_("Edit the task"), "task", task))
    elif kept.idle or kept.state == "late":
        acts.insert(0, MendButton(_("Open the task"), "task", task))
    return Attention(kind, _title_of(kept, now), " ".join(_reasons(kept)), tuple(acts))


def _title_of(kept: KeptToken, now: datetime) -> str:
    words = {"name": kept.instance.process_id}
    until = kept.validity.until
    if kept.state == "expired" and until:
        words["span"] = times.span_words(now - until)
        return _("The token of %(name)s expired %(span)s ago") % words
    if kept.state == "unplanned" and kept.idle == "on_demand":
        return _("No refresh of the token of %(name)s is planned") % words
    titles = {
        "missing": _("%(name)s has no token"),
        "failing": _("The last refresh of %(name)s failed"),
        "late": _("The token of %(name)s expires before its next refresh"),
        "unplanned": _("No task refreshes the token of %(name)s"),
    }
    return titles.get(kept.state, "%(name)s") % words


def _reasons(kept: KeptToken) -> list[str]:
    made = []
    run, until, planned = kept.last_run, kept.validity.until, kept.next_refresh
    if run is not None and run.status != Run.Status.SUCCEEDED and run.finished:
        said = (run.error or {}).get("message") or _("It was interrupted.")
        said = said if kept.is_seen else _(UNSEEN)
        at = times.moment_in_sentence(run.finished)
        made.append(_("Last refresh, %(at)s: %(said)s") % {"at": at, "said": said})
    if kept.state == "failing" and until:
        made.append(
            _("The old token is valid until %(at)s.") % {"at": times.moment_in_sentence(until)}
        )
    if kept.state == "late" and until and planned:
        words = {"end": times.moment_in_sentence(until), "next": times.moment_in_sentence(planned)}
        made.append(_("It expires %(end)s; the next refresh is %(next)s.") % words)
    if kept.idle:
        made.append(_(IDLE[kept.idle]) % {"task": kept.task.name})
    elif planned and kept.state in RED:
        made.append(_("Next attempt: %(at)s.") % {"at": times.moment_in_sentence(planned)})
    return made


@page(roles=())
def start(request: HttpRequest) -> HttpResponseBase:
    """Show whether everything is well, and what is not."""
    overview = Overview(request.user, now=timezone.now())
    held = roles_of(request.user)
    context = {
        "overview": overview,
        # Which of its numbers is asked for anew.
        "at": request.headers.get("HX-Target", ""),
        "me": user_ref(request.user.get_username()),
        "roles": [role for role in ROLES if role in held],
    }
    partials = {
        "health": "start/_health.html",
        "tokens": "start/_tokens.html",
        "personal": "start/_personal.html",
        "waiting-here": "start/_waiting_count.html",
        "rail-waiting": "start/_waiting_count.html",
        "latest-runs": "start/_latest_runs.html",
        "next-firings": "start/_next_firings.html",
    }
    return render_page(request, "start/start.html", context, partials=partials)
