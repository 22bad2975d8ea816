"""Thirty days of a connection whose worker and scheduler are killed every hour.

The clock is fast; the processes, the database and the provider are real. The provider rotates
refresh tokens and notices a token that is used again: as providers do it that tell who lost an
answer from a thief, it takes the one before the newest until the newest was used.
"""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.datasources.connections.provider import TokenProvider, says
from tests.datasources.servers import Visit
from tests.integration.parts import ROOT, Product, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

START = datetime(2027, 3, 1, tzinfo=UTC)
STEP, STEPS_AN_HOUR = timedelta(minutes=10), 6
RESTART, NEARLY = timedelta(seconds=20), timedelta(seconds=5)
ERRORS, SILENCES = 0.05, 0.02
# Each day, longer than what a refresh ahead of time leaves.
OUTAGE = (timedelta(hours=3), timedelta(hours=3, minutes=25))
LONG, NEEDS = pytest.mark.chaos, pytest.mark.needs("redis-server", "postgres")


class RotatingProvider(TokenProvider):
    """Rotates, notices reuse, and knows until when each token is good."""

    def __init__(self) -> None:
        super().__init__(lifetime_s=3600)
        self.now = START
        self.before = ""
        self.good_until: dict[str, datetime] = {}
        self.retried = self.open = 0

    def _converse(self, visit: Visit) -> None:
        with self.guard:
            self.open += 1
        try:
            super()._converse(visit)
        finally:
            with self.guard:
                self.open -= 1

    def granted(self, form: dict[str, str] | None = None) -> bytes:
        """Give new tokens; who has not used the newest refresh token may ask with the last one."""
        form = form if form is not None else self.forms[-1]
        with self.guard:
            if form["refresh_token"] == self.before != self.refresh:
                self.retried += 1
                self.refresh = self.before
            self.before = self.refresh
        answer = super().granted(form)
        self.good_until[self.access] = self.now + timedelta(hours=1)
        return answer


class Part:
    """A process that does what it is told, and may be killed while it does."""

    def __init__(self, line: socket.socket) -> None:
        # Written at once: what waits in a buffer for a killed process is an error later.
        self.line, self.stream = line, line.makefile("r")
        self.pid: int = json.loads(self.stream.readline())["pid"]

    def begin(self, do: str, at: datetime, **more: Any) -> None:
        """Have it do something at a moment."""
        asked = json.dumps({"do": do, "at": at.isoformat(), **more})
        self.line.sendall(f"{asked}\n".encode())

    def ask(self, do: str, at: datetime, **more: Any) -> dict[str, Any] | None:
        """Return what it found; None when it was killed."""
        with suppress(OSError, json.JSONDecodeError):
            self.begin(do, at, **more)
            found: dict[str, Any] = json.loads(self.stream.readline())
            return found
        return None

    def kill(self) -> None:
        """Kill it, wherever it is."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


class Month:
    """The days of one connection."""

    def __init__(self, start: Callable[[], Part], provider: RotatingProvider, seed: int) -> None:
        self.start, self.provider, self.dice = start, provider, random.Random(seed)
        self.seen: Counter[str] = Counter()
        self.scheduler, self.worker = start(), start()

    def go(self, hours: int) -> None:
        """Live through them; each hour both processes are killed once, at moments of their own."""
        self.worker.ask("make", START, url=self.provider.url)
        assert self.worker.ask("call", START), "the first token"
        for hour in range(hours):
            kills = {self.dice.randrange(STEPS_AN_HOUR): "scheduler"}
            kills[self.dice.choice([one for one in range(STEPS_AN_HOUR) if one not in kills])] = (
                "worker"
            )
            for step in range(STEPS_AN_HOUR):
                self.step(START + timedelta(hours=hour) + step * STEP, kills.get(step, ""))
                self.seen["steps"] += 1

    def step(self, moment: datetime, kill: str) -> None:
        """Ten minutes: what is due is refreshed, somebody is killed, and a call is made."""
        well = self._mood(moment)
        if kill:
            victim = self.scheduler if kill == "scheduler" else self.worker
            with self._killing(victim):
                self._refresh(moment)
                self.worker.ask("call", moment)
            if kill == "worker":
                # What it has sent arrives before whatever its successor sends.
                wait_for(lambda: not self.provider.open, seconds=120, saying="It still asks")
            setattr(self, kill, self.start())
            self.seen[f"{kill}s killed"] += 1
            if well:
                # Who was killed before it asked leaves nothing for its successor.
                self.provider.reactions = []
            moment += RESTART
        self.provider.now = moment
        self._refresh(moment)
        self._call(moment, well=well)

    def _mood(self, moment: datetime) -> bool:
        """Decide what the provider does until the next step; tell whether it is well."""
        self.provider.now, thrown = moment, self.dice.random()
        day = moment - moment.replace(hour=0, minute=0)
        self.provider.reactions = []
        if OUTAGE[0] <= day < OUTAGE[1]:
            self.provider.reactions = [says("503 Service Unavailable")] * 9
        elif thrown < ERRORS:
            self.provider.reactions = [says("500 Internal Server Error")] * 9
        elif thrown < ERRORS + SILENCES:
            self.provider.reactions = [_silent] * 9
        return not self.provider.reactions

    def _killing(self, victim: Part) -> "_Killing":
        if victim is self.worker and not self.provider.reactions and self.dice.random() < 0.5:
            # The answer with the new pair never arrives.
            self.provider.reactions = [_rotates_and_kills(victim)]
        return _Killing(victim, self.dice.uniform(0, 0.02))

    def _refresh(self, moment: datetime) -> None:
        found = self.scheduler.ask("due", moment)
        for pk in found["due"] if found else ():
            self.worker.ask("refresh", moment, pk=pk)

    def _call(self, moment: datetime, *, well: bool) -> None:
        if well:
            self.provider.reactions = []
        found, row = self.worker.ask("call", moment), self.worker.ask("row", moment)
        assert found is not None
        assert row is not None
        assert row["access_token"], f"blank at {moment}"
        assert row["refresh_token"], f"blank at {moment}"
        assert row["state"] != "needs_attention", f"at {moment}"
        self.seen["calls"] += 1
        if "token" in found:
            # A provider counts from when it answers, a client from when it is answered.
            assert self.provider.good_until[found["token"]] > moment - NEARLY, f"ended at {moment}"
        else:
            self.seen["calls without a token in an outage"] += 1
            assert not well, f"no token at {moment}, though the provider is well: {found}"


class _Killing(threading.Thread):
    """Kills a process a moment later, at the latest when what it does is done."""

    def __init__(self, victim: Part, seconds: float) -> None:
        super().__init__(daemon=True)
        self.victim, self.seconds = victim, seconds

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_error: object) -> None:
        self.join()

    def run(self) -> None:
        time.sleep(self.seconds)
        self.victim.kill()


def _silent(_provider: TokenProvider, visit: Visit) -> None:
    """Hang up before anything was done, as a gateway in front of a provider does."""
    visit.socket.close()


def _rotates_and_kills(victim: Part) -> Callable[[TokenProvider, Visit], None]:
    def react(provider: TokenProvider, visit: Visit) -> None:
        provider.granted()
        victim.kill()
        visit.socket.close()

    return react


@pytest.fixture
def product(request: pytest.FixtureRequest, new_product: Callable[..., Product]) -> Product:
    """A workspace on a set of parts; none of the product's own processes runs on it."""
    return new_product(request.param)


