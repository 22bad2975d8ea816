"""Work in threads, each with a connection of its own, and what another process leaves."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection


def in_background(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Begin something; returns the thread to wait for, and a list that gets what comes of it."""
    done: list[Any] = []

    def body() -> None:
        try:
            done.append(work())
        finally:
            connection.close()

    thread = threading.Thread(target=body)
    thread.start()
    return thread, done


def at_once(times: int, work: Callable[[], Any]) -> list[Any]:
    """Do something several times at one moment; returns what came of it, as it came."""
    start = threading.Barrier(times)
    done: list[Any] = []

    def body() -> None:
        start.wait(timeout=20)
        done.append(work())

    for thread in [in_background(body)[0] for _ in range(times)]:
        thread.join()
    return done


def until(come: Callable[[], bool]) -> None:
    """Wait until it has come to something that another thread does; for twenty seconds."""
    for _look in range(4000):
        if come():
            return
        time.sleep(0.005)
    raise AssertionError("It did not come to that.")


def name_of_the_dead() -> str:
    """Return the name of a process of this machine that has ended."""
    says = "from kianda.lib.process_names import new_name; print(new_name())"
    said = subprocess.run([sys.executable, "-c", says], capture_output=True, text=True, check=True)
    return said.stdout.strip()
