"""No process of ours outlives the one that started it, not even when that one is killed."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from subprocess import Popen

PR_SET_PDEATHSIG = 1
LINUX = sys.platform == "linux"
LOOK_S = 0.5

# Loaded before any fork: a child between fork and exec had better not load libraries.
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


def die_with_parent(parent: int) -> None:
    """Have this process killed when `parent` is gone; call it first thing after the fork.

    Linux ties this to the thread that forked, so processes are started from main threads only.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    # It may have died before the line above.
    if os.getppid() != parent:
        os._exit(1)


def become(command: Sequence[str]) -> None:
    """Turn this process, which dies with its parent, into a foreign program that does so too."""
    if LINUX:
        # The death signal survives exec.
        os.execv(command[0], list(command))  # noqa: S606
    _stay_beside(command)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


def _stay_beside(command: Sequence[str]) -> None:
    """Keep a foreign program that cannot watch its parent, and end it in its place."""
    parent = os.getppid()
    program = Popen(command)  # noqa: S603
    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    while program.poll() is None and os.getppid() == parent:
        time.sleep(LOOK_S / 5)
    program.kill()
    os._exit(program.wait())
