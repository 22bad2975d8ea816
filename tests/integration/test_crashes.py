"""Killed with -9 at every durable point of the chain, and between them (contract 4.5)."""

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from tests.integration.parts import ROOT, Postgres, clean_environment
from tests.integration.provider import Call, Provider

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

CLIENT = "client-1"
FIRST = {"access": "at-first", "refresh": "rt-first"}
VALUES = {
    "client_id": CLIENT,
    "client_secret": "cs-1",
    "access_token": FIRST["access"],
    "refresh_token": FIRST["refresh"],
}
Found = dict[str, Any]


class Databases:
    """Copies of one seeded database, one for each case."""

    def __init__(self, start: Callable[[str], str], copy: Callable[[str, str], str]) -> None:
        """Take how to make the first one, and how to copy it; both return its name."""
        self.start, self.copy = start, copy


class Scene:
    """One harness process with an outside world of its own: carries out one case at a time."""

    def __init__(self, databases: Databases, environment: dict[str, str], name: str) -> None:
        """Start the harness and seed its first database."""
        self.databases, self.name, self.count = databases, name, 0
        self.provider = Provider()
        self.pid = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.crash_child"],
            cwd=ROOT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.seeded = databases.start(name)
        self.database = self.seeded
        self.ask("seed", url=self.provider.url, client=VALUES)

    def fresh(self) -> None:
        """Begin a new case: another copy of the database, a provider that knows of nothing."""
        self.count += 1
        self.database = self.databases.copy(self.seeded, f"{self.name}c{self.count}")
        self.provider.forget()
        self.provider.register(CLIENT, **FIRST)

    def ask(self, act: str, **more: Any) -> Any:
        """Have something carried out to its end and return what was found."""
        status, found = self.send(act, **more)
        assert status == 0, f"{act} {more} ended with {status}"
        return found

    def send(self, act: str, **more: Any) -> tuple[int, Any]:
        """Have something carried out; return its exit status and what was found."""
        assert self.process.stdin is not None
        line = json.dumps({"act": act, "database": self.database, **more})
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        self.pid = self._read()["pid"]
        answer = self._read()
        self.pid = 0
        return answer["status"], answer["found"]

    def _read(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def kill_when(self, moment: str) -> None:
        """Have the provider kill who calls it, at a moment of the call."""

        def watch(call: Call, now: str) -> None:
            if now == moment:
                self.provider.behaviour.watch = None
                subprocess.run(["kill", "-9", str(self.pid)], check=True)

        self.provider.behaviour.watch = watch

    def close(self) -> None:
        """End the harness."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.provider.close()


class Stage:
    """Two scenes; cases are played on whichever is free."""

    def __init__(self, scenes: list[Scene]) -> None:
        """Take the scenes."""
        self.scenes = scenes
        self.free: SimpleQueue[Scene] = SimpleQueue()
        for scene in scenes:
            self.free.put(scene)

    def points(self, kind: str) -> list[str]:
        """Return the names of the points at which this work can be killed."""
        scene = self.free.get()
        try:
            scene.fresh()
            return list(scene.ask("work", kind=kind)["points"])
        finally:
            self.free.put(scene)

    def play(self, cases: list[Any], case: Callable[[Scene, Any], None]) -> None:
        """Play every case and report all that went wrong."""
        failures: list[str] = []

        def one(chosen: Any) -> None:
            scene = self.free.get()
            try:
                scene.fresh()
                case(scene, chosen)
            except AssertionError as error:
                failures.append(f"{chosen}: {error}")
            finally:
                self.free.put(scene)

        with ThreadPoolExecutor(len(self.scenes)) as pool:
            list(pool.map(one, cases))
        assert not failures, "\n\n".join(failures)


def open_stage(databases: Databases, environment: dict[str, str]) -> Iterator[Stage]:
    with ThreadPoolExecutor(2) as pool:
        opened = [pool.submit(Scene, databases, environment, name) for name in ("scene1", "scene2")]
    scenes = [future.result() for future in opened]
    yield Stage(scenes)
    for scene in scenes:
        scene.close()


@pytest.fixture(scope="module")
def on_sqlite(
    prepared_file: Path, new_folder: Callable[[str], Path], keys: dict[str, str]
) -> Iterator[Stage]:
    """Cases on SQLite, each on a copy of one file."""
    folder = new_folder("crash")

    def copy(source: str, name: str) -> str:
        return str(shutil.copy(source, folder / f"{name}.sqlite3"))

    settings = {"KIANDA_DATA_DIR": str(folder), "KIANDA_EGRESS_ALLOW": "127.0.0.1"}
    yield from open_stage(
        Databases(lambda name: copy(str(prepared_file), name), copy),
        clean_environment() | keys | settings,
    )


@pytest.fixture(scope="module")
def on_postgres(
    postgres: Postgres,
    prepared_database: str,
    new_folder: Callable[[str], Path],
    keys: dict[str, str],
) -> Iterator[Stage]:
    """Cases on PostgreSQL, each on a copy of one database."""
    guard = threading.Lock()

    def copy(source: str, name: str) -> str:
        with guard:
            postgres.create(name, template=source)
        return name

    settings = {
        "KIANDA_DATA_DIR": str(new_folder("crash")),
        "KIANDA_EGRESS_ALLOW": "127.0.0.1",
        "DATABASE_URL": postgres.create("crashes"),
    }
    yield from open_stage(
        Databases(lambda name: copy(prepared_database, name), copy),
        clean_environment() | keys | settings,
    )


def check_recovered(scene: Scene, kind: str, *, everything: bool) -> str:
    """Recover as the product does, and check what contract 4.5 says of it; return its phase."""
    gone_out = len(scene.provider.calls)
    found = scene.ask("recover", kind=kind, everything=everything)
    before, after = found["before"], found["after"]
    phase = check_run(scene, before, after, kind=kind, gone_out=gone_out)
    if kind == "occurrence":
        check_occurrence(after)
    came = scene.ask("next", kind=kind)["after"]
    assert [run["status"] for run in came["runs"]][1:] == ["succeeded"], came
    assert scene.provider.accepts(came["access_token"]), came
    if kind == "occurrence":
        assert [(row["planned"], row["outcome"]) for row in came["occurrences"]][1:] == [
            (60, "succeeded")
        ], came
    return phase


def phase_of(found: Found) -> str:
    """Return how far the run had come: queued, begun, calling, answered, closed."""
    runs = [run for run in found["runs"] if run["status"] != "queued"]
    if not runs:
        return "queued"
    return runs[0]["phase"] or ("begun" if runs[0]["status"] == "running" else "closed")


def check_run(scene: Scene, before: Found, after: Found, *, kind: str, gone_out: int) -> str:
    calls = len(scene.provider.calls)
    [run] = after["runs"]
    phase = phase_of(before)
    assert run["erased"], run
    assert calls <= 1, f"the provider was called {calls} times"
    assert after["access_token"], "the old token was blanked"
    if before["runs"]:
        assert before["runs"][0]["id"] == run["id"]
    if phase == "calling":
        assert run["status"] == "interrupted", run
        assert "may have been carried out" in run["message"], run
        assert calls == gone_out
        assert after["access_token"] == FIRST["access"]
        assert after["revision"] == 1
    elif phase == "begun" and kind == "queued":
        assert (run["status"], calls) == ("interrupted", 0), run
        assert "Nothing was changed" in run["message"], run
        assert after["access_token"] == FIRST["access"]
    else:
        assert (run["status"], calls) == ("succeeded", 1), run
        assert run["steps"] == ["clear", "get-token", "save"]
        assert scene.provider.accepts(after["access_token"]), after
        assert after["revision"] == 2
    return phase


def check_occurrence(after: Found) -> None:
    [occurrence] = after["occurrences"]
    [run] = after["runs"]
    assert occurrence["planned"] == 0
    assert occurrence["count"] == 1
    assert occurrence["run"] == run["id"]
    assert occurrence["outcome"] == run["status"]
    assert occurrence["reason"] == run["message"]


def killed(scene: Scene, **work: Any) -> None:
    status, _ = scene.send("work", **work)
    assert status == -signal.SIGKILL, f"it ended with {status}"


RECOVERIES = pytest.mark.parametrize(
    "everything", [True, False], ids=["at the next start", "when the leases are over"]
)
KINDS = pytest.mark.parametrize("kind", ["occurrence", "queued"])


@RECOVERIES
@KINDS
def test_work_killed_at_any_write_comes_to_one_right_end(
    on_sqlite: Stage, kind: str, everything: bool
) -> None:
    points = on_sqlite.points(kind)
    assert sum("COMMIT" in name for name in points) >= 4
    cases = list(enumerate(points))
    phases: set[str] = set()

    def case(scene: Scene, chosen: tuple[int, str]) -> None:
        killed(scene, kind=kind, deadly=chosen[0])
        phases.add(check_recovered(scene, kind, everything=everything))

    on_sqlite.play(cases, case)
    assert phases == {"queued", "begun", "calling", "answered", "closed"}


@RECOVERIES
@KINDS
def test_work_killed_while_its_call_is_under_way_is_interrupted(
    on_sqlite: Stage, kind: str, everything: bool
) -> None:
    def case(scene: Scene, moment: str) -> None:
        scene.kill_when(moment)
        killed(scene, kind=kind)
        assert len(scene.provider.calls) == 1
        check_recovered(scene, kind, everything=everything)

    on_sqlite.play(["arrived", "granted", "half"], case)


@KINDS
def test_a_successor_that_is_killed_too_does_no_harm(on_sqlite: Stage, kind: str) -> None:
    scene = on_sqlite.scenes[0]
    scene.fresh()
    points = scene.ask("work", kind=kind)["points"]
    updates = [at for at, name in enumerate(points) if name == "after UPDATE processes_run SET"]
    # The first is the intent, the second the answer: what the successor has to finish.
    cases = [(updates[-2], deadly) for deadly in range(0, 12, 2)]

    def case(scene: Scene, chosen: tuple[int, int]) -> None:
        killed(scene, kind=kind, deadly=chosen[0])
        status, _ = scene.send("recover", kind=kind, everything=True, deadly=chosen[1])
        assert status in (-signal.SIGKILL, 0)
        check_recovered(scene, kind, everything=True)

    on_sqlite.play(cases, case)


@pytest.mark.needs("redis-server", "postgres")
@KINDS
def test_work_killed_on_postgresql_comes_to_one_right_end(on_postgres: Stage, kind: str) -> None:
    points = on_postgres.points(kind)
    chosen = [at for at, name in enumerate(points) if "COMMIT" in name or at % 5 == 0]

    def case(scene: Scene, at: int) -> None:
        killed(scene, kind=kind, deadly=at)
        check_recovered(scene, kind, everything=at % 2 == 0)

    on_postgres.play(chosen, case)
