"""On demand: no planned firings at all."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from scheduler.schedules.base import Schedule


class OnDemand(Schedule):
    """Runs on request: by its webhook URL, or manually."""

    kind: Literal["on_demand"] = "on_demand"
    label = gettext_noop("On demand")

    def moments_after(
        self, moment: datetime, *, start: datetime, zone: ZoneInfo
    ) -> Iterator[datetime]:
        """Yield nothing: nothing is planned."""
        return iter(())

    def describe(self) -> str:
        """Return the schedule in words."""
        return _("On demand")
