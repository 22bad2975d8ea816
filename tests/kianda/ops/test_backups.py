"""Backup and restore: one file, made while the product runs, refused where it would do harm."""

import io
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pytest_django import Settings

from kianda.accounts.models import AuditEntry
from kianda.accounts.services.key_ring import check_key_ring
from kianda.ops.directory_lock import share_directory
from tests.factories import make_user
from tests.kianda.ops.restores import SAYS, Grown
from tests.kianda.product import manage

TESTED = {"DJANGO_SETTINGS_MODULE": "tests.settings"}


def run(*arguments: Any) -> Any:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=out)
    return out.getvalue()


def as_an_older_version_made_it(file: Path, **changes: Any) -> None:
    """Write a backup again without what came later: checksums, and the list of members."""
    with tarfile.open(file) as tar:
        members = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    del members["checksum"]
    manifest = json.loads(members["manifest.json"])
    del manifest["members"]
    members["manifest.json"] = json.dumps(manifest | {"format": 1}).encode()
    with tarfile.open(file, "w") as tar:
        for name, content in (members | changes).items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


@pytest.fixture
def file(tmp_path: Path) -> Any:
    return tmp_path / "backup.tar"


def names() -> set[Any]:
    return set(get_user_model().objects.values_list("username", flat=True))


@pytest.mark.django_db(transaction=True)
class TestOnOneDatabase:
    def test_what_was_backed_up_comes_back(self, file: Any) -> None:
        make_user("before")
        check_key_ring()
        assert "NOT included" in run("backup", str(file))
        make_user("after")
        assert "You can start Kianda now." in run("restore", str(file), "--force")
        assert names() == {"before"}

    def test_a_database_with_work_in_it_is_not_overwritten_unasked(self, file: Any) -> None:
        make_user("before")
        run("backup", str(file))
        make_user("after")
        with pytest.raises(CommandError, match="--force"):
            run("restore", str(file))
        assert names() == {"before", "after"}

    def test_an_existing_file_is_not_overwritten_unasked(self, file: Any) -> None:
        file.write_text("precious")
        with pytest.raises(CommandError, match="exists"):
            run("backup", str(file))
        assert file.read_text() == "precious"
        run("backup", str(file), "--force")
        assert tarfile.is_tarfile(file)

    @pytest.mark.parametrize("with_keys", [False, True])
    def test_it_says_whether_the_key_ring_is_in_it(
        self, file: Any, settings: Settings, with_keys: bool
    ) -> None:
        text = run("backup", str(file), *(["--with-keys"] if with_keys else []))
        assert ("anyone who has this file" in text) is with_keys
        assert file.stat().st_mode & 0o077 == 0
        key = settings.KIANDA_SECRET_KEYS[0].encode()
        assert (key in file.read_bytes()) is with_keys
        told = AuditEntry.objects.get(kind="backup")
        assert (told.action, told.name, told.user_name) == ("exported", file.name, "system")
        assert told.detail == ("With the key ring." if with_keys else "Without the key ring.")

    def test_a_backup_of_another_key_ring_is_refused_before_anything_changes(
        self, file: Any, settings: Settings
    ) -> None:
        check_key_ring()
        run("backup", str(file))
        make_user("after")
        settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode()]
        with pytest.raises(CommandError, match="another key ring"):
            run("restore", str(file), "--force")
        assert names() == {"after"}

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "it is not a tar file."),
            (b"no tar", "it is not a tar file."),
            (b"x" * 5000, "it is not a tar file."),
            (None, "it contains no manifest.json."),
        ],
    )
    def test_what_is_no_backup_is_refused_in_one_line(
        self, file: Any, content: bytes | None, why: str
    ) -> None:
        if content is None:
            with tarfile.open(file, "w") as tar:
                tar.addfile(tarfile.TarInfo("other"))
        else:
            file.write_bytes(content)
        with pytest.raises(CommandError) as caught:
            run("restore", str(file), "--force")
        assert str(caught.value) == f"{file} is not a Kianda backup: {why}"

    def test_a_damaged_backup_is_refused(self, file: Any) -> None:
        make_user("before")
        run("backup", str(file))
        whole = bytearray(file.read_bytes())
        middle = max(whole.find(b"SQLite format 3"), whole.find(b"PGDMP"))
        whole[middle : middle + 30_000] = b"x" * 30_000
        file.write_bytes(whole)
        with pytest.raises(CommandError, match=r"damaged|failed"):
            run("restore", str(file), "--force")
        assert names() == {"before"}

    def test_a_file_is_verified_as_for_a_restore_and_nothing_changes(
        self, file: Any, settings: Settings
    ) -> None:
        make_user("before")
        check_key_ring()
        run("backup", str(file))
        make_user("after")
        said = run("backup", "--verify", str(file))
        assert f"{file} is complete and can be restored here." in said
        assert "The key ring is NOT included." in said
        assert names() == {"before", "after"}
        assert not (settings.KIANDA_DATA_DIR / "restore").exists()
        whole = bytearray(file.read_bytes())
        whole[len(whole) // 2] ^= 1
        file.write_bytes(whole)
        with pytest.raises(CommandError, match="is damaged"):
            run("backup", "--verify", str(file))
        with pytest.raises(CommandError, match="not found"):
            run("backup", "--verify", str(file.with_name("none.tar")))

    def test_a_backup_of_an_older_version_is_restored_with_a_warning(self, file: Any) -> None:
        make_user("before")
        run("backup", str(file))
        as_an_older_version_made_it(file)
        make_user("after")
        assert "could not be checked" in run("backup", "--verify", str(file))
        assert "could not be checked" in run("restore", str(file), "--force")
        assert names() == {"before"}

    def test_a_restore_is_refused_while_a_part_of_the_product_runs(
        self, file: Any, settings: Settings
    ) -> None:
        make_user("before")
        run("backup", str(file))
        make_user("after")
        with (
            share_directory(settings.KIANDA_DATA_DIR),
            share_directory(settings.KIANDA_DATA_DIR),
            pytest.raises(CommandError, match="Kianda is running on the data directory"),
        ):
            run("restore", str(file), "--force")
        assert names() == {"before", "after"}
        run("restore", str(file), "--force")
        assert names() == {"before"}

    def test_a_missing_file_or_folder_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="not found"):
            run("restore", str(tmp_path / "none.tar"))
        with pytest.raises(CommandError, match=r"Folder .* not found"):
            run("backup", str(tmp_path / "none" / "a.tar"))


