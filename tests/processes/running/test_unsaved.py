"""What runs leave unstored: an alarm is for what nobody can simply look up again."""

from typing import Any

import pytest
from django.utils import timezone

from processes.instances.unsaved import LOOKED_AT, only_looked_up, to_see_to
from processes.models import Run

GET = {"method": "GET", "url": "https://a.example.org/items"}
POST = {"method": "POST", "url": "https://a.example.org/items"}


def step(kind: str, *fields: str, request: dict[str, str] | None = None, **more: Any) -> Any:
    changes = [{"field": name, "before": "", "after": "x"} for name in fields]
    return {"type": kind, "status": "succeeded", "request": request, "changes": changes, **more}


def loop(*inner: Any) -> Any:
    return step("loop_table", "lines", groups=[{"title": "Row 1", "steps": list(inner)}])


FOUND = step("find_items", "name", request=GET)
ROW = step("find_items", "row.price", request=GET)
STEPS = [
    ([FOUND], True),
    ([FOUND, step("set_form_field", "name")], True),
    # It was ordered, and what came back is stored; what was looked up beside it is not missed.
    ([step("create_item", "number", request=POST), step("save"), FOUND], True),
    ([step("create_item", request=POST), FOUND], True),
    ([loop(ROW, step("set_form_field", "row.sum"))], True),
    ([step("create_item", "name", request=POST)], False),
    ([step("create_item", "name", request=GET)], False),
    ([FOUND, step("update_item", "lines", request=POST)], False),
    ([step("find_items", "name", request=POST)], False),
    ([step("start_a_process", "name")], False),
    ([step("create_item", "name")], False),
    ([loop(ROW, step("create_item", "row.number", request=POST))], False),
    ([loop(ROW, step("create_item", status="skipped"))], False),
    ([step("lost_kind", "name", request=GET)], False),
    ([], False),
]


@pytest.mark.parametrize(("steps", "wanted"), STEPS)
def test_what_can_be_looked_up_again_is_no_loss(steps: list[Any], wanted: bool) -> None:
    run = Run(steps=steps, unsaved_values={"name": "x", "lines": []}, unsaved_answer=True)
    assert only_looked_up(run) is wanted


@pytest.mark.django_db
def test_those_to_see_to_are_found_among_many_lookups() -> None:
    def left(steps: list[Any], *, unsaved: bool = True) -> Run:
        return Run.objects.create(
            process_id="a-1", process="a", version="1.0", trigger="button", status="succeeded",
            queued=timezone.now(), steps=steps, unsaved_answer=unsaved,
            unsaved_values={"name": "x"},
        )  # fmt: skip

    lost = [left([step("create_item", "name", request=POST)]) for _ in range(3)]
    left([step("create_item", "name", request=POST)], unsaved=False)
    for _ in range(25):
        left([FOUND])
    assert to_see_to(Run.objects.all(), most=2) == [lost[2], lost[1]]
    assert to_see_to(Run.objects.all(), most=9) == lost[::-1]
    assert LOOKED_AT > 25
