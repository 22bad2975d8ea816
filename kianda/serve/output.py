"""Standard output and standard error that end no process when they cannot be written.

A disk that is full, a pipe that nobody reads any more: what is said then is lost, the work goes
on, and the first line that can be written again says that something is missing.
"""

import io
import os
import sys
import time
from typing import Any

# Both are looked at by whoever has to know that something was read: `lost` counts for ever.
_streams: list["SteadyFile"] = []


class SteadyFile(io.FileIO):
    """A file descriptor to write to; what cannot be written is counted, and told when it can."""

    def __init__(self, descriptor: int) -> None:
        """Take over a descriptor that stays open."""
        super().__init__(descriptor, "w", closefd=False)
        self.lost = 0
        self._told = 0
        self._since = self._why = ""
        # What the parent could not say is told by the parent.
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._told = self.lost

    def write(self, text: Any, /) -> int:
        """Write, or count what was lost; never an error."""
        if self.tell_losses():
            try:
                return super().write(text) or self._lose(len(text), "nobody reads it")
            except OSError as error:
                return self._lose(len(text), error.strerror or str(error))
        return self._lose(len(text), self._why)

    def _lose(self, size: int, why: str) -> int:
        if self._told == self.lost:
            self._since = _now()
        self.lost, self._why = self.lost + size, why
        return size

    def tell_losses(self) -> bool:
        """Say that something is missing, if it is and can be said; tell whether all is said."""
        if self._told == self.lost:
            return True
        sentence = (
            f"timestamp={_now()} level=warning logger=kianda.output "
            f'event="Output of process {os.getpid()} could not be written since {self._since} '
            f'({self._why}): {self.lost - self._told} bytes are lost."\n'
        ).encode()
        try:
            said = super().write(sentence) == len(sentence)
        except OSError:
            return False
        if said:
            self._told = self.lost
        return said


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def make_steady() -> None:
    """Replace both streams of this process, and of all that it forks; do this first of all."""
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        _open_if_closed(descriptor)
        file = SteadyFile(descriptor)
        _streams.append(file)
        stream = io.TextIOWrapper(
            io.BufferedWriter(file), "utf-8", errors="backslashreplace", line_buffering=True
        )
        setattr(sys, name, stream)
        # Celery writes to the first one of the process; None, when it was closed, would be a file.
        setattr(sys, f"__{name}__", stream)


def _open_if_closed(descriptor: int) -> None:
    # Or the next file that is opened, such as the database, would be written to.
    try:
        os.fstat(descriptor)
    except OSError:
        nothing = os.open(os.devnull, os.O_WRONLY)
        if nothing != descriptor:
            os.dup2(nothing, descriptor)
            os.close(nothing)


def lost() -> int:
    """Return how many bytes this process could not write."""
    return sum(file.lost for file in _streams)


def tell_losses() -> bool:
    """Say what is missing, if it can be said now; tell whether all is said."""
    told = [file.tell_losses() for file in _streams]
    return all(told)
