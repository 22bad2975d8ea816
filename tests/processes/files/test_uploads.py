"""Uploads: piece by piece, by one at a time, kept over crashes; each refusal loses nothing."""

import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.utils import timezone

from kianda.lib.errors import ApplicationError, Conflict, Invalid, Missing, NoSpace, TooLarge
from processes.files import storage
from processes.files.access import open_file
from processes.files.uploads import (
    MOST_LOOSE,
    Uploader,
    append,
    begin_upload,
    clean_name,
    finish,
    own_upload,
    remove,
    store_bytes,
)
from processes.models import File
from tests.factories import make_user
from tests.processes.files.samples import EXE, PDF, png

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Any:
    return make_user("ada", "User")


def begun(user: Any, content: bytes = PDF, name: str = "offer.pdf") -> File:
    return begin_upload(Uploader(user), name=name, size=len(content))


def whole(user: Any, content: bytes = PDF, name: str = "offer.pdf") -> File:
    return finish(append(begun(user, content, name), offset=0, chunk=content))


def part_of(file: File) -> Path:
    return Path(configured.KIANDA_UPLOAD_DIR) / f"{file.key}.part"


def test_a_file_arrives_in_pieces_and_is_kept_whole(ada: Any) -> None:
    file = begun(ada)
    append(file, offset=0, chunk=PDF[:10])
    append(own_upload(Uploader(ada), file.pk), offset=10, chunk=PDF[10:])
    done = finish(own_upload(Uploader(ada), file.pk))
    assert (done.state, done.media_type, done.size) == ("ready", "application/pdf", len(PDF))
    with open_file(done) as content:
        assert content.read() == PDF
    assert not part_of(done).exists()
    # For the product's own user alone.
    kept = Path(storage.whole_files().path(storage.place_of(done.key)))
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert "offer" not in str(kept)


def test_finished_twice_it_is_there_once(ada: Any) -> None:
    file = append(begun(ada), offset=0, chunk=PDF)
    again = File.objects.get(pk=file.pk)
    assert finish(file).sha256 == finish(again).sha256 != ""
    assert File.objects.count() == 1


