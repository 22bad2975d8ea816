"""A run of many calls tells its database what has changed, and that suffices to go on."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection

from kianda.lib.db import outages
from kianda.lib.secrets import seal
from processes.models import Run, RunPoint
from processes.models.run_points import FOLLOWED, catch_up, steps_so_far
from processes.preview import debugger
from processes.running import runs
from processes.running.points import FEW, NextPoint, PointWriter
from tests.pages import client_of
from tests.processes.definitions import set_rule
from tests.processes.dying import Died, dying, nobody_holds_the_runs, nth_write_of_a_run
from tests.processes.running.loops.basket import CALL, SAVE, basket, loop, rows
from tests.processes.stories import fired, made, published, read

pytestmark = pytest.mark.django_db(transaction=True)
WHATS = [f"pen {number}" for number in range(12)]
STAMP = set_rule("row.total", "=[row.price] + [sum]")


def begun(api: Callable[..., Any], user: Any, *rules: dict[str, Any]) -> str:
    """Return a basket with as many lines as a run needs to have many points."""
    name = published(basket(*rules), user=user)
    return made(api(user), name, lines=rows(*WHATS), sum=1)


def die_after(points: int, basket_id: str, user: Any) -> Run:
    """Press Go, and die when so many points of the run are stored."""
    with pytest.raises(Died), dying(nth_write_of_a_run(points), done=True):
        runs.trigger(process_id=basket_id, target="go", user=user, trigger="button")
    return Run.objects.get(status="running")


def submission() -> dict[str, Any]:
    """Return a basket whose loop stands in the rules of its form, under those of its button."""
    raw = basket(set_rule("sum", "=[sum] + 1"), {"type": "submit"})
    raw["forms"][0]["rules"] = [set_rule("problem", "none"), loop(CALL, STAMP)]
    return raw


@pytest.mark.parametrize(
    "definition",
    [
        basket(loop(CALL, STAMP), SAVE),
        basket(loop(STAMP, CALL, SAVE)),
        basket(loop(CALL, on_row_failure="continue"), loop(CALL, on_row_failure="continue")),
        submission(),
    ],
    ids=["calls", "saves", "failures", "nested"],
)
def test_after_each_point_the_database_knows_what_the_run_knew(
    api: Callable[..., Any], ada: Any, erp: list[str], monkeypatch: pytest.MonkeyPatch,
    definition: dict[str, Any],
) -> None:  # fmt: skip
    lines = rows("pen", "bad", *WHATS) if "continue" in json.dumps(definition) else rows(*WHATS)
    basket_id = made(api(ada), published(definition, user=ada), lines=lines, sum=1)
    differences, kept = list[int](), PointWriter.kept

    def compared(self: PointWriter, point: NextPoint) -> None:
        kept(self, point)
        run = Run.objects.get(status="running")
        differences.append(run.points.count())
        catch_up(run)
        for found, known in ((run.journal, point.state.journal), (run.steps, point.state.steps)):
            assert found == json.loads(json.dumps(known))
        assert steps_so_far(Run.objects.get(pk=run.pk)) == run.steps

    monkeypatch.setattr(PointWriter, "kept", compared)
    fired(api(ada), basket_id, "go")
    assert len(erp) >= len(WHATS)
    # Whole while they are few, then once for each time that there are twice as many.
    assert differences[:FEW] == [0] * FEW
    assert differences.count(0) <= FEW + 4
    assert not RunPoint.objects.exists()


@pytest.mark.parametrize("answered", range(1, 12))
def test_a_process_that_dies_anywhere_in_a_long_loop_is_succeeded_at_the_next_row(
    api: Callable[..., Any], ada: Any, erp: list[str], answered: int
) -> None:
    basket_id = begun(api, ada, loop(CALL, STAMP), SAVE)
    die_after(2 * answered, basket_id, ada)
    nobody_holds_the_runs()
    [run] = runs.recover_runs()
    assert run.status == "succeeded", run.error
    assert erp == WHATS
    lines = read(api(ada), basket_id)["data"]["lines"]
    assert [row["ticket"] for row in lines] == [
        f"T-{what}-{number}" for number, what in enumerate(WHATS, 1)
    ]
    assert [row["total"] for row in lines] == [number + 2 for number in range(len(WHATS))]
    assert [group["title"] for group in run.steps[0]["groups"]] == [
        f"Row {number}" for number in range(1, len(WHATS) + 1)
    ]
    assert not RunPoint.objects.exists()


def test_a_successor_that_dies_too_is_succeeded(
    api: Callable[..., Any], ada: Any, erp: list[str]
) -> None:
    basket_id = begun(api, ada, loop(CALL), SAVE)
    die_after(14, basket_id, ada)
    nobody_holds_the_runs()
    # The first one takes the run over.
    with pytest.raises(Died), dying(nth_write_of_a_run(3), done=True):
        runs.recover_runs()
    nobody_holds_the_runs()
    [run] = runs.recover_runs()
    assert run.status == "succeeded", run.error
    assert erp == WHATS
    assert not RunPoint.objects.exists()


def test_a_process_that_dies_in_a_late_call_leaves_what_the_earlier_ones_brought(
    api: Callable[..., Any], ada: Any, erp: list[str]
) -> None:
    basket_id = begun(api, ada, loop(CALL), SAVE)
    left = die_after(15, basket_id, ada)
    page = client_of(ada).get(f"/runs/{left.pk}/").content.decode()
    assert "Row 8" in page
    told = api(ada).get(f"/api/v1/runs/{left.pk}/").json()
    assert len(told["steps"][0]["groups"]) == 8
    nobody_holds_the_runs()
    [run] = runs.recover_runs()
    assert (run.status, run.unsaved_answer) == ("interrupted", True)
    assert erp == WHATS[:7]
    assert [row["ticket"] for row in run.unsaved_values["lines"]][6:9] == ["T-pen 6-7", "", ""]
    assert len(run.steps[0]["groups"]) == 8
    assert not RunPoint.objects.exists()


def test_after_a_write_of_unknown_end_a_point_is_written_whole(
    api: Callable[..., Any], ada: Any, erp: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "pause", lambda _seconds: None)
    basket_id = begun(api, ada, loop(CALL), SAVE)
    stored: list[str] = []

    def lose(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if sql.startswith('INSERT INTO "processes_runpoint"'):
            stored.append(sql)
            if len(stored) == 5:
                connection.on_commit(_lose_connection)
        return done

    def _lose_connection() -> None:
        raise OperationalError("The connection was lost in the middle of the commit.")

    with connection.execute_wrapper(lose):
        run = fired(api(ada), basket_id, "go")
    assert run["status"] == "succeeded", run["error"]
    assert erp == WHATS
    assert len(stored) > 5
    assert not RunPoint.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda point: seal(point, "journal", ["of a later version"]), "Another version of Kianda"),
        (lambda point: seal(RunPoint(run_id=point.run_id, number=99), "journal", {}),
         "belongs to another run"),
    ],
    ids=["version", "place"],
)  # fmt: skip
def test_a_run_whose_points_cannot_be_read_ends_with_a_sentence(
    api: Callable[..., Any], ada: Any, erp: list[str], change: Any, words: str
) -> None:
    basket_id = begun(api, ada, loop(CALL), SAVE)
    left = die_after(14, basket_id, ada)
    last = left.points.last()
    assert last is not None
    RunPoint.objects.filter(pk=last.pk).update(journal=change(last))
    nobody_holds_the_runs()
    [run] = runs.recover_runs()
    assert run.status == "interrupted"
    assert words in run.error["message"]
    assert erp == WHATS[:7]
    assert fired(api(ada), basket_id, "go")["status"] == "succeeded"


def test_a_version_that_knows_no_points_cannot_read_a_journal_that_they_follow(
    api: Callable[..., Any], ada: Any, erp: list[str]
) -> None:
    left = die_after(14, begun(api, ada, loop(CALL)), ada)
    assert left.points.exists()
    assert set(left.journal) == {FOLLOWED}
    assert len(erp) == 7


def test_a_step_of_the_debugger_that_had_many_points_is_paused_whole(
    api: Callable[..., Any], ada: Any, erp: list[str]
) -> None:
    name = published(basket(loop(CALL), SAVE), user=ada)
    told = {"process": name, "mode": "preview", "data": {"lines": rows(*WHATS)}}
    basket_id = api(ada).post("/api/v1/instances/", told, format="json").json()["process_id"]
    run = debugger.start(process_id=basket_id, target="go", user=ada, trigger="button")
    many = list[int]()

    def count(execute: Any, sql: str, params: Any, many_of: Any, context: Any) -> Any:
        if sql.startswith('INSERT INTO "processes_runpoint"'):
            many.append(1)
        return execute(sql, params, many_of, context)

    with connection.execute_wrapper(count):
        debugger.step(debugger.Paused(run.pk, ada, answer="do"))
    assert erp == WHATS
    assert len(many) > 10
    assert not RunPoint.objects.exists()
    assert "debug" in Run.objects.get(pk=run.pk).journal
    assert debugger.step(debugger.Paused(run.pk, ada)).status == "succeeded"
    tickets = [row["ticket"] for row in read(api(ada), basket_id)["data"]["lines"]]
    assert tickets[-1] == "T-pen 11-12"
