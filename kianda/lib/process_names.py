"""Names of processes, by which the others of their machine can tell that one has ended.

A name says on which machine and when a process began, so that neither a number that was given to
another process nor a process of another container is taken for it. Where that cannot be known,
nobody is told to have ended.
"""

import base64
import hashlib
import os
import secrets
import socket
import uuid
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple


class _Stat(NamedTuple):
    state: str
    began: str


def lives(pid: int) -> bool:
    """Tell whether there is a process of that number on this machine, in this container."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        # It belongs to another user, so there is one.
        return True
    return True


def new_name() -> str:
    """Return a name of this process, another one at each call, of 36 characters at most."""
    known = _self(os.getpid())
    return f"{known}.{secrets.token_urlsafe(6)}" if known else str(uuid.uuid4())


def gone(names: Iterable[str]) -> list[str]:
    """Return the names whose processes have ended for certain."""
    return [name for name in set(names) if is_gone(name)]


def is_gone(name: str) -> bool:
    """Tell whether the process of a name has ended for certain."""
    here, parts = _self(os.getpid()), name.split(".")
    if not here or len(parts) != 4 or parts[0] != here.split(".")[0]:
        return False
    pid = int(parts[1], 36)
    if not lives(pid):
        return True
    stat = _stat(pid)
    return stat is not None and (stat.began != parts[2] or _is_zombie(pid, stat))


@lru_cache(maxsize=1)
def _self(pid: int) -> str:
    """Return machine, number and beginning of this process; empty where they cannot be known."""
    machine, stat = _machine(pid), _stat(pid)
    if not machine or stat is None:
        return ""
    return f"{machine}.{_base36(pid)}.{stat.began}"


# A forked child is another process, even when it gets the number of one that was before.
os.register_at_fork(after_in_child=_self.cache_clear)


def _machine(pid: int) -> str:
    """Return what the processes that see each other's numbers and beginnings have in common."""
    try:
        if str(Path("/proc/self").readlink()) != str(pid):
            return ""
        known = [
            socket.gethostname(),
            Path("/proc/sys/kernel/random/boot_id").read_text(),
            str(Path("/proc/self/ns/pid").readlink()),
        ]
        clock = Path("/proc/self/ns/time")
        # Beginnings are counted by it; older kernels have only one.
        known += [str(clock.readlink())] if clock.is_symlink() else []
    except OSError:
        return ""
    digest = hashlib.sha256("\n".join(known).encode()).digest()
    return base64.urlsafe_b64encode(digest)[:10].decode()


def _stat(pid: int) -> _Stat | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name of the program may hold spaces and brackets.
    words = text[text.rindex(")") + 1 :].split()
    return _Stat(words[0], _base36(int(words[19])))


def _is_zombie(pid: int, stat: _Stat) -> bool:
    """Tell whether only its exit status is left: none of its threads goes on."""
    try:
        return stat.state in "ZX" and len(list(Path(f"/proc/{pid}/task").iterdir())) <= 1
    except OSError:
        return False


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"
