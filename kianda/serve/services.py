"""What each process of the product does: web, worker, beat, sandbox. Each runs until SIGTERM."""

import contextlib
import gc
import logging
import multiprocessing
import os
import socket
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections

from kianda.serve.parent_death import LINUX, die_with_parent

log = logging.getLogger("kianda.serve")

# 32 runs that wait on a slow provider may all land in one process: threads must be left then.
WEB_PROCESSES = 2
WEB_THREADS = 64
# Two, because one process computes on one core only; together they hold 32 waiting runs and more.
WORKER_PROCESSES = 2
WORKER_THREADS = 24
GRACE_S = 10


def preload(part: str) -> None:
    """Import what a part needs that is served alone, before it begins: no work waits for it."""
    preload_web() if part == "web" else preload_jobs()


def preload_web() -> None:
    """Import what the web needs, once, so that forked processes share it and start at once."""
    import granian.server

    # WhiteNoise warns when it is not there; development serves from the packages.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    import kianda.wsgi  # noqa: F401

    _ = granian.server
    keep_what_is_loaded()


def preload_jobs() -> None:
    """Import what worker, beat and sandbox need besides."""
    import celery.apps.beat
    import celery.apps.worker
    import celery.concurrency.thread
    import kombu.transport.redis

    import kianda.sandbox.server
    import kianda.serve.beat
    from kianda.celery import app

    _ = kianda.serve.beat.PlanningScheduler
    _ = celery.apps.beat, celery.apps.worker, celery.concurrency.thread
    _ = kombu.transport.redis, kianda.sandbox.server
    app.loader.import_default_modules()
    app.finalize()
    keep_what_is_loaded()


def keep_what_is_loaded() -> None:
    """Make what is made once, and set the garbage collector for what comes after it."""
    from django.urls import reverse

    # The first address that is asked for makes the table of all of them.
    reverse("start")
    # Nothing of this is garbage; a collection in a child would copy every page that it looks at.
    gc.collect()
    gc.freeze()
    # What is left is small, so that the oldest generation would be looked through every few
    # requests: 50 ms each time for a request that makes many objects, as the designer's do.
    gc.set_threshold(20_000, 20, 20)


def run_web(*, announce: bool = False) -> None:
    """Serve the web application with Granian; `announce` logs its address."""
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from kianda.web.request_metrics import forget_ended_processes

    if LINUX:
        # Python 3.14 has another default that would import everything anew in each process.
        multiprocessing.set_start_method("fork", force=True)
    _, _, _, _, address = socket.getaddrinfo(
        settings.KIANDA_HOST, settings.KIANDA_PORT, type=socket.SOCK_STREAM
    )[0]
    processes = min(WEB_PROCESSES, os.cpu_count() or 1)
    forget_ended_processes()
    server = Server(
        "kianda.wsgi:application",
        address=str(address[0]),
        port=settings.KIANDA_PORT,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        workers=processes,
        blocking_threads=WEB_THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_S,
        websockets=False,
        log_level=LogLevels.error,
    )
    if announce:
        server.on_startup(lambda: log.info("Kianda runs at %s (web).", settings.KIANDA_PUBLIC_URL))
    server.serve(target_loader=partial(_web_application, os.getpid()), wrap_loader=False)


def _web_application(parent: int) -> Callable[..., Any]:
    # The first of our lines that a new web process runs.
    die_with_parent(parent)
    from kianda.wsgi import application
    from processes.running.spooled_answers import deliver_when_possible

    # Those of the process before it; the worker may have another data directory.
    deliver_when_possible()
    return application


def run_worker() -> None:
    """Work on the queue with threads: a run waits far more than it computes."""
    import celery.apps.worker
    from celery.exceptions import SecurityWarning
    from celery.signals import task_postrun, task_prerun

    from kianda.celery import app

    # Celery would open and close the database around each task; broken connections only, please.
    app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize // 4
    for signal in (task_prerun, task_postrun):
        signal.connect(_close_broken_connections, weak=False)
    os.environ["CELERY_SKIP_CHECKS"] = "1"
    # It writes past the streams, within the handler of the stop signal: where it cannot, the stop
    # would be lost.
    celery.apps.worker.safe_say = lambda *_, **__: None
    # It is about pickle; this queue takes JSON alone.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    app.conf.update(worker_enable_remote_control=False, worker_redirect_stdouts=False)
    worker = app.Worker(
        pool="threads",
        concurrency=WORKER_THREADS,
        hostname=f"worker-{os.getpid()}@%h",
        prefetch_multiplier=1,
        queues=["celery"],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        loglevel=settings.KIANDA_LOG_LEVEL.upper(),
        quiet=True,
    )
    worker.start()


def _close_broken_connections(**_: Any) -> None:
    close_old_connections()


def run_beat() -> None:
    """Keep the clock: plan what is due and send it."""
    from kianda.celery import app
    from kianda.serve.beat import Beat

    app.conf.update(worker_redirect_stdouts=False)
    Beat(app=app, loglevel=settings.KIANDA_LOG_LEVEL.upper(), quiet=True).run()


def run_sandbox(listener: socket.socket | None = None) -> None:
    """Be the demo's outside world."""
    from kianda.sandbox.server import serve

    serve(settings.KIANDA_DATA_DIR, listener)


PARTS: dict[str, Callable[[], None]] = {
    "web": partial(run_web, announce=True),
    "worker": run_worker,
    "beat": run_beat,
    "sandbox": run_sandbox,
}


def drop_connections() -> None:
    """Close the database before a fork: two processes must not share a connection, nor a pool.

    The threads that fill a pool do not live on in a forked process: it would hand out nothing.
    """
    with contextlib.suppress(RuntimeError):
        connections.close_all()
    for connection in connections.all(initialized_only=True):
        if getattr(connection, "pool", None):
            connection.close_pool()  # type: ignore[attr-defined]
