"""Which parts of the product give signs of life, in words: for the start page and System."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kianda.ops.health import PARTS, RED_AFTER
from kianda.web import times
from scheduler.services.heartbeats import told_by


@dataclass(frozen=True)
class ServicePulse:
    """A part of the product that must run, and when it was last heard of."""

    name: str
    heard: datetime | None

    @property
    def title(self) -> str:
        """Return what people call it."""
        return {"planner": _("The scheduler"), "worker": _("The worker")}.get(self.name, self.name)

    def sentence(self, now: datetime) -> str:
        """Return how long it has been silent."""
        if self.heard is None:
            return _("%(part)s has not started") % {"part": self.title}
        span = times.span_words(now - self.heard)
        return _("%(part)s has not responded for %(span)s") % {"part": self.title, "span": span}

    @property
    def consequence(self) -> str:
        """Return what does not happen while it is silent, and what to do."""
        if self.name == "planner":
            return _("No scheduled task runs until it is back. Start it with manage.py serve.")
        return _("Planned runs wait until it is back. Start it with manage.py serve.")


def silent(*, now: datetime) -> list[ServicePulse]:
    """Return the parts without a sign of life in the last 15 seconds."""
    heard = dict(told_by(now).values_list("part").annotate(newest=Max("at")))
    return [
        ServicePulse(name, heard.get(name))
        for name in PARTS
        if name not in heard or now - heard[name] > RED_AFTER
    ]


def running_in_words(*, now: datetime) -> str:
    """Return what runs: "scheduler and 2 workers running"."""
    alive = told_by(now).filter(at__gt=now - RED_AFTER).values_list("part", flat=True)
    counts = {name: list(alive).count(name) for name in PARTS}
    workers = ngettext("%(n)s worker", "%(n)s workers", counts["worker"]) % {"n": counts["worker"]}
    if counts["planner"] and counts["worker"]:
        return _("scheduler and %(workers)s running") % {"workers": workers}
    if counts["planner"]:
        return _("scheduler running, no worker")
    return (
        _("%(workers)s running, no scheduler") % {"workers": workers}
        if counts["worker"]
        else _("neither scheduler nor worker running")
    )
