"""Stop signals as something that a loop looks at: nothing is raised in the middle of a line.

An exception out of a signal handler lands wherever the process is at that moment: inside a
statement of the database, an import, a library that makes another error of it and goes on, or a
callback whose errors Python only prints.
"""

import os
import select
import signal
import time
from collections.abc import Iterable
from types import FrameType
from typing import Protocol

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class HasFileno(Protocol):
    """What can be waited for besides: a socket, a pipe."""

    def fileno(self) -> int:
        """Return its file descriptor."""


class StopSignals:
    """Takes the stop signals of this process from now on; make it in the main thread."""

    def __init__(self, *, waking: Iterable[signal.Signals] = ()) -> None:
        """Take other signals too, which end a wait and mean nothing else."""
        self.moments: list[float] = []
        self._reader, writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in STOPS:
            signal.signal(number, self._on_stop)
        for number in waking:
            signal.signal(number, _wake)

    @property
    def came(self) -> bool:
        """Tell whether a stop signal has come."""
        return bool(self.moments)

    def wait(self, seconds: float | None, *others: HasFileno) -> None:
        """Wait for a signal, for something to read from one of the others, or for so long."""
        waited: list[int | HasFileno] = [self._reader, *others]
        ready, _, _ = select.select(waited, [], [], seconds)
        if self._reader in ready:
            os.read(self._reader, 4096)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self.moments.append(time.monotonic())


def forget() -> None:
    """Give a forked process the signals of a new one."""
    signal.set_wakeup_fd(-1)
    for number in (*STOPS, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)


def _wake(number: int, frame: FrameType | None) -> None:
    """Do nothing: the signal has ended the wait."""
