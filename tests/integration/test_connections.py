"""Many processes share one connection: its token is asked for once, and never lost."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from tests.datasources.connections.provider import TokenProvider, takes
from tests.datasources.servers import Visit
from tests.integration.conftest import PRODUCTION, SETS
from tests.integration.outages import outage_of_sqlite
from tests.integration.parts import ROOT, Postgres, Product, wait_for

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

PROCESSES, THREADS = 4, 250
LONG_S = 25.0


class Nest:
    """A process that has imported what callers need, and begins them."""

    def __init__(self, product: Product) -> None:
        """Start it on the database of a product."""
        self.asking, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.token_callers", str(theirs.fileno())],
                cwd=ROOT, env=product.environment, pass_fds=[theirs.fileno()],
            )  # fmt: skip

    def begin(self, *ends: int) -> int:
        """Begin a process that reads from the one end and writes to the other; return its id."""
        socket.send_fds(self.asking, [b"."], ends)
        for end in ends:
            os.close(end)
        return int(self.asking.recv(20))

    def end(self) -> None:
        """Begin no more."""
        self.asking.close()
        self.process.wait(20)


class Callers:
    """A process with many callers."""

    def __init__(self, nest: Nest) -> None:
        """Begin it."""
        reads, asks = os.pipe()
        answers, writes = os.pipe()
        self.pid = nest.begin(reads, writes)
        self.asks, self.answers = os.fdopen(asks, "w"), os.fdopen(answers)

    def begin(self, do: str, **more: Any) -> None:
        """Have it do something."""
        print(json.dumps({"do": do, **more}), file=self.asks, flush=True)

    def end(self) -> Any:
        """Return what it found; None when it was killed."""
        line = self.answers.readline()
        return json.loads(line) if line else None

    def ask(self, do: str, **more: Any) -> Any:
        """Have it do something and return what it found."""
        self.begin(do, **more)
        return self.end()

    def kill(self) -> None:
        """Kill it, wherever it is."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.asks.close()
        self.answers.close()


NewCallers = Callable[[], Callers]


@pytest.fixture
def token_provider() -> Iterator[TokenProvider]:
    """A provider of tokens."""
    with TokenProvider() as made:
        yield made


@pytest.fixture(params=SETS)
def product(request: pytest.FixtureRequest, new_product: Callable[..., Product]) -> Product:
    """A workspace on each set of parts; none of the product's own processes runs on it."""
    return new_product(request.param)


@pytest.fixture
def callers(product: Product) -> Iterator[NewCallers]:
    """Return a function that starts one more process."""
    with ExitStack() as stack:
        nest = Nest(product)
        stack.callback(nest.end)

        def start() -> Callers:
            made = Callers(nest)
            stack.callback(made.kill)
            return made

        yield start


def calling(callers: NewCallers) -> list[Callers]:
    """Start all processes and have all their threads ask at one moment."""
    many = [callers() for _ in range(PROCESSES)]
    for one in many:
        # They are ready once they have answered something.
        one.ask("row")
    for one in many:
        one.begin("call", threads=THREADS)
    return many


def test_a_thousand_callers_in_four_processes_make_one_token_request(
    callers: NewCallers, token_provider: TokenProvider
) -> None:
    first = callers()
    first.ask("make", url=token_provider.url)
    assert first.ask("call", threads=1) == {"access-1": 1}
    first.ask("expire")
    token_provider.reactions = [takes(1.0)]
    found = [one.end() for one in calling(callers)]
    assert found == [{"access-2": THREADS}] * PROCESSES
    assert len(token_provider.forms) == 2
    assert first.ask("history") == {"outcomes": ["refreshed", "refreshed"]}


@pytest.mark.parametrize("product", [PRODUCTION], indirect=True)
def test_they_make_one_request_also_when_its_answer_takes_long(
    callers: NewCallers, token_provider: TokenProvider
) -> None:
    first = callers()
    first.ask("make", url=token_provider.url)
    token_provider.reactions = [takes(LONG_S)]
    found = [one.end() for one in calling(callers)]
    assert found == [{"access-1": THREADS}] * PROCESSES
    assert len(token_provider.forms) == 1


def test_when_the_one_that_asks_is_killed_one_other_asks(
    callers: NewCallers, token_provider: TokenProvider
) -> None:
    first = callers()
    first.ask("make", url=token_provider.url)
    arrived: list[Visit] = []

    def never(provider: TokenProvider, visit: Visit) -> None:
        arrived.append(visit)
        provider.stopped.wait(200)

    token_provider.reactions = [never]
    many = calling(callers)
    wait_for(lambda: arrived, seconds=60, saying="Nobody asked")
    row = first.ask("row")
    assert row["in_flight"]
    killed = int(row["holder"].split(".")[1], 36)
    assert killed in {one.pid for one in many}
    os.kill(killed, signal.SIGKILL)
    found = [one.end() for one in many if one.pid != killed]
    assert found == [{"access-2": THREADS}] * (PROCESSES - 1)
    assert len(token_provider.forms) == 2
    assert first.ask("history") == {"outcomes": ["lost_answer", "refreshed"]}


@pytest.mark.parametrize("dies", [False, True], ids=["lives", "is killed"])
def test_a_rotated_pair_outlives_an_outage_of_the_database(
    request: pytest.FixtureRequest,
    product: Product,
    callers: NewCallers,
    token_provider: TokenProvider,
    dies: bool,
) -> None:
    one, other = callers(), callers()
    one.ask("make", url=token_provider.url)
    one.ask("call", threads=1)
    one.ask("expire")
    other.ask("row")
    begin, end = _outage(request, product)

    def rotate(provider: TokenProvider, visit: Visit) -> None:
        given = provider.granted()
        begin()
        visit.write(given)

    token_provider.reactions = [rotate]
    one.begin("call", threads=1)
    spool = product.folder / "spool"
    [kept] = wait_for(lambda: list(spool.glob("*.token")), seconds=60, saying="Nothing was kept")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "refresh-2" not in kept.read_text()
    if dies:
        one.kill()
        end()
    else:
        # Its caller has the token; what is to be stored waits for the database.
        assert one.end() == {"access-2": 1}
        end()
        wait_for(lambda: not kept.exists(), seconds=60, saying="Nothing was stored")
    assert other.ask("call", threads=20) == {"access-2": 20}
    assert other.ask("row")["refresh_token"] == "refresh-2"
    assert not kept.exists()
    other.ask("expire")
    assert other.ask("call", threads=20) == {"access-3": 20}
    assert not token_provider.reused


def _outage(
    request: pytest.FixtureRequest, product: Product
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return how the database of a product goes away, and how it comes back."""
    if not product.apart:
        outage = outage_of_sqlite(request.getfixturevalue("provider"), product)
        return outage.begin, outage.end
    server: Postgres = request.getfixturevalue("postgres")
    return server.end, server.start
