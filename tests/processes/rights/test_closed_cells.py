"""Cells and rows of a table that its form does not let a person change, whatever they send."""

from typing import Any

import pytest

from processes.instances.history import restore_value
from processes.instances.lifecycle import create_instance
from processes.models import Change, ProcessInstance
from tests.factories import api_client
from tests.processes.rights.office import Office, leave_request, office
from tests.processes.stories import published

pytestmark = pytest.mark.django_db

ROWS = [{"what": "Pen", "price": "2", "code": "a"}, {"what": "Ink", "price": "5", "code": "b"}]


@pytest.fixture
def people() -> Office:
    return office()


def order(people: Office, **table: Any) -> ProcessInstance:
    """Emma has an order; its prices are worked out, its codes are for rules."""
    definition = leave_request()
    definition["forms"][0]["fields"] += [
        {"type": "table", "name": "lines", **table, "columns": [
            {"type": "text", "name": "what"},
            {"type": "text", "name": "price", "enabled": False},
            {"type": "text", "name": "code", "visible": False},
        ]},
        {"type": "button", "name": "keep", "rules": [{"type": "save"}]},
        {"type": "button", "name": "work_out", "rules": [
            {"type": "loop_table", "table": "lines", "rules": [
                {"type": "set_form_field", "assignments": [{"field": "row.price", "value": "9"}]},
            ]},
            {"type": "save"},
        ]},
    ]  # fmt: skip
    published(definition, user=people.root)
    made = create_instance(process="leave", mode="live", data={"lines": ROWS}, user=people.root)
    made.created_by = people.emma
    made.save(update_fields=["created_by"])
    return made


def patched(made: ProcessInstance, user: Any, *rows: dict[str, str]) -> Any:
    revision = ProcessInstance.objects.get(pk=made.pk).revision
    body = {"data": {"lines": list(rows)}, "revision": revision}
    return api_client(user).patch(f"/api/v1/instances/{made.process_id}/", body)


def stored(made: ProcessInstance) -> Any:
    return ProcessInstance.objects.get(pk=made.pk).values["lines"]


@pytest.mark.parametrize("column", ["price", "code"])
def test_a_cell_that_is_switched_off_is_not_changed(people: Office, column: str) -> None:
    made = order(people)
    wrong = patched(made, people.emma, ROWS[0], ROWS[1] | {column: "1"})
    assert wrong.status_code == 400
    assert wrong.data["errors"][0]["pointer"] == "/data/lines"
    assert wrong.data["errors"][0]["detail"] == (
        f"The column {column} of Lines is switched off. Its cells cannot be changed."
    )
    pressed = api_client(people.emma).post(
        f"/api/v1/instances/{made.process_id}/trigger/",
        {"target": "keep", "data": {"lines": [ROWS[0] | {column: "1"}, ROWS[1]]}},
    )
    assert pressed.status_code == 400
    assert stored(made) == ROWS


@pytest.mark.parametrize("column", ["price", "margin", "cost"])
def test_a_row_without_its_list_is_a_row(people: Office, column: str) -> None:
    """What the field takes as a table of one row is asked about as one."""
    definition = leave_request(see=["everyone"], change=["everyone"])
    definition["forms"][0]["fields"] = [
        {"type": "table", "name": "lines", "columns": [
            {"type": "text", "name": "what"},
            {"type": "text", "name": "price", "enabled": False},
            {"type": "text", "name": "cost", "edit": ["group:hr"]},
            {"type": "text", "name": "margin", "see": ["group:hr"]},
        ]},
        {"type": "button", "name": "keep", "rules": [{"type": "save"}]},
    ]  # fmt: skip
    published(definition, user=people.root)
    client, row = api_client(people.tom), {"lines": {"what": "Pen", column: "1"}}
    begun = client.post("/api/v1/instances/", {"process": "leave", "data": row})
    assert begun.status_code in (400, 403)
    made = create_instance(process="leave", mode="live", data={}, user=people.root)
    place = f"/api/v1/instances/{made.process_id}/"
    assert client.patch(place, {"data": row, "revision": 1}).status_code in (400, 403)
    pressed = client.post(f"{place}trigger/", {"target": "keep", "data": row})
    assert pressed.status_code in (400, 403)
    assert stored(made) == []


def test_a_wrong_column_tells_of_no_column_that_is_not_seen(people: Office) -> None:
    definition = leave_request()
    definition["forms"][0]["fields"] = [
        {"type": "table", "name": "lines", "columns": [
            {"type": "text", "name": "what"},
            {"type": "text", "name": "margin", "see": ["group:hr"]},
        ]},
    ]  # fmt: skip
    published(definition, user=people.root)

    def said(**row: str) -> str:
        body = {"process": "leave", "data": {"lines": [row]}}
        answer = api_client(people.emma).post("/api/v1/instances/", body)
        assert answer.status_code == 400
        return str(answer.data)

    assert "margin" not in said(wrong="1")
    assert said(wrong="1").replace("wrong", "margin") == said(margin="1")


@pytest.mark.parametrize("nothing", [None, "", []])
def test_no_rows_at_all_are_fewer_rows(people: Office, nothing: Any) -> None:
    made = order(people, allow_remove=False)
    answer = api_client(people.emma).patch(
        f"/api/v1/instances/{made.process_id}/", {"data": {"lines": nothing}, "revision": 1}
    )
    assert answer.status_code == 400
    assert stored(made) == ROWS


def test_cells_that_are_switched_off_stay_with_their_rows(people: Office) -> None:
    made = order(people)
    assert patched(made, people.emma, {"what": "Pencil"}, {"what": "Ink"}).status_code == 200
    assert stored(made) == [ROWS[0] | {"what": "Pencil"}, ROWS[1]]
    moved = patched(made, people.emma, ROWS[1], ROWS[0], {"what": "Paper"})
    assert moved.status_code == 200
    assert stored(made) == [ROWS[1], ROWS[0], {"what": "Paper", "price": "", "code": ""}]


def test_rules_of_the_design_set_them(people: Office) -> None:
    made = order(people)
    run = api_client(people.emma).post(
        f"/api/v1/instances/{made.process_id}/trigger/", {"target": "work_out"}
    )
    assert run.data["status"] == "succeeded", run.data
    assert [row["price"] for row in stored(made)] == ["9", "9"]


def test_a_value_of_before_comes_back_with_the_cells_as_they_are_now(people: Office) -> None:
    made = order(people)
    assert patched(made, people.emma, {"what": "Pencil"}, {"what": "Ink"}).status_code == 200
    change = Change.objects.filter(instance=made).latest("pk")
    api_client(people.emma).post(
        f"/api/v1/instances/{made.process_id}/trigger/", {"target": "work_out"}
    )
    restore_value(process_id=made.process_id, change_pk=change.pk, field="lines", user=people.emma)
    assert stored(made) == [{**row, "price": "9"} for row in ROWS]


def test_rows_are_added_and_removed_where_the_form_lets_people(people: Office) -> None:
    made = order(people, allow_add=False, allow_remove=False)
    added = patched(made, people.emma, *ROWS, {"what": "Paper"})
    assert added.data["errors"][0]["detail"] == "Rows cannot be added to Lines."
    removed = patched(made, people.emma, ROWS[0])
    assert removed.data["errors"][0]["detail"] == "Rows cannot be removed from Lines."
    assert (added.status_code, removed.status_code) == (400, 400)
    assert stored(made) == ROWS
    assert patched(made, people.emma, {**ROWS[0], "what": "Pencil"}, ROWS[1]).status_code == 200
