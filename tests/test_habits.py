"""Habits of this suite: no test knows how busy the machine is, and a flaky one is named."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CLOCK = re.compile(
    r"assert\b.*(monotonic\(\)|perf_counter\(\)|time\.time\(\)|\btook\b|\belapsed\b).*[<>]"
)

# Plays `make test`: the first time all of FIRST fail, the second time all of SECOND.
MAKE = """#!/bin/sh
if test -s "$TRIED"; then names=$SECOND; else names=$FIRST; fi
echo "$@" >>"$TRIED"
test -z "$names" && exit 0
for name in $names; do echo "$name" >>"$FAILED_TESTS"; done
exit 2
"""


def test_no_test_asserts_a_wall_time() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in (ROOT / "tests").rglob("*.py")
        for hit in CLOCK.finditer(path.read_text())
        if path != Path(__file__)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("first", "second", "status", "said"),
    [
        ("", "", 0, ""),
        ("a::b", "", 0, "Flaky, passed when run alone:\na::b"),
        ("a::b c::d", "c::d", 1, "Failed twice:\nc::d"),
        ("a b c", "", 0, "a\nb\nc"),
        ("a b c d", "", 1, "More than 3 flaky tests"),
        (" ".join(map(str, range(21))), "", 1, "21 tests failed: none is run once more."),
    ],
)
def test_ci_runs_what_failed_once_more_and_names_what_is_flaky(
    tmp_path: Path, first: str, second: str, status: int, said: str
) -> None:
    make = tmp_path / "make"
    make.write_text(MAKE)
    make.chmod(0o755)
    tried = tmp_path / "tried"
    done = subprocess.run(
        [ROOT / ".ci/test"], capture_output=True, text=True, check=False,
        env=os.environ | {
            "PATH": f"{tmp_path}:{os.environ['PATH']}", "TRIED": str(tried),
            "FIRST": first, "SECOND": second,
        },
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (status, "")
    assert said in done.stdout
    runs = tried.read_text().splitlines()
    assert len(runs) == (2 if (first and status != 1) or second or "More" in said else 1)
    if len(runs) == 2:
        assert "TEST_PROCESSES=0" in runs[1]


HALF = """
import pytest


@pytest.mark.parametrize("n", [1, 2])
def test_it(n):
    assert n == 1
"""
HOOK = """
from tests import again


def pytest_runtest_logreport(report):
    again.note(report)
"""


def test_a_failed_test_is_noted_by_its_name(tmp_path: Path) -> None:
    module, noted = tmp_path / "test_it.py", tmp_path / "noted"
    module.write_text(HALF)
    (tmp_path / "conftest.py").write_text(HOOK)
    outer = {name: value for name, value in os.environ.items() if "XDIST" not in name}
    subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-c", "/dev/null", "-p", "no:cacheprovider",
         "-p", "no:django", str(module)],
        cwd=ROOT, capture_output=True, check=False, env=outer | {"FAILED_TESTS": str(noted)},
    )  # fmt: skip
    assert [name.rpartition("::")[2] for name in noted.read_text().splitlines()] == ["test_it[2]"]


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git")
def test_the_subject_of_a_commit_has_72_characters_at_most(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    (checkout / ".ci").mkdir(parents=True)
    script = shutil.copy(ROOT / ".ci/subjects", checkout / ".ci/subjects")
    who = {f"GIT_{role}_{what}": "ada@x.org" for role in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")}  # fmt: skip

    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=checkout, env=os.environ | who, check=True)

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run([script], capture_output=True, text=True, check=False)

    git("init", "--quiet")
    assert check().returncode == 0
    for subject in ("b" * 73, "the check", "ä" * 72):
        git("add", ".") if subject == "the check" else None
        git("commit", "--quiet", "--allow-empty", "--message", subject)
    assert (check().returncode, check().stderr) == (0, "")
    git("commit", "--quiet", "--allow-empty", "--message", "z" * 73)
    done = check()
    assert done.returncode == 1
    assert "z" * 73 in done.stderr
    assert "b" * 73 not in done.stderr
