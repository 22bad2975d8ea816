"""What stands in a form of settings comes back as it was, whatever the kind and the value."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kianda.lib.dialogs.controls import CONTROLS
from kianda.lib.dialogs.dialog import changed_settings, read_settings
from kianda.lib.dialogs.posted_rows import columns_of
from kianda.lib.dialogs.specs import Spec, specs_of
from processes.definition.document import Document, Form
from processes.definition.security import Security
from processes.definition.views import RecordView, ViewChart
from processes.designer.settings_forms.mapping_rows import PICKED
from processes.fields import fields
from processes.rules import rules
from processes.views.designer.lists import ListsOfProcess
from tests.processes.designer.settings_forms.choices import form_of, html_of, kind_of, rule
from tests.processes.sending import sent_by

# Forms with people in them look up what these are called.
pytestmark = pytest.mark.django_db

KINDS: list[Any] = [
    *rules.kinds.values(), *fields.kinds.values(), Document, Form, Security, ListsOfProcess,
    RecordView, ViewChart,
]  # fmt: skip
NASTY = "  <b a='x'>&\"[[ \u2028 |  "


def test_every_control_of_every_kind_has_a_template() -> None:
    folder = Path(settings.BASE_DIR) / "templates/settings_forms/controls"
    for kind in KINDS:
        for spec in _with_columns(kind):
            known = CONTROLS.get(spec.control)
            assert known, f"{kind.__name__}.{spec.name}: nobody has drawn a {spec.control}"
            assert (folder / f"{known.template}.html").exists(), known.template


# Lists of rules, fields and forms are edited where they stand: on the canvas; rights and lists of
# records on pages.
ELSEWHERE = {"rules", "fields", "forms", "security", "views"}


def settings_of(kind: Any) -> list[Spec]:
    """The settings of a kind that its form asks for."""
    return [spec for spec in specs_of(kind) if spec.control not in ELSEWHERE]


def _with_columns(kind: Any) -> list[Any]:
    """The settings of a kind, and the boxes of its rows."""
    found = list(settings_of(kind))
    for spec in found[:]:
        columns = columns_of(spec.row) if CONTROLS[spec.control].template == "rows" else ()
        # The places of a request are drawn by the row itself.
        found += [one for one in columns if one.control not in PICKED]
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
    ("set_form_field", rule(0)),
    ("set_form_field", {**rule(0), "title": NASTY, "enabled": False, "conditions": DEEP}),
    ("set_form_field", {"type": "set_form_field", "assignments": [
        {"field": "access_token", "value": SEVERAL_LINES}, {"field": "", "value": "x"},
        {"field": "client_id", "value": NASTY}]}),
    ("create_item", rule(1)),
    ("create_item", {**rule(1), "on_failure": None, "omit_blank": True}),
    ("create_item", {**rule(1), "on_failure": "stop", "on_error": [], "conditions": DEEP}),
    ("create_item", {"type": "create_item"}),
    ("find_items", {"type": "find_items", "datasource": "kianda", "method": "token-refresh",
                    "filter": FILTER, "on_none": "continue",
                    "on_success": [{"field": "access_token", "value": "[item.access_token]"}]}),
    ("save", rule(2)),
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
    ("field_display_mode", {"type": "field_display_mode", "changes": [
        {"field": "token", "action": "edit"}, {"field": "client_id", "action": "read"}]}),
    ("go_to_form", {"type": "go_to_form", "form": "token", "mode": "read", "make_current": True}),
    ("assign_form", {"type": "assign_form", "form": "lost", "existing": "append", "opens": True,
                     "to": {"users": ["[client_id]", "ada"], "groups": ["Sales", "[team]"]}}),
    ("start_a_process", {"type": "start_a_process", "process": "token-refresh",
                         "lookup": "existing", "process_id": "[client_id]", "target": "refresh",
                         "input_mapping": [{"target": "client_id", "value": "[client_secret]"}],
                         "on_success": [{"field": "client_id", "value": "[item.process.id]"}]}),
    ("loop_table", {"type": "loop_table", "table": "lines", "on_row_failure": "continue",
                    "rules": [rule(2)]}),
    # A field that is there, and no table.
    ("loop_table", {"type": "loop_table", "table": "client_id", "rules": []}),
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
    ("button", {"type": "button", "name": "b", "place": "footer", "rules": [rule(2)]}),
    ("button", {"type": "button", "name": "b", "style": "danger", "icon": "send",
                "quick": {}}),
    ("button", {"type": "button", "name": "b", "style": "plain",
                "quick": {"ask": "client_id", "required": True}}),
    # As it was called before.
    ("button", {"type": "button", "name": "b", "where": "footer"}),
    ("form", {"name": "f", "save_button": False, "next": "Sent: [client_id]"}),
    ("button", {"type": "button", "name": "b", "menu": ["creator"], "menu_when": "completed"}),
    ("button", {"type": "button", "name": "b", "press": ["owners", "[creator.manager]"]}),
    ("text", {"type": "text", "name": "a", "see": ["everyone", "user:ada", "group:Sales"],
              "edit": ["creator", "user:gone", "[lost]"]}),
    ("form", {"name": "f", "see": ["participants"], "edit": ["[owner.manager]"]}),
    ("process_security", {"type": "process_security", "see": ["participants", "group:Sales"],
                          "delete": ["user:ada"], "existing": "append"}),
    ("process_security", {"type": "process_security", "existing": "reset"}),
    ("meeting_request", {"type": "meeting_request", "to": ["creator"], "subject": "[a]",
                         "body": "Hi", "start": "[a]", "end": "2026-12-07T10:00Z",
                         "location": "Room [a]"}),
    ("send_email", {"type": "send_email", "to": ["creator"], "subject": "[a]", "body": "Hi"}),
    ("send_email", {"type": "send_email", "to": ["[a]", "group:Sales", "Ada <ada@x.example>"],
                    "cc": ["owners"], "bcc": ["a@x.example"], "reply_to": ["user:ada"],
                    "subject": "=1 + 1", "body": "# Hi\n\n- [a]\n\n[[Go](https://x.example)",
                    "account": "mail", "attachments": [
                        {"field": "a", "send_as": "file"}, {"field": "b", "send_as": "link"}]}),
    ("anonymous_form_link", {"type": "anonymous_form_link", "form": "main", "field": "a"}),
    ("anonymous_form_link", {"type": "anonymous_form_link", "form": "main", "field": "a",
                             "uses": 3, "valid_for": 12, "unit": "hours", "message": "[a]"}),
    ("lists", {"views": [{"name": "a", "title": NASTY.strip(), "sort": "-client_id", "filter": DEEP,
                          "columns": ["client_id", "process.id", "lost"], "group_by": "lost",
                          "totals": [{"field": "lost", "calculate": "average"}],
                          "charts": [{"by": "client_id", "show": "line"}, {"show": "number"}],
                          "see": ["group:Sales", "user:gone"]}, {"name": ""}]}),
    ("lists", {"views": "soon"}),
    ("delete_form", {"type": "delete_form"}),
    ("user_alert", {"type": "user_alert", "to": ["creator", "group:Sales"],
                    "subject": "[a] is done", "message": "=1 + 1"}),
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
    kind = kind_of(name)
    raw = {"type": name, "datasource": source, "method": "refresh-token", **settings}
    drawn = {one.spec.name for one in form_of(kind, raw).controls}
    assert {spec.name for spec in settings_of(kind)} - drawn == left_out


@pytest.mark.parametrize(("name", "raw"), RAW)
def test_what_nobody_touched_stays_as_it_is(name: str, raw: dict[str, Any]) -> None:
    kind = kind_of(name)
    post = sent_by(html_of(form_of(kind, raw, prefix="rule")))
    assert changed_settings(kind, raw, post, prefix="rule") == {}


@pytest.mark.parametrize(("name", "raw"), RAW)
def test_what_is_read_back_means_the_same(name: str, raw: dict[str, Any]) -> None:
    kind = kind_of(name)
    read = read_settings(kind, sent_by(html_of(form_of(kind, raw))))
    drawn = {one.spec.name for one in form_of(kind, raw).controls}
    assert set(read) == drawn
    assert drawn == {spec.name for spec in settings_of(kind)} - USELESS.get(name, set())
    again = form_of(kind, {**raw, **read})
    assert [one.value for one in again.controls] == [
        one.value for one in form_of(kind, raw).controls
    ]


@pytest.mark.parametrize("slug", [*rules.kinds, *fields.kinds])
def test_a_new_element_with_nothing_set_has_a_form(slug: str) -> None:
    kind = kind_of(slug)
    post = sent_by(html_of(form_of(kind, {"type": slug})))
    assert changed_settings(kind, {"type": slug}, post) == {}


@pytest.mark.parametrize("raw", [
    {"assignments": "soon", "title": 7, "enabled": "maybe", "conditions": ["x"], "id": None},
    {"assignments": [1, None, {"field": 3}], "conditions": {"match": 1, "items": [3, {}]}},
    {"assignments": {"field": "a"}, "conditions": "x", "title": ["a"], "enabled": None},
])  # fmt: skip
def test_a_half_made_or_senseless_element_has_a_form(raw: dict[str, Any]) -> None:
    assert html_of(form_of(kind_of("set_form_field"), raw))
