"""Rules read as sentences: a value table of what the designer says of each kind."""

from typing import Any

import pytest

from processes.views.designer.rule_sentences import SentenceParts, Teller
from tests.fakes import Nothing
from tests.processes.definitions import TOKEN_REFRESH, token_rule

TITLES = {"access_token": "Access token", "form": "The form", "status": "Status", "rows": "Rows"}
TITLES |= {"refresh_token": "Refresh token", "last_error": "Last error"}


def told(line: SentenceParts) -> str:
    """Return a sentence with its references between bars."""
    return "".join(f"|{part.text}|" if part.is_ref else part.text for part in line)


CALL = TOKEN_REFRESH["forms"][0]["fields"][-1]["rules"][1]
ON_STATUS = {"items": [{"left": "[status]", "operator": "eq", "right": "Open"}]}
TABLE: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "set_form_field", "assignments": [{"field": "access_token", "value": ""}]},
     "Set |Access token| to empty", ""),
    ({"type": "set_form_field", "assignments": [{"field": "status", "value": "Was [form]"}]},
     "Set |Status| to Was |The form|", ""),
    (CALL, "Call |refresh-token| on |token-service| with 6 values",
     "If it succeeds, set |Access token|, |Refresh token| and 3 more. "
     "If it fails, set |Last error|, drop unsaved changes, stop."),
    ({"type": "save", "conditions": ON_STATUS}, "Save the record", "Only when Status is Open. "),
    ({"type": "save", "conditions": {"items": [{"left": "[status.manager]", "operator": "blank"}]}},
     "Save the record", "Only when Status: Manager is blank. "),
    ({"type": "assign_form", "form": "form", "to": {"users": ["[status.manager]"]}},
     "Assign the form |The form| to |Status: Manager|", ""),
    ({"type": "submit", "form": "form"}, "Submit the form |The form|", ""),
    ({"type": "go_to_form", "form": "form"}, "Go to the form |The form|", ""),
    ({"type": "hide_or_disable", "changes": [{"field": "form", "action": "hide"}],
      "opposite": [{"field": "form", "action": "show"}], "conditions": ON_STATUS},
     "Hide |The form|", "Only when Status is Open. Otherwise show |The form|. "),
    ({"type": "make_required", "changes": [{"field": "status", "action": "required"}]},
     "Set |Status| to required", ""),
    ({"type": "field_display_mode", "changes": [
        {"field": "form", "action": "edit"}, {"field": "status", "action": "read"}],
      "opposite": [{"field": "form", "action": "read"}], "conditions": ON_STATUS},
     "Show |The form| as editable and |Status| as read-only",
     "Only when Status is Open. Otherwise show |The form| as read-only. "),
    ({"type": "set_form_field", "assignments": []}, "Not complete yet. Open it to fill it in.", ""),
    ({"type": "nonsense"}, "Not complete yet. Open it to fill it in.", ""),
    ({}, "Not complete yet. Open it to fill it in.", ""),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "line", "more"), TABLE)
def test_a_rule_is_told(raw: dict[str, Any], line: str, more: str) -> None:
    said = Teller(TITLES, Nothing()).say({"id": "one", **raw})
    assert (told(said.line), told(said.more)) == (line, more)


def test_a_rule_with_odd_settings_is_told_all_the_same() -> None:
    rule = token_rule(1, on_error=7)["forms"][0]["fields"][-1]["rules"][1]
    said = Teller(TITLES, Nothing()).say(rule)
    assert not said.finished
