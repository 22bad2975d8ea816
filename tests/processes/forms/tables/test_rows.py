"""Rows are typed, added, moved and taken out on the page of an instance, thousands of them too."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from processes.instances.lifecycle import create_instance
from processes.models import Change, ProcessInstance
from tests.factories import OPEN_TO_ALL
from tests.pages import SCRIPT, text_of
from tests.processes.definitions import process, text_field
from tests.processes.forms.tables.orders import COLUMNS, URL, form_of, keys, post, rows_of, whats
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


def test_a_table_that_nobody_touched_is_no_change(make: Any, ben_at: Client) -> None:
    instance = make()
    answer = post(ben_at, ben_at.get(URL))
    assert "Nothing was changed" in text_of(answer)
    assert not Change.objects.filter(instance=instance).exists()


def test_cells_are_changed_and_the_hidden_column_stays(make: Any, ben_at: Client) -> None:
    instance = make()
    page = ben_at.get(URL)
    answer = post(ben_at, page, **{"v-lines-b1-amount": "7.5", "v-lines-b1-sent": "true"})
    assert answer.status_code == 200
    changed = rows_of(instance)[1]
    assert (str(changed["amount"]), changed["sent"], changed["hidden"]) == ("7.5", True, "h2")
    assert whats(instance) == ["Pen 1", "Pen 2", "Pen 3"]


def test_rows_are_added_moved_and_removed_without_script_and_stored_at_the_end(
    make: Any, ben_at: Client
) -> None:
    instance = make()
    page = post(ben_at, ben_at.get(URL), "add:/lines")
    assert page.status_code == 200
    assert keys(form_of(page)) == ["b0", "b1", "b2", "n3"]
    assert form_of(page)["v-lines-n3-amount"] == ["1"]
    page = post(ben_at, page, "up:/lines/3", **{"v-lines-n3-what": "Ink"})
    assert keys(form_of(page)) == ["b0", "b1", "n3", "b2"]
    page = post(ben_at, page, "remove:/lines/0")
    page = post(ben_at, page, "down:/lines/0")
    page = post(ben_at, page, f"up:/lines/{'9' * 5_000}")
    assert form_of(page)["v-lines-n3-what"] == ["Ink"]
    assert whats(instance) == ["Pen 1", "Pen 2", "Pen 3"]
    post(ben_at, page)
    assert whats(instance) == ["Ink", "Pen 2", "Pen 3"]
    assert rows_of(instance)[0]["hidden"] == "ben"


def test_a_script_may_post_the_rows_in_any_order(make: Any, ben_at: Client) -> None:
    instance = make()
    post(
        ben_at, ben_at.get(URL),
        **{"v-lines-row": ["b2", "nx1", "b0"], "v-lines-nx1-what": "New"},
    )  # fmt: skip
    assert whats(instance) == ["Pen 3", "New", "Pen 1"]


def test_errors_stand_in_their_cells_and_what_was_typed_stays(make: Any, ben_at: Client) -> None:
    instance = make()
    typed = {"v-lines-b0-amount": "-2", "v-lines-b1-amount": SCRIPT, "v-lines-b2-what": ""}
    page = post(ben_at, ben_at.get(URL), **typed)
    said = text_of(page)
    assert page.status_code == 422
    assert "Lines: row 1, Amount: -2 is too small. Enter 0 or more." in said
    assert 'id="f-data-lines-1-amount"' in page.content.decode()
    assert 'id="f-data-lines-1-amount-error"' in page.content.decode()
    assert SCRIPT not in page.content.decode()
    assert form_of(page)["v-lines-b1-amount"] == [SCRIPT]
    assert whats(instance) == ["Pen 1", "Pen 2", "Pen 3"]


def test_a_wrong_cell_opens_its_form_and_marks_it(ada: Any, ben_at: Client) -> None:
    raw = process(text_field("customer"), security=OPEN_TO_ALL)
    lines = {"type": "table", "name": "lines", "columns": COLUMNS, "first_rows": 1}
    raw["forms"].append({"name": "second", "activate_with": "main", "fields": [lines]})
    published(raw, user=ada)
    create_instance(process="orders", mode="live", data={}, user=ada)
    said = post(ben_at, ben_at.get(URL), **{"v-lines-b0-amount": "-1"}).content.decode()
    tabs = re.findall(r'<a class="k-tab"[^>]*id="tab-(\w+)"(.*?)</a>', said, re.DOTALL)
    opened = [name for name, rest in tabs if rest.startswith(" data-open")]
    wrong = [name for name, rest in tabs if "needs attention" in rest]
    assert (opened, wrong) == (["second"], ["second"])


def test_a_required_cell_is_asked_for(make: Any, ben_at: Client) -> None:
    make()
    page = post(ben_at, ben_at.get(URL), **{"v-lines-b2-what": ""})
    assert "Lines: row 3, What is required." in text_of(page)


def test_ten_thousand_rows_are_shown_and_changed_a_window_at_a_time(
    make: Any, ben_at: Client
) -> None:
    instance = make(rows=10_000)
    page = ben_at.get(URL)
    assert len(keys(form_of(page))) == 25
    assert "rows 1 to 25 of 10,000" in text_of(page)
    assert len(page.content) < 400_000
    page = post(ben_at, page, "show:/lines/9975", **{"v-lines-b3-what": "Changed"})
    assert "rows 9,976 to 10,000 of 10,000" in text_of(page)
    page = post(ben_at, page, "remove:/lines/9999")
    assert len(form_of(page)["v-lines"][0]) < 200
    post(ben_at, page, **{"v-lines-b9980-what": "Late"})
    stored = whats(instance)
    assert len(stored) == 9_999
    assert (stored[3], stored[9980], stored[-1]) == ("Changed", "Late", "Pen 9999")


def test_one_row_more_than_allowed_is_refused_with_a_sentence(make: Any, ben_at: Client) -> None:
    make(rows=3, max_rows=3)
    page = ben_at.get(URL)
    assert "At most 3 rows are allowed." in text_of(page)
    more = [*keys(form_of(page)), "n9"]
    page = post(ben_at, page, **{"v-lines-row": more, "v-lines-n9-what": "x"})
    assert "Lines: There are 4 rows; at most 3 are allowed." in text_of(page)


def test_an_error_out_of_sight_brings_its_window(make: Any, ben_at: Client) -> None:
    make(rows=60)
    page = post(ben_at, ben_at.get(URL), "show:/lines/50", **{"v-lines-b2-amount": "much"})
    page = post(ben_at, page)
    assert "rows 1 to 25 of 60" in text_of(page)
    assert form_of(page)["v-lines-b2-amount"] == ["much"]


@pytest.mark.parametrize("around", [
    "", "{", "[]", "null", '{"before":[],"after":7}', '{"before":[[0,99999999]],"after":[]}',
    '{"before":[["a",1]],"after":[]}', '{"before":[{"b":0,"c":{"what":7}}],"after":[]}',
    '{"before":[{"b":-1,"c":{}}],"after":[]}', "[" * 50_000,
    json.dumps({"before": [[0, 10_000]] * 9, "after": []}),
])  # fmt: skip
def test_shreds_of_a_form_change_nothing(make: Any, ben_at: Client, around: str) -> None:
    instance = make()
    answer = post(ben_at, ben_at.get(URL), **{"v-lines": around})
    assert answer.status_code == 200
    assert whats(instance) == ["Pen 1", "Pen 2", "Pen 3"]


def test_rows_that_are_not_there_are_left_out(make: Any, ben_at: Client) -> None:
    instance = make()
    around = json.dumps({"before": [[0, 2], [5, 9]], "after": []})
    post(ben_at, ben_at.get(URL), **{"v-lines": around, "v-lines-row": ["b2", "b77"]})
    assert whats(instance) == ["Pen 1", "Pen 2", "Pen 3"]


def test_a_new_instance_starts_with_its_first_rows(make: Any, ben_at: Client) -> None:
    make(rows=0, first_rows=2)
    here = "/start/orders/"
    page = ben_at.get(here)
    assert page.content.decode().count("data-row>") == 3
    sent = {
        "mode": "live", "v-lines": '{"before":[],"after":[]}',
        "v-lines-row": ["b0", "b1"], "v-lines-b0-what": "Pen", "v-lines-b1-what": "Ink",
    }  # fmt: skip
    more = ben_at.post(here, {**sent, "act": "add:/lines"})
    assert more.content.decode().count("data-row>") == 4
    assert ben_at.post(here, sent).status_code in {302, 303}
    made = ProcessInstance.objects.order_by("-pk")[0]
    assert whats(made) == ["Pen", "Ink"]


def test_the_history_says_what_changed_in_which_row(make: Any, ben_at: Client) -> None:
    make()
    page = post(
        ben_at, ben_at.get(URL),
        **{"v-lines-row": ["b0", "b1", "n9"], "v-lines-b1-amount": "7", "v-lines-n9-what": SCRIPT},
    )  # fmt: skip
    history = ben_at.get(f"{URL}changes/")
    assert "row 2, Amount: 2 → 7" in text_of(history)
    assert f"row 3, What: Pen 3 → {SCRIPT[:20]}" in text_of(history)
    assert not any(SCRIPT in one.content.decode() for one in (page, history))


def test_two_megabytes_pasted_into_a_cell_are_refused_beside_it(make: Any, ben_at: Client) -> None:
    instance = make()
    page = post(ben_at, ben_at.get(URL), **{"v-lines-b1-what": "x" * 2_000_000})
    assert page.status_code == 422
    said = "Lines: row 2, What: The text has 2,000,000 characters; at most 1,000,000 are allowed."
    assert said in text_of(page)
    assert whats(instance) == ["Pen 1", "Pen 2", "Pen 3"]
