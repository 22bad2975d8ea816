"""The cast of all tests, and the wall around them: nothing but loopback is ever dialled."""

import gc
import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from hypothesis import HealthCheck, settings
from rest_framework.test import APIClient

from kianda.lib.db import outages
from processes import document_cache
from processes.instances.leases import Holder, holder
from tests import again, databases, factories, shares
from tests.integration import needs

# How long an example takes is how busy the machine is.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

record = shares.Record()
# Looked for again when all tests are collected: they stay, and are half a million things.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run; what takes long comes first."""
    shares.refuse_doubles(items)
    needs.leave_out(config, items)
    shares.put_in_turn(items)


def pytest_collection_finish() -> None:
    """Have nobody look for garbage among the tests, which stay: that took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share the tests among the processes as `shares` says."""
    return shares.scheduler(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes `-n auto` is."""
    return shares.processes()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """On CI, nothing may be missing."""
    needs.refuse(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown() -> None:
    """Let go of the runs of those that died in the test, before its database is gone.

    Their leases would be renewed eight seconds later, by a thread that no test knows of.
    """
    for run in holder.held():
        holder.lets_go(run)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what failed, for a second try, and how long each share took."""
    again.note(report)
    record.note(report)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was left out, and how to run it."""
    for line in needs.report():
        terminalreporter.write_line(line)
    record.write()


def _is_local(where: Any) -> bool:
    if not isinstance(where, tuple):
        return True  # a Unix socket
    host = str(where[0])
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host.split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def _only_loopback() -> Iterator[None]:
    """Refuse every connection that would leave this machine."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex"):
        real = getattr(socket.socket, name)

        def guarded(self: socket.socket, where: Any, real: Any = real) -> Any:
            if not _is_local(where):
                raise AssertionError(f"A test tried to reach {where}.")
            return real(self, where)

        patch.setattr(socket.socket, name, guarded)
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def _no_power_cut() -> Iterator[None]:
    """Wait for no disk: as with the databases, no file of a test need outlive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _file: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _renewals_end_with_their_test() -> Iterator[None]:
    """Drop a renewal of leases that outlives its test.

    It may wait until the test's transaction ends, so the test cannot wait for it. What it asks the
    database after that is asked between two tests, when nobody may.
    """
    renewed = Holder.renew

    def renew(self: Holder, runs: list[int]) -> None:
        try:
            renewed(self, runs)
        except RuntimeError as error:
            if not str(error).startswith("Database access not allowed"):
                raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Holder, "renew", renew)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Have tests that commit give the database back as it was at first."""
    with ExitStack() as stack:
        if connection.vendor == "sqlite":
            with django_db_blocker.unblock():
                stack.enter_context(databases.beginning_kept())
        yield


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    """Forget the requests that other tests made, which the throttles have counted, and outages.

    And versions: with a clock that was set, one of another test may have the same number and time.
    """
    cache.clear()
    outages.forget()
    document_cache._cache.clear()


@pytest.fixture
def admin(db: None) -> Any:
    """An Administrator: may do everything."""
    return factories.make_user("admin", "Administrator")


@pytest.fixture
def ada(db: None) -> Any:
    """Ada designs processes."""
    return factories.make_user("ada", "Designer")


@pytest.fixture
def dan(db: None) -> Any:
    """Dan manages data sources."""
    return factories.make_user("dan", "Data source manager")


@pytest.fixture
def ben(db: None) -> Any:
    """Ben uses processes."""
    return factories.make_user("ben", "User")


@pytest.fixture
def cleo(db: None) -> Any:
    """Cleo can sign in but has no role."""
    return factories.make_user("cleo")


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """Return `api(user, scopes=())`: a client with a real bearer token of that person."""
    return factories.api_client


@pytest.fixture
def own_folders(settings: Any, tmp_path: Path) -> None:
    """Files are in folders of this test alone: what others have stored is none of it."""
    settings.KIANDA_UPLOAD_DIR = tmp_path / "uploads"
    kept = {**settings.STORAGES["files"], "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "files": kept}
