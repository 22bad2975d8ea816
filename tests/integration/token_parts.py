"""A scheduler and workers of one connection, forked in no time, on a clock that the test sets.

`python -m tests.integration.token_parts SOCKET` forks a process for each line that it reads. It
connects to the socket, tells its number, and answers each `{"do": ..., "at": moment}` with a line:
`make` stores the datasource, `due` tells which connections are to be refreshed (what the scheduler
does), `refresh` refreshes one (a worker), `call` gives the token that a call would send, `row`
tells what is stored and `history` what came of each try.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import django

django.setup()

from django.utils import timezone  # noqa: E402
from time_machine import travel  # noqa: E402

from datasources.connections import sweep  # noqa: E402
from datasources.connections.live import live_token  # noqa: E402
from datasources.rest.errors import CallFailed  # noqa: E402
from datasources.selectors import get_document  # noqa: E402
from tests.integration.token_callers import history, make, row  # noqa: E402


def due() -> dict[str, Any]:
    """Tell which connections are to be refreshed now."""
    return {"due": sweep.due(timezone.now())}


def refresh(pk: int) -> dict[str, Any]:
    """Refresh one ahead of time."""
    sweep.refresh_ahead(pk)
    return {}


def call() -> dict[str, Any]:
    """Return the token that a call sends now, or why there is none."""
    try:
        return {"token": live_token(get_document("books"))}
    except CallFailed as failed:
        return {"failed": failed.message}


DO: dict[str, Callable[..., dict[str, Any]]] = {
    "make": make, "due": due, "refresh": refresh, "call": call, "row": row, "history": history,
}  # fmt: skip


def serve(path: str) -> None:
    """Do what the other end of the socket says, each time at the moment that it names."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        stream = line.makefile("rw")
        print(json.dumps({"pid": os.getpid()}), file=stream, flush=True)
        for text in stream:
            asked = json.loads(text)
            with travel(datetime.fromisoformat(asked.pop("at"))):
                answer = DO[asked.pop("do")](**asked)
            print(json.dumps(answer), file=stream, flush=True)


def main() -> None:
    """Fork a process for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _line in sys.stdin:
        if not os.fork():
            # A killed one is gone at once; the children of its children are nobody's here.
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(sys.argv[1])
            os._exit(0)


if __name__ == "__main__":
    main()
