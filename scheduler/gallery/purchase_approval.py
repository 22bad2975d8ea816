"""Purchase approval: the manager decides, and above an amount somebody else does too."""

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
from scheduler.gallery.people import (
    Chosen,
    asker,
    assigned_to_the_manager,
    decision_fields,
    only_if,
    owners_named,
)
from scheduler.gallery.records import list_views, many_records, record_named, statuses


class PurchaseQuestions(Questions):
    """What it is called, who decides what is dear, and what that is."""

    service: str = question(
        gettext_noop("Title of the process"),
        gettext_noop("Name that people see."),
        initial=gettext_noop("Purchase request"),
        max_length=100,
    )
    records: str = many_records(gettext_noop("Purchase requests"))
    second: Chosen = question(
        gettext_noop("Approvers of large purchases"),
        gettext_noop(
            "For example the group Finance. They see every request, and decide if there is "
            "no manager."
        ),
        control="one_ref",
    )
    limit: int = question(
        gettext_noop("From this amount"),
        gettext_noop("Below it, only the manager decides. In the currency of your requests."),
        initial=1000, control="number", ge=1,
    )  # fmt: skip


class PurchaseApproval(GalleryTemplate):
    """Makes a process of three forms: the request, the manager's decision, and a second one."""

    slug = "purchase-approval"
    title = gettext_lazy("Purchase approval")
    icon = "cart-check"
    summary = gettext_lazy(
        "Employees request purchases and their manager decides. Above an amount, a second "
        "person decides, too. Everyone involved is notified."
    )
    makes = (gettext_lazy("a published process with three forms"),)
    questions = PurchaseQuestions
    needs_datasource = False
    sections = (
        QuestionSection(gettext_lazy("The request"), ("service", "records")),
        QuestionSection(gettext_lazy("The second decision"), ("second", "limit")),
    )

    def plan(self, answers: Answers, names: FreeNames) -> InstallPlan:
        """Return the process."""
        second = answers["second"]
        return InstallPlan(
            definition={
                "name": names.process,
                "title": answers["service"],
                "description": _("Employees request a purchase; 1 or 2 people decide."),
                "record": record_named(
                    answers,
                    title="[wanted], [amount]",
                    summary=["supplier", "needed_by"],
                    icon="cart3",
                    request=True,
                ),
                "statuses": statuses(
                    waiting=_waiting(),
                    good=[_("Approved")],
                    bad=[_("Rejected")],
                ),
                "views": _views(),
                "security": {"see": ["participants", second]},
                "forms": [_request(second), _first(answers["limit"]), _second(second)],
            },
            group=_("Approvals"),
            places={"/definition/title": "service", "/definition/name": "service"},
        )


def _waiting() -> list[str]:
    return [
        _("Waiting for the manager"), _("Waiting for a decision"),
        _("Waiting for the second decision"),
    ]  # fmt: skip


def _views() -> list[dict[str, Any]]:
    return list_views(
        ["asked_by", "supplier", "amount", "needed_by", "process.status", "process.owners"],
        waiting=_waiting(),
        charts=[
            {"show": "number", "calculate": "sum", "field": "amount"}, {"by": "process.status"},
            {"calculate": "sum", "field": "amount", "by": "process.created", "every": "month"},
        ],
    )  # fmt: skip


def _request(second: str) -> dict[str, Any]:
    return {
        "name": "ask",
        "title": _("Request"),
        "next": _("You get a message when it is decided."),
        "fields": [
            asker("asked_by", _("Requested by")),
            {"type": "text", "name": "wanted", "title": _("What to buy"),
             "required": True},
            {"type": "text", "name": "supplier", "title": _("Supplier"), "width": 6},
            {"type": "number", "name": "amount", "title": _("Amount with tax"), "decimals": 2,
             "min": 0.01, "required": True, "width": 3},
            {"type": "date", "name": "needed_by", "title": _("Needed by"), "width": 3},
            {"type": "text", "name": "reason", "title": _("Reason"), "mode": "long",
             "required": True},
            {"type": "button", "name": "send_request", "title": _("Send request"),
             "place": "footer", "rules": [
                *assigned_to_the_manager("manager", of="asked_by", otherwise=second),
                {"type": "submit", "id": "send", "title": _("Submit the request"),
                 "status": _("Waiting for the manager"),
                 "conditions": only_if("[asked_by.manager]", "not_blank")},
                {"type": "submit", "id": "send-otherwise",
                 "title": _("Submit it where there is no manager"),
                 "status": _("Waiting for a decision"),
                 "conditions": only_if("[asked_by.manager]", "blank")},
            ]},
        ],
    }  # fmt: skip


def _first(limit: int) -> dict[str, Any]:
    small = only_if("[amount]", "lt", str(limit))
    return {
        "name": "manager",
        "title": _("First decision"),
        "save_button": False,
        "rules": [
            {"type": "close", "id": "manager-rejects", "title": _("End rejected requests"),
             "status": _("Rejected"),
             "conditions": only_if("[manager_decision]", "eq", _("Rejected"))},
            {"type": "close", "id": "small-enough", "title": _("End small requests"),
             "status": _("Approved"), "conditions": small},
        ],
        "fields": decision_fields(
            "manager",
            {"type": "submit", "id": "manager-decides", "title": _("Submit the decision"),
             "status": _("Waiting for the second decision")},
            asked_by="asked_by",
        ),
    }  # fmt: skip


def _second(second: str) -> dict[str, Any]:
    return {
        "name": "second",
        "title": _("Second decision"),
        "save_button": False,
        "owners": owners_named(second),
        "fields": decision_fields(
            "second",
            {"type": "submit", "id": "second-decides", "title": _("Submit the decision"),
             "status": "=Item([second_decision], 1)"},
            asked_by="asked_by",
        ),
    }  # fmt: skip
