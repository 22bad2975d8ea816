"""`manage.py serve`: the whole product under one parent, or one part of it."""

import errno
import fcntl
import os
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from kianda import data_directory
from kianda.lib.db.sqlite3.files import bring_in_log
from kianda.lib.process_names import lives
from kianda.ops.directory_lock import (
    SERVE_LOCK,
    RestoreUnderWayError,
    open_lock,
    share_directory,
)
from kianda.ops.restoring import tell_of_cut_restore
from kianda.ops.start_checks import refuse_unready, sentence_of
from kianda.sandbox.server import STORE_FILE, open_socket
from kianda.serve import broker, first_start, parent_death, services
from kianda.serve.supervisor import Child, Supervisor

BROKER_WAIT_S = 10
RECOVERY_WAIT_S = 2
# Who asks for work goes first, who does it after that, who holds the queue last.
STOP_ORDER = ("set-up", "beat", "web", "recovery", "worker", "sandbox", "broker")


class Command(BaseCommand):
    """Runs the product: web, worker, beat, the embedded broker and the demo's sandbox."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the part and the set-up flag."""
        parser.add_argument("--only", choices=list(services.PARTS), help="run only this part")
        parser.add_argument(
            "--set-up",
            action="store_true",
            help="first migrate, create the administrator and load the demo into a new database",
        )
        parser.add_argument(
            data_directory.BEGIN_ANEW,
            action="store_true",
            help="start with an empty database even if the data directory had one before",
        )

    def handle(self, *, only: str | None, set_up: bool, **_: Any) -> None:
        """Serve until Ctrl-C."""
        # Whatever any process of ours makes is for this user alone.
        os.umask(0o077)
        if mended := data_directory.mend(settings.KIANDA_DATA_DIR):
            self.stdout.write(mended)
        if only:
            self._serve_part(only, set_up=set_up)
        else:
            self._serve_all(set_up=set_up)

    def _serve_part(self, only: str, *, set_up: bool) -> None:
        if only == "web":
            check_port()
        try:
            # Held until this process and all that it has started are gone.
            self.held = share_directory(settings.KIANDA_DATA_DIR)
        except RestoreUnderWayError as error:
            raise CommandError(str(error)) from error
        self._make_ready(set_up=set_up)
        needs_broker = settings.EMBEDDED_BROKER and only in ("worker", "beat")
        if needs_broker and not broker.answers(settings.BROKER_SOCKET):
            raise CommandError(
                "No message broker found. Set CELERY_BROKER_URL, or start everything with "
                "`python manage.py serve`."
            )
        services.preload(only)
        services.drop_connections()
        try:
            services.PARTS[only]()
        finally:
            services.drop_connections()
            bring_in_logs()

    def _serve_all(self, *, set_up: bool) -> None:
        started = time.monotonic()
        lock = take_lock(settings.KIANDA_DATA_DIR)
        check_port()
        supervisor = Supervisor(stop_order=STOP_ORDER)
        status = 1
        try:
            status = self._start(supervisor, set_up=set_up)
            if not status and not supervisor.stopping:
                self._announce(supervisor, seconds=time.monotonic() - started)
                supervisor.run()
        finally:
            supervisor.stop()
            if not status:
                bring_in_logs()
            lock.close()
        if status:
            sys.exit(status)
        self.stdout.write("Stopped.")

    def _start(self, supervisor: Supervisor, *, set_up: bool) -> int:
        """Start everything, the web as early as can be; the exit status when that may not be."""
        before = Child("set-up", lambda: self._before(set_up=set_up), again=False)
        # Beside the imports: the database is looked at on the other core.
        supervisor.add(before)
        services.preload_web()
        supervisor.wait_for_end(before)
        if before.status or supervisor.stopping:
            return before.status or 0
        if settings.EMBEDDED_BROKER:
            start_broker(supervisor)
        if settings.EMBEDDED:
            # What it takes over is chosen at once; a slow provider must not hold the pages up.
            lost = Child("recovery", recover, again=False, grace_s=services.GRACE_S)
            supervisor.add(lost)
            supervisor.wait_for_end(lost, seconds=RECOVERY_WAIT_S)
        supervisor.add(Child("web", services.run_web, grace_s=services.GRACE_S + 2))
        services.preload_jobs()
        for child in job_children():
            if not supervisor.stopping:
                supervisor.add(child)
        return 0

    def _make_ready(self, *, set_up: bool) -> None:
        if cut := tell_of_cut_restore():
            self.stderr.write(cut)
        if set_up:
            first_start.prepare(out=self.stdout)
        refuse_unready()
        first_start.note_started()

    def _before(self, *, set_up: bool) -> None:
        try:
            self._make_ready(set_up=set_up)
        except CommandError as error:
            self.stderr.write(str(error))
            sys.exit(1)
        except (OSError, DatabaseError) as error:
            sentence = sentence_of(error)
            if sentence is None:
                raise
            self.stderr.write(sentence)
            sys.exit(1)

    def _announce(self, supervisor: Supervisor, *, seconds: float) -> None:
        names = ", ".join(name for name, child in supervisor.children.items() if child.again)
        self.stdout.write(
            f"Kianda runs at {settings.KIANDA_PUBLIC_URL} (started in {seconds:.1f} s: {names}). "
            "Press Ctrl-C to stop."
        )
        self.stdout.flush()


