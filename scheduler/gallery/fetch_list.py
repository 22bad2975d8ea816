"""Fetch a list on a schedule: the rows of an answer, in a table that is always fresh."""

import re
from typing import Annotated, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import AfterValidator, BeforeValidator

from kianda.lib.names import FIELD_NAME, as_title
from scheduler.gallery.base import (
    Answers,
    FreeNames,
    GalleryTemplate,
    InstallPlan,
    Minutes,
    Path,
    QuestionSection,
    ServiceQuestions,
    question,
)

METHOD = "get-list"
MOST_COLUMNS = 20
_PATH = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*\Z")


def _place(place: str) -> str:
    """Refuse what is no path."""
    if not _PATH.match(place):
        raise ValueError(_("Enter names separated by dots, such as data.rows."))
    return place


def _columns(text: str) -> list[str]:
    """Return the names."""
    names = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    wrong = [name for name in names if not FIELD_NAME.match(name) or len(name) > 64]
    if wrong:
        raise ValueError(
            _(
                "%(name)s cannot be a column name. Start with a letter, then use letters, "
                "digits and _."
            )
            % {"name": wrong[0]}
        )
    if not 1 <= len(names) <= MOST_COLUMNS:
        raise ValueError(_("Enter 1 to %(most)s names.") % {"most": MOST_COLUMNS})
    return names


class FetchListQuestions(ServiceQuestions):
    """The service, the list, the interval."""

    list_path: Path = question(
        gettext_noop("Path of the list"), gettext_noop("Starts with /."), initial="/api/items"
    )
    token: str = question(
        gettext_noop("Bearer token"),
        gettext_noop("Leave empty if the service needs none. Stored encrypted."),
        default="", control="secret", max_length=8000,
    )  # fmt: skip
    place: Annotated[str, AfterValidator(_place)] = question(
        gettext_noop("Path of the list in the response"),
        gettext_noop("Such as items or data.rows. Leave empty if the response itself is the list."),
        default="", max_length=200,
    )  # fmt: skip
    columns: Annotated[list[str], BeforeValidator(_columns)] = question(
        gettext_noop("Fields of each item"),
        gettext_noop("Names in the response, separated by commas, such as id, name."),
    )
    every: Minutes = question(gettext_noop("Interval in minutes"), initial=60, control="number")


class FetchList(GalleryTemplate):
    """Makes datasource, process with a table, instance and scheduled task."""

    slug = "fetch-a-list"
    title = gettext_lazy("Fetch a list on a schedule")
    icon = "table"
    summary = gettext_lazy(
        "Reads a list from a service into a table every few minutes: orders, prices, people. "
        "Other processes can read the table."
    )
    makes = (
        gettext_lazy("a data source"),
        gettext_lazy("a published process with a table"),
        gettext_lazy("a record"),
        gettext_lazy("a scheduled task"),
    )
    button = gettext_lazy("Create all")
    questions = FetchListQuestions
    suffix = "-list"
    sections = (
        QuestionSection(gettext_lazy("The service"), ("service", "base_url", "list_path", "token")),
        QuestionSection(gettext_lazy("The list"), ("place", "columns")),
        QuestionSection(gettext_lazy("How often"), ("every",)),
    )

    def plan(self, answers: Answers, names: FreeNames) -> InstallPlan:
        """Return all four."""
        return InstallPlan(
            definition={
                "name": names.process,
                "title": _("%(service)s: list") % {"service": answers["service"]},
                "description": _("Reads %(list_path)s of %(service)s.") % answers,
                "forms": [{"name": "list", "fields": _fields(answers, names.datasource)}],
            },
            group=_("Integrations"),
            datasource=self._datasource(answers, names.datasource),
            data={},
            task={
                "name": names.task,
                "target": "fetch",
                "schedule": {"kind": "minutes", "every": answers["every"]},
            },
            places={
                "/datasource/base_url": "base_url",
                "/datasource/title": "service",
                "/datasource/auth/token": "token",
                "/datasource/methods/0/url_path": "list_path",
                "/definition/title": "service",
                "/task/schedule/every": "every",
            },
        )

    def trial(self, answers: Answers) -> dict[str, Any]:
        """Return the datasource as far as it is known."""
        return {
            "name": "trial", "title": _("The service"), "base_url": answers.get("base_url", ""),
            "auth": _auth(answers),
        }  # fmt: skip

    def _datasource(self, answers: Answers, name: str) -> dict[str, Any]:
        return {
            "name": name,
            "title": answers["service"],
            "base_url": answers["base_url"],
            "auth": _auth(answers),
            "methods": [
                {
                    "name": METHOD,
                    "title": _("Get the list"),
                    "http_method": "GET",
                    "url_path": answers["list_path"],
                    "request_headers": [{"name": "Accept", "value": "application/json"}],
                    "response_body": _declared(answers["place"]),
                }
            ],
        }


def _auth(answers: Answers) -> dict[str, str]:
    token = answers.get("token", "")
    return {"scheme": "bearer", "token": token} if token else {"scheme": "none"}


def _declared(place: str) -> list[dict[str, str]]:
    return [{"name": place}] if place else []


def _fields(answers: Answers, datasource: str) -> list[dict[str, Any]]:
    columns = [
        {"type": "text", "name": name, "title": as_title(name)} for name in answers["columns"]
    ]
    return [
        {"type": "table", "name": "items", "title": _("Items"), "columns": columns,
         "allow_add": False, "allow_remove": False, "allow_move": False},
        {"type": "date", "name": "read_at", "title": _("Read at"), "mode": "datetime", "width": 6},
        {"type": "text", "name": "last_error", "width": 6},
        {"type": "button", "name": "fetch", "title": _("Fetch now"),
         "rules": _rules(answers, datasource)},
    ]  # fmt: skip


def _rules(answers: Answers, datasource: str) -> list[dict[str, Any]]:
    place = answers["place"]
    body = f"[response.body.{place}]" if place else "[response.body]"
    return [
        {
            "type": "find_items", "id": "get-list", "title": _("Get the list"),
            "datasource": datasource, "method": METHOD,
            "on_success": [
                # An empty list is an answer too: then the table is empty.
                {"field": "items", "value": body, "if_missing": "clear"},
                {"field": "read_at", "value": "[now]"},
                {"field": "last_error", "value": ""},
            ],
            "on_error": [{"field": "last_error", "value": "[error.message]"}],
            "on_failure": "undo",
        },
        {"type": "save", "id": "save", "title": _("Save")},
    ]  # fmt: skip