MAKE = """
from django.core.management import call_command
call_command("ensure_admin")
call_command("check_start")
call_command("backup", {file!r}, "--with-keys")
"""


@pytest.mark.integration
def test_a_backup_with_its_keys_starts_on_a_new_machine(tmp_path: Path) -> None:
    old, new, file = tmp_path / "old", tmp_path / "new", str(tmp_path / "backup.tar")
    done = manage(old, "migrate", "--run-syncdb", "--verbosity", "0", **TESTED)
    assert done.returncode == 0, done.stderr
    done = manage(old, "shell", "-c", MAKE.format(file=file), **TESTED)
    assert done.returncode == 0, done.stderr
    done = manage(new, "restore", file, **TESTED)
    assert done.returncode == 0, done.stderr
    assert "You can start Kianda now." in done.stdout
    keys = (new / "kianda_secret_keys").read_text().strip().split(",")
    assert (old / "kianda_secret_keys").read_text().strip() in keys
    done = manage(new, "shell", "-c", "print(User.objects.get().username)", **TESTED)
    assert done.stdout.endswith("admin\n")


@pytest.mark.django_db(transaction=True)
def test_an_old_backup_whose_database_is_not_sound_is_refused(file: Any) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("a dump of PostgreSQL has no pages")
    make_user("before")
    run("backup", str(file))
    with tarfile.open(file) as tar:
        database = bytearray(tar.extractfile("kianda.sqlite3").read())
    # The cells of a page point past its end; each page for itself can still be read.
    page = 4096 * 3
    database[page + 8 : page + 12] = b"\xff\xff\xff\xff"
    as_an_older_version_made_it(file, **{"kianda.sqlite3": bytes(database)})
    with pytest.raises(CommandError, match="The database in the backup is damaged"):
        run("restore", str(file), "--force")
    assert names() == {"before"}


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a product's database of some size, and a backup of another state of it."""
    return Grown(tmp_path_factory.mktemp("grown"))


@pytest.mark.integration
@pytest.mark.parametrize("after_s", [0, 0.05])
def test_a_restore_that_is_killed_leaves_old_or_new_and_says_which(
    grown: Any, after_s: float
) -> None:
    grown.state_told_by(grown.killed_restore(after_s=after_s))
    with closing(sqlite3.connect(grown.folder / "kianda.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# The process ends where the last file of the folder is gone, and the folder not yet.
CUT = """
import os, sys
from django.core.management import call_command
sys.addaudithook(lambda event, given: os._exit(9) if event == "os.rmdir" else None)
call_command("restore", {file!r}, "--force")
"""


@pytest.mark.integration
def test_a_restore_that_is_killed_while_it_clears_up_has_told_nothing_wrong(grown: Any) -> None:
    cut = manage(grown.folder, "shell", "--no-imports", "-c", CUT.format(file=str(grown.file)))
    assert cut.returncode == 9, cut.stderr
    assert grown.state_told_by(grown.shell(SAYS).strip()) == "old"
    assert {path.name for path in grown.folder.glob("restore*")} <= {"restore.log"}
