"""Whom the list of values of a setting for people offers, in the dialogs of rules."""

from typing import Any

import pytest

from processes.designer.settings_forms.form import SettingsForm
from processes.rules import rules
from tests.processes.definitions import button, process, text_field
from tests.processes.designer.settings_forms.choices import CHOICES

# What is known of a person is looked up: the workspace may have added to it.
pytestmark = pytest.mark.django_db

NAMING = ["[who]", "[said]"]


def to_of(rule: str) -> Any:
    """Return the control "To" of a rule, in a process with a field of many kinds."""
    bare: list[dict[str, Any]] = [
        {"type": kind, "name": kind}
        for kind in ("number", "date", "toggle", "table", "file_upload", "secret", "list")
    ]
    people = {"type": "user_picker", "name": "who"}
    document = process(people, text_field("said"), *bare, button("go"))
    form = SettingsForm(
        kind=rules.kinds[rule], raw={"type": rule}, document=document, catalog=CHOICES
    )
    return next(one for one in form.controls if one.pointer == "/to")


def test_a_form_is_assigned_to_what_can_name_people_and_to_nothing_else() -> None:
    offered = [ref.removeprefix("user:") for ref, *_rest in to_of("assign_form").people_choices]
    assert offered == [*NAMING, "[user.manager]", "[user.username]"]


def test_an_email_goes_to_the_same_fields_and_to_people_by_their_part() -> None:
    offered = [ref for ref, *_rest in to_of("send_email").recipient_choices]
    assert offered == [
        "creator", "owners", "participants", "[creator.manager]", "[owner.manager]", *NAMING,
    ]  # fmt: skip