def bring_in_logs() -> None:
    """Let a copy of each database file be a copy of all its data, now that nobody writes."""
    for name in (data_directory.DATABASE, STORE_FILE):
        bring_in_log(settings.KIANDA_DATA_DIR / name)


def job_children() -> list[Child]:
    """Return the processes beside the web."""
    workers = min(services.WORKER_PROCESSES, os.cpu_count() or 1)
    names = ["worker", *(f"worker-{number}" for number in range(2, workers + 1))]
    found = [
        *(Child(name, services.run_worker, grace_s=services.GRACE_S) for name in names),
        Child("beat", services.run_beat),
    ]
    if settings.KIANDA_DEMO:
        # The parent holds the socket: the address outlives a sandbox that is killed.
        listener = open_socket(settings.KIANDA_DATA_DIR)
        found.insert(0, Child("sandbox", lambda: services.run_sandbox(listener)))
    return found


def start_broker(supervisor: Supervisor) -> None:
    """Start the embedded broker and wait for it; a queue it cannot read is set aside."""
    directory, address = settings.KIANDA_DATA_DIR / "broker", settings.BROKER_SOCKET
    broker.prepare(address, directory=directory)
    command = broker.command(address, directory=directory)
    child = Child("broker", lambda: parent_death.become(command))
    supervisor.add(child)
    supervisor.wait_until(
        lambda: broker.answers(address) or child.status is not None, seconds=BROKER_WAIT_S
    )
    if child.status is not None:
        broker.set_aside_queue(directory)
    if supervisor.wait_until(lambda: broker.answers(address), seconds=BROKER_WAIT_S):
        return
    if not supervisor.stopping:
        raise CommandError(f"The embedded broker did not start. See {directory / 'broker.log'}.")


def recover() -> None:
    """Send what waits, and finish or close what was under way when the product stopped.

    Nobody else holds it now.
    """
    from kianda.mail.recovery import recover as recover_mail
    from processes.running.runs import queued_to_send, recover_runs
    from processes.tasks import send_run
    from scheduler.services.recovery import recover as recover_occurrences
    from scheduler.tasks import send

    # A stop lets it finish: the supervisor's patience is its limit.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    moment = timezone.now()
    send(recover_occurrences(moment, everything=True))
    for run_pk in queued_to_send(moment, everything=True):
        send_run(run_pk)
    recover_runs(moment=moment, everything=True)
    recover_mail(moment, everything=True)


def take_lock(data_dir: Path) -> TextIO:
    """Refuse a second product on one data directory.

    Every process started from here holds the lock too, so that it is free only when all are gone.
    """
    lock = open_lock(data_dir, SERVE_LOCK)
    until = time.monotonic() + 3
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            # What is left of a killed product needs a moment to go.
            if (holder.isdigit() and lives(int(holder))) or time.monotonic() > until:
                raise CommandError(
                    f"Kianda is already running on the data directory {data_dir} (process "
                    f"{holder}). Stop it, or set KIANDA_DATA_DIR to another folder."
                ) from None
            time.sleep(0.05)
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def check_port() -> None:
    """Refuse a port that somebody else listens on."""
    host, port = settings.KIANDA_HOST, settings.KIANDA_PORT
    not_here = f"KIANDA_HOST is {host!r}, which is not an address of this machine."
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise CommandError(not_here) from error
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise CommandError(not_here) from error
            raise CommandError(
                f"Port {port} on {host} cannot be used: {error.strerror}. Set KIANDA_PORT to a "
                f"free one, for example KIANDA_PORT={_free_port(host)}."
            ) from error


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])
