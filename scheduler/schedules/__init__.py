"""The schedule kinds: this union is the only list."""

from typing import Annotated

from pydantic import Field

from kianda.lib.kinds import Registry
from scheduler.schedules.base import Due, Schedule
from scheduler.schedules.cron import Cron
from scheduler.schedules.daily import Daily
from scheduler.schedules.hourly import Hourly
from scheduler.schedules.minutes import Minutes
from scheduler.schedules.monthly import Monthly
from scheduler.schedules.on_demand import OnDemand
from scheduler.schedules.once import Once
from scheduler.schedules.seconds import Seconds
from scheduler.schedules.weekly import Weekly

AnySchedule = Annotated[
    Once | Seconds | Minutes | Hourly | Daily | Weekly | Monthly | Cron | OnDemand,
    Field(discriminator="kind"),
]
schedules = Registry[Schedule](AnySchedule)

__all__ = ["AnySchedule", "Due", "OnDemand", "Once", "Schedule", "schedules"]
