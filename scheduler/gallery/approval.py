"""Approval request: somebody asks, somebody else decides."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.accounts.roles import role_titles
from scheduler.gallery.base import (
    Answers,
    FreeNames,
    GalleryTemplate,
    InstallPlan,
    Questions,
    QuestionSection,
)

MOST_PEOPLE = 200


class ApprovalForm(Questions):
    """The questions of the wizard."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Ask what is approved, and by whom."""
        super().__init__(*args, **more)
        self.fields |= {
            "service": forms.CharField(
                max_length=100, label=_("What is asked for"),
                help_text=_("The title of the process, such as Purchase request."),
            ),
            "approver": forms.ChoiceField(
                choices=approvers(), label=_("Who decides"),
                help_text=_("A group, or one person. They find requests under My work."),
            ),
            "with_amount": forms.BooleanField(
                required=False, initial=True, label=_("Ask for an amount")
            ),
        }  # fmt: skip


def approvers() -> list[tuple[str, Any]]:
    """Return groups and people to choose from."""
    groups = Group.objects.order_by("name").values_list("name", flat=True)
    people = User.objects.filter(is_active=True).order_by("username")[:MOST_PEOPLE]
    return [
        (_("Groups"), [(f"group:{name}", role_titles([name])[0]) for name in groups]),
        (
            _("People"),
            [(f"user:{one.username}", one.get_full_name() or one.username) for one in people],
        ),
    ]


class Approval(GalleryTemplate):
    """Makes a process of two forms with owners."""

    slug = "approval-request"
    title = gettext_lazy("Approval request")
    icon = "check2-square"
    summary = gettext_lazy(
        "Two forms: one to ask, one to decide. Submitting the request opens the decision for those "
        "who decide, under My work; the decision becomes the status."
    )
    makes = (gettext_lazy("a published process with two forms"),)
    form = ApprovalForm
    needs_datasource = False
    sections = (
        QuestionSection(gettext_lazy("The request"), ("service", "approver", "with_amount")),
    )

    def plan(self, answers: Answers, names: FreeNames) -> InstallPlan:
        """Return the process."""
        kind, _colon, name = answers["approver"].partition(":")
        owners = {"groups": [name]} if kind == "group" else {"users": [name]}
        return InstallPlan(
            definition={
                "name": names.process,
                "title": answers["service"],
                "description": _("One person asks, another one decides."),
                "forms": [_request(with_amount=answers["with_amount"]), _decision(owners)],
            },
            group=_("Approvals"),
            places={"/definition/title": "service", "/definition/name": "service"},
        )


def _request(*, with_amount: bool) -> dict[str, Any]:
    amount = {"type": "number", "name": "amount", "decimals": 2, "min": 0, "width": 4}
    return {
        "name": "ask",
        "title": _("Request"),
        "fields": [
            {"type": "text", "name": "subject", "required": True,
             "width": 8 if with_amount else 12},
            *([amount] if with_amount else []),
            {"type": "text", "name": "reason", "mode": "long", "required": True},
            {"type": "button", "name": "send_request", "title": _("Send the request"),
             "rules": [{"type": "submit", "id": "send", "title": _("Submit the request")}]},
        ],
    }  # fmt: skip


def _decision(owners: dict[str, Any]) -> dict[str, Any]:
    decided = {"match": "all", "items": [{"left": "[decision]", "operator": "eq",
                                          "right": _("Rejected")}]}  # fmt: skip
    return {
        "name": "approval",
        "title": _("Decision"),
        "owners": owners,
        "fields": [
            {"type": "list", "name": "decision", "choices": [_("Approved"), _("Rejected")],
             "display_as": "options", "required": True},
            {"type": "text", "name": "comment", "mode": "long",
             "help": _("Required for a rejection.")},
            {"type": "button", "name": "decide", "title": _("Decide"), "rules": [
                {"type": "make_required", "id": "comment-needed", "title": _("Ask for a comment"),
                 "changes": [{"field": "comment", "action": "required"}],
                 "opposite": [{"field": "comment", "action": "not_required"}],
                 "conditions": decided},
                {"type": "submit", "id": "close-it", "title": _("Submit the decision"),
                 "status": "=Item([decision], 1)"},
            ]},
        ],
    }  # fmt: skip
