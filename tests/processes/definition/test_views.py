"""The lists of a definition: what they name is checked, each flaw at its place."""

from typing import Any

import pytest

from kianda.lib.errors import Invalid
from processes.definition.document import Document, parse_document

FORM = {
    "name": "ask",
    "fields": [
        {"type": "text", "name": "what"},
        {"type": "number", "name": "amount"},
        {"type": "secret", "name": "code"},
        {"type": "table", "name": "lines", "columns": [{"type": "text", "name": "thing"}]},
    ],
}


def parsed(*views: dict[str, Any]) -> Document:
    """Return a process with these lists."""
    return parse_document({"name": "orders", "forms": [FORM], "views": list(views)})


def test_a_list_has_columns_a_filter_an_order_groups_and_totals() -> None:
    view = {
        "name": "large-ones",
        "columns": ["what", "process.status", "what"],
        "filter": {"items": [{"left": "[amount]", "operator": "gt", "right": "10"},
                             {"left": "[process.created_by]", "operator": "is_me"}]},
        "sort": "-amount", "group_by": "process.status",
        "totals": [{"field": "amount"}], "see": ["group:hr"],
    }  # fmt: skip
    (found,) = parsed(view).views
    assert (found.title, found.columns) == ("Large ones", ("what", "process.status"))
    assert [one.calculate for one in found.totals] == ["sum"]
    stored = parsed(view).normalised()
    assert parse_document(stored).normalised() == stored


@pytest.mark.parametrize(
    ("view", "place"),
    [
        ({"name": "No Slug"}, "/views/0/name"),
        ({"name": "a", "columns": ["wat"]}, "/views/0/columns"),
        ({"name": "a", "columns": ["code"]}, "/views/0/columns"),
        ({"name": "a", "columns": ["lines"]}, "/views/0/columns"),
        ({"name": "a", "sort": "-code"}, "/views/0/sort"),
        ({"name": "a", "group_by": "process.url"}, "/views/0/group_by"),
        ({"name": "a", "totals": [{"field": "nothing"}]}, "/views/0/totals/0/field"),
        ({"name": "a", "see": ["creator"]}, "/views/0/see/0"),
        ({"name": "a", "filter": {"items": [{"left": "[code]", "operator": "blank"}]}},
         "/views/0/filter/items/0/left"),
        ({"name": "a", "filter": {"items": [{"left": "what", "operator": "blank"}]}},
         "/views/0/filter/items/0/left"),
        ({"name": "a", "filter": {"items": [{"left": "[what]", "operator": "matches",
                                             "right": "a+"}]}}, "/views/0/filter/items/0/operator"),
        ({"name": "a", "filter": {"items": [{"left": "[what]", "operator": "eq",
                                             "right": "[amount]"}]}},
         "/views/0/filter/items/0/right"),
    ],
)  # fmt: skip
def test_what_a_list_cannot_name_is_refused_at_its_place(view: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parsed(view)
    assert [flaw.pointer for flaw in refusal.value.errors] == [place]


def test_two_lists_of_one_name_are_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        parsed({"name": "a"}, {"name": "a"})
    assert [flaw.pointer for flaw in refusal.value.errors] == ["/views"]
