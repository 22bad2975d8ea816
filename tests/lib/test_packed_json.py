"""What is written as JSON is read as it was; the trace of a closed run is stored packed."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from kianda.lib.packed_json import QuickJSONEncoder, StoredPacked, pack, unpack
from processes.instances.lifecycle import create_instance
from processes.models import Run
from tests.processes.rights.office import office, publish, send

STEPS = [{"rule": f"rule-{number}", "title": "Größe", "status": "succeeded"} for number in range(9)]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def stored(run: Any) -> Any:
    """Return the trace of a run as its column has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT steps FROM processes_run WHERE id = %s", [run.pk])
        return json.loads(cursor.fetchone()[0])


@given(value=st.lists(JSON))
def test_whatever_is_packed_is_the_same_again(value: list[Any]) -> None:
    packed = pack(value)
    assert (unpack(packed) if isinstance(packed, str) else packed) == value


@given(value=JSON | st.floats(allow_nan=False, allow_infinity=False))
def test_whatever_is_written_quickly_is_the_same_again(value: Any) -> None:
    assert json.loads(json.dumps(value, cls=QuickJSONEncoder)) == value


def test_what_no_quick_writer_takes_is_written_as_before() -> None:
    value = {"whole": 2**70, "half": "\ud83d", 7: [date(2026, 12, 1), Decimal("1.50")]}
    written = json.dumps(value, cls=QuickJSONEncoder)
    assert json.loads(written) == {
        "whole": 2**70, "half": "\ud83d", "7": ["2026-12-01", "1.50"]
    }  # fmt: skip
    moment = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
    assert json.dumps([moment], cls=QuickJSONEncoder) == '["2026-12-01T08:30:00Z"]'
    with pytest.raises(TypeError):
        json.dumps(object(), cls=QuickJSONEncoder)


def test_a_long_value_becomes_small_and_a_short_one_stays_as_it_is() -> None:
    assert len(pack(STEPS)) < len(json.dumps(STEPS)) / 3
    assert pack(STEPS[:1]) == STEPS[:1]


def test_what_a_later_version_packed_is_no_empty_trace() -> None:
    with pytest.raises(ValueError, match="later version"):
        unpack("2:" + str(pack(STEPS))[2:])


def test_what_was_packed_on_the_first_day_is_read_for_ever() -> None:
    packed = (
        "1:A5oO8yOI1jVA8Z17UUypgUGaGYhMSUvF5VlwyKEYY0gdY4yoY4wxdYwxoY4xptQxxow6xphTxxgLsoyJBQA="
    )
    assert unpack(packed) == STEPS


@pytest.mark.django_db(transaction=True)
def test_the_trace_of_a_closed_run_is_packed_and_that_of_a_run_of_before_is_read() -> None:
    people = office()
    publish(people)
    made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
    run = send(made, people.emma)
    assert isinstance(stored(run), str)
    read = Run.objects.get(pk=run.pk)
    assert read.steps == run.steps
    assert [step["status"] for step in read.steps] == ["succeeded"] * len(read.steps)
    Run.objects.filter(pk=run.pk).update(steps=read.steps)
    assert stored(run) == read.steps == Run.objects.get(pk=run.pk).steps
    Run.objects.filter(pk=run.pk).update(steps=StoredPacked(STEPS))
    assert list(Run.objects.values_list("steps", flat=True)) == [STEPS]


ON_POSTGRESQL = """
from django.core.management import call_command
from processes.instances.lifecycle import create_instance
from processes.models import Run
from tests.lib.test_packed_json import STEPS, stored
from tests.processes.rights.office import office, publish, send

call_command("migrate", run_syncdb=True, verbosity=0)
people = office()
publish(people)
made = create_instance(process="leave", mode="live", data={"days": "3"}, user=people.emma)
run = send(made, people.emma)
print("packed", type(stored(run)).__name__, Run.objects.get(pk=run.pk).steps == run.steps)
Run.objects.filter(pk=run.pk).update(steps=STEPS)
print("as before", stored(run) == Run.objects.get(pk=run.pk).steps == STEPS)
"""


@pytest.mark.integration
@pytest.mark.needs("postgres")
@pytest.mark.timeout(300)
def test_a_trace_is_packed_on_postgresql_too(on_postgresql: Callable[..., str]) -> None:
    said = on_postgresql(ON_POSTGRESQL).splitlines()
    assert said[-2:] == ["packed str True", "as before True"]
