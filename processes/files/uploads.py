"""Uploads: begun, continued piece by piece, finished. Each piece is on the disk before its row.

Nothing is written inside a transaction: a row says who writes, the disk is written, the row says
how much is there. What a crash leaves is settled by the next piece, or by the pruning.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from typing import IO, NamedTuple
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict, Invalid, Missing, TooLarge, TooMany
from processes.files import storage
from processes.files.content import media_type_of, refusal_of
from processes.language.file_types import file_size
from processes.models import File, FormLink, ProcessInstance

# What is written at once, and what a browser sends at once.
PIECE = 4_000_000
# How long a writer of one piece may take before another one may go on.
WRITER = timedelta(seconds=60)
LONGEST_NAME = 200
# How much one person, or one session of a link, may have lying about in no instance.
MOST_LOOSE, MOST_LOOSE_BY_LINK = 200, 20
LOOSE_BYTES_BY_LINK = 500_000_000


class Uploader(NamedTuple):
    """Who uploads: a person, or one session of an anonymous form link."""

    user: User | None
    link: FormLink | None = None
    # A hash of what its browser keeps; nothing where the id of the file itself has to do.
    session: str = ""

    def own(self) -> QuerySet[File]:
        """Return the files that it has uploaded and that no instance holds."""
        loose = File.objects.filter(attached_at=None).exclude(state=File.State.REMOVING)
        if self.link is not None:
            mine = Q(session=self.session) if self.session else Q()
            return loose.filter(mine, link=self.link)
        return loose.filter(created_by=self.user) if self.user is not None else loose.none()


def most_bytes() -> int:
    """Return how large one file can be."""
    return int(settings.KIANDA_MAX_FILE_MB * 1_000_000)


def clean_name(name: object) -> str:
    """Return a name as it is kept: no path, no control characters, not too long."""
    text = unicodedata.normalize("NFC", str(name or "")).replace("\\", "/").rpartition("/")[2]
    kept = "".join(one for one in text if unicodedata.category(one)[0] != "C").strip().strip(".")
    kept = kept.strip() if text.strip(". ") else ""
    if len(kept) > LONGEST_NAME:
        head, dot, ending = kept.rpartition(".")
        short = dot and len(ending) <= 12
        kept = f"{head[: LONGEST_NAME - 1 - len(ending)]}.{ending}" if short else kept
    return kept[:LONGEST_NAME] or _("file")


def begin_upload(
    by: Uploader, *, name: object, size: int, process: str = "", field: str = ""
) -> File:
    """Begin an upload of so many bytes; raises TooLarge, TooMany, Invalid."""
    if size < 0:
        raise Invalid.at("/size", _("Send the size of the file in bytes."))
    if size > most_bytes():
        raise _too_large()
    _refuse_too_many(by, size)
    return File.objects.create(
        name=clean_name(name), size=size, process=process, field=field, created_by=by.user,
        link=by.link, session=by.session, created_at=timezone.now(), key=secrets.token_hex(20),
    )  # fmt: skip


def _too_large() -> TooLarge:
    words = _("The file is larger than %(most)s. Choose a smaller file.")
    return TooLarge(words % {"most": file_size(most_bytes())})


def _refuse_too_many(by: Uploader, size: int) -> None:
    sizes = by.own().values_list("size", flat=True)[: MOST_LOOSE + 1]
    most = MOST_LOOSE if by.link is None else MOST_LOOSE_BY_LINK
    too_much = by.link is not None and sum(sizes) + size > LOOSE_BYTES_BY_LINK
    if len(sizes) >= most or too_much:
        raise TooMany(
            _("Too many uploaded files are not saved yet. Save the form, or remove some of them.")
        )  # fmt: skip


def own_upload(by: Uploader, number: object) -> File:
    """Return an upload of the person's own that no instance holds yet; raises Missing."""
    found = by.own().filter(pk=str(number)).first() if is_number(number) else None
    if found is None:
        raise Missing(_("File not found."))
    return found


def is_number(text: object) -> bool:
    """Tell whether a text is the number of a file, whichever."""
    try:
        return bool(UUID(str(text)))
    except ValueError:
        return False


def append(file: File, *, offset: int, chunk: bytes) -> File:
    """Write a piece behind what is there; it is on the disk when this returns.

    Raises Conflict at another place than the end or while somebody else writes, TooLarge beyond
    the announced size, NoSpace when the disk is full. Whatever was there before stays.
    """
    if file.state != File.State.UPLOADING:
        raise Conflict(_("The file has already been uploaded."))
    if offset + len(chunk) > file.size:
        raise TooLarge(_("More was sent than announced. Announced: %(size)s.") % {
            "size": file_size(file.size)})  # fmt: skip
    writer = _begin_writing(file, offset)
    mine = File.objects.filter(pk=file.pk, writer=writer)
    there = offset
    try:
        storage.write_part(file.key, offset=offset, chunk=chunk)
        there += len(chunk)
    except storage.PartGone as gone:
        there = gone.there
        raise Conflict(_upload_is_at(there), offset=there) from gone
    finally:
        mine.update(received=there, writer="", writer_until=None)
    file.received = there
    return file


