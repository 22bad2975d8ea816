"""What stands in the control of a field, and what its content means."""

from datetime import UTC
from typing import Any, NamedTuple
from urllib.parse import quote

from django.http import QueryDict
from django.utils import timezone

from processes.fields.base import FormField, Written
from processes.language.file_types import PICTURES, file_size
from processes.language.values import Value, ValueFailure, files_in

PREFIX = "v-"


def input_of(field: FormField, value: Value) -> Written:
    """Return what stands in a field's control; a secret never does."""
    return field.to_control(value, zone=timezone.get_current_timezone())


def sent_of(field: FormField, written: Written) -> Any:
    """Return what a control's content means, as JSON for the services."""
    return field.from_control(written, zone=timezone.get_current_timezone())


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


class ShownFile(NamedTuple):
    """A file as a control shows it, and what is posted for it."""

    id: str
    name: str
    size: str
    url: str
    is_picture: bool
    posted: str


def files_shown(field: FormField, written: Written) -> list[ShownFile]:
    """Return the files that stand in a control; what is garbled is none.

    The page has posted them: what it says of them is shown to itself alone.
    """
    lines = written if isinstance(written, list) else [written]
    return [
        ShownFile(
            one["id"],
            one["name"],
            "" if one["size"] is None else file_size(one["size"]),
            f"/files/{one['id']}/{quote(one['name'], safe='') or 'file'}",
            one["media_type"] in PICTURES,
            line,
        )
        for line in lines
        for one in _files_in(field, line)
    ]


def _files_in(field: FormField, line: str) -> list[dict[str, Any]]:
    try:
        return files_in(field.to_python(field.from_control([line], zone=UTC)))
    except ValueFailure:
        return []


def posted(field: FormField, name: str, post: QueryDict) -> Written | None:
    """Return what was posted for a control; None when its form did not hold it."""
    found = post.getlist(name)
    if not found:
        return None
    if field.posts_list:
        return [one for one in found if one]
    return found[-1].replace("\r\n", "\n")
