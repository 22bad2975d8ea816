"""Instance rows and the values in them: stored apart (plain, encrypted), read together."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from kianda.lib.errors import Flaw
from kianda.lib.secrets import MASK, opens
from processes.definition.document import Document
from processes.engine.run_values import json_of, python_of
from processes.fields.base import FormField
from processes.files.values import KnownFiles
from processes.instances.named_people import people_flaws
from processes.language.values import Value
from processes.models import ProcessInstance


def stored_values(document: Document, instance: ProcessInstance) -> dict[str, Value]:
    """Return the value of every field of an instance, secrets included."""
    stored = {**instance.values, **(instance.secrets or {})}
    return filled(document, python_of(document.fields, stored))


def values_to_show(document: Document, instance: ProcessInstance) -> dict[str, Value]:
    """Return the same to be shown; secrets that do not open in their row count as set."""
    if opens(instance, "secrets"):
        return stored_values(document, instance)
    stored = {**instance.values, **dict.fromkeys(document.secrets, MASK)}
    return filled(document, python_of(document.fields, stored))


def filled(document: Document, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the values in form order, with the empty value where there is none."""
    return {
        name: values[name] if name in values else field.empty()
        for name, field in document.fields.items()
        if field.holds_value
    }


def split(document: Document, values: Mapping[str, Value]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (plain, secret) JSON values; an unset secret is not among them."""
    written = json_of(document.fields, values)
    hidden = document.secrets
    secret = {name: value for name, value in written.items() if name in hidden and value}
    return {name: value for name, value in written.items() if name not in hidden}, secret


def shown(document: Document, values: Mapping[str, Value]) -> dict[str, Any]:
    """Return the values as the API gives them: in form order, secrets masked."""
    written = json_of(document.fields, filled(document, values))
    return {
        name: (MASK if value else "") if name in document.secrets else value
        for name, value in written.items()
    }


def read_sent(
    document: Document,
    sent: Mapping[str, Any],
    stored: Mapping[str, Value],
    *,
    files: KnownFiles,
    at: str = "/data",
) -> tuple[dict[str, Value], list[Flaw]]:
    """Convert sent JSON to values; the flaws name each place. Kept secrets are left out.

    `files`: which files may be named.
    """
    values: dict[str, Value] = {}
    flaws: list[Flaw] = []
    for name, raw in sent.items():
        pointer = f"{at}/{name.replace('~', '~0').replace('/', '~1')}"
        field = document.fields.get(name)
        if field is None or not field.holds_value:
            flaws.append(Flaw(pointer, _unknown(document, name)))
        elif field.is_secret and raw == MASK:
            if not stored.get(name):
                flaws.append(
                    Flaw(pointer, _("No value is stored here yet. Send the value itself."))
                )
        else:
            raw, wrong = files.filled(field, raw, stored.get(name), document)
            flaws += [Flaw(f"{pointer}{at}", f"{field.title}: {one}") for at, one in wrong]
            if not wrong:
                _read_one(field, raw, pointer, values, flaws, stored)
    return values, flaws


def _read_one(
    field: FormField, raw: Any, pointer: str, values: dict[str, Value], flaws: list[Flaw],
    stored: Mapping[str, Value],
) -> None:  # fmt: skip
    value, wrong = field.read(raw)
    wrong = wrong or people_flaws(field, value, stored.get(field.name))
    if not wrong:
        values[field.name] = value
    flaws += [Flaw(f"{pointer}{place}", f"{field.title}: {detail}") for place, detail in wrong]


def _unknown(document: Document, name: str) -> str:
    if name in document.fields:
        return _("%(name)s is a %(kind)s, which has no value.") % {
            "name": name,
            "kind": document.fields[name].slug(),
        }
    return no_such_field(document, name)


def no_such_field(document: Document, name: str) -> str:
    """Return the sentence about a field that is not there, or not for the person who asks."""
    return _("The process %(process)s has no field %(name)s.") % {
        "process": document.name,
        "name": name,
    }


def changes_between(
    document: Document, before: Mapping[str, Value], after: Mapping[str, Value]
) -> list[dict[str, Any]]:
    """Return the history of a save: field, before, after. Of a secret only that it changed."""
    old, new = shown(document, before), shown(document, after)
    return [
        {"field": name, "before": old.get(name), "after": new[name]}
        for name, field in document.fields.items()
        if field.holds_value and before.get(name) != after.get(name)
    ]
