"""Where the contents of files are: parts of uploads on this disk, whole ones in Django's storage.

Names in both are random and say nothing. A content is written to a part, flushed to the disk, and
moved into its place only when it is whole.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, cast

from django.conf import settings
from django.core.files import File as DjangoFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.translation import gettext as _

from kianda.lib.errors import NoSpace

_COPIED = 4_000_000
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalFiles(FileSystemStorage):
    """Contents in the data directory, for the product's own user alone."""

    def __init__(self, **options: Any) -> None:
        """Make what it writes private."""
        given = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700, **options}
        super().__init__(**given)

    def take_over(self, part: Path, key: str) -> None:
        """Move a part into its place, for good when this returns."""
        place = Path(self.path(key))
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _move(part, place)
        _flush_folder(place.parent)


def _move(part: Path, place: Path) -> None:
    try:
        part.replace(place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # On another disk: whole beside its place first.
        beside = place.with_suffix(".new")
        with part.open("rb") as content, beside.open("wb") as copy:
            shutil.copyfileobj(content, copy)
            copy.flush()
            os.fsync(copy.fileno())
        beside.chmod(0o600)
        beside.replace(place)
        part.unlink()


def whole_files() -> Storage:
    """Return the storage of whole files."""
    return storages["files"]


def place_of(key: str) -> str:
    """Return where a content stands in the storage: in one of many folders."""
    return f"{key[:2]}/{key}"


def _part_of(key: str) -> Path:
    folder = Path(settings.KIANDA_UPLOAD_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{key}.part"


def write_part(key: str, *, offset: int, chunk: bytes) -> None:
    """Write a piece behind the `offset` bytes that are there; what follows them is cut off.

    Raises NoSpace when the disk is full, and PartGone when fewer bytes are there than were taken.
    """
    with _on_disk():
        number = os.open(_part_of(key), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            _write_behind(number, offset, chunk)
        finally:
            os.close(number)


class PartGone(Exception):
    """Fewer bytes of an upload are on the disk than its row says."""

    def __init__(self, there: int) -> None:
        """Take how many there are."""
        super().__init__(f"{there} bytes are there.")
        self.there = there


def _write_behind(number: int, offset: int, chunk: bytes) -> None:
    there = os.fstat(number).st_size
    if there < offset:
        raise PartGone(there)
    os.ftruncate(number, offset)
    left = memoryview(chunk)
    while left:
        written = os.pwrite(number, left, offset)
        left, offset = left[written:], offset + written
    os.fsync(number)


@contextmanager
def _on_disk() -> Iterator[None]:
    """Tell of a full disk as what it is to the person: no space."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        words = _("The storage is full. The uploaded part is saved; try again later.")
        raise NoSpace(words) from error


def open_part(key: str) -> IO[bytes] | None:
    """Open what has arrived of an upload; None when there is nothing on this disk."""
    try:
        return _part_of(key).open("rb")
    except FileNotFoundError:
        return None


def keep(key: str) -> None:
    """Make a whole part a file of the storage; a second time it changes nothing."""
    part, storage = _part_of(key), whole_files()
    if not part.exists():
        return
    with _on_disk():
        if isinstance(storage, LocalFiles):
            storage.take_over(part, place_of(key))
            return
        with part.open("rb") as content:
            if not storage.exists(place_of(key)):
                storage.save(place_of(key), DjangoFile(content))
    part.unlink(missing_ok=True)


def open_whole(key: str) -> IO[bytes] | None:
    """Open a content; None when it is not there."""
    try:
        return cast("IO[bytes]", whole_files().open(place_of(key), "rb"))
    except FileNotFoundError:
        return None


def discard(key: str) -> None:
    """Remove all that is there of a file."""
    _part_of(key).unlink(missing_ok=True)
    for name in (place_of(key), thumb_place(key)):
        whole_files().delete(name)


def kept_keys() -> Iterator[str]:
    """Yield the keys of all whole files."""
    storage = whole_files()
    for folder in _folders(storage):
        for name in storage.listdir(folder)[1]:
            if not name.endswith(".thumb"):
                yield name


def put_back(key: str, content: IO[bytes]) -> None:
    """Store a content of a backup; what has its key already is the same. Raises NoSpace."""
    if whole_files().exists(place_of(key)):
        return
    offset = 0
    while chunk := content.read(_COPIED):
        write_part(key, offset=offset, chunk=chunk)
        offset += len(chunk)
    if not offset:
        write_part(key, offset=0, chunk=b"")
    keep(key)


def thumb_place(key: str) -> str:
    """Return where the small picture of a content stands."""
    return f"{place_of(key)}.thumb"


def left_behind(before: datetime) -> Iterator[tuple[str, bool]]:
    """Yield the keys of all that is there since before a moment, and whether it is a part."""
    for path in Path(settings.KIANDA_UPLOAD_DIR).glob("*.part"):
        with suppress(FileNotFoundError):
            if datetime.fromtimestamp(path.stat().st_mtime, tz=UTC) < before:
                yield path.stem, True
    storage = whole_files()
    for folder in _folders(storage):
        for name in storage.listdir(folder)[1]:
            with suppress(FileNotFoundError):
                if storage.get_modified_time(f"{folder}/{name}") < before:
                    yield name.removesuffix(".thumb"), False


def _folders(storage: Storage) -> list[str]:
    try:
        return sorted(name for name in storage.listdir("")[0] if len(name) == 2)
    except FileNotFoundError:
        return []


def _flush_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
