"""Rows are changed by others too: by people, by rules; and not by who may not."""

import re
from typing import Any

import pytest
from django.test import Client

from processes.instances.lifecycle import create_instance, patch_instance
from processes.running.runs import trigger
from tests.factories import OPEN_TO_ALL
from tests.pages import text_of
from tests.processes.definitions import process, text_field
from tests.processes.forms.tables.orders import (
    COLUMNS,
    URL,
    form_of,
    keys,
    pens,
    post,
    rows_of,
    whats,
)
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


def test_two_people_change_a_table_and_the_second_chooses(
    make: Any, ben_at: Client, ada: Any
) -> None:
    instance = make()
    page = ben_at.get(URL)
    theirs = [{"what": "Theirs", "amount": 1}, *pens(3)]
    patch_instance(process_id="orders-1", data={"lines": theirs}, revision=1, user=ada)
    page = post(ben_at, page, **{"v-lines-b2-what": "Mine"})
    said = text_of(page)
    assert "changed while you were editing" in said
    assert "Theirs" in said
    page = post(ben_at, page)
    assert whats(instance) == ["Pen 1", "Pen 2", "Mine"]


def test_rows_that_others_added_stay_when_another_field_is_changed(
    make: Any, ben_at: Client, ada: Any
) -> None:
    instance = make()
    page = ben_at.get(URL)
    added = [{"what": "Pen 4"}, {"what": "Pen 5"}]
    patch_instance(process_id="orders-1", data={"lines": pens(3) + added}, revision=1, user=ada)
    post(ben_at, page, **{"v-customer": "acme"})
    assert len(whats(instance)) == 5


WHEN = {"type": "date", "name": "at", "mode": "datetime"}


def test_a_moment_that_nobody_touched_is_no_change_though_the_browser_writes_it_shorter(
    make: Any, ben_at: Client, ada: Any
) -> None:
    instance = make(rows=0, columns=[{"type": "text", "name": "what"}, WHEN])
    row = {"what": "Pen", "at": "2026-01-01T09:00:00Z"}
    revision = patch_instance(
        process_id="orders-1", data={"lines": [row]}, revision=1, user=ada
    ).revision
    page = ben_at.get(URL)
    assert form_of(page)["v-lines-b0-at"] == ["2026-01-01T09:00:00"]
    patch_instance(
        process_id="orders-1",
        data={"lines": [row | {"what": "Theirs"}]},
        revision=revision,
        user=ada,
    )
    said = post(ben_at, page, **{"v-lines-b0-at": "2026-01-01T09:00", "v-customer": "acme"})
    assert "changed while you were editing" not in text_of(said)
    assert whats(instance) == ["Theirs"]


def test_two_people_who_write_the_same_have_no_conflict(
    make: Any, ben_at: Client, ada: Any
) -> None:
    instance = make(rows=1)
    page = ben_at.get(URL)
    theirs = [{"what": "Pen 1", "amount": 8, "sent": False, "hidden": "h1"}]
    patch_instance(process_id="orders-1", data={"lines": theirs}, revision=1, user=ada)
    said = post(ben_at, page, **{"v-lines-b0-amount": "8", "v-lines-b0-sent": "false"})
    assert "changed while you were editing" not in text_of(said)
    assert rows_of(instance)[0]["amount"] == 8


def test_who_may_not_add_or_remove_cannot_by_hand_either(make: Any, ben_at: Client) -> None:
    instance = make(allow_add=False, allow_remove=False, allow_move=False)
    page = ben_at.get(URL)
    assert ":/lines" not in page.content.decode()
    for act in (
        "add:/lines",
        "remove:/lines/0",
        "up:/lines/1",
        "down:/lines/0",
        "turn:/lines/0",
        "remove:/lines/x",
        "show:/lines/-4",
        ":/lines",
    ):
        page = post(ben_at, page, act)
        assert keys(form_of(page)) == ["b0", "b1", "b2"]
    assert post(ben_at, page, "add:/nothing").status_code == 200
    assert whats(instance) == ["Pen 1", "Pen 2", "Pen 3"]


def test_a_table_that_is_switched_off_is_read(make: Any, ben_at: Client) -> None:
    instance = make(rows=30, enabled=False)
    page = ben_at.get(URL)
    assert "v-lines-row" not in page.content.decode()
    assert "Pen 25" in text_of(page)
    page = post(ben_at, page, "show:/lines/25")
    assert "Pen 30" in text_of(page)
    post(ben_at, page, "remove:/lines/0", **{"v-lines-row": [], "v-customer": "x"})
    assert len(whats(instance)) == 30


