"""Occurrences that go to a worker in one message are carried out side by side, each by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance
from scheduler.models import Occurrence
from scheduler.services import execute_batch, plan
from tests.scheduler.conftest import NOON, Make, total
from tests.scheduler.test_execution import busy
from tests.threads import in_background, until

pytestmark = pytest.mark.django_db(transaction=True)
DUE = NOON + timedelta(minutes=1)


@pytest.fixture
def due(counter: ProcessInstance, make_task: Make, ada: Any) -> Callable[[int], list[int]]:
    """Return `due(count)`: the occurrences of so many tasks, each with an instance of its own."""

    def made(count: int) -> list[int]:
        for number in range(count):
            instance = create_instance(process="counter", mode="live", data={}, user=ada)
            make_task(name=f"Count {number}", process_id=instance.process_id)
        return list(plan(DUE))

    return made


def test_each_of_a_batch_is_carried_out_once_and_one_that_fails_hinders_no_other(
    counter: ProcessInstance, due: Callable[[int], list[int]], caplog: pytest.LogCaptureFixture
) -> None:
    pks = due(3)
    no_number: Any = object()
    execute_batch([pks[0], no_number, *pks[1:], pks[0]])
    assert "could not be carried out" in caplog.text
    assert set(Occurrence.objects.values_list("outcome", flat=True)) == {"succeeded"}
    counted = ProcessInstance.objects.exclude(pk=counter.pk)
    assert [instance.values["total"] for instance in counted] == [1, 1, 1]
    assert total(counter) is None


def test_one_that_has_to_wait_keeps_no_other_of_its_batch_waiting(
    due: Callable[[int], list[int]], settings: Any
) -> None:
    settings.KIANDA_BUSY_WAIT_S = 20
    pks = due(2)
    first, second = (Occurrence.objects.get(pk=pk) for pk in pks)
    with busy(ProcessInstance.objects.get(process_id=first.process_id)):
        thread, _ = in_background(lambda: execute_batch(pks))
        until(lambda: Occurrence.objects.get(pk=second.pk).outcome == "succeeded")
        first.refresh_from_db()
        assert first.outcome is None
    thread.join()
    first.refresh_from_db()
    assert first.outcome == "succeeded"
