"""Administration, System: versions, signs of life, queue, disk, key ring, self-check."""

import platform
import shutil
from datetime import datetime, timedelta
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kianda.accounts.roles import ADMINISTRATOR
from kianda.ops import self_check
from kianda.ops.health import RED_AFTER
from kianda.web.pages import page, render_page
from processes.models import ProcessInstance, Run
from scheduler.listing import with_status
from scheduler.models import Heartbeat, Occurrence, ScheduledTask

# For so long a part that was replaced stands beside the one that took its place.
REPLACED_AFTER = timedelta(minutes=5)
# What people call the parts; `planner` is the name for programs.
PART_WORDS = {"planner": gettext_lazy("Scheduler"), "worker": gettext_lazy("Worker")}


class System:
    """What the page shows; each part is read only when it is drawn."""

    def __init__(self, *, now: datetime) -> None:
        """Take the moment that everything is seen from."""
        self.now = now

    def findings(self) -> list[self_check.Finding]:
        """Return the sentences of the self-check."""
        return self_check.findings(now=self.now)

    def heartbeats(self) -> list[dict[str, Any]]:
        """Return each part that gave a sign of life in the last hour, but for what was replaced."""
        return [one for one in self._beats if not self._was_replaced(one)]

    def replaced(self) -> list[dict[str, Any]]:
        """Return what others took the place of some time ago: of no more interest to most."""
        return [one for one in self._beats if self._was_replaced(one)]

    def _was_replaced(self, beat: dict[str, Any]) -> bool:
        return beat["state"] == "gone" and bool(self.now - beat["at"] > REPLACED_AFTER)

    @cached_property
    def _beats(self) -> list[dict[str, Any]]:
        rows = list(
            Heartbeat.objects.filter(at__gt=self.now - timedelta(hours=1)).order_by("part", "-at")
        )
        alive = {row.part for row in rows if self.now - row.at <= RED_AFTER}
        return [
            {
                "part": PART_WORDS.get(row.part, row.part),
                "name": row.name,
                "at": row.at,
                "state": self._state(row, alive),
            }
            for row in rows
        ]

    def _state(self, row: Heartbeat, alive: set[str]) -> str:
        if self.now - row.at <= RED_AFTER:
            return "running"
        # A process that was replaced by another one is no fault.
        return "gone" if row.part in alive else "silent"

    def versions(self) -> list[tuple[str, str]]:
        """Return what runs here."""
        return [
            ("Kianda", own_version()),
            ("Python", platform.python_version()),
            ("Django", django.get_version()),
            (connection.display_name, _database_version()),
            (_("Mode"), settings.KIANDA_MODE),
            (_("Public address"), settings.KIANDA_PUBLIC_URL),
            (_("Time zone"), settings.KIANDA_TIME_ZONE),
            (_("Runs and changes are saved for"), _time_saved()),
        ]

    def queue(self) -> list[tuple[str, int]]:
        """Return how much waits and how much is being done."""
        by_status = dict(
            Run.objects.filter(status__in=("queued", "running"))
            .values_list("status")
            .annotate(n=Count("pk"))
        )
        active = with_status(ScheduledTask.objects.order_by(), "active")
        waiting = Occurrence.objects.filter(outcome__isnull=True, started_at__isnull=True).count()
        return [
            (_("Queued runs"), by_status.get("queued", 0)),
            (_("Runs in progress"), by_status.get("running", 0)),
            (_("Queued scheduled runs"), waiting),
            (_("Active scheduled tasks"), active.count()),
            (_("Records"), ProcessInstance.objects.count()),
        ]

    def disk(self) -> dict[str, Any]:
        """Return how full the disk of the data directory is."""
        usage = shutil.disk_usage(Path(settings.KIANDA_DATA_DIR))
        return {"free": usage.free, "total": usage.total, "used": usage.total - usage.free}

    def keys(self) -> int:
        """Return how many keys the ring holds."""
        return len(settings.KIANDA_SECRET_KEYS)


def own_version() -> str:
    """Return the version of the product."""
    try:
        return version("kianda")
    except PackageNotFoundError:
        # Run from a checkout: the project file says it.
        text = (settings.BASE_DIR / "pyproject.toml").read_text()
        return next(
            line.split('"')[1] for line in text.splitlines() if line.startswith("version = ")
        )


def _database_version() -> str:
    numbers = connection.get_database_version()
    return ".".join(str(part) for part in numbers)


def _time_saved() -> str:
    days = settings.KIANDA_RETENTION_DAYS
    words = ngettext(
        "%(n)s day, failed runs for %(more)s days", "%(n)s days, failed runs for %(more)s days",
        days,
    )  # fmt: skip
    return words % {"n": days, "more": 3 * days}


@page(roles=(ADMINISTRATOR,))
def system(request: HttpRequest) -> HttpResponseBase:
    """Show how the product is, and what is not as it should be."""
    context = {"system": System(now=timezone.now())}
    return render_page(
        request, "system/system.html", context, partials={"state": "system/_state.html"}
    )
