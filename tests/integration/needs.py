"""Which programs of other makers some tests need, where they are, and what to do without them.

`@pytest.mark.needs("redis-server", "postgres")` names programs of the table below. A test whose
programs are missing is left out, and a line says how to get them; on CI it fails.
"""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def postgres_folder() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def chromium() -> str | None:
    """Return a Chromium or Chrome of the system; the one without windows takes half the time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def faketime_library() -> Path | None:
    """Return the library that gives a process with threads another clock."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


def oidc_provider() -> Path | None:
    """Return where the packages of the OpenID Connect provider are that `make test` installs."""
    folder = Path(sys.prefix) / "oidc"
    found = (folder / "node_modules" / "oidc-provider").is_dir() and shutil.which("node")
    return folder if found else None


# Program: how to find it, and the Debian package that brings it.
PROGRAMS: dict[str, tuple[Callable[[], object], str]] = {
    "redis-server": (lambda: shutil.which("redis-server"), "redis-server"),
    "postgres": (postgres_folder, "postgresql"),
    "chromium": (chromium, "chromium"),
    "xgettext": (lambda: shutil.which("xgettext"), "gettext"),
    "oidc-provider": (oidc_provider, "nodejs npm"),
    "faketime": (faketime_library, "faketime"),
    "docker-compose": (lambda: shutil.which("docker-compose"), "docker-compose"),
    "curl": (lambda: shutil.which("curl"), "curl"),
}


def missing_programs() -> list[str]:
    """Return the names of the programs that are not on this machine."""
    return [name for name, (find, _) in PROGRAMS.items() if not find()]


def on_ci() -> bool:
    """Tell whether this is a machine that must have everything."""
    return os.environ.get("CI") == "true"


def missing_of(item: pytest.Item) -> list[str]:
    """Return what a test needs and the machine lacks."""
    wanted = {name for mark in item.iter_markers("needs") for name in mark.args}
    return sorted(name for name in wanted if not PROGRAMS[name][0]())


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that cannot run here. On CI they stay, and fail in `refuse`."""
    if on_ci():
        return
    out = [item for item in items if missing_of(item)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


def refuse(item: pytest.Item) -> None:
    """Fail a test whose needs are missing: CI has to provide them."""
    missing = missing_of(item)
    if missing and on_ci():
        pytest.fail(f"CI lacks {', '.join(missing)}, which this test needs.", pytrace=False)


def report() -> list[str]:
    """Return one line for each missing program, with the mend."""
    return [
        f"Left out: the tests that need {name}. To run them: apt-get install {PROGRAMS[name][1]}"
        for name in missing_programs()
        if not on_ci()
    ]
