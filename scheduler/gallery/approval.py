"""Approval request: somebody asks, somebody else decides."""

from typing import Annotated, Any

from django.contrib.auth.models import Group, User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import AfterValidator

from kianda.accounts.roles import role_titles
from kianda.lib.dialogs.dialog import Option
from scheduler.gallery.base import (
    Answers,
    FreeNames,
    GalleryTemplate,
    InstallPlan,
    Questions,
    QuestionSection,
    question,
)

MOST_PEOPLE = 200


def approvers() -> list[Option]:
    """Return groups and people to choose from."""
    groups = Group.objects.order_by("name").values_list("name", flat=True)
    people = User.objects.filter(is_active=True).order_by("username")[:MOST_PEOPLE]
    return [
        *(Option(f"group:{name}", role_titles([name])[0], group=_("Groups")) for name in groups),
        *(
            Option(f"user:{one.username}", one.get_full_name() or one.username, group=_("People"))
            for one in people
        ),
    ]


def _known(approver: str) -> str:
    if approver not in {one.value for one in approvers()}:
        raise ValueError(_("Choose a group or a person of the list."))
    return approver


class ApprovalQuestions(Questions):
    """What is approved, and by whom."""

    offers = {"approver": approvers}

    service: str = question(
        gettext_noop("What is asked for"),
        gettext_noop("The title of the process, such as Purchase request."),
        max_length=100,
    )
    approver: Annotated[str, AfterValidator(_known)] = question(
        gettext_noop("Who decides"),
        gettext_noop("A group, or one person. They find requests under My work."),
        control="select",
    )
    with_amount: bool = question(
        gettext_noop("Ask for an amount"), default=False, initial=True, control="switch"
    )


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
    questions = ApprovalQuestions
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
