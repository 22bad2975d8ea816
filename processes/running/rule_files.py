"""Files that rules put into fields of their instance, send, and give to other instances."""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.contrib.auth.models import User
from django.db import Error

from datasources.rest.errors import CallFailed
from datasources.rest.received_files import ReceivedFile
from datasources.rest.sent_files import SentFile
from kianda.lib.db import outages
from kianda.lib.errors import ApplicationError
from processes.definition.document import Document
from processes.fields.base import FormField
from processes.files.access import open_file
from processes.files.uploads import PIECE, Uploader, store_bytes
from processes.files.values import KnownFiles, file_value, why_not
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


def sent_files(value: Value, known: KnownFiles) -> Any:
    """Return files as a REST call sends them; raises RuleFailed for one that is not theirs.

    What is no file is returned as it is: the method says why it cannot be sent.
    """
    named = _all_files(value)
    rows = known.rows([one["id"] for one in named])
    for one in named:
        if sentence := why_not(rows.get(one["id"]), one["id"]):
            raise RuleFailed("value", sentence)
    return _in_place_of(value, [_sent(rows[one["id"]]) for one in named])


def told_files(value: Value) -> Any:
    """Return files as a call that is not made tells of them."""
    return _in_place_of(value, [
        SentFile(one["name"], int(one["size"] or 0), one["media_type"], _nothing_to_open)
        for one in _all_files(value)
    ])  # fmt: skip


def kept_file(
    found: ReceivedFile, *, by: User | None, instance: ProcessInstance | None
) -> dict[str, Any]:
    """Keep what an answer brought as a file of the instance, however long the database is away.

    It cannot be asked for again. Raises ApplicationError for a content that is not taken.
    """
    for pause in outages.pauses():
        try:
            file = store_bytes(found.pieces(), name=found.name, by=by, instance=instance)
        except Error as error:
            if not outages.noticed(error):
                raise
            outages.pause(pause)
        else:
            return file_value(file)
    raise AssertionError("it is tried for ever")


def _in_place_of(value: Value, files: list[SentFile]) -> Any:
    if not files:
        return to_json(value)
    return files if isinstance(value, list) else files[0]


def _all_files(value: Value) -> list[dict[str, Any]]:
    named = files_in(value)
    return named if len(named) == (len(value) if isinstance(value, list) else 1) else []


def _sent(file: File) -> SentFile:
    def opening() -> IO[bytes]:
        try:
            return open_file(file)
        except ApplicationError as refusal:
            raise CallFailed("value", refusal.detail) from refusal

    return SentFile(file.name, file.size, file.media_type, opening)


def _nothing_to_open() -> IO[bytes]:
    raise AssertionError("a call that is only shown opens no file")


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
