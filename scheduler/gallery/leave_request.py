"""Leave request: an employee asks, the manager decides, those who keep the records see all."""

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
)
from scheduler.gallery.records import list_views, many_records, record_named, statuses


class LeaveQuestions(Questions):
    """What it is called, and who keeps the records."""

    service: str = question(
        gettext_noop("Title of the process"),
        gettext_noop("Name that people see."),
        initial=gettext_noop("Leave request"),
        max_length=100,
    )
    records: str = many_records(gettext_noop("Leave requests"))
    keeper: Chosen = question(
        gettext_noop("Record keepers"),
        gettext_noop(
            "For example the group HR. They see every request, decide if there is no "
            "manager, and get an email about approved leave."
        ),
        control="one_ref",
    )


class LeaveRequest(GalleryTemplate):
    """Makes a process of two forms: the request, and the decision of the manager."""

    slug = "leave-request"
    title = gettext_lazy("Leave request")
    icon = "calendar-week"
    summary = gettext_lazy(
        "Employees request leave and their manager, or the manager's substitute, decides. "
        "Both are notified. Only they and the record keepers see the request."
    )
    makes = (gettext_lazy("a published process with two forms"),)
    questions = LeaveQuestions
    needs_datasource = False
    sections = (QuestionSection(gettext_lazy("The request"), ("service", "records", "keeper")),)

    def plan(self, answers: Answers, names: FreeNames) -> InstallPlan:
        """Return the process."""
        keeper = answers["keeper"]
        return InstallPlan(
            definition={
                "name": names.process,
                "title": answers["service"],
                "description": _("Employees request leave, their manager decides."),
                "record": record_named(
                    answers,
                    title="[kind], [first_day] \u2013 [last_day]",
                    summary=["working_days", "note"],
                    icon="sun",
                    request=True,
                ),
                "statuses": statuses(
                    waiting=[_("Waiting for a decision")],
                    good=[_("Approved")],
                    bad=[_("Rejected")],
                    neutral=[_("Withdrawn")],
                ),
                "views": _views(),
                "security": {"see": ["participants", keeper]},
                "forms": [_request(keeper), _decision(keeper)],
            },
            group=_("People"),
            places={"/definition/title": "service", "/definition/name": "service"},
        )


def _views() -> list[dict[str, Any]]:
    return list_views(
        ["employee", "kind", "first_day", "last_day", "working_days", "process.status"],
        waiting=[_("Waiting for a decision")],
        charts=[
            {"show": "number"}, {"by": "process.status"},
            {"calculate": "sum", "field": "working_days", "by": "kind"},
            {"by": "first_day", "every": "month"},
        ],
    )  # fmt: skip


def _request(keeper: str) -> dict[str, Any]:
    kinds = [_("Annual leave"), _("Parental leave"), _("Unpaid leave"), _("Other leave")]
    return {
        "name": "ask",
        "title": _("Request"),
        "next": _("You get a message when it is decided."),
        "fields": [
            asker("employee", _("Employee")),
            {"type": "list", "name": "kind", "title": _("Kind of leave"), "choices": kinds,
             "default": kinds[0], "required": True, "width": 6},
            {"type": "date", "name": "first_day", "title": _("First day"), "required": True,
             "width": 4},
            {"type": "date", "name": "last_day", "title": _("Last day"), "required": True,
             "width": 4},
            {"type": "number", "name": "working_days", "title": _("Working days"),
             "required": True, "min": 0.5, "width": 4,
             "help": _("Without weekends and holidays. Half a day is 0.5.")},
            {"type": "text", "name": "note", "title": _("Note to your manager"), "mode": "long"},
            {"type": "button", "name": "send_request", "title": _("Send request"),
             "place": "footer",
             "rules": _sending(keeper)},
            {"type": "button", "name": "withdraw", "title": _("Withdraw the request"),
             "place": "footer", "style": "plain",
             "press": ["creator"], "show_in_display_mode": True, "visible": False,
             "rules": [{"type": "close", "id": "withdraw-it", "title": _("End the request"),
                        "status": _("Withdrawn")}]},
        ],
    }  # fmt: skip


def _sending(keeper: str) -> list[dict[str, Any]]:
    return [
        {"type": "validate_input", "id": "days-in-order", "title": _("Check the days"),
         "field": "last_day", "conditions": only_if("[last_day]", "lt", "[first_day]"),
         "message": _("The last day is before the first day. Change one of them.")},
        *assigned_to_the_manager("decision", of="employee", otherwise=keeper),
        _withdrawing("show"),
        {"type": "submit", "id": "send", "title": _("Submit the request"),
         "status": _("Waiting for a decision")},
    ]  # fmt: skip


def _withdrawing(action: str) -> dict[str, Any]:
    """Return the rule that offers to withdraw what waits, and nothing else."""
    return {
        "type": "hide_or_disable", "id": f"{action}-withdraw",
        "title": (
            _("Show the withdraw button") if action == "show" else _("Hide the withdraw button")
        ),
        "changes": [{"field": "withdraw", "action": action}],
    }  # fmt: skip


def _decision(keeper: str) -> dict[str, Any]:
    told = {
        "type": "send_email", "id": "tell-keeper", "title": _("Email the record keepers"),
        "to": [keeper], "conditions": only_if("[leave_decision]", "eq", _("Approved")),
        "subject": _("%(kind)s of %(name)s, %(first)s \u2013 %(last)s") % {
            "kind": "[kind]", "name": "[employee.name]", "first": "[first_day]",
            "last": "[last_day]",
        },
        "body": _(
            "%(decider)s has approved %(kind)s of **%(name)s**, %(first)s \u2013 %(last)s: "
            "%(days)s working days.\n\n%(link)s"
        ) % {
            "decider": "[user.name]", "kind": "[kind]", "name": "[employee.name]",
            "first": "[first_day]", "last": "[last_day]", "days": "[working_days]",
            "link": "[[" + _("Open the request") + "]([process.url])",
        },
    }  # fmt: skip
    submit = {
        "type": "submit", "id": "decide", "title": _("Submit the decision"),
        "status": "=Item([leave_decision], 1)",
    }  # fmt: skip
    return {
        "name": "decision",
        "title": _("Decision"),
        "save_button": False,
        "fields": decision_fields("leave", told, _withdrawing("hide"), submit, asked_by="employee"),
    }
