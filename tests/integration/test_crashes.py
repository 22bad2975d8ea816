"""Killed with -9 at every durable point of the chain, and between them (contract 4.5)."""

import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.parts import Postgres, clean_environment
from tests.integration.scenes import FIRST, Databases, Scene, Stage, open_stage

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

Found = dict[str, Any]


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
        # The outcome stands in the commit that closes the run.
        assert phase != "closed" or before["occurrences"] == after["occurrences"]
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
def test_a_firing_killed_while_it_makes_its_instance_makes_no_second_one(
    on_sqlite: Stage, everything: bool
) -> None:
    def case(scene: Scene, chosen: tuple[int, str]) -> None:
        killed(scene, kind="new instance", deadly=chosen[0])
        after = scene.ask("recover", kind="new instance", everything=everything)["after"]
        asked = len(after["occurrences"])
        # What was not even asked for in a commit has left nothing behind.
        assert asked == int(chosen[0] >= committed), after
        assert after["instances"] == 2 + asked
        assert len(after["runs"]) == asked
        # The provider knows no client without a name: the one run fails, or was interrupted.
        assert all(row["outcome"] in {"failed", "interrupted"} for row in after["occurrences"])
        assert all(run["erased"] for run in after["runs"])
        assert len(scene.provider.calls) <= 1

    points = on_sqlite.points("new instance")
    committed = points.index("after COMMIT")
    on_sqlite.play(list(enumerate(points)), case)


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
    # The answer is stored then, and the successor has to finish the run: the last write closes it.
    writes = [at for at, name in enumerate(points) if name == "before UPDATE processes_run SET"]
    stored = points.index("after COMMIT", writes[-2])
    cases = [(stored, deadly) for deadly in range(0, 12, 2)]

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
    chosen = [at for at, name in enumerate(points) if name.startswith("after")]

    def case(scene: Scene, at: int) -> None:
        killed(scene, kind=kind, deadly=at)
        check_recovered(scene, kind, everything=at % 2 == 0)

    on_postgres.play(chosen, case)
