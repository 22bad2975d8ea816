"""Forms of settings: what stands in them comes back the same, and what is typed is kept."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.http import QueryDict
from django.template import Context, Template

from datasources.document import RestDatasource
from kianda.lib.errors import Flaw
from processes.document import Document, Form
from processes.fields import fields
from processes.rules import rules
from processes.settings_forms import (
    SettingsForm,
    changed_settings,
    flaws_within,
    read_settings,
    settings_form,
)
from processes.settings_forms.controls import CONTROLS
from processes.settings_forms.mapping import PICKED
from processes.settings_forms.rows import columns_of
from processes.settings_forms.specs import specs_of
from tests.processes.definitions import TOKEN_SERVICE, token_refresh
from tests.processes.sending import sent_by

PAGE = Template("{% load settings_forms %}{% settings_form form %}")
KINDS = [*rules.kinds.values(), *fields.kinds.values(), Document, Form]
NASTY = "  <b a='x'>&\"[[ \u2028 |  "


class Shelf:
    """One data source and two processes."""

    def datasource(self, name: str) -> RestDatasource | None:
        return next((one for one in self.datasources() if one.name == name), None)

    def process(self, name: str) -> Document | None:
        return Document.model_validate(token_refresh()) if name == "token-refresh" else None

    def datasources(self) -> list[RestDatasource]:
        return [RestDatasource.model_validate(TOKEN_SERVICE)]

    def unknown_users(self, names: Iterable[str]) -> set[str]:
        return set(names) - {"ada"}

    def unknown_groups(self, names: Iterable[str]) -> set[str]:
        return set(names) - {*self.groups()}

    def unassignable(
        self, *, people: Iterable[str], groups: Iterable[str]
    ) -> tuple[set[str], set[str]]:
        return self.unknown_users(people), self.unknown_groups(groups)

    def groups(self) -> list[str]:
        return ["Finance", "Sales"]

    def people(self, words: str) -> list[tuple[str, str]]:
        return [("ada", "Ada Byron")]

    def processes(self) -> list[tuple[str, str]]:
        return [("orders", "Orders"), ("token-refresh", "OAuth token refresh")]


def form_of(kind: Any, raw: dict[str, Any], **more: Any) -> SettingsForm:
    return settings_form(kind, raw, document=token_refresh(), catalog=Shelf(), **more)


def html_of(form: SettingsForm) -> str:
    return PAGE.render(Context({"form": form}))


def posted(**values: Any) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, value in values.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query


def test_every_control_of_every_kind_has_a_template() -> None:
    folder = Path(settings.BASE_DIR) / "templates/settings_forms/controls"
    for kind in KINDS:
        for spec in _with_columns(kind):
            known = CONTROLS.get(spec.control)
            assert known, f"{kind.__name__}.{spec.name}: nobody has drawn a {spec.control}"
            assert (folder / f"{known.template}.html").exists(), known.template


def _with_columns(kind: Any) -> list[Any]:
    """The settings of a kind, and the boxes of its rows."""
    found = list(specs_of(kind))
    for spec in found[:]:
        columns = columns_of(spec.row) if CONTROLS[spec.control].template == "rows" else ()
        # The places of a request are drawn by the row itself.
        found += [one for one in columns if one.control not in PICKED]
    return found


def _rule(number: int) -> dict[str, Any]:
    found: dict[str, Any] = token_refresh()["forms"][0]["fields"][-1]["rules"][number]
    return found


DEEP = {
    "match": "any",
    "items": [
        {"left": "[client_id]", "operator": "eq", "right": NASTY},
        {"match": "all", "items": [
            {"left": "=[expires_in] * 2", "operator": "between", "right": "1, 10"},
            {"match": "any", "items": [{"left": "[access_token]", "operator": "blank"}]},
        ]},
        {"left": "[client_secret]", "operator": "not_blank", "right": ""},
    ],
}  # fmt: skip
FILTER = {"items": [{"left": "[item.process.id]", "operator": "eq", "right": "a-1"}]}
SEVERAL_LINES = '{\n  "a": "[client_id]"\n}'

# Every setting of every kind, at its default and set.
RAW: list[tuple[str, dict[str, Any]]] = [
    ("set_form_field", _rule(0)),
    ("set_form_field", {**_rule(0), "title": NASTY, "enabled": False, "conditions": DEEP}),
    ("set_form_field", {"type": "set_form_field", "assignments": [
        {"field": "access_token", "value": SEVERAL_LINES}, {"field": "", "value": "x"},
        {"field": "client_id", "value": NASTY}]}),
    ("create_item", _rule(1)),
    ("create_item", {**_rule(1), "on_failure": None, "omit_blank": True}),
    ("create_item", {**_rule(1), "on_failure": "stop", "on_error": [], "conditions": DEEP}),
    ("create_item", {"type": "create_item"}),
    ("find_items", {"type": "find_items", "datasource": "kianda", "method": "token-refresh",
                    "filter": FILTER, "on_none": "continue",
                    "on_success": [{"field": "access_token", "value": "[item.access_token]"}]}),
    ("save", _rule(2)),
    ("update_item", {"type": "update_item", "datasource": "kianda", "method": "token-refresh",
                     "matches": "all", "filter": FILTER,
                     "input_mapping": [{"target": "body.access_token", "value": "[client_id]"}]}),
    ("delete_item", {"type": "delete_item", "datasource": "kianda", "method": "token-refresh"}),
    ("submit", {"type": "submit", "form": "token", "status": "Done"}),
    ("close", {"type": "close", "status": "[client_id]"}),
    ("validate_input", {"type": "validate_input", "field": "lost", "message": "a\nb"}),
    ("hide_or_disable", {"type": "hide_or_disable", "changes": [
        {"field": "token", "action": "hide"}, {"field": "refresh", "action": "toggle_enabled"}],
        "opposite": [{"field": "client_id", "action": "show"}]}),
    ("make_required", {"type": "make_required", "changes": [{"field": "client_id"}],
                       "opposite": [{"field": "client_id", "action": "not_required"}]}),
    ("go_to_form", {"type": "go_to_form", "form": "token", "mode": "read", "make_current": True}),
    ("assign_form", {"type": "assign_form", "form": "lost", "existing": "append", "opens": True,
                     "to": {"users": ["[client_id]", "ada"], "groups": ["Sales", "[team]"]}}),
    ("start_a_process", {"type": "start_a_process", "process": "token-refresh",
                         "lookup": "existing", "process_id": "[client_id]", "target": "refresh",
                         "input_mapping": [{"target": "client_id", "value": "[client_secret]"}],
                         "on_success": [{"field": "client_id", "value": "[item.process.id]"}]}),
    ("loop_table", {"type": "loop_table", "table": "lines", "on_row_failure": "continue",
                    "rules": [_rule(2)]}),
    ("link", {"type": "link", "name": "l", "url": "https://example.org/[client_id]"}),
    ("rich_text", {"type": "rich_text", "name": "r", "text": "a\n\n<b>b</b>"}),
    ("text", {"type": "text", "name": "a"}),
    ("text", {"type": "text", "name": "a", "title": NASTY, "help": NASTY, "visible": False,
              "enabled": False, "required": True, "width": 3, "mode": "long", "max_length": 9,
              "pattern": "[A-Z]{2}", "default": "a\nb"}),
    ("number", {"type": "number", "name": "n", "decimals": 0, "min": -1.5, "max": 0, "default": 0}),
    ("number", {"type": "number", "name": "n", "default": "0"}),
    ("number", {"type": "number", "name": "n", "default": "=1 + 1", "min": 1e15}),
    ("toggle", {"type": "toggle", "name": "t", "default": False, "on_text": "", "off_text": "x"}),
    ("toggle", {"type": "toggle", "name": "t", "default": "yes"}),
    ("list", {"type": "list", "name": "l", "choices": [
        "a", {"value": "de", "title": "Germany"}, {"value": "x | y"}, {"value": "{"},
        {"value": " b "}], "multiple": True, "display_as": "options", "default": ["a", "de"]}),
    ("list", {"type": "list", "name": "l", "choices": ["a"], "default": ["a"]}),
    ("date", {"type": "date", "name": "d", "mode": "datetime", "default": "[now]"}),
    ("secret", {"type": "secret", "name": "s", "required": True}),
    ("table", {"type": "table", "name": "t", "columns": [
        {"type": "number", "name": "n", "min": 0, "default": 5, "required": True},
        {"type": "list", "name": "l", "choices": ["a", {"value": "b", "title": "B"}]},
        {"type": "nobody", "name": "x"}, {"type": "text", "name": "", "title": "No name"}],
        "first_rows": 2, "allow_add": False}),
    ("form", {"name": "f", "owners": {"users": ["ada", "bob"], "groups": ["Sales", "Gone"]}}),
    ("form", {"name": "f", "activate_with": "token"}),
    ("process", {"name": "p", "description": NASTY, "token_field": "lost"}),
    ("button", {"type": "button", "name": "b", "where": "footer", "rules": [_rule(2)]}),
]  # fmt: skip


# What means nothing for instances of a process, which the rules of these names above work on.
USELESS = {name: {"input_mapping", "omit_blank"} for name in ("find_items", "delete_item")}
OF_SOURCES = [
    ("find_items", "token-service", {}, {"filter"}),
    ("find_items", "kianda", {}, {"input_mapping", "omit_blank"}),
    # What stands there and is wrong is shown: how else could it be taken out?
    ("find_items", "token-service", {"filter": FILTER}, set()),
    ("find_items", "kianda", {"input_mapping": [{"target": "body.x", "value": ""}]},
     {"omit_blank"}),
    ("find_items", "", {}, {"filter"}),
    ("update_item", "token-service", {}, {"filter", "matches", "on_none"}),
    ("update_item", "kianda", {}, set()),
    ("delete_item", "kianda", {}, {"input_mapping", "omit_blank"}),
    ("delete_item", "token-service", {"on_none": "continue"}, {"filter", "matches"}),
    ("create_item", "token-service", {}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "source", "settings", "left_out"), OF_SOURCES)
def test_a_dialog_shows_what_means_something_with_the_chosen_data_source(
    name: str, source: str, settings: dict[str, Any], left_out: set[str]
) -> None:
    kind = _kind(name)
    raw = {"type": name, "datasource": source, "method": "refresh-token", **settings}
    drawn = {one.spec.name for one in form_of(kind, raw).controls}
    assert {spec.name for spec in specs_of(kind)} - drawn == left_out


def _kind(name: str) -> Any:
    if name in {"form", "process"}:
        return Form if name == "form" else Document
    return rules.kinds.get(name) or fields.kinds[name]


@pytest.mark.parametrize(("name", "raw"), RAW)
def test_what_nobody_touched_stays_as_it_is(name: str, raw: dict[str, Any]) -> None:
    kind = _kind(name)
    post = sent_by(html_of(form_of(kind, raw, prefix="rule")))
    assert changed_settings(kind, raw, post, prefix="rule") == {}


@pytest.mark.parametrize(("name", "raw"), RAW)
def test_what_is_read_back_means_the_same(name: str, raw: dict[str, Any]) -> None:
    kind = _kind(name)
    read = read_settings(kind, sent_by(html_of(form_of(kind, raw))))
    drawn = {one.spec.name for one in form_of(kind, raw).controls}
    assert set(read) == drawn
    assert drawn == {spec.name for spec in specs_of(kind)} - USELESS.get(name, set())
    again = form_of(kind, {**raw, **read})
    assert [one.value for one in again.controls] == [
        one.value for one in form_of(kind, raw).controls
    ]


@pytest.mark.parametrize("slug", [*rules.kinds, *fields.kinds])
def test_a_new_element_with_nothing_set_has_a_form(slug: str) -> None:
    kind = _kind(slug)
    post = sent_by(html_of(form_of(kind, {"type": slug})))
    assert changed_settings(kind, {"type": slug}, post) == {}


@pytest.mark.parametrize("raw", [
    {"assignments": "soon", "title": 7, "enabled": "maybe", "conditions": ["x"], "id": None},
    {"assignments": [1, None, {"field": 3}], "conditions": {"match": 1, "items": [3, {}]}},
    {"assignments": {"field": "a"}, "conditions": "x", "title": ["a"], "enabled": None},
])  # fmt: skip
def test_a_half_made_or_senseless_element_has_a_form(raw: dict[str, Any]) -> None:
    assert html_of(form_of(_kind("set_form_field"), raw))


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
    assert read_settings(_kind(name), posted(**typed)) == meant


def test_only_what_was_changed_comes_back() -> None:
    kind, raw = _kind("create_item"), _rule(1)
    post = sent_by(html_of(form_of(kind, raw)), **{"/title": "Other", "/on_success/1/value": ""})
    changed = changed_settings(kind, raw, post)
    assert set(changed) == {"title", "on_success"}
    assert changed["on_success"][1] == {"field": "refresh_token", "value": "", "if_missing": "keep"}


def test_rows_come_in_the_order_of_the_page() -> None:
    post = QueryDict("/assignments/9/field=b&/assignments/1/field=a&/assignments/10/field=c")
    read = read_settings(_kind("set_form_field"), post)
    assert [row["field"] for row in read["assignments"]] == ["b", "a", "c"]


def test_errors_stand_beside_their_control_and_others_above_the_form() -> None:
    flaws = [Flaw("/title", "Too long."), Flaw("/assignments/0/field", "Not this field."),
             Flaw("", "All wrong."), Flaw("/assignments", "Add a row.")]  # fmt: skip
    html = html_of(form_of(_kind("set_form_field"), _rule(0), flaws=flaws, prefix="rule"))
    assert 'id="frule-title-error">Too long.' in html
    assert 'id="frule-assignments-0-field-error">Not this field.' in html
    assert 'id="frule-assignments-error">Add a row.' in html
    assert "All wrong." in html
    assert html.count('aria-invalid="true"') == 3


def test_flaws_of_a_definition_are_cut_to_an_element() -> None:
    flaws = [Flaw("/forms/0/fields/1/title", "a"), Flaw("/forms/0/fields/1", "b"),
             Flaw("/forms/0/fields/10/title", "c")]  # fmt: skip
    assert flaws_within(flaws, "/forms/0/fields/1") == [Flaw("/title", "a"), Flaw("", "b")]


GONE = [
    ("set_form_field", {"assignments": [{"field": "lost", "value": ""}]}),
    ("set_form_field", {"assignments": [{"field": "client_id", "value": "a [lost] b"}]}),
    ("create_item", {**_rule(1), "input_mapping": [{"target": "body.lost", "value": ""}]}),
    ("create_item", {**_rule(1), "on_error": [{"field": "lost", "value": ""}]}),
    ("save", {"conditions": {"items": [{"left": "[lost]", "operator": "blank"}]}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw"), GONE)
def test_a_broken_reference_is_marked_where_it_is(name: str, raw: dict[str, Any]) -> None:
    html = html_of(form_of(_kind(name), raw))
    assert html.count("lost is no longer there: choose again.") == 1
    assert html.count('aria-invalid="true"') == 1
