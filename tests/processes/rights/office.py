"""A leave request, and the people of an office who have to do with it, or nothing at all."""

from typing import Any, NamedTuple

from django.contrib.auth.models import Group

from kianda.accounts.models import Profile
from processes.models import ProcessDesign, ProcessInstance
from processes.running import runs
from tests.factories import make_user
from tests.processes.stories import published


class Office(NamedTuple):
    """Emma asks, her manager Mark decides, Helen is of HR; Tom has nothing to do with it."""

    emma: Any
    mark: Any
    helen: Any
    tom: Any
    dora: Any
    root: Any


def office() -> Office:
    """Make the people."""
    emma, mark, helen, tom = (make_user(name, "User") for name in ("emma", "mark", "helen", "tom"))
    helen.groups.add(Group.objects.create(name="hr"))
    Profile.objects.create(user=emma, manager=mark)
    return Office(
        emma, mark, helen, tom, make_user("dora", "Designer"), make_user("root", "Administrator")
    )


def leave_request(**security: Any) -> dict[str, Any]:
    """Return a process of two forms: Emma's request, and a decision that is Mark's."""
    return {
        "name": "leave",
        "title": "Leave request",
        "security": security,
        "forms": [
            {
                "name": "asking",
                "fields": [
                    {"type": "text", "name": "days"},
                    {"type": "text", "name": "illness", "see": ["creator", "group:hr"]},
                    {"type": "button", "name": "send", "rules": [{"type": "submit"}]},
                ],
            },
            {
                "name": "decision",
                "owners": {"users": ["mark"]},
                "fields": [
                    {"type": "text", "name": "answer"},
                    {
                        "type": "panel",
                        "name": "file",
                        "see": ["group:hr"],
                        "edit": ["group:hr"],
                        "fields": [{"type": "text", "name": "remark"}],
                    },
                    {"type": "button", "name": "decide", "rules": [{"type": "submit"}]},
                    {
                        "type": "button",
                        "name": "cancel",
                        "press": ["creator"],
                        "show_in_display_mode": True,
                        "rules": [
                            {"type": "set_form_field",
                             "assignments": [{"field": "answer", "value": "cancelled"}]},
                            {"type": "save"},
                        ],
                    },
                ],
            },
        ],
    }  # fmt: skip


def deciding(**approve: Any) -> dict[str, Any]:
    """Return the leave request whose decision is two buttons, and a reason to reject."""
    raw = leave_request()
    raw["forms"][1]["fields"] = [
        {"type": "text", "name": "answer", "title": "Reason", "help": "Emma sees it."},
        {"type": "button", "name": "reject", "title": "Reject",
         "icon": "x-lg", "quick": {"ask": "answer", "required": True},
         "rules": [{"type": "submit", "status": "Rejected"}]},
        {"type": "button", "name": "approve", "title": "Approve", "style": "primary",
         "quick": {}, "rules": [{"type": "submit", "status": "Approved"}], **approve},
    ]  # fmt: skip
    return raw


def publish(people: Office, **security: Any) -> ProcessDesign:
    """Publish the leave request with these rights."""
    return ProcessDesign.objects.get(name=published(leave_request(**security), user=people.root))


def send(instance: ProcessInstance, user: Any, target: str = "send", **data: Any) -> Any:
    """Press a button of it."""
    return runs.trigger(
        process_id=instance.process_id, target=target, user=user, trigger="button", data=data
    )
