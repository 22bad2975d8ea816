"""Callers of one connection in a process of their own, for the tests.

`python -m tests.integration.token_callers` takes the number of a socket. For each two descriptors
that come by it a process is forked, and its id is the answer: what all of them need is imported
once. Each reads one JSON object a line from the first and answers with one by the second:
`{"do": "make", "url"}` stores the datasource, `{"do": "call", "threads"}` asks for its token from
so many threads at one moment, `{"do": "expire"}` has its token end now, `{"do": "row"}` tells what
is stored, `{"do": "history"}` what came of each try.
"""

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import IO, Any

import django

django.setup()

from django.db import Error, connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from datasources.connections.live import live_token  # noqa: E402
from datasources.connections.rows import tokens_of  # noqa: E402
from datasources.models import Connection, ConnectionRefresh  # noqa: E402
from datasources.rest.errors import CallFailed  # noqa: E402
from datasources.selectors import get_document  # noqa: E402
from datasources.services.datasources import create_datasource  # noqa: E402
from tests.datasources.connections.bodies import oauth_datasource  # noqa: E402


def make(url: str) -> dict[str, Any]:
    """Store the datasource."""
    create_datasource(raw=oauth_datasource(url), user=None)
    return {}


def call(threads: int) -> dict[str, Any]:
    """Ask for the token from many threads at one moment; return how often each was given."""
    together = threading.Barrier(threads)
    found: list[str] = []

    def ask() -> None:
        together.wait(60)
        try:
            found.append(live_token(get_document("books")))
        except (CallFailed, Error) as error:
            found.append(f"failed: {error}")
        finally:
            connection.close()

    callers = [threading.Thread(target=ask) for _ in range(threads)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return {token: found.count(token) for token in sorted(set(found))}


def expire() -> dict[str, Any]:
    """Have the token end now."""
    return {"rows": Connection.objects.update(expires_at=timezone.now())}


def row() -> dict[str, Any]:
    """Tell what is stored."""
    found = Connection.objects.get()
    tokens = tokens_of(found)
    return {
        "state": found.state,
        "holder": found.holder,
        "in_flight": found.in_flight_at is not None,
        "access_token": tokens.access_token if tokens else None,
        "refresh_token": tokens.refresh_token if tokens else None,
    }


def history() -> dict[str, Any]:
    """Tell what came of each try."""
    return {"outcomes": [row.outcome for row in ConnectionRefresh.objects.order_by("pk")]}


DO: dict[str, Callable[..., dict[str, Any]]] = {
    "make": make,
    "call": call,
    "expire": expire,
    "row": row,
    "history": history,
}


def answer_all(lines: IO[str], answers: IO[str]) -> None:
    """Do what each line says."""
    for line in lines:
        asked = json.loads(line)
        answer = DO[asked.pop("do")](**asked)
        connection.close()
        print(json.dumps(answer), file=answers, flush=True)


def main() -> None:
    """Begin a process whenever one is asked for."""
    # Nobody waits for those that are killed.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as asking:
        while True:
            asked, ends, _flags, _address = socket.recv_fds(asking, 1, 2)
            if not asked:
                return
            pid = os.fork()
            if not pid:
                asking.close()
                with os.fdopen(ends[0]) as lines, os.fdopen(ends[1], "w") as answers:
                    answer_all(lines, answers)
                os._exit(0)
            for end in ends:
                os.close(end)
            asking.sendall(b"%d" % pid)


if __name__ == "__main__":
    main()
