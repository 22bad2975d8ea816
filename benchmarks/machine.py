"""What the figures were made on, and how much memory processes hold."""

import os
import platform
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any


def describe() -> dict[str, Any]:
    """Return a description without names: cores, memory, system, Python, SQLite."""
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return {
        "cores": len(mine) or os.cpu_count(),
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }  # fmt: skip


def in_words(machine: dict[str, Any]) -> str:
    """Return the description as a line."""
    return (
        f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"Python {machine['python']}, SQLite {machine['sqlite']}"
    )


def _memory_gb() -> int | None:
    with suppress(OSError, ValueError, AttributeError):
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    return None


def busy_share() -> float | None:
    """Return the load of the last minute per core; above 0.2 before the start, figures suffer."""
    with suppress(OSError, AttributeError):
        return os.getloadavg()[0] / (os.cpu_count() or 1)
    return None


def family(pid: int) -> list[int]:
    """Return a process and all of its descendants."""
    found = [pid]
    for known in found:
        with suppress(OSError):
            listed = Path(f"/proc/{known}/task/{known}/children").read_text()
            found += [int(child) for child in listed.split()]
    return found


def memory_mb(pids: list[int]) -> float | None:
    """Return the proportional memory (PSS) of processes; None where the system does not tell."""
    total, known = 0, False
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total, known = total + int(line.split()[1]), True
    return round(total / 1024, 1) if known else None


def cpu_seconds(pids: list[int]) -> float:
    """Return the processor time that living processes have used."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")
