"""A first start that is cut, wherever that is, is gone on with by the next one."""

import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.parts import ROOT, Product
from tests.kianda.product import begun, migrated

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]
# About: the steps for the keys, for the rows where tables are there already, and for all. A number
# that is not reached cuts nothing.
FILES, ROWS, STEPS = 20, 250, 850
DONE = {
    "processes_processdesign": 2,
    "processes_processinstance": 2,
    "scheduler_scheduledtask": 2,
    "auth_user": 1,
    "auth_group": 4,
}


def start(folder: Path, *, cut_at: int, value: str = "") -> subprocess.CompletedProcess[str]:
    """Make a first start and kill it at that step, 0 is never, or when a value is written."""
    return subprocess.run(
        [sys.executable, "-m", "tests.integration.first_start_child", str(cut_at), value],
        cwd=ROOT, env=Product(folder, {}, apart=False).environment,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def it_goes_on(folder: Path) -> None:
    """Start once more: everything is there, and the password that is told is the right one."""
    again = start(folder, cut_at=0)
    assert again.returncode == 0, again.stderr
    assert "password holds: True" in again.stdout, again.stdout
    with closing(sqlite3.connect(folder / "kianda.sqlite3")) as file:
        counted = {
            table: file.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in DONE
        }
        jobs = file.execute("SELECT count(*) FROM django_celery_beat_periodictask").fetchone()[0]
    assert counted == DONE
    assert jobs > 0, "the product's own tasks are made after the tables"
    assert (folder / "kianda.started").read_text() == "done\n"


def it_is_cut_and_goes_on(folder: Path, *, at: int) -> None:
    cut = start(folder, cut_at=at)
    if cut.returncode == 0:
        assert "password holds: True" in cut.stdout
        return
    assert cut.returncode == -signal.SIGKILL, cut.stderr
    it_goes_on(folder)


@pytest.mark.parametrize("steps", [FILES, ROWS], ids=["keys", "rows"])
def test_a_first_start_that_is_killed_is_gone_on_with(
    new_folder: Callable[[str], Path], steps: int
) -> None:
    folder = new_folder("cut")
    if steps == ROWS:
        migrated(folder)
    it_is_cut_and_goes_on(folder, at=random.randint(1, steps))


@pytest.mark.parametrize("new", [True, False], ids=["all at once", "one after the other"])
def test_a_migration_that_is_killed_before_it_is_noted_was_not_made(
    new_folder: Callable[[str], Path], new: bool
) -> None:
    folder = new_folder("cut")
    if not new:
        begun(folder)
    # It makes a table with an index, and Django would note it after the commit.
    cut = start(folder, cut_at=0, value="0008_accessfailurelog")
    assert cut.returncode == -signal.SIGKILL, cut.stderr
    it_goes_on(folder)
