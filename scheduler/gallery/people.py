"""Questions of templates about people: one group or one person."""

from collections.abc import Sequence
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import AfterValidator

from kianda.accounts.services.directory import DEACTIVATED, UNKNOWN, entries


def _known(ref: str) -> str:
    found = entries([ref])[ref]
    if found.state == UNKNOWN:
        raise ValueError(_("Choose a group or a person."))
    if found.state == DEACTIVATED:
        words = _("%(name)s is deactivated. Choose someone else.")
        raise ValueError(words % {"name": found.name})
    return ref


# A ref: `group:HR`, `user:mark`.
Chosen = Annotated[str, AfterValidator(_known)]


def owners_named(ref: str) -> dict[str, list[str]]:
    """Return a ref as owners of a form."""
    kind, _colon, name = ref.partition(":")
    return {"groups" if kind == "group" else "users": [name]}


def asker(name: str, title: str) -> dict[str, Any]:
    """Return a field that holds who asks, and that nobody changes."""
    return {
        "type": "user_picker", "name": name, "title": title, "default_to_me": True,
        "enabled": False, "width": 6,
    }  # fmt: skip


def assigned_to_the_manager(form: str, *, of: str, otherwise: str) -> list[dict[str, Any]]:
    """Return the rules that give a form to the manager of a person in a field, or to others."""
    manager = f"[{of}.manager]"
    return [
        {
            "type": "assign_form", "id": f"{form}-manager", "form": form,
            "title": _("Assign it to the manager"), "to": {"users": [manager]},
            "conditions": only_if(manager, "not_blank"),
        },
        {
            "type": "assign_form", "id": f"{form}-otherwise", "form": form,
            "title": _("Assign it where there is no manager"), "to": owners_named(otherwise),
            "conditions": only_if(manager, "blank"),
        },
    ]  # fmt: skip


def only_if(left: str, operator: str, right: str = "") -> dict[str, Any]:
    """Return a condition of a rule."""
    item = {"left": left, "operator": operator}
    return {"match": "all", "items": [item | ({"right": right} if right else {})]}


def decision_fields(name: str, *rules: dict[str, Any], asked_by: str = "") -> list[dict[str, Any]]:
    """Return the fields of a form that is approved or rejected: a comment is needed to reject.

    `name` begins the names of its fields; `rules` come after the decision is set, on either button.
    Whoever stands in the field `asked_by` does not decide: they may be of the group that does, or
    stand in for who does.
    """
    comment = f"{name}_comment"
    return [
        {"type": "list", "name": f"{name}_decision", "title": _("Decision"),
         "choices": [_("Approved"), _("Rejected")], "enabled": False, "visible": False},
        {"type": "text", "name": comment, "title": _("Comment"), "mode": "long",
         "help": _("Required to reject. The person who asked sees it.")},
        {"type": "button", "name": f"{name}_reject", "title": _("Reject"), "place": "footer",
         "style": "plain", "icon": "x-lg", "quick": {"ask": comment, "required": True},
         "rules": _deciding(name, _("Rejected"), rules, "reject", asked_by)},
        {"type": "button", "name": f"{name}_approve", "title": _("Approve"), "place": "footer",
         "style": "primary", "icon": "check-lg", "quick": {},
         "rules": _deciding(name, _("Approved"), rules, "approve", asked_by)},
    ]  # fmt: skip


def _deciding(
    name: str, decision: str, rules: Sequence[dict[str, Any]], act: str, asked_by: str
) -> list[dict[str, Any]]:
    """Return what a button does that decides: nobody on their own request."""
    field = f"{name}_decision"
    own = {"type": "validate_input", "id": f"{name}-{act}-not-oneself", "field": f"{name}_comment",
           "title": _("No one decides on their own request"),
           "conditions": only_if(f"[{asked_by}]", "is_me"),
           "message": _("This is your own request. Someone else decides on it.")}  # fmt: skip
    return [
        *([own] if asked_by else []),
        {"type": "set_form_field", "id": f"{name}-{act}", "title": _("Set the decision"),
         "assignments": [{"field": field, "value": decision}]},
        {"type": "hide_or_disable", "id": f"{name}-{act}-shown", "title": _("Show the decision"),
         "changes": [{"field": field, "action": "show"}]},
        *({**rule, "id": f"{rule['id']}-{act}"} for rule in rules),
    ]  # fmt: skip
