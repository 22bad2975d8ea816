"""The provider as a process of the tests: started once, told who signs in next."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

from tests.integration.needs import oidc_provider

SECRET = "a-secret-of-the-tests-0123456789abcdef"
SCRIPT = Path(__file__).with_name("provider.mjs")


class RunningProvider(NamedTuple):
    """A provider that answers, and how it is told who signs in next."""

    issuer: str

    def next(self, person: str) -> None:
        """Let the next sign-in be of a person; "nobody" cancels it."""
        with urlopen(f"{self.issuer}/next?person={person}") as answer:
            assert answer.read().decode() == person


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_provider(
    people: Mapping[str, Mapping[str, Any]],
    *redirects: str,
    clients: Sequence[Mapping[str, Any]] = (),
) -> Iterator[RunningProvider]:
    """Start a provider of some people, which sends browsers back to some addresses; then end it.

    `clients` are more of them, beside the one of single sign-on.
    """
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"], "NODE_ENV": "test", "PEOPLE": json.dumps(people),
        "REDIRECTS": json.dumps(redirects), "CLIENTS": json.dumps(clients),
    }  # fmt: skip
    process = subprocess.Popen(
        ["node", str(SCRIPT), str(oidc_provider()), str(port)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        # Warnings of the provider about its own settings come first.
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "ready":
                break
        assert process.poll() is None, "the provider did not start"
        yield RunningProvider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
