"""The steps of a trace as pages show them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from datasources.selectors import get_document
from kianda.lib.errors import Missing
from kianda.lib.secret_names import MASK
from processes.definition.document import Document
from processes.forms.value_words import sentences_of, words_in_utc
from processes.rules.base import Rule
from processes.rules.ports import Ref

AT_A_TIME = 50


def title_of(name: str, document: Document | None) -> str:
    """Return what a field is called; its name when the design has it no more."""
    return document.fields[name].title if document and name in document.fields else name


def shown_step(step: Mapping[str, Any], document: Document | None) -> dict[str, Any]:
    """Return a step of the trace with the words that people know its parts by."""
    rule = document.rules_by_id.get(step["rule"]) if document else None
    body = (step.get("response") or {}).get("body")
    return {
        **step,
        # What a person did by hand between two rules has no number of its own.
        "number": step["position"] + 1 if step["rule"] else None,
        "pinned": bool((step.get("request") or {}).get("pinned")),
        "sentence": sentence_of(rule, document),
        "read": [(title_of(name, document), value) for name, value in step["read"].items()],
        "changes": [_change(row, document) for row in step["changes"]],
        "is_call": bool(step["request"]) or bool(step["response"]),
        "open": step["status"] in {"failed", "running"},
        "has_body": body not in (None, ""),
        "is_http": "url" in (step.get("request") or {}),
        "chunks": _chunks([_group(one, document) for one in step.get("groups", ())]),
        "left_out": step.get("left_out", 0),
        "masked": MASK,
    }


def _change(row: Mapping[str, Any], document: Document | None) -> dict[str, Any]:
    field = document.fields.get(row["field"]) if document else None
    title = title_of(row["field"], document)
    return {**row, "title": title, "sentences": sentences_of(field, row, told=words_in_utc)}


def _group(group: Mapping[str, Any], document: Document | None) -> dict[str, Any]:
    """Return the steps of the rules that stand in a rule: those of one row, or of one form."""
    steps = [shown_step(step, document) for step in group["steps"]]
    return {**group, "steps": steps, "failed": any(one["status"] == "failed" for one in steps)}


def _chunks(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return many groups in parts that can be opened one by one; the first stands open."""
    return [
        {"first": start + 1, "last": start + len(part), "groups": part}
        for start in range(0, len(groups), AT_A_TIME)
        if (part := groups[start : start + AT_A_TIME])
    ]


def sentence_of(rule: Rule | None, document: Document | None) -> SafeString:
    """Return a rule as a sentence in which its fields stand by their titles."""
    if rule is None or document is None or rule.sentence() == rule.title:
        return escape("")
    if called := [ref for ref in rule.refers() if ref.method and ref.datasource]:
        return _called(called[0])
    if not (rows := rule.assignments_shown()):
        return escape(rule.sentence())
    parts = [
        format_html(
            '<span class="k-ref">{}</span> {} {}', title_of(row.field, document), _("to"),
            row.value or _("empty"),
        )
        for row in rows
    ]  # fmt: skip
    return format_html("{} {}", _("Set"), format_html_join(", ", "{}", ((one,) for one in parts)))


def _called(ref: Ref) -> SafeString:
    """Say which REST method of which datasource a rule calls, by the names that people know."""
    source, method = ref.datasource, ref.method
    with suppress(Missing):
        document = get_document(source)
        found = document.method(method)
        source, method = document.title, found.title if found else method
    return format_html(
        '{} <span class="k-ref">{}</span> {} <span class="k-ref">{}</span>',
        _("Call"), method, _("on"), source,
    )  # fmt: skip
