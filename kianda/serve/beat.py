"""Celery beat with a planner in it: it sleeps until the next scheduled task is due."""

import logging
import time
from typing import Any

import celery.apps.beat
import celery.beat
from celery.signals import beat_init
from celery.utils.time import maybe_make_aware
from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone
from django_celery_beat.schedulers import DatabaseScheduler

from kianda.lib.shutdown import StopSignals
from processes.instances.leases import APART
from scheduler.services import next_due, plan, plan_anew
from scheduler.services.heartbeats import stamp
from scheduler.tasks import send

logger = logging.getLogger(__name__)

LONGEST_SLEEP_S = 1.0
# Tasks that are due within this time are planned together: one pass for each would cost more
# than all that it plans.
SHORTEST_SLEEP_S = 0.020
# Beat adds this to each sleep.
BEAT_ADDS_S = 0.010
HEARTBEAT_EVERY_S = 3.0


class PlanningScheduler(DatabaseScheduler):  # type: ignore[misc]
    """django-celery-beat's scheduler for the system's own rows, and our planner beside it."""

    _stamped = _looked = float("-inf")
    stops: StopSignals | None = None

    def install_default_entries(self, data: Any) -> None:
        """Install nothing: Celery's own entry clears a result backend, and there is none."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Do what is due and return how long to sleep; a database that is away is waited for."""
        try:
            self._bring_back_entries()
            sleep = float(super().tick(*args, **kwargs))
            # Celery's own is negative for what is overdue.
            return max(0.0, min(sleep, self._plan()))
        except (DatabaseError, InterfaceError):
            logger.warning("The database does not answer; the planner waits", exc_info=True)
            connection.close()
            return LONGEST_SLEEP_S

    def _bring_back_entries(self) -> None:
        """Let entries that ran "in the future" count from now: the clock was put back since."""
        moment = timezone.now()
        for name, entry in (self._schedule or {}).items():
            # The row is what the entries of a name have in common: each run makes another one.
            row = entry.model
            if maybe_make_aware(row.last_run_at) > moment + APART:
                row.last_run_at = moment
                self._schedule[name] = self.Entry(row, app=self.app)
                # It is ordered by the clock that was.
                self._heap = None

    def _ensure_connected(self) -> Any:
        """Wait for a broker that is away, as Celery does, but not when beat is to stop."""
        return self.connection.ensure_connection(
            self._away, self.app.conf.broker_connection_max_retries, callback=self._look_for_stop
        )

    def _away(self, error: Exception, interval: float) -> None:
        logger.warning("The broker is away (%s); beat tries again in %d s", error, interval)

    def _look_for_stop(self) -> None:
        # Called each second between two tries, where nothing is under way.
        if self.stops is not None and self.stops.came:
            raise SystemExit

    def _plan(self) -> float:
        moment = timezone.now()
        if time.monotonic() - self._looked > LONGEST_SLEEP_S:
            plan_anew(moment)
            self._looked = time.monotonic()
        send(plan(moment), producer=self.producer)
        if time.monotonic() - self._stamped > HEARTBEAT_EVERY_S:
            stamp("planner", moment)
            self._stamped = time.monotonic()
        due = next_due()
        if due is None:
            return LONGEST_SLEEP_S
        left = (due - timezone.now()).total_seconds() - BEAT_ADDS_S
        return min(max(left, SHORTEST_SLEEP_S), LONGEST_SLEEP_S)


class Clock(celery.beat.Service):  # type: ignore[misc]
    """Beat's loop, which a stop signal ends between two turns and at once while it sleeps.

    Celery's own handler closes the scheduler and raises wherever the process is just then. In the
    middle of a message that became an error of the broker, and beat went on all the same.
    """

    stops: StopSignals

    def start(self, **_: Any) -> None:
        """Turn and sleep until a stop signal; what is left to write is written then."""
        beat_init.send(sender=self)
        self.scheduler.stops = self.stops
        try:
            while not self.stops.came:
                self.stops.wait(self.scheduler.tick())
                if self.scheduler.should_sync():
                    self.scheduler._do_sync()
        except SystemExit:
            logger.info("Beat stops while the broker is away")
        finally:
            self.sync()


class Beat(celery.apps.beat.Beat):  # type: ignore[misc]
    """Celery beat around that loop."""

    Service = Clock

    def install_sync_handler(self, service: Clock) -> None:
        """Take the stop signals from now on."""
        service.stops = StopSignals()
