"""What stands in the control of a field, and what its content means."""

from datetime import datetime
from typing import Any, TypeAlias

from django.http import QueryDict
from django.utils import timezone

from processes.fields import Date, List
from processes.fields.base import FormField
from processes.language.timestamps import moment_text
from processes.language.values import Value, as_text, to_list

Written: TypeAlias = str | list[str]

PREFIX = "v-"


def input_of(field: FormField, value: Value) -> Written:
    """Return what stands in a field's control; a secret never does."""
    if field.is_secret or value is None:
        return ""
    if isinstance(field, List):
        chosen = to_list(value)
        return chosen if field.choices else "\n".join(chosen)
    if isinstance(field, Date) and field.mode == "datetime" and isinstance(value, str):
        return _local(value)
    by_field = field.slug() == "number" or (isinstance(field, Date) and field.mode == "time")
    return field.shown(value) if by_field else as_text(value)


def _local(text: str) -> str:
    try:
        local = timezone.localtime(datetime.fromisoformat(text))
    except OverflowError:
        return text  # At the ends of the calendar a zone has no such moment.
    return local.replace(tzinfo=None).isoformat(timespec="seconds")


def sent_of(field: FormField, written: Written) -> Any:
    """Return what a control's content means, as JSON for the services."""
    if isinstance(written, list):
        return [one for one in written if one]
    text = written.replace("\r\n", "\n")
    if isinstance(field, List):
        return [line.strip() for line in text.split("\n") if line.strip()]
    if isinstance(field, Date) and field.mode == "datetime" and text:
        return _utc(text)
    return (text or None) if field.slug() == "toggle" else text


def means_same(field: FormField, one: Written, other: Written) -> bool:
    """Tell whether two contents of a control mean the same value: "09:00" and "09:00:00" do.

    A browser posts what it was given in words of its own.
    """
    if one == other:
        return True
    (first, wrong), (second, also_wrong) = (
        field.read(sent_of(field, written)) for written in (one, other)
    )
    return not wrong and not also_wrong and first == second


def _utc(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        zone = timezone.get_current_timezone()
        return moment_text(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return text  # The field says what is wrong with it.


def posted(field: FormField, name: str, post: QueryDict) -> Written | None:
    """Return what was posted for a control; None when its form did not hold it."""
    found = post.getlist(name)
    if not found:
        return None
    if isinstance(field, List) and field.choices:
        return [one for one in found if one]
    return found[-1].replace("\r\n", "\n")
