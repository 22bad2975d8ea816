"""OAuth token refresh: an access token that is always there, fetched anew before it expires."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from pydantic import ValidationInfo, field_validator

from kianda.accounts.roles import DATASOURCE_MANAGER
from processes.language.people_refs import group_ref
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

MANAGERS = [group_ref(DATASOURCE_MANAGER)]
METHOD = "refresh-token"
SENT = ("grant_type", "client_id", "client_secret", "redirect_uri", "refresh_token")
ANSWERED = ("access_token", "token_type", "expires_in", "refresh_token", "created_at")
KEPT_IF_MISSING = ("refresh_token", "expires_in", "created_at")


def warning_of(every: Any, lives: Any) -> str:
    """Return what happens when the token is fetched too seldom; empty when it is not."""
    if not (isinstance(every, int) and isinstance(lives, int)) or not 0 < lives <= every:
        return ""
    words = {"every": every, "lives": lives, "most": max(lives * 9 // 10, 1)}
    if every == lives:
        return (
            _(
                "The token expires after %(lives)s. Enter at most %(most)s minutes instead "
                "of %(every)s, to leave some time for a retry."
            )
            % words
        )
    return _(
        "The token expires after %(lives)s, before the next refresh. Enter at most %(most)s "
        "minutes instead of %(every)s."
    ) % words  # fmt: skip


ONCE = gettext_noop("Stored encrypted and never shown again.")


class TokenRefreshQuestions(ServiceQuestions):
    """The service, the credentials, the interval."""

    token_path: Path = question(
        gettext_noop("Token path"), gettext_noop("Starts with /."), initial="/oauth/token"
    )
    client_id: str = question(gettext_noop("Client ID"), max_length=1000)
    client_secret: str = question(
        gettext_noop("Client secret"), ONCE, default="", control="secret", max_length=8000
    )
    refresh_token: str = question(
        gettext_noop("Refresh token"), ONCE, control="secret", min_length=1, max_length=8000
    )
    redirect_uri: Path = question(
        gettext_noop("Redirect URL"), gettext_noop("Only if the service needs it."), default=""
    )
    lives: Minutes = question(
        gettext_noop("Token lifetime in minutes"),
        gettext_noop("From the service: expires_in in its response, divided by 60."),
        initial=60, control="number",
    )  # fmt: skip
    sure: bool = question(gettext_noop("Create anyway"), default=False, control="switch")
    # After what it is compared with.
    every: Minutes = question(gettext_noop("Interval in minutes"), initial=55, control="number")

    @field_validator("every")
    @classmethod
    def _in_time(cls, every: int, info: ValidationInfo) -> int:
        """Refuse once an interval that is longer than the token lives."""
        warning = warning_of(every, info.data.get("lives"))
        if warning and not info.data.get("sure"):
            raise ValueError(warning)
        return every


class TokenRefresh(GalleryTemplate):
    """Makes datasource, process, instance and scheduled task."""

    slug = "oauth-token-refresh"
    title = gettext_lazy("OAuth token refresh")
    icon = "key"
    summary = gettext_lazy(
        "Refreshes the access token of a service before it expires. Other processes read the "
        "token from there."
    )
    makes = (
        gettext_lazy("a data source"),
        gettext_lazy("a published process"),
        gettext_lazy("a record with your credentials"),
        gettext_lazy("a scheduled task"),
    )
    button = gettext_lazy("Create all")
    questions = TokenRefreshQuestions
    suffix = "-token"
    warns = True
    sections = (
        QuestionSection(gettext_lazy("The service"), ("service", "base_url", "token_path")),
        QuestionSection(
            gettext_lazy("Your credentials"),
            ("client_id", "client_secret", "refresh_token", "redirect_uri"),
        ),
        QuestionSection(gettext_lazy("How often"), ("every", "lives")),
    )

    def plan(self, answers: Answers, names: FreeNames) -> InstallPlan:
        """Return all four."""
        given = ("client_id", "client_secret", "refresh_token", "redirect_uri")
        return InstallPlan(
            definition=_definition(answers, names),
            group=_("Integrations"),
            datasource=_datasource(answers, names.datasource),
            data={name: answers[name] for name in given if answers[name]},
            task={
                "name": names.task,
                "target": "refresh",
                "schedule": {"kind": "minutes", "every": answers["every"]},
            },
            places={
                "/datasource/base_url": "base_url",
                "/datasource/title": "service",
                "/datasource/methods/0/url_path": "token_path",
                "/definition/title": "service",
                "/task/schedule/every": "every",
                **{f"/data/{name}": name for name in given},
            },
        )

    def trial(self, answers: Answers) -> dict[str, Any]:
        """Return the datasource as far as it is known."""
        return {"name": "trial", "title": _("The service"), "base_url": answers.get("base_url", "")}

    def lead(self, typed: Answers) -> str:
        """Warn of an interval that is longer than the token lives."""
        return warning_of(typed.get("every"), typed.get("lives"))


def _datasource(answers: Answers, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": answers["service"],
        "base_url": answers["base_url"],
        "methods": [
            {
                "name": METHOD,
                "title": _("Get/Refresh Auth Token"),
                "http_method": "POST",
                "url_path": answers["token_path"],
                "content_type": "form",
                "request_headers": [{"name": "Accept", "value": "application/json"}],
                "request_body": [{"name": name} for name in SENT],
                "response_body": [{"name": name} for name in ANSWERED],
            }
        ],
    }


def _definition(answers: Answers, names: FreeNames) -> dict[str, Any]:
    return {
        "name": names.process,
        "title": _("%(service)s: access token") % {"service": answers["service"]},
        "description": _(
            "Refreshes the access token of %(service)s. Only administrators and data source "
            "managers see it."
        )
        % answers,
        # A token opens the service to whoever has it.
        "security": {"start": MANAGERS, "see": MANAGERS, "change": MANAGERS, "delete": []},
        "forms": [{"name": "token", "title": _("Token"), "fields": _fields(names.datasource)}],
    }


def _fields(datasource: str) -> list[dict[str, Any]]:
    return [
        {"type": "text", "name": "grant_type", "default": "refresh_token", "width": 6},
        {"type": "text", "name": "client_id", "title": _("Client ID"), "required": True,
         "width": 6},
        {"type": "secret", "name": "client_secret", "width": 6},
        {"type": "secret", "name": "refresh_token", "width": 6},
        {"type": "text", "name": "redirect_uri", "title": _("Redirect URL")},
        {"type": "secret", "name": "access_token"},
        {"type": "number", "name": "expires_in", "title": _("Expires in (s)"), "width": 6},
        {"type": "date", "name": "created_at", "title": _("Created at"), "mode": "datetime",
         "width": 6},
        {"type": "text", "name": "last_error"},
        {"type": "button", "name": "refresh", "rules": _rules(datasource)},
    ]  # fmt: skip


def _rules(datasource: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "set_form_field", "id": "clear", "title": _("Clear the access token"),
            "assignments": [{"field": "access_token", "value": ""}],
        },
        {
            "type": "create_item", "id": "get-token", "title": _("Get a new token"),
            "datasource": datasource, "method": METHOD, "omit_blank": True,
            "input_mapping": [{"target": f"body.{name}", "value": f"[{name}]"} for name in SENT],
            "on_success": [
                {"field": "access_token", "value": "[response.body.access_token]"},
                *({"field": name, "value": f"[response.body.{name}]", "if_missing": "keep"}
                  for name in KEPT_IF_MISSING),
                {"field": "last_error", "value": ""},
            ],
            "on_error": [{"field": "last_error", "value": "[error.message]"}],
            "on_failure": "undo",
        },
        {"type": "save", "id": "save", "title": _("Save")},
    ]  # fmt: skip
