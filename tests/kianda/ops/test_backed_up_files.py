"""The contents of people's files are in a backup, and come back with its rows."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from kianda.accounts.services.key_ring import check_key_ring
from processes.files import storage
from processes.files.access import open_file
from processes.files.uploads import store_bytes
from processes.models import File
from tests.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_folders")]


def run(*arguments: Any) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def test_files_are_backed_up_and_restored(tmp_path: Path) -> None:
    ada, backup = make_user("ada", "User"), tmp_path / "backup.tar"
    check_key_ring()
    large = [bytes([at]) * 1_000_000 for at in range(9)]
    first = store_bytes(large, name="large.bin", by=ada)
    empty = store_bytes([], name="empty.txt", by=ada)
    run("backup", str(backup))
    assert "is complete and can be restored here" in run("backup", str(backup), "--verify")
    later = store_bytes([b"later"], name="later.txt", by=ada)
    storage.discard(first.key)
    assert "2 uploaded files restored." in run("restore", str(backup), "--force")
    assert set(File.objects.values_list("name", flat=True)) == {"large.bin", "empty.txt"}
    with open_file(File.objects.get(pk=first.pk)) as content:
        assert content.read() == b"".join(large)
    with open_file(File.objects.get(pk=empty.pk)) as content:
        assert content.read() == b""
    # Its row is gone; its content goes with what has no row.
    assert storage.whole_files().exists(storage.place_of(later.key))


def test_a_backup_that_lacks_the_contents_of_files_says_so(tmp_path: Path) -> None:
    ada, backup = make_user("ada", "User"), tmp_path / "backup.tar"
    check_key_ring()
    store_bytes([b"here"], name="here.txt", by=ada)
    gone = store_bytes([b"gone"], name="gone.txt", by=ada)
    storage.discard(gone.key)
    with pytest.raises(CommandError, match="contents of 1 uploaded files, such as gone"):
        run("backup", str(backup))
    # What there is of it is kept.
    assert "can be restored here" in run("backup", str(backup), "--verify")


def test_a_content_that_was_changed_in_the_backup_is_noticed(tmp_path: Path) -> None:
    backup = tmp_path / "backup.tar"
    check_key_ring()
    store_bytes([b"the content of a file"], name="a.txt", by=make_user("ada", "User"))
    run("backup", str(backup))
    damaged = backup.read_bytes().replace(b"the content of", b"a content of a")
    assert damaged != backup.read_bytes()
    backup.write_bytes(damaged)
    with pytest.raises(CommandError, match="is damaged"):
        run("restore", str(backup), "--force")


def test_a_backup_leads_to_no_other_place(tmp_path: Path) -> None:
    backup = tmp_path / "backup.tar"
    check_key_ring()
    store_bytes([b"x"], name="a.txt", by=make_user("ada", "User"))
    run("backup", str(backup))
    with tarfile.open(backup) as tar:
        names = [name for name in tar.getnames() if name.startswith("files/")]
    assert [len(name) for name in names] == [len("files/") + 40]