@pytest.mark.parametrize(("size", "kept"), [(0, "text/plain"), (9_000_000, "text/plain")])
def test_empty_and_large_files_are_files(ada: Any, size: int, kept: str) -> None:
    pieces = [b"a" * 1_000_000] * (size // 1_000_000)
    file = store_bytes(iter(pieces), name="a.txt", by=ada)
    assert (file.size, file.media_type) == (size, kept)
    with open_file(file) as content:
        assert len(content.read()) == size


@pytest.mark.parametrize("offset", [0, 5, 20])
def test_a_piece_goes_only_where_the_last_one_ended(ada: Any, offset: int) -> None:
    file = append(begun(ada), offset=0, chunk=PDF[:10])
    with pytest.raises(Conflict, match="The server has 10 bytes of the file") as refused:
        append(file, offset=offset, chunk=b"x")
    assert refused.value.extra == {"offset": 10}


def test_two_windows_do_not_write_one_file_at_once(ada: Any) -> None:
    file = begun(ada)
    moment = timezone.now()
    File.objects.filter(pk=file.pk).update(writer="other", writer_until=moment + timedelta(60))
    with pytest.raises(Conflict, match="Another window is uploading this file"):
        append(file, offset=0, chunk=PDF)
    # Who died while writing holds nobody up for long.
    File.objects.filter(pk=file.pk).update(writer_until=moment - timedelta(seconds=1))
    assert finish(append(file, offset=0, chunk=PDF)).state == "ready"


def test_more_than_was_announced_is_refused_and_what_is_there_stays(ada: Any) -> None:
    file = append(begun(ada), offset=0, chunk=PDF[:10])
    with pytest.raises(TooLarge, match="More was sent than announced"):
        append(file, offset=10, chunk=PDF)
    assert finish(append(file, offset=10, chunk=PDF[10:])).state == "ready"


@pytest.mark.parametrize("size", [100_000_001, 2_000_000_000])
def test_what_is_too_large_is_refused_before_a_byte_is_sent(ada: Any, size: int) -> None:
    with pytest.raises(TooLarge, match=r"^The file is larger than 100 MB\. Choose a smaller file"):
        begin_upload(Uploader(ada), name="film.mp4", size=size)
    assert not File.objects.exists()


def test_a_content_that_does_not_stop_is_cut_off_and_gone(ada: Any, settings: Any) -> None:
    settings.KIANDA_MAX_FILE_MB = 5
    with pytest.raises(TooLarge, match=r"larger than 5 MB"):
        store_bytes(iter([b"a" * 3_000_000] * 3), name="a.txt", by=ada)
    assert not File.objects.exists()


def test_a_full_disk_is_told_and_loses_nothing(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = append(begun(ada), offset=0, chunk=PDF[:10])

    def full(*_given: Any) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "pwrite", full)
        with pytest.raises(NoSpace, match="The uploaded part is saved"):
            append(file, offset=10, chunk=PDF[10:])
    assert own_upload(Uploader(ada), file.pk).received == 10
    assert finish(append(file, offset=10, chunk=PDF[10:])).state == "ready"


def test_a_half_written_piece_is_written_over(ada: Any) -> None:
    file = append(begun(ada), offset=0, chunk=PDF[:10])
    # The process died after the disk and before the row.
    with part_of(file).open("ab") as part:
        part.write(b"garbage")
    done = finish(append(file, offset=10, chunk=PDF[10:]))
    with open_file(done) as content:
        assert content.read() == PDF


def test_an_upload_whose_bytes_are_gone_goes_on_from_what_is_there(ada: Any) -> None:
    file = append(begun(ada), offset=0, chunk=PDF[:10])
    os.truncate(part_of(file), 4)
    with pytest.raises(Conflict, match="The server has 4 bytes of the file"):
        append(file, offset=10, chunk=PDF[10:])
    now = own_upload(Uploader(ada), file.pk)
    assert finish(append(now, offset=4, chunk=PDF[4:])).state == "ready"


def test_one_that_died_between_its_place_and_its_row_is_finished(ada: Any) -> None:
    file = append(begun(ada), offset=0, chunk=PDF)
    storage.keep(file.key)
    assert finish(file).state == "ready"


def test_a_file_that_is_refused_is_gone(ada: Any) -> None:
    file = append(begun(ada, EXE), offset=0, chunk=EXE)
    with pytest.raises(Invalid, match=r"The name offer\.pdf does not match its content"):
        finish(file)
    assert not File.objects.exists()
    assert not part_of(file).exists()


@pytest.mark.parametrize("number", ["", "x", "11111111-1111-4111-8111-111111111111", None])
def test_what_nobody_has_uploaded_is_not_there(ada: Any, number: Any) -> None:
    with pytest.raises(Missing):
        own_upload(Uploader(ada), number)


def test_an_upload_is_found_by_whoever_made_it_alone(ada: Any) -> None:
    file = whole(ada)
    assert own_upload(Uploader(ada), file.pk) == file
    for other in (Uploader(make_user("ben", "User")), Uploader(None)):
        with pytest.raises(Missing):
            own_upload(other, file.pk)


def test_too_many_that_are_used_nowhere_are_refused(ada: Any) -> None:
    moment = timezone.now()
    File.objects.bulk_create(
        File(name="a", size=1, key=f"k{at}", created_by=ada, created_at=moment)
        for at in range(MOST_LOOSE)
    )
    with pytest.raises(ApplicationError, match="Too many uploaded files"):
        begun(ada)
    assert begun(make_user("ben", "User")).pk


def test_a_removed_upload_leaves_nothing(ada: Any) -> None:
    file = whole(ada)
    remove(file)
    assert not File.objects.exists()
    assert storage.open_whole(file.key) is None


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("offer.pdf", "offer.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\offer.pdf", "offer.pdf"),
        ("a\x00b\r\nc\u202efdp.exe", "abcfdp.exe"),
        ("Gro\u0308ße.pdf", "Größe.pdf"),
        ("..", "file"),
        ("", "file"),
        ("/", "file"),
        (None, "file"),
        (".htaccess", "htaccess"),
        ("a" * 300 + ".pdf", "a" * 196 + ".pdf"),
        ("日本語.pdf", "日本語.pdf"),
    ],
)
def test_a_name_is_kept_without_what_harms(given: Any, name: str) -> None:
    assert clean_name(given) == name


def test_a_picture_is_one_by_its_content(ada: Any) -> None:
    assert whole(ada, png(), "photo.png").media_type == "image/png"
