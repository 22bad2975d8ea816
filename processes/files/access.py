"""Files as people get at them: found by their number, opened, listed; rights decide."""

from contextlib import closing
from typing import IO

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict, Missing
from kianda.mail.ports import NothingSent
from processes.document_cache import document_of
from processes.files import storage
from processes.files.uploads import Uploader, is_number
from processes.models import File, ProcessInstance
from processes.rights.files import sees_file
from processes.rights.instance_rights import InstanceRights
from processes.rights.link_rights import rights_for
from processes.selectors import living_instance, visible_instance


def readable_file(number: object, by: Uploader) -> File:
    """Return a file that a person gets at: of an instance, or an own upload; raises Missing."""
    file = File.objects.filter(pk=str(number)).first() if is_number(number) else None
    if file is None or not _is_readable(file, by):
        raise Missing(_("File not found."))
    return file


def _is_readable(file: File, by: Uploader) -> bool:
    if file.attached_at is None:
        return by.own().filter(pk=file.pk).exists()
    if file.instance is None or file.state == File.State.REMOVING:
        return False
    key = file.instance.key
    if by.link is not None:
        instance = (
            living_instance(key, lock=False) if by.link.instance_id == file.instance_id else None
        )
    else:
        instance = visible_instance(key, by.user, lock=False)
    if instance is None:
        return False
    rights = rights_for(by.user, by.link, instance, document_of(instance.version))
    return sees_file(file, rights)


def open_file(file: File) -> IO[bytes]:
    """Open the content of a file; raises Conflict while it may not be read, Missing if it is gone.

    Whoever asks has found the file by `readable_file`, or works for its instance.
    """
    refuse_unread(file)
    content = storage.open_whole(file.key)
    if content is None:
        raise Missing(_("The content of %(name)s is missing. Ask an administrator to restore "
                        "it from a backup.") % {"name": file.name})  # fmt: skip
    return content


def refuse_unread(file: File) -> None:
    """Raise Conflict for a file whose content nobody may read: not whole, not checked, refused."""
    said = {
        File.State.UPLOADING: _("%(name)s is still being uploaded."),
        File.State.SCANNING: _("%(name)s has not been checked yet. Try again in a moment."),
        File.State.REFUSED: _("%(name)s did not pass the file check."),
        File.State.REMOVING: _("%(name)s is being deleted."),
    }.get(File.State(file.state))
    if said:
        raise Conflict(said % {"name": file.name})


def content_for_mail(number: str) -> bytes:
    """Return the content of a file that goes with a message; raises NothingSent.

    Whoever planned the message was asked by then.
    """
    file = File.objects.filter(pk=number).first() if is_number(number) else None
    if file is None or file.state == File.State.REMOVING:
        raise NothingSent(_("An attachment was deleted. The message was not sent."), permanent=True)
    try:
        with closing(open_file(file)) as content:
            return content.read()
    except Conflict as refusal:
        # What is not checked yet is tried again.
        is_over = file.state == File.State.REFUSED
        raise NothingSent(refusal.detail, permanent=is_over) from refusal
    except Missing as gone:
        raise NothingSent(gone.detail, permanent=True) from gone


def files_of(instance: ProcessInstance, rights: InstanceRights | None = None) -> list[File]:
    """Return the files of an instance, oldest first; with rights, those that a person gets at."""
    rows: QuerySet[File] = instance.files.exclude(state=File.State.REMOVING)
    return [one for one in rows if rights is None or sees_file(one, rights)]
