"""Files that rules put into fields of their instance, and give to other instances."""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.contrib.auth.models import User

from kianda.lib.errors import ApplicationError
from processes.definition.document import Document
from processes.fields.base import FormField
from processes.files.access import open_file
from processes.files.uploads import PIECE, Uploader, store_bytes
from processes.files.values import KnownFiles, file_value
from processes.language.values import Value, files_in, to_json
from processes.models import File, ProcessInstance
from processes.rules.base import RuleFailed


def known_files(
    field: FormField,
    value: Value,
    *,
    by: Uploader,
    instance: ProcessInstance | None,
    document: Document,
) -> Value:
    """Return files with what is known of them; raises RuleFailed for one that is not theirs."""
    filled, wrong = KnownFiles(by, instance).filled(field, value, None, document)
    if wrong:
        raise RuleFailed("value", f"{field.title}: {' '.join(one for _place, one in wrong)}")
    return field.to_python(filled)


def given_values(
    values: Mapping[str, Value], *, instance: ProcessInstance | None, by: User | None
) -> dict[str, Any]:
    """Return values for another instance as JSON; files of this one go there as copies.

    Each instance keeps its own: what one removes, the other still has. Raises RuleFailed.
    """
    return {name: to_json(_given(value, instance, by)) for name, value in values.items()}


def _given(value: Value, instance: ProcessInstance | None, by: User | None) -> Value:
    found = files_in(value)
    if not found or instance is None:
        return value
    rows = File.objects.filter(instance=instance, pk__in=[one["id"] for one in found])
    own = {str(file.pk): file for file in rows}
    given = [_copied(own[one["id"]], by) if one["id"] in own else one for one in found]
    return given if isinstance(value, list) else given[0]


def _copied(file: File, by: User | None) -> dict[str, Any]:
    try:
        with open_file(file) as content:
            return file_value(store_bytes(_pieces(content), name=file.name, by=by))
    except ApplicationError as refusal:
        raise RuleFailed("value", refusal.detail) from refusal


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(PIECE):
        yield piece
