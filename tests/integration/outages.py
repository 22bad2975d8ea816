"""A database that goes away at the moment a provider has rotated a token, for the tests."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.integration.parts import Postgres, Product, wait_for
from tests.integration.provider import Call, Provider


class Outage:
    """An outage that begins with a grant of the provider and lasts until it is ended."""

    def __init__(
        self, provider: Provider, begin: Callable[[], None], end: Callable[[], None]
    ) -> None:
        """Take the provider, and how the database goes and comes back."""
        self.provider, self.begin, self.end = provider, begin, end
        self.began = threading.Event()

    def at_the_next_answer(self, *, grants: int = 1) -> None:
        """Begin right after the next grant, before its answer goes out; with more, all wait."""
        self.began.clear()
        together = threading.Barrier(grants, action=self._go)

        def watch(_call: Call, moment: str) -> None:
            if moment == "granted":
                together.wait(60)

        self.provider.behaviour.watch = watch

    def _go(self) -> None:
        self.provider.behaviour.watch = None
        self.begin()
        self.began.set()

    def wait_until_kept(self, product: Product, *, answers: int = 1) -> Path:
        """Wait until so many answers lie on the disk of the product; return the first file."""
        assert self.began.wait(60), "No call was granted."
        spool = product.folder / "spool"
        wait_for(
            lambda: len(list(spool.glob("*.answer"))) == answers,
            seconds=60,
            saying="No answer was kept on disk",
        )
        return next(spool.glob("*.answer"))


def outage_of_postgres(provider: Provider, server: Postgres) -> Outage:
    """Stop a PostgreSQL, fast; who is connected is sent away, who comes is refused."""
    return Outage(provider, server.end, server.start)


def outage_of_sqlite(provider: Provider, product: Product) -> Outage:
    """Lock an SQLite database for good, as a program beside the product can."""
    held: list[Any] = []

    def lock() -> None:
        other = sqlite3.connect(
            product.folder / "kianda.sqlite3",
            isolation_level=None, timeout=60, check_same_thread=False,
        )  # fmt: skip
        other.execute("BEGIN EXCLUSIVE")
        held.append(other)

    def unlock() -> None:
        with closing(held.pop()) as other:
            other.execute("ROLLBACK")

    return Outage(provider, lock, unlock)
