"""Cases of sudden death: each on a copy of one database, played in two harness processes."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

from tests.integration.parts import ROOT
from tests.integration.provider import Call, Provider

CLIENT = "client-1"
FIRST = {"access": "at-first", "refresh": "rt-first"}
VALUES = {
    "client_id": CLIENT,
    "client_secret": "cs-1",
    "access_token": FIRST["access"],
    "refresh_token": FIRST["refresh"],
}


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
