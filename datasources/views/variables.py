"""The page with the variables of the installation."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext as _

from datasources.forms import text_of
from datasources.services.variables import KIND, replace_variables, shown_variables
from kianda.accounts.roles import ADMINISTRATOR
from kianda.accounts.services.audit import last_entry
from kianda.lib.errors import Flaw, InUse, Invalid, Stale
from kianda.lib.secret_names import MASK
from kianda.web.edit_conflict import (
    check_revision,
    revision_context,
    revision_of,
    saved_before_words,
)
from kianda.web.form_once import once
from kianda.web.pages import Errors, go, page, render_page, toast

BLANK_ROWS = 3


@page(roles=(ADMINISTRATOR,), methods=("GET", "POST"))
@once
def variables(request: HttpRequest) -> HttpResponseBase:
    """Show all variables in one form, and store them."""
    stored = shown_variables()
    rows, errors, status = stored, Errors(), 200
    if request.method == "POST":
        rows = _typed(request.POST, stored)
        kept = [row for row in rows if row["kept"]]
        try:
            replace_variables(
                raw={"variables": [_sent(row) for row in kept]}, user=request.user,
                unchanged=lambda: check_revision(request, _settings(shown_variables())),
            )  # fmt: skip
        except Invalid as error:
            errors, status = Errors(_placed(error, rows, kept)), 422
        except InUse as error:
            errors, status = Errors(Invalid(error.detail)), 409
        except Stale:
            sentence = saved_before_words(last_entry(KIND), request.user)
            errors, status = Errors(Invalid(sentence)), 409
            stored = shown_variables()
            rows = _beside(stored, rows)
        else:
            toast(request, _("Variables saved."))
            return go(request, "variables")
    context = {
        "rows": [_shown(at, row) for at, row in enumerate([*rows, *_blanks(rows)])],
        "errors": errors,
        "example": "{{name}}",
        **revision_context(request, revision_of(_settings(stored))),
    }
    if status == 409:
        # Whoever has read what others did saves on top of it.
        context["revision"] = revision_of(_settings(stored))
    return render_page(request, "datasources/variables.html", context, status=status)


def _typed(post: QueryDict, stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {str(one["name"]): one for one in stored}
    rows, at = [], 0
    while f"/variables/{at}/name" in post:
        place = f"/variables/{at}/"
        name, value = text_of(post, place + "name").strip(), text_of(post, place + "value")
        old = known.get(name)
        masked = not value and old is not None and old["secret"] and old["value"]
        rows.append(
            {
                "name": name, "value": MASK if masked else value,
                "secret": bool(post.get(place + "secret")),
                "used_by": old["used_by"] if old else [],
                "kept": bool(name or value) and not post.get(place + "remove"),
                "removed": bool(post.get(place + "remove")),
            }
        )  # fmt: skip
        at += 1
    return [row for row in rows if row["name"] or row["value"]]


def _beside(stored: list[dict[str, Any]], typed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what others have stored meanwhile, with what was typed in it and after it."""
    mine = {str(row["name"]): row for row in typed if row["kept"]}
    both = [
        {**row, "value": mine[row["name"]]["value"]}
        if row["name"] in mine and not row["secret"]
        else row
        for row in stored
    ]
    known = {row["name"] for row in stored}
    return [*both, *(row for name, row in mine.items() if name not in known)]


def _settings(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is changed on this page: not where variables are used."""
    return [_sent(row) for row in rows]


def _sent(row: dict[str, Any]) -> dict[str, Any]:
    return {key: row[key] for key in ("name", "value", "secret")}


def _placed(error: Invalid, rows: list[dict[str, Any]], kept: list[dict[str, Any]]) -> Invalid:
    """Put flaws beside the rows of the page, where rows that are to go stand between them."""
    at = [index for index, row in enumerate(rows) if row["kept"]]
    flaws = []
    for flaw in error.errors:
        head, _slash, rest = flaw.pointer.removeprefix("/variables/").partition("/")
        known = head.isdecimal() and int(head) < len(kept)
        place = f"/variables/{at[int(head)]}/{rest}" if known else flaw.pointer
        flaws.append(Flaw(place, flaw.detail))
    return Invalid(error.detail, errors=flaws)


def _blanks(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": "", "value": "", "secret": False, "used_by": []} for _at in range(BLANK_ROWS)]


def _shown(at: int, row: dict[str, Any]) -> dict[str, Any]:
    masked = row["secret"] and row["value"] == MASK
    return {
        **row, "at": f"/variables/{at}/", "is_new": not row["name"],
        "value": "" if row["secret"] else row["value"], "masked": masked,
        "uses": ", ".join(str(use["name"]) for use in row["used_by"]),
    }  # fmt: skip
