"""Lines of runs and of changes, as the pages of an instance show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.utils.translation import gettext, gettext_lazy, gettext_noop

from kianda.accounts.services.substitutes import acted_words
from kianda.templatetags.kianda_words import status_words
from kianda.web.times import moment_in_sentence
from processes.definition.document import Document
from processes.forms.value_words import renamed_words, sent_back_words, sentences_of, words_of
from processes.instances import recycle_bin, version_moves
from processes.instances.history import can_restore, told
from processes.instances.sent_values import IN_VIEW, takes_values
from processes.language.people import called
from processes.language.people_refs import EVERYONE, user_ref
from processes.models import Change, ProcessInstance, Run
from processes.rights.instance_rights import InstanceRights
from processes.rights.seen import seen_changes
from processes.views.common import target_title

_OF_BIN = {"deleted": gettext_noop("deleted"), "restored": gettext_noop("restored")}
_STATES = {
    "current": gettext_noop("open"),
    "completed": gettext_noop("completed"),
    "not_started": gettext_noop("not started"),
    "changed": gettext_noop("changed by an administrator"),
    IN_VIEW: gettext_noop("changed on a page that was opened for editing"),
}
BY = {
    "schedule": gettext_lazy("the schedule"), "webhook": gettext_lazy("a webhook"),
    "token": gettext_lazy("a refused token"),
    "rule": gettext_lazy("another process"),
}  # fmt: skip


class HistoryScope(Protocol):
    """What a history is told against: the instance, its definition, its values as shown."""

    instance: ProcessInstance
    document: Document

    @property
    def rights(self) -> InstanceRights:
        """What the person may do with the instance."""

    def shown(self) -> dict[str, Any]:
        """Return the values as pages may show them, secrets masked."""


def with_titles(runs: list[Run], document: Document | None) -> list[tuple[Run, str]]:
    """Return runs with what their targets are called; who started them is looked up at once."""
    called(user_ref(run.run_as_name) for run in runs if run.run_as_name)
    return [(run, target_title(document, run.target)) for run in runs]


def entries_of(changes: list[Change], scope: HistoryScope) -> list[dict[str, Any]]:
    """Return changes as the history shows them: each field by its title, restorable or not."""
    fields, now = scope.document.fields, scope.shown()
    # Looked up at once, and remembered until the page is made.
    called(user_ref(change.by_name) for change in changes if change.by_name)
    return [
        {
            "change": change,
            "by_rule": any("rule" in row for row in change.fields),
            "moved": any(row["field"] == version_moves.FIELD for row in change.fields),
            "target": target_title(scope.document, change.run.target) if change.run else "",
            "rows": [
                {
                    **row,
                    **_words(row, scope.document),
                    "restorable": can_restore(scope.instance, fields, row, now)
                    and takes_values(scope.instance, scope.document, row["field"]),
                    "sentences": _sentences(row, scope.document),
                    "said": _said(row),
                }
                for row in seen_changes((told(row, fields) for row in change.fields), scope.rights)
            ],
        }
        for change in changes
    ]


def _words(row: Mapping[str, Any], document: Document) -> dict[str, Any]:
    """Return what has changed by its title; of a form, its states in words too."""
    name = str(row["field"])
    if name == "process.status":
        told = {part: row[part] and status_words(row[part]) for part in ("before", "after")}
        return {"title": gettext("Status"), **told}
    if name == "process.security":
        return {"title": gettext("Rights"), "before": row["before"] or gettext("as in the design"),
                "after": row["after"] or gettext("as in the design")}  # fmt: skip
    if name == recycle_bin.FIELD:
        return {"title": gettext("Recycle bin")}
    if name == version_moves.FIELD:
        return {"title": gettext("Version")}
    if not name.startswith("form:"):
        field = document.fields.get(name)
        told = {part: words_of(field, row[part]) for part in ("before", "after")}
        return {"title": field.title if field else row.get("title", name), **told}
    titles = {f"form:{form.name}": form.title for form in document.forms}
    if row.get("owners"):
        return {
            "title": gettext("Owners of %(title)s") % {"title": titles.get(name, name)},
            **{part: _owners(row[part]) for part in ("before", "after")},
        }
    said = {part: _STATES.get(str(row[part]), row[part]) for part in ("before", "after")}
    return {
        "title": gettext("Form %(title)s") % {"title": titles.get(name, name)},
        **{part: gettext(words) for part, words in said.items()},
    }


def _owners(refs: Sequence[str]) -> str:
    return gettext("everyone") if EVERYONE in refs else ", ".join(called(refs))


def _sentences(row: Mapping[str, Any], document: Document) -> list[str]:
    """Return what is told in sentences, not as a value before and one after."""
    if row["field"] == recycle_bin.FIELD:
        return [gettext(_OF_BIN[row["after"]]), *_by_rule(row)]
    if row["field"] == version_moves.FIELD:
        return [gettext("Moved from version %(before)s to %(after)s.") % row, *renamed_words(row)]
    return sentences_of(document.fields.get(row["field"]), row)


def _by_rule(row: Mapping[str, Any]) -> list[str]:
    if "rule" not in row:
        return []
    if not row["rule"]:
        return [gettext("By another process.")]
    return [gettext("Automatically, by “%(rule)s”.") % {"rule": row["rule"]}]


def _said(row: Mapping[str, Any]) -> list[str]:
    """Return by which rule; who sent a form back and why; whose completion has ended by that."""
    lines = _by_rule(row)
    if "title" in row:
        lines.append(gettext("No longer in the design."))
    if row.get("owners"):
        return [*lines, row["note"]] if row["note"] else lines
    if "note" in row:
        by = acted_words(row["sent_back_by"], row.get("sent_back_for"))
        lines.append(sent_back_words(by, row["note"]))
    if row.get("completed"):
        moment = moment_in_sentence(datetime.fromisoformat(row["completed"]))
        words = gettext("Completed by %(by)s, %(moment)s.")
        by = acted_words(row["completed_by"], row.get("completed_for"))
        lines.append(words % {"by": by, "moment": moment})
    return lines


def changed_by(instance: ProcessInstance, changes: list[Change]) -> str:
    """Say who or what made the newest change: a schedule is no person, though it acts for one."""
    run = changes[0].run if changes else None
    words = BY.get(run.trigger) if run else None
    if words:
        return str(words)
    person = instance.modified_by
    if person and changes and changes[0].acted_for:
        return acted_words(person.get_username(), changes[0].acted_for)
    return person.get_full_name() or person.get_username() if person else ""