def test_all_rows_of_a_form_that_is_closed_to_its_reader_can_be_turned_to(
    ada: Any, ben_at: Client
) -> None:
    lines = {"type": "table", "name": "lines", "columns": COLUMNS}
    raw = process(lines, {"type": "button", "name": "send", "rules": [{"type": "submit"}]},
                  security=OPEN_TO_ALL)  # fmt: skip
    raw["forms"].append({"name": "decide", "fields": [text_field("verdict")]})
    published(raw, user=ada)
    create_instance(
        process="orders", mode="live", data={"lines": pens(60)}, user=ada, set_by_rules=["lines"]
    )
    run = trigger(process_id="orders-1", target="send", user=ada, trigger="button")
    assert run.status == "succeeded", run.error
    page = ben_at.get(URL)
    seen = text_of(page)
    for window in ("show:/lines/25", "show:/lines/50"):
        assert f'value="{window}"' in page.content.decode()
        page = post(ben_at, page, window, **{"v-verdict": "Good"})
        seen += text_of(page)
        # The form that is read stays open, and what was typed beside it is still there.
        assert re.search(r'id="tab-main" data-open', page.content.decode())
        assert form_of(page)["v-verdict"] == ["Good"]
    assert all(f"Pen {number} " in seen for number in range(1, 61))
    assert '<fieldset class="k-plain" disabled' not in page.content.decode()
    looked = post(ben_at, ben_at.get(URL), "show:/lines/50").content.decode()
    assert "data-unsaved" not in looked
    assert "data-unsaved" in page.content.decode()


CLOSED = {"type": "text", "name": "booked", "enabled": False}
LOOP = {
    "type": "loop_table", "table": "lines",
    "rules": [{"type": "set_form_field",
               "assignments": [{"field": "row.booked", "value": "[row.what] is booked"}]}],
}  # fmt: skip


@pytest.mark.parametrize("unstored", [True, False])
def test_what_rules_set_in_a_column_that_is_switched_off_is_saved_with_the_rest(
    make: Any, ben_at: Client, unstored: bool
) -> None:
    saves = [] if unstored else [{"type": "save"}]
    instance = make(columns=[*COLUMNS, CLOSED], rules=[LOOP, *saves])
    page = post(ben_at, ben_at.get(URL), "press:lines", **{"v-lines-b1-what": "Ink"})
    assert "Ink is booked" in page.content.decode()
    # Each row is still the one that it was, and a value for the column is not taken.
    assert keys(form_of(page)) == ["b0", "b1", "b2"]
    post(ben_at, page, **{"v-lines-b0-amount": "9", "v-lines-b0-booked": "forged"})
    assert [row["booked"] for row in rows_of(instance)] == [
        "Pen 1 is booked", "Ink is booked", "Pen 3 is booked",
    ]  # fmt: skip
    assert [row["hidden"] for row in rows_of(instance)] == ["h1", "h2", "h3"]


def test_what_a_rule_refuses_in_a_row_stands_beside_its_cell(make: Any, ben_at: Client) -> None:
    too_many = {"items": [{"left": "[row.amount]", "operator": "gt", "right": "2"}]}
    check = {"type": "validate_input", "field": "row.amount", "message": "Two at most.",
             "conditions": too_many}  # fmt: skip
    make(rules=[{"type": "loop_table", "table": "lines", "rules": [check]}])
    page = post(ben_at, ben_at.get(URL), "press:lines")
    assert page.status_code == 422
    assert re.search(r'id="f-data-lines-2-amount-error"[^>]*>\s*Two at most', page.content.decode())
    assert "The last action failed" not in text_of(page)


def test_rows_typed_over_those_of_somebody_else_keep_their_columns_that_are_switched_off(
    make: Any, ben_at: Client, ada: Any
) -> None:
    instance = make(columns=[*COLUMNS, CLOSED], rules=[LOOP, {"type": "save"}])
    page = post(ben_at, ben_at.get(URL), "press:lines", **{"v-lines-b1-what": "Ink"})
    theirs = [{**one, "sent": True} for one in rows_of(instance)[:1]]
    data = {"lines": [*theirs, *rows_of(instance)[1:]]}
    instance.refresh_from_db()
    patch_instance(process_id=instance.process_id, data=data, revision=instance.revision, user=ada)
    asked = post(ben_at, page, **{"v-lines-b1-amount": "7"})
    assert "Use my value" in text_of(asked)
    post(ben_at, asked)
    assert [row["booked"] for row in rows_of(instance)] == [
        "Pen 1 is booked", "Ink is booked", "Pen 3 is booked",
    ]  # fmt: skip
