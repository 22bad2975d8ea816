"""A database that is away when an answer comes: the answer is held, kept on disk, and stored."""

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pytest_httpserver import HTTPServer

from processes.instances.leases import LEASE
from processes.instances.lifecycle import patch_instance, store_unsaved_answer
from processes.models import Change, ProcessInstance, Run
from processes.running import runs
from tests.processes.conftest import answers
from tests.processes.dying import Died
from tests.processes.running.recovery.dying import another_process, recover
from tests.processes.stories import Make, press, values_of
from tests.threads import in_background

pytestmark = pytest.mark.django_db(transaction=True)

LATER = LEASE + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def spool(settings: Any, tmp_path: Path) -> Path:
    """The folder of the answers that are kept on disk."""
    settings.KIANDA_SPOOL_DIR = tmp_path / "data" / "spool"
    return tmp_path / "data" / "spool"


def kept(spool: Path) -> list[Path]:
    return sorted(spool.glob("*.answer"))


@contextmanager
def away_after_the_answer(provider: HTTPServer, tried: Callable[[int], bool]) -> Iterator[None]:
    """Refuse each write of a run after the answer while `tried(how many)` says so."""
    count = 0

    def refuse(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        nonlocal count
        if provider.log and sql.startswith('UPDATE "processes_run"'):
            count += 1
            if tried(count):
                raise OperationalError("The database is away.")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield


def die_waiting(instance: ProcessInstance, ada: Any, provider: HTTPServer) -> Run:
    """Press Refresh in a process that dies while the database does not take the answer."""

    def until_dead(count: int) -> bool:
        if count > 2:
            raise Died
        return True

    with another_process(), away_after_the_answer(provider, until_dead), pytest.raises(Died):
        press(instance, ada)
    return Run.objects.get()


def test_an_answer_waits_for_the_database_and_its_step_says_so(
    make_token: Make, provider: HTTPServer, ada: Any, spool: Path
) -> None:
    answers(provider)
    instance = make_token()
    with away_after_the_answer(provider, lambda count: count <= 4):
        run = press(instance, ada)
    assert run.status == "succeeded"
    assert values_of(instance)["refresh_token"] == "rt-new-77"
    assert "The database was unavailable for" in run.steps[1]["reason"]
    assert kept(spool) == []
    assert len(provider.log) == 1


def test_an_answer_that_waits_lies_encrypted_on_the_disk_for_nobody_else_to_read(
    make_token: Make, provider: HTTPServer, ada: Any, spool: Path
) -> None:
    answers(provider)
    found: list[tuple[int, int, str]] = []

    def look(count: int) -> bool:
        if count == 2:
            [file] = kept(spool)
            of_folder, of_file = (stat.S_IMODE(path.stat().st_mode) for path in (spool, file))
            found.append((of_folder, of_file, file.read_text()))
        return count <= 2

    with away_after_the_answer(provider, look):
        press(make_token(), ada)
    [(folder, file, text)] = found
    assert (folder, file) == (0o700, 0o600)
    assert "rt-new-77" not in text


def test_a_process_that_dies_while_an_answer_waits_loses_nothing(
    make_token: Make, provider: HTTPServer, ada: Any, spool: Path
) -> None:
    answers(provider)
    instance = make_token()
    left = die_waiting(instance, ada, provider)
    assert len(kept(spool)) == 1
    [run] = recover(moment=timezone.now() + LATER)
    assert (run.pk, run.status) == (left.pk, "succeeded")
    assert values_of(instance)["refresh_token"] == "rt-new-77"
    assert "It was saved on disk and stored later" in run.steps[1]["reason"]
    assert kept(spool) == []
    assert len(provider.log) == 1


def test_nobody_takes_a_run_over_whose_holder_lives_and_holds_the_answer(
    make_token: Make, provider: HTTPServer, ada: Any
) -> None:
    answers(provider)
    taken: list[Any] = []

    def look(count: int) -> bool:
        if count == 3:
            with another_process():
                thread, found = in_background(
                    lambda: runs.recover_runs(moment=timezone.now() + 2 * LEASE)
                )
                thread.join()
            taken.extend(found)
        return count <= 3

    with away_after_the_answer(provider, look):
        run = press(make_token(), ada)
    assert taken == [[]]
    assert run.status == "succeeded"


def test_an_answer_whose_commit_had_arrived_is_stored_once(
    make_token: Make, provider: HTTPServer, ada: Any, spool: Path
) -> None:
    answers(provider)
    lost: list[str] = []

    def lose(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if sql.startswith('UPDATE "processes_run"'):
            lost.append(sql)
            # Each second time it arrives and is confirmed.
            if len(lost) % 2 and connection.in_atomic_block:
                transaction.on_commit(_lose_connection)
            elif len(lost) % 2:
                raise OperationalError("The connection was lost.")
        return done

    instance = make_token()
    with connection.execute_wrapper(lose):
        run = press(instance, ada)
    # Before the call and after it twice each; the close had arrived.
    assert len(lost) == 5
    assert Run.objects.get().status == run.status == "succeeded"
    assert run.saved
    assert values_of(instance)["refresh_token"] == "rt-new-77"
    assert ProcessInstance.objects.get().revision == 2
    assert Change.objects.filter(run=run).count() == 1
    assert kept(spool) == []


def _lose_connection() -> None:
    raise OperationalError("The connection was lost in the middle of the commit.")


@pytest.fixture
def closed_elsewhere(
    make_token: Make, provider: HTTPServer, ada: Any, settings: Any, spool: Path
) -> Callable[..., tuple[ProcessInstance, Run]]:
    """Return a run that another host closed as interrupted while its answer lay on this one."""

    def closed(*, then: Callable[[ProcessInstance], None]) -> tuple[ProcessInstance, Run]:
        answers(provider)
        instance = make_token()
        die_waiting(instance, ada, provider)
        settings.KIANDA_SPOOL_DIR = spool.parent / "of another host"
        [run] = recover(moment=timezone.now() + LATER)
        assert run.status == "interrupted"
        then(instance)
        settings.KIANDA_SPOOL_DIR = spool
        assert recover() == []
        assert kept(spool) == []
        return instance, Run.objects.get(pk=run.pk)

    return closed


def test_an_answer_that_comes_after_its_run_was_closed_elsewhere_can_be_stored(
    closed_elsewhere: Callable[..., tuple[ProcessInstance, Run]], ada: Any
) -> None:
    instance, run = closed_elsewhere(then=lambda _instance: None)
    assert run.unsaved_answer
    assert "It is saved with this run and can be stored" in run.error["message"]
    store_unsaved_answer(run_pk=run.pk, user=ada)
    assert values_of(instance)["refresh_token"] == "rt-new-77"


def test_an_answer_that_comes_after_newer_values_is_not_offered(
    closed_elsewhere: Callable[..., tuple[ProcessInstance, Run]], ada: Any
) -> None:
    newer = {
        "access_token": "new",
        "refresh_token": "typed anew",
        "created_at": "1",
        "expires_in": "9",
    }

    def type_anew(instance: ProcessInstance) -> None:
        patch_instance(process_id=instance.process_id, data=newer, revision=None, user=ada)

    instance, run = closed_elsewhere(then=type_anew)
    assert not run.unsaved_answer
    assert "its fields have newer values" in run.error["message"]
    assert values_of(instance)["refresh_token"] == "typed anew"


def test_an_answer_is_offered_without_the_fields_that_have_newer_values(
    closed_elsewhere: Callable[..., tuple[ProcessInstance, Run]], ada: Any
) -> None:
    def note(instance: ProcessInstance) -> None:
        data = {"created_at": "1"}
        patch_instance(process_id=instance.process_id, data=data, revision=None, user=ada)

    instance, run = closed_elsewhere(then=note)
    assert run.unsaved_values["refresh_token"] == "rt-new-77"
    assert "created_at" not in run.unsaved_values
    store_unsaved_answer(run_pk=run.pk, user=ada)
    assert values_of(instance)["created_at"] == "1"


def test_a_data_directory_that_takes_no_file_leaves_the_answer_in_memory(
    make_token: Make, provider: HTTPServer, ada: Any, spool: Path
) -> None:
    spool.parent.mkdir()
    spool.write_text("no folder")
    answers(provider)
    instance = make_token()
    with away_after_the_answer(provider, lambda count: count <= 4):
        run = press(instance, ada)
    assert run.status == "succeeded"
    assert values_of(instance)["refresh_token"] == "rt-new-77"


def test_after_an_outage_the_leases_of_others_are_left_for_a_moment(
    make_token: Make, provider: HTTPServer, ada: Any, spool: Path, settings: Any
) -> None:
    answers(provider)
    die_waiting(make_token(), ada, provider)
    settings.KIANDA_SPOOL_DIR = spool.parent / "of another host"
    Run.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert recover() == []
    [run] = recover(moment=timezone.now() + LATER)
    assert run.status == "interrupted"


def test_a_kept_answer_of_no_run_is_set_aside_not_lost(
    make_token: Make, provider: HTTPServer, ada: Any, spool: Path
) -> None:
    answers(provider)
    die_waiting(make_token(), ada, provider)
    Run.objects.all().delete()
    assert recover() == []
    assert kept(spool) == []
    assert len(list(spool.glob("*.unclaimed"))) == 1