def _begin_writing(file: File, offset: int) -> str:
    moment, writer = timezone.now(), secrets.token_hex(16)
    free = Q(writer_until=None) | Q(writer_until__lt=moment)
    begun = File.objects.filter(
        free, pk=file.pk, received=offset, state=File.State.UPLOADING
    ).update(writer=writer, writer_until=moment + WRITER)
    if begun:
        return writer
    now = File.objects.filter(pk=file.pk).first()
    if now is None:
        raise Missing(_("File not found."))
    if now.received != offset:
        raise Conflict(_upload_is_at(now.received), offset=now.received)
    raise Conflict(_("Another window is uploading this file."))


def _upload_is_at(there: int) -> str:
    return _("The server has %(count)s bytes of the file. Continue from there.") % {"count": there}


def finish(file: File) -> File:
    """Take a file whose last piece has arrived: look what it is, and put it into its place.

    Raises Conflict while pieces are missing, Invalid for a content that is refused, which is gone
    then. Done twice, it is done once.
    """
    if file.state != File.State.UPLOADING:
        return file
    if file.received != file.size:
        raise Conflict(_upload_is_at(file.received), offset=file.received)
    if file.size == 0:
        storage.write_part(file.key, offset=0, chunk=b"")
    content = storage.open_part(file.key) or storage.open_whole(file.key)
    if content is None:
        File.objects.filter(pk=file.pk).update(received=0)
        raise Conflict(_upload_is_at(0), offset=0)
    with content:
        kind = media_type_of(content, file.name)
        refusal = refusal_of(content, file.name, kind)
        digest = "" if refusal else _digest(content)
    if refusal:
        remove(file)
        raise Invalid.at("/content", refusal)
    storage.keep(file.key)
    checked = bool(settings.KIANDA_SCAN_COMMAND)
    _loose(file).filter(state=File.State.UPLOADING).update(
        state=File.State.SCANNING if checked else File.State.READY,
        check_at=timezone.now() if checked else None,
        media_type=kind[:120],
        sha256=digest,
    )
    file.refresh_from_db()
    return file


def _digest(content: IO[bytes]) -> str:
    content.seek(0)
    made = hashlib.sha256()
    while block := content.read(PIECE):
        made.update(block)
    return made.hexdigest()


def store_bytes(
    stream: Iterable[bytes],
    *,
    name: object,
    by: User | None,
    instance: ProcessInstance | None = None,
    field: str = "",
) -> File:
    """Keep a content that comes in pieces: of an answer, or of a form without scripts.

    With an instance it is attached to it from the start. Raises TooLarge, Invalid, NoSpace; then
    nothing is left of it. Its kind is what its content says.
    """
    return store_for(Uploader(by), stream, name=name, field=field, instance=instance)


def store_for(
    by: Uploader,
    stream: Iterable[bytes],
    *,
    name: object,
    field: str = "",
    instance: ProcessInstance | None = None,
) -> File:
    """Keep a content that comes in pieces, for a person or a session of a link."""
    file = begin_upload(by, name=name, size=0, field=field)
    try:
        for piece in _pieces(stream):
            if file.received + len(piece) > most_bytes():
                raise _too_large()
            file.size = file.received + len(piece)
            append(file, offset=file.received, chunk=piece)
        File.objects.filter(pk=file.pk).update(size=file.received)
        file.size = file.received
        finish(file)
    except Invalid:
        raise  # It is gone already.
    except BaseException:
        remove(file)
        raise
    if instance is not None:
        file.instance, file.attached_at = instance, timezone.now()
        file.process, file.field = instance.design.name, field
        file.save(update_fields=["instance", "attached_at", "process", "field"])
    return file


def _pieces(stream: Iterable[bytes]) -> Iterable[bytes]:
    """Yield what a stream holds in pieces that are worth a write."""
    kept = bytearray()
    for some in stream:
        kept += some
        while len(kept) >= PIECE:
            yield bytes(kept[:PIECE])
            del kept[:PIECE]
    if kept:
        yield bytes(kept)


def remove(file: File) -> None:
    """Remove an upload that no instance holds: its content, then its row.

    Raises Conflict when an instance holds it by now. What is interrupted is pruned.
    """
    if not _loose(file).update(state=File.State.REMOVING):
        raise Conflict(_("The file is already in use, or has been deleted."))
    storage.discard(file.key)
    File.objects.filter(pk=file.pk, state=File.State.REMOVING).delete()


def _loose(file: File) -> QuerySet[File]:
    return File.objects.filter(pk=file.pk, attached_at=None)
