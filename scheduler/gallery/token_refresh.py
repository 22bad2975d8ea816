"""OAuth token refresh: an access token that is always there, fetched anew before it expires."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kianda.lib.numbers import whole_number
from scheduler.gallery.base import (
    Answers,
    FreeNames,
    GalleryTemplate,
    InstallPlan,
    Questions,
    QuestionSection,
    interval_question,
    path_question,
    service_questions,
)

METHOD = "refresh-token"
SENT = ("grant_type", "client_id", "client_secret", "redirect_uri", "refresh_token")
ANSWERED = ("access_token", "token_type", "expires_in", "refresh_token", "created_at")
KEPT_IF_MISSING = ("refresh_token", "expires_in", "created_at")


def _secret(label: Any, help_text: Any, *, required: bool) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(
        max_length=8000, label=label, help_text=help_text, required=required, widget=widget,
        strip=True,
    )  # fmt: skip


class TokenRefreshForm(Questions):
    """The questions of the wizard."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Ask for the service, the credentials, the interval."""
        super().__init__(*args, **more)
        service_questions(self)
        once = _("Kept encrypted. It is never shown again.")
        self.fields |= {
            "token_path": path_question(
                _("Token path"), initial="/oauth/token", help_text=_("Begins with /.")
            ),
            "client_id": forms.CharField(max_length=1000, label=_("Client ID")),
            "client_secret": _secret(_("Client secret"), once, required=False),
            "refresh_token": _secret(_("Refresh token"), once, required=True),
            "redirect_uri": forms.CharField(
                max_length=2000, required=False, label=_("Redirect URL"),
                help_text=_("Only when the service asks for it."),
            ),
            "lives": forms.IntegerField(
                min_value=1, max_value=525_600, initial=60, label=_("The token lives, minutes"),
                help_text=_("As the service says; expires_in of its answer, divided by 60."),
            ),
            "sure": forms.BooleanField(required=False, label=_("Make it all the same")),
        }  # fmt: skip
        interval_question(self, initial=55)

    def clean(self) -> dict[str, Any]:
        """Refuse once an interval that is longer than the token lives."""
        cleaned: dict[str, Any] = super().clean() or {}
        warning = warning_of(cleaned.get("every"), cleaned.get("lives"))
        if warning and not cleaned.get("sure"):
            self.add_error("every", warning)
        return cleaned


def warning_of(every: int | None, lives: int | None) -> str:
    """Return what happens when the token is fetched too seldom; empty when it is not."""
    if not every or not lives or every < lives:
        return ""
    words = {"every": every, "lives": lives, "most": max(lives * 9 // 10, 1)}
    if every == lives:
        return (
            _(
                "Every %(every)s minutes leaves nothing to spare: the token lives %(lives)s. "
                "Choose at most %(most)s."
            )
            % words
        )
    return _(
        "Every %(every)s minutes is longer than the token lives, %(lives)s: it would be missing "
        "in between. Choose at most %(most)s."
    ) % words  # fmt: skip


class TokenRefresh(GalleryTemplate):
    """Makes datasource, process, instance and scheduled task."""

    slug = "oauth-token-refresh"
    title = gettext_lazy("OAuth token refresh")
    icon = "key"
    summary = gettext_lazy(
        "Keeps the access token of one service current: a button that fetches a new one, and a "
        "scheduled task that presses it. Other processes read the token from there."
    )
    makes = (
        gettext_lazy("a data source"),
        gettext_lazy("a published process"),
        gettext_lazy("an instance with your credentials"),
        gettext_lazy("a scheduled task"),
    )
    button = gettext_lazy("Make all four")
    form = TokenRefreshForm
    suffix = "-token"
    sections = (
        QuestionSection(gettext_lazy("The service"), ("service", "base_url", "token_path")),
        QuestionSection(
            gettext_lazy("Your credentials there"),
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
        return {"name": "trial", "title": _("The service"), "base_url": answers["base_url"]}

    def lead(self, typed: Mapping[str, str]) -> str:
        """Warn of an interval that is longer than the token lives."""
        every, lives = (_whole(typed.get(name, "")) for name in ("every", "lives"))
        return warning_of(every, lives)


def _whole(text: str) -> int | None:
    return whole_number(text, digits=8)


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
        "description": _("Keeps the access token of %(service)s current.") % answers,
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
