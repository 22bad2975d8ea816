"""Leases: which process works on which run, kept alive while it does, fenced when it stalls."""

import logging
import os
import threading
import time
from datetime import timedelta

from django.db import Error, connection
from django.utils import timezone

from kianda.lib.db import outages
from kianda.lib.process_names import new_name
from processes.models import Run

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
RENEW_EVERY_S = 8.0
# When the database was away: whoever comes first after that finds the lease renewed.
RENEW_AGAIN_AFTER_S = 1.0
# A holder that has not renewed for this long no longer sends anything.
TRUSTED_FOR_S = 22.0
# The holder of a run that is paused in the debugger: no process works on it, a person thinks.
PAUSED = "paused in the debugger"
PATIENCE = timedelta(minutes=15)
# How far the clocks of two machines may lie apart before a moment counts as one of the future.
APART = timedelta(seconds=10)


class TakenOver(Exception):
    """The run was taken over by another process; this one must not write any more."""


class Holder:
    """This process as a holder of leases. A forked child is another holder."""

    def __init__(self) -> None:
        """Make a new identity."""
        self.renew_identity()

    def renew_identity(self) -> None:
        """Become a new holder, as after a fork."""
        self.name = new_name()
        self._runs: dict[int, float] = {}
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def holds(self, run_pk: int, *, since: float | None = None) -> None:
        """Note that this process works on the run; its lease counts from a monotonic moment."""
        with self._guard:
            self._runs[run_pk] = time.monotonic() if since is None else since

    def lets_go(self, run_pk: int) -> None:
        """Note that this process no longer works on the run."""
        with self._guard:
            self._runs.pop(run_pk, None)

    def held(self) -> list[int]:
        """Return the runs that this process works on."""
        with self._guard:
            return list(self._runs)

    def trusted(self, run_pk: int) -> bool:
        """Tell whether the lease was renewed recently enough to send something."""
        with self._guard:
            return time.monotonic() - self._runs.get(run_pk, 0.0) < TRUSTED_FOR_S

    def keep_alive(self) -> None:
        """Start the renewing thread once; a run that waits for an answer needs it."""
        with self._guard:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._renew, name="leases", daemon=True)
                self._thread.start()

    def _renew(self) -> None:
        pause = RENEW_EVERY_S
        while True:
            time.sleep(pause)
            with self._guard:
                if not self._runs:
                    # Ends when idle; the next waiting run starts it again.
                    self._thread = None
                    return
                runs = list(self._runs)
            try:
                self.renew(runs)
                pause = RENEW_EVERY_S
            except Error as error:
                # The next round tries again; until then `trusted` runs out and nothing is sent.
                pause = RENEW_AGAIN_AFTER_S
                logger.warning("Leases could not be renewed", exc_info=not outages.noticed(error))
            finally:
                connection.close()

    def renew(self, runs: list[int]) -> None:
        """Renew the leases of these runs, those that are still ours."""
        asked = time.monotonic()
        mine = Run.objects.filter(pk__in=runs, holder=self.name, status=Run.Status.RUNNING)
        mine.update(lease_until=timezone.now() + LEASE)
        still = set(mine.values_list("pk", flat=True))
        with self._guard:
            for run_pk in still & set(self._runs):
                self._runs[run_pk] = asked


holder = Holder()
os.register_at_fork(after_in_child=holder.renew_identity)
