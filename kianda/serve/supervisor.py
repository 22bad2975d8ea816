"""One parent for all processes: starts them, restarts what dies, ends them in order."""

import logging
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from kianda.lib.shutdown import StopSignals, forget
from kianda.serve.output import tell_losses
from kianda.serve.parent_death import die_with_parent

log = logging.getLogger("kianda.serve")

FIRST_WAIT_S, LONGEST_WAIT_S, STEADY_S, ECHO_S = 0.1, 10.0, 10.0, 1.0
LONGEST_LOOK_S, LOOK_AT_OUTPUT_S = 60.0, 2.0


class Child:
    """One process: what it runs, how long it may take to stop, whether it is alive."""

    def __init__(
        self, name: str, run: Callable[[], object], *, grace_s: float = 5.0, again: bool = True
    ) -> None:
        """Take what it runs: a function that returns after SIGTERM, or by itself (`again` off)."""
        self.name, self.run, self.grace_s, self.again = name, run, grace_s, again
        self.status: int | None = None
        self.pid: int | None = None
        self.due: float | None = 0.0
        self._wait = FIRST_WAIT_S
        self._born = 0.0

    def start(self) -> None:
        """Fork; call this from the main thread of a process that has no other one."""
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._live(parent)
        # Both sides set it, so that it holds whoever comes first.
        with suppress(OSError):
            os.setpgid(pid, pid)
        self.pid, self.due, self._born = pid, None, time.monotonic()

    def _live(self, parent: int) -> NoReturn:
        status = 1
        try:
            die_with_parent(parent)
            _fresh_process()
            self.run()
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else int(bool(error.code))
        except BaseException:  # noqa: BLE001 - the last frame of this process: say it and end.
            traceback.print_exc()
        finally:
            with suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)

    def ended(self, status: int) -> None:
        """Note its end, and when to start it again: soon, then later and later."""
        self.end_group()
        self.pid, self.status = None, status
        if not self.again:
            return
        steady = time.monotonic() - self._born > STEADY_S
        self._wait = FIRST_WAIT_S if steady else min(self._wait * 2, LONGEST_WAIT_S)
        self.due = time.monotonic() + self._wait
        how = f"signal {-status}" if status < 0 else f"status {status}"
        log.warning("%s ended (%s). Restarting it in %.1f s.", self.name, how, self._wait)

    def signal(self, number: int) -> None:
        """Send a signal to the process, if there is one."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end_group(self) -> None:
        """Kill whatever is left of its process group."""
        if self.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


class Supervisor:
    """Keeps children alive until a stop signal, then ends them in the order given."""

    def __init__(self, *, stop_order: Sequence[str]) -> None:
        """Watch signals from now on."""
        self.children: dict[str, Child] = {}
        self._order = stop_order
        self._signals = StopSignals(waking=(signal.SIGCHLD,))

    @property
    def stopping(self) -> bool:
        """Tell whether a stop signal has come."""
        return self._signals.came

    @property
    def impatient(self) -> bool:
        """Tell whether a second stop signal has come: not the echo of the first one by make."""
        moments = self._signals.moments
        return bool(moments) and moments[-1] > moments[0] + ECHO_S

    def add(self, child: Child) -> None:
        """Start a child and keep it alive from now on."""
        self.children[child.name] = child
        child.start()

    def wait_for_end(self, child: Child, *, seconds: float = math.inf) -> None:
        """Wait for a child that ends by itself; if it takes longer it goes on beside the others."""
        self.wait_until(lambda: child.pid is None, seconds=seconds)

    def run(self) -> None:
        """Look after the children until a stop signal."""
        while not self.stopping:
            self._revive()
            now = time.monotonic()
            waits = [child.due - now for child in self.children.values() if child.due is not None]
            # Nobody may have anything to say for long: what was lost is told as soon as can be.
            waits.append(LONGEST_LOOK_S if tell_losses() else LOOK_AT_OUTPUT_S)
            self._signals.wait(max(0.0, min(waits)))
            self._reap()

    def stop(self) -> None:
        """End every child, one after the other; a second stop signal ends the patience."""
        for part in self._order:
            # Several processes of one part, worker and worker-2, get the sign together.
            group = [child for child in self.children.values() if self._is_of(child, part)]
            for child in group:
                child.signal(signal.SIGTERM)
            for child in group:
                self._see_off(child)

    @staticmethod
    def _is_of(child: Child, part: str) -> bool:
        same = child.name == part or child.name.startswith(f"{part}-")
        return same and child.pid is not None

    def _see_off(self, child: Child) -> None:
        """Wait for a child that was told to end; kill it when its time is over."""
        until = time.monotonic() + child.grace_s
        while child.pid is not None and time.monotonic() < until and not self.impatient:
            self._signals.wait(0.2)
            self._bury(child)
        if child.pid is not None:
            log.warning("%s did not stop in time and was killed.", child.name)
            child.end_group()
            os.waitpid(child.pid, 0)
            child.pid = None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> bool:
        """Wait for something while looking after the children; tell whether it came."""
        until = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > until or self.stopping:
                return False
            self._signals.wait(0.02)
            self._reap()
            self._revive()
        return True

    def _revive(self) -> None:
        for child in self.children.values():
            if child.due is not None and child.due <= time.monotonic():
                child.start()

    def _bury(self, child: Child) -> None:
        if child.pid is None:
            return
        done, _ = os.waitpid(child.pid, os.WNOHANG)
        if done:
            child.end_group()
            child.pid = None

    def _reap(self) -> None:
        for child in self.children.values():
            if child.pid is None:
                continue
            done, status = os.waitpid(child.pid, os.WNOHANG)
            if done:
                child.ended(os.waitstatus_to_exitcode(status))


def _fresh_process() -> None:
    """Undo in a new child what belongs to the parent alone."""
    forget()
    # A group of its own: Ctrl-C reaches the parent alone.
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
