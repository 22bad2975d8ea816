"""What is typed into a form of settings is kept, and what is wrong stands beside it."""

from typing import Any

import pytest
from django.http import QueryDict

from kianda.lib.dialogs.dialog import changed_settings, flaws_within, read_settings
from kianda.lib.errors import Flaw
from tests.pages import markup_of
from tests.processes.designer.settings_forms.choices import form_of, html_of, kind_of, rule
from tests.processes.sending import sent_by


def posted(**values: Any) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in values.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


TYPED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("text", {"/width": "6", "/max_length": ""}, {"width": 6, "max_length": None}),
    ("text", {"/width": "six"}, {"width": "six"}),
    ("text", {"/width": "1.5", "/max_length": "1,000"}, {"width": 1.5, "max_length": 1000}),
    ("text", {"/width": ""}, {"width": ""}),
    ("text", {"!shown": ["visible", "required"], "/required": "on"},
     {"visible": False, "required": True}),
    ("text", {"/title": "a\0b", "/name": " x "}, {"title": "ab", "name": "x"}),
    ("text", {"/default": ""}, {"default": None}),
    ("text", {"/default": "12"}, {"default": "12"}),
    ("number", {"/default": "12", "/min": "-0.5"}, {"default": 12, "min": -0.5}),
    ("number", {"/default": "=[today]", "/min": "1e999"}, {"default": "=[today]", "min": "1e999"}),
    ("toggle", {"/default": "True"}, {"default": True}),
    ("list", {"/default": "a\r\n\r\nb", "/choices": "a\r\n b | B \r\n\r\n{\"value\": \"c | d\"}"},
     {"default": ["a", "b"],
      "choices": [{"value": "a"}, {"value": "b", "title": "B"}, {"value": "c | d"}]}),
    ("list", {"/default": "a"}, {"default": "a"}),
    ("list", {"/choices": "{no json"}, {"choices": [{"value": "{no json"}]}),
    ("set_form_field", {"/assignments/7/field": " a ", "/assignments/7/value": " x ",
                        "/assignments/2/field": "", "/assignments/2/value": ""},
     {"assignments": [{"field": "a", "value": " x "}]}),
    ("set_form_field", {"!shown": ["assignments", "conditions"]},
     {"assignments": [], "conditions": None}),
    ("set_form_field", {"/conditions/match": "any", "/conditions/items/3/left": "[a]",
                        "/conditions/items/3/operator": "blank", "/conditions/items/3/right": "",
                        "/conditions/items/1/match": "all"},
     {"conditions": {"match": "any",
                     "items": [{"left": "[a]", "operator": "blank", "right": ""}]}}),
    ("create_item", {"/datasource": "token-service/refresh-token"},
     {"datasource": "token-service", "method": "refresh-token"}),
    ("create_item", {"/datasource": "token-service", "/method": "x"},
     {"datasource": "token-service", "method": "x"}),
    ("create_item", {"/on_failure": ""}, {"on_failure": None}),
    ("create_item", {"/on_success/0/field": "a", "/on_success/0/value": "",
                     "/on_success/0/if_missing": "keep", "/on_success/1/if_missing": "fail"},
     {"on_success": [{"field": "a", "value": "", "if_missing": "keep"}]}),
    ("save", {"/nothing": "x", "rule/title": "y", "/a/b/c": "z"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "typed", "meant"), TYPED)
def test_what_is_typed_means_a_setting_and_what_cannot_be_read_is_kept(
    name: str, typed: dict[str, Any], meant: dict[str, Any]
) -> None:
    assert read_settings(kind_of(name), posted(**typed)) == meant


def test_only_what_was_changed_comes_back() -> None:
    kind, raw = kind_of("create_item"), rule(1)
    post = sent_by(html_of(form_of(kind, raw)), **{"/title": "Other", "/on_success/1/value": ""})
    changed = changed_settings(kind, raw, post)
    assert set(changed) == {"title", "on_success"}
    assert changed["on_success"][1] == {"field": "refresh_token", "value": "", "if_missing": "keep"}


def test_rows_come_in_the_order_of_the_page() -> None:
    post = QueryDict("/assignments/9/field=b&/assignments/1/field=a&/assignments/10/field=c")
    read = read_settings(kind_of("set_form_field"), post)
    assert [row["field"] for row in read["assignments"]] == ["b", "a", "c"]


def test_errors_stand_beside_their_control_and_others_above_the_form() -> None:
    flaws = [Flaw("/title", "Too long."), Flaw("/assignments/0/field", "Not this field."),
             Flaw("", "All wrong."), Flaw("/assignments", "Add a row.")]  # fmt: skip
    form = form_of(kind_of("set_form_field"), rule(0), flaws=flaws, prefix="rule")
    html = markup_of(html_of(form))
    assert 'id="frule-title-error">Too long.' in html
    assert 'id="frule-assignments-0-field-error">Not this field.' in html
    assert 'id="frule-assignments-error">Add a row.' in html
    assert "All wrong." in html
    assert html.count('aria-invalid="true"') == 3


def test_flaws_of_a_definition_are_cut_to_an_element() -> None:
    flaws = [Flaw("/forms/0/fields/1/title", "a"), Flaw("/forms/0/fields/1", "b"),
             Flaw("/forms/0/fields/10/title", "c")]  # fmt: skip
    assert flaws_within(flaws, "/forms/0/fields/1") == [Flaw("/title", "a"), Flaw("", "b")]


NAMED = "lost no longer exists. Choose another one."
SHOWN = "<b>Lost</b> is no longer in the form. Choose another field or remove the row."
GONE = [
    ("set_form_field", {"assignments": [{"field": "lost", "value": ""}]}, NAMED),
    ("set_form_field", {"assignments": [{"field": "client_id", "value": "a [lost] b"}]}, SHOWN),
    ("create_item", {**rule(1), "input_mapping": [{"target": "body.lost", "value": ""}]}, NAMED),
    ("create_item", {**rule(1), "on_error": [{"field": "lost", "value": ""}]}, NAMED),
    ("save", {"conditions": {"items": [{"left": "[lost]", "operator": "blank"}]}}, NAMED),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "said"), GONE)
def test_a_broken_reference_is_marked_where_it_is(
    name: str, raw: dict[str, Any], said: str
) -> None:
    html = html_of(form_of(kind_of(name), raw))
    assert html.count(said) == 1
    assert html.count('aria-invalid="true"') == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("chosen", "offered"), [("", False), ("token", True)])
def test_a_form_is_not_offered_to_open_with_itself(chosen: str, offered: bool) -> None:
    opens_with = '<option value="token"'
    html = html_of(form_of(kind_of("form"), {"name": "token", "activate_with": chosen}))
    assert (opens_with in html) == offered
    assert opens_with in html_of(form_of(kind_of("form"), {"name": "other"}))