@pytest.fixture
def start(product: Product, tmp_path: Path) -> Iterator[Callable[[], Part]]:
    """Return a function that starts one more process on the database of the product."""
    path = str(tmp_path / "line")
    with ExitStack() as stack:
        door = stack.enter_context(socket.socket(socket.AF_UNIX))
        door.bind(path)
        door.listen()
        door.settimeout(60)
        mother = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.token_parts", path],
            cwd=ROOT, env=product.environment, text=True, stdin=subprocess.PIPE,
        )  # fmt: skip
        assert mother.stdin is not None
        orders, made = mother.stdin, list[Part]()

        def one_more() -> Part:
            print(file=orders, flush=True)
            made.append(Part(stack.enter_context(door.accept()[0])))
            return made[-1]

        yield one_more
        for part in made[-2:]:
            part.kill()
        orders.close()
        mother.wait(timeout=20)


@pytest.mark.parametrize(
    ("product", "hours"),
    [
        ("embedded", 8),
        pytest.param("embedded", 720, marks=LONG),
        pytest.param("production", 168, marks=(LONG, NEEDS)),
    ],
    indirect=["product"],
)
def test_a_token_is_valid_whenever_the_provider_allows_it_whoever_is_killed(
    start: Callable[[], Part], hours: int
) -> None:
    seed = random.randrange(10_000)
    with RotatingProvider() as provider:
        month = Month(start, provider, seed)
        month.go(hours)
        told = month.worker.ask("history", START)
        assert told is not None
        outcomes = Counter(told["outcomes"])
        # What the page on reliability tells, with `-rP`.
        print({**month.seen, **outcomes, "asked with the last token again": provider.retried})
    assert not provider.reused, f"a token was used again, seed {seed}"
    assert month.seen["workers killed"] == month.seen["schedulers killed"] == hours
    # Only in an outage that is longer than the token lives on.
    assert month.seen["calls without a token in an outage"] <= 3 * (1 + hours // 24)
    assert set(outcomes) <= {"refreshed", "failed", "lost_answer"}
    assert hours <= outcomes["refreshed"] <= hours * 2
