"""Approval request: somebody asks, somebody else decides."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from scheduler.gallery.base import (
    Answers,
    FreeNames,
    GalleryTemplate,
    InstallPlan,
    Questions,
    QuestionSection,
    question,
)
from scheduler.gallery.people import Chosen, decision_fields, owners_named
from scheduler.gallery.records import list_views, many_records, record_named, statuses


class ApprovalQuestions(Questions):
    """What is approved, and by whom."""

    service: str = question(
        gettext_noop("What is requested"),
        gettext_noop("The title of the process, such as Purchase request."),
        max_length=100,
    )
    records: str = many_records(gettext_noop("Requests"))
    approver: Chosen = question(
        gettext_noop("Who decides"),
        gettext_noop("A group or a person. They find requests in My work."),
        control="one_ref",
    )
    with_amount: bool = question(
        gettext_noop("Include an amount"), default=False, initial=True, control="switch"
    )


class Approval(GalleryTemplate):
    """Makes a process of two forms with owners."""

    slug = "approval-request"
    title = gettext_lazy("Approval request")
    icon = "check2-square"
    summary = gettext_lazy(
        "2 forms: the request and the decision. The people who decide find the request in My "
        "work; the decision becomes the status."
    )
    makes = (gettext_lazy("a published process with two forms"),)
    questions = ApprovalQuestions
    needs_datasource = False
    sections = (
        QuestionSection(
            gettext_lazy("The request"), ("service", "records", "approver", "with_amount")
        ),
    )

    def plan(self, answers: Answers, names: FreeNames) -> InstallPlan:
        """Return the process."""
        owners = owners_named(answers["approver"])
        return InstallPlan(
            definition={
                "name": names.process,
                "title": answers["service"],
                "description": _("One person requests, another decides."),
                "record": record_named(
                    answers,
                    title="[subject], [amount]" if answers["with_amount"] else "[subject]",
                    summary=["reason"],
                    icon="check2-square",
                ),
                "statuses": statuses(
                    waiting=[_("Waiting for a decision")],
                    good=[_("Approved")],
                    bad=[_("Rejected")],
                ),
                "views": _views(with_amount=answers["with_amount"]),
                "forms": [_request(with_amount=answers["with_amount"]), _decision(owners)],
            },
            group=_("Approvals"),
            places={"/definition/title": "service", "/definition/name": "service"},
        )


def _views(*, with_amount: bool) -> list[dict[str, Any]]:
    facts = ["process.created_by", "process.status", "process.owners", "process.created"]
    return list_views(
        ["amount", *facts] if with_amount else facts, waiting=[_("Waiting for a decision")]
    )


def _request(*, with_amount: bool) -> dict[str, Any]:
    amount = {"type": "number", "name": "amount", "decimals": 2, "min": 0, "width": 4}
    return {
        "name": "ask",
        "title": _("Request"),
        "next": _("You get a message when it is decided."),
        "fields": [
            {"type": "text", "name": "subject", "required": True,
             "width": 8 if with_amount else 12},
            *([amount] if with_amount else []),
            {"type": "text", "name": "reason", "mode": "long", "required": True},
            {"type": "button", "name": "send_request", "title": _("Send request"),
             "place": "footer",
             "rules": [{"type": "submit", "id": "send", "title": _("Submit the request"),
                        "status": _("Waiting for a decision")}]},
        ],
    }  # fmt: skip


def _decision(owners: dict[str, Any]) -> dict[str, Any]:
    submit = {
        "type": "submit", "id": "close-it", "title": _("Submit the decision"),
        "status": "=Item([approval_decision], 1)",
    }  # fmt: skip
    return {
        "name": "approval",
        "title": _("Decision"),
        "owners": owners,
        "save_button": False,
        "fields": decision_fields("approval", submit),
    }
