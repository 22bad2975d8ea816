"""A process that is gone is told from one that lives, and from all of which nothing is known."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from kianda.lib.process_names import gone, is_gone, new_name

SAYS_ITS_NAME = "from kianda.lib.process_names import new_name; print(new_name(), flush=True); "


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """A process that says its name and then waits."""
    command = [sys.executable, "-c", SAYS_ITS_NAME + "input()"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    yield process
    process.kill()
    process.communicate()


def name_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_no_two_names_are_the_same_and_each_fits_its_column() -> None:
    names = {new_name() for _ in range(100)}
    assert len(names) == 100
    assert max(len(name) for name in names) <= 36


def test_a_process_is_gone_when_it_was_killed_though_nobody_has_asked_how(
    child: subprocess.Popen[str],
) -> None:
    name = name_of(child)
    assert not is_gone(name)
    os.kill(child.pid, signal.SIGKILL)
    # It stays as a zombie: it is waited for, but not reaped.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(name)
    child.wait()
    assert is_gone(name)


def test_a_process_that_is_stopped_lives(child: subprocess.Popen[str]) -> None:
    name = name_of(child)
    os.kill(child.pid, signal.SIGSTOP)
    assert not is_gone(name)


def test_a_number_given_to_another_process_is_not_taken_for_the_dead_one() -> None:
    machine, pid, began, rest = new_name().split(".")
    assert not is_gone(f"{machine}.{pid}.{began}.{rest}")
    assert is_gone(f"{machine}.{pid}.{began[:-1]}.{rest}")


def test_of_another_machine_or_container_nothing_is_known(child: subprocess.Popen[str]) -> None:
    name = name_of(child)
    child.kill()
    child.wait()
    assert gone([name, f"elsewhere.{name.split('.', 1)[1]}"]) == [name]


@pytest.mark.parametrize(
    "name", ["", "somebody", "paused in the debugger", "0f9e8a6c-8c1e-4d1b-9c3e-0a3d2f6b7c8d"]
)
def test_what_is_no_name_of_ours_is_not_gone(name: str) -> None:
    assert not is_gone(name)


FORKS = """
import os
from kianda.lib.process_names import is_gone, new_name
parent = new_name()
if os.fork() == 0:
    print(new_name(), is_gone(parent), flush=True)
    os._exit(0)
os.wait()
print(parent)
"""


def test_a_forked_child_has_a_name_of_its_own() -> None:
    said = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, check=True)
    child, parent_is_gone, parent = said.stdout.split()
    assert child.split(".")[0] == parent.split(".")[0]
    assert child.split(".")[1] != parent.split(".")[1]
    assert parent_is_gone == "False"
