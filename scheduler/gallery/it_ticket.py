"""IT ticket: somebody reports, IT solves, and the answer comes by a link without an account."""

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
from scheduler.gallery.people import Chosen, asker, only_if, owners_named
from scheduler.gallery.records import list_views, many_records, record_named, statuses


class TicketQuestions(Questions):
    """What it is called, and who works on tickets."""

    service: str = question(
        gettext_noop("Title of the process"),
        gettext_noop("Name that people see."),
        initial=gettext_noop("IT ticket"),
        max_length=100,
    )
    records: str = many_records(gettext_noop("IT tickets"))
    team: Chosen = question(
        gettext_noop("People who work on tickets"),
        gettext_noop("For example the group IT. They see all tickets and find them in My work."),
        control="one_ref",
    )


class ItTicket(GalleryTemplate):
    """Makes a process of three forms: the report, the solution, and whether it helped."""

    slug = "it-ticket"
    title = gettext_lazy("IT ticket")
    icon = "life-preserver"
    summary = gettext_lazy(
        "Employees report IT problems, also for people without an account. When a ticket is "
        "solved, the person affected confirms it through an emailed link."
    )
    makes = (gettext_lazy("a published process with three forms"),)
    questions = TicketQuestions
    needs_datasource = False
    sections = (QuestionSection(gettext_lazy("The tickets"), ("service", "records", "team")),)

    def plan(self, answers: Answers, names: FreeNames) -> InstallPlan:
        """Return the process."""
        team = answers["team"]
        return InstallPlan(
            definition={
                "name": names.process,
                "title": answers["service"],
                "description": _("Problems are reported, solved and confirmed."),
                "record": record_named(
                    answers,
                    title="[summary]",
                    summary=["subject", "urgency"],
                    icon="headset",
                ),
                "statuses": statuses(
                    waiting=[_("To be solved"), _("Solved, not confirmed")],
                    good=[_("Solved")],
                ),
                "views": _views(),
                "security": {"see": ["participants", team]},
                "forms": [_report(), _solution(team), _confirmation()],
            },
            group=_("Service"),
            places={"/definition/title": "service", "/definition/name": "service"},
        )


def _views() -> list[dict[str, Any]]:
    return list_views(
        ["reported_by", "subject", "urgency", "process.status", "process.created"],
        waiting=[_("To be solved"), _("Solved, not confirmed")],
        charts=[
            {"show": "number"}, {"by": "subject"}, {"by": "urgency"},
            {"by": "process.created", "every": "week"},
        ],
    )  # fmt: skip


def _report() -> dict[str, Any]:
    subjects = [_("Computer"), _("Program"), _("Account or password"), _("Printer"), _("Other")]
    urgencies = [_("Normal"), _("I cannot work"), _("Many people cannot work")]
    return {
        "name": "report",
        "title": _("Report"),
        "next": _("You get an email when it should work again."),
        "fields": [
            asker("reported_by", _("Reported by")),
            {"type": "text", "name": "contact", "title": _("Email of the person affected"),
             "default": "[user.email]", "required": True, "width": 6,
             "help": _("No account needed.")},
            {"type": "text", "name": "summary", "title": _("What does not work"),
             "required": True},
            {"type": "list", "name": "subject", "title": _("It is about"), "choices": subjects,
             "required": True, "width": 6},
            {"type": "list", "name": "urgency", "title": _("How urgent is it"),
             "choices": urgencies, "default": urgencies[0], "required": True, "width": 6},
            {"type": "text", "name": "details", "title": _("Details"), "mode": "long",
             "help": _("What you did, what you expected, what happened.")},
            {"type": "button", "name": "send_report", "title": _("Send the report"),
             "place": "footer", "rules": [
                {"type": "submit", "id": "send", "title": _("Submit the report")},
            ]},
        ],
    }  # fmt: skip


def _solution(team: str) -> dict[str, Any]:
    mail = {
        "type": "send_email", "id": "ask", "title": _("Ask whether it helped"),
        "to": ["[contact]"],
        "subject": _("Solved? %(summary)s (%(id)s)") % {
            "summary": "[summary]", "id": "[process.id]",
        },
        "body": _(
            "What you reported should work again:\n\n%(solution)s\n\nOpen this link to confirm. "
            "You do not need an account.\n\n%(link)s\n\nThe link works once, for 14 days."
        ) % {
            "solution": "[solution]",
            "link": "[[" + _("Confirm") + "]([confirmation_link])",
        },
    }  # fmt: skip
    return {
        "name": "work",
        "title": _("To be solved"),
        "owners": owners_named(team),
        "fields": [
            {"type": "text", "name": "solution", "title": _("What was done"), "mode": "long",
             "required": True},
            {"type": "text", "name": "confirmation_link", "title": _("Link to the confirmation"),
             "visible": False, "see": [team]},
            {"type": "button", "name": "solve", "title": _("Send the solution"), "place": "footer",
             "quick": {"ask": "solution", "required": True}, "rules": [
                {"type": "submit", "id": "solved", "title": _("Submit the solution"),
                 "status": _("Solved, not confirmed")},
                {"type": "anonymous_form_link", "id": "link", "form": "confirmation",
                 "title": _("Create the link"), "field": "confirmation_link", "uses": 1,
                 "valid_for": 14, "unit": "days",
                 "message": _("Thank you. You can close this page.")},
                mail,
                {"type": "save", "id": "keep-link", "title": _("Send the email")},
            ]},
            {"type": "button", "name": "end_ticket", "title": _("End without confirmation"),
             "style": "plain", "press": [team], "show_in_display_mode": True, "rules": [
                {"type": "close", "id": "end-it", "title": _("End the ticket"),
                 "status": _("Solved")},
            ]},
        ],
    }  # fmt: skip


def _confirmation() -> dict[str, Any]:
    answers = [_("Yes, it works"), _("No, it does not work")]
    return {
        "name": "confirmation",
        "title": _("Confirmation"),
        "rules": [
            {"type": "close", "id": "it-works", "title": _("End solved tickets"),
             "status": _("Solved"), "conditions": only_if("[works]", "eq", answers[0])},
            {"type": "go_to_form", "id": "again", "title": _("Reopen it"), "form": "work",
             "make_current": True, "note": _("It does not work: %(words)s") % {
                 "words": "[remark]"},
             "conditions": only_if("[works]", "eq", answers[1])},
        ],
        "fields": [
            {"type": "list", "name": "works", "title": _("Does it work now?"),
             "choices": answers, "display_as": "options", "required": True},
            {"type": "text", "name": "remark", "title": _("Anything else?"), "mode": "long"},
            {"type": "button", "name": "send_answer", "title": _("Send"), "rules": [
                {"type": "submit", "id": "confirm", "title": _("Submit the reply")},
            ]},
        ],
    }  # fmt: skip
