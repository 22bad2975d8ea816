"""Backup and restore: one file, made while the product runs, refused where it would do harm."""

import io
import tarfile

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError

from kianda.accounts.services.key_ring import check_key_ring
from tests.factories import make_user
from tests.kianda.product import manage

TESTED = {"DJANGO_SETTINGS_MODULE": "tests.settings"}


def run(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "backup.tar"


def names():
    return set(get_user_model().objects.values_list("username", flat=True))


@pytest.mark.django_db(transaction=True)
class TestOnOneDatabase:
    def test_what_was_backed_up_comes_back(self, file):
        make_user("before")
        check_key_ring()
        assert "NOT in it" in run("backup", str(file))
        make_user("after")
        assert "can be started" in run("restore", str(file), "--force")
        assert names() == {"before"}

    def test_a_database_with_work_in_it_is_not_overwritten_unasked(self, file):
        make_user("before")
        run("backup", str(file))
        make_user("after")
        with pytest.raises(CommandError, match="--force"):
            run("restore", str(file))
        assert names() == {"before", "after"}

    def test_an_existing_file_is_not_overwritten_unasked(self, file):
        file.write_text("precious")
        with pytest.raises(CommandError, match="exists"):
            run("backup", str(file))
        assert file.read_text() == "precious"
        run("backup", str(file), "--force")
        assert tarfile.is_tarfile(file)

    @pytest.mark.parametrize("with_keys", [False, True])
    def test_it_says_whether_the_key_ring_is_in_it(self, file, settings, with_keys):
        text = run("backup", str(file), *(["--with-keys"] if with_keys else []))
        assert ("whoever has this file" in text) is with_keys
        assert file.stat().st_mode & 0o077 == 0
        key = settings.KIANDA_SECRET_KEYS[0].encode()
        assert (key in file.read_bytes()) is with_keys

    def test_a_backup_of_another_key_ring_is_refused_before_anything_changes(self, file, settings):
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
            (b"", "it is no tar file."),
            (b"no tar", "it is no tar file."),
            (b"x" * 5000, "it is no tar file."),
            (None, "it holds no manifest.json."),
        ],
    )
    def test_what_is_no_backup_is_refused_in_one_line(self, file, content, why):
        if content is None:
            with tarfile.open(file, "w") as tar:
                tar.addfile(tarfile.TarInfo("other"))
        else:
            file.write_bytes(content)
        with pytest.raises(CommandError) as caught:
            run("restore", str(file), "--force")
        assert str(caught.value) == f"{file} is not a backup of this product: {why}"

    def test_a_damaged_backup_is_refused(self, file):
        make_user("before")
        run("backup", str(file))
        whole = bytearray(file.read_bytes())
        middle = max(whole.find(b"SQLite format 3"), whole.find(b"PGDMP"))
        whole[middle : middle + 30_000] = b"x" * 30_000
        file.write_bytes(whole)
        with pytest.raises(CommandError, match=r"damaged|failed"):
            run("restore", str(file), "--force")
        assert names() == {"before"}

    def test_a_missing_file_or_folder_is_told(self, tmp_path):
        with pytest.raises(CommandError, match="no file"):
            run("restore", str(tmp_path / "none.tar"))
        with pytest.raises(CommandError, match="no folder"):
            run("backup", str(tmp_path / "none" / "a.tar"))


MAKE = """
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
call_command("ensure_admin")
call_command("check_start")
call_command("backup", {file!r}, "--with-keys")
"""


def test_a_backup_with_its_keys_starts_on_a_new_machine(tmp_path):
    old, new, file = tmp_path / "old", tmp_path / "new", str(tmp_path / "backup.tar")
    done = manage(old, "shell", "-c", MAKE.format(file=file), **TESTED)
    assert done.returncode == 0, done.stderr
    done = manage(new, "restore", file, **TESTED)
    assert done.returncode == 0, done.stderr
    assert "can be started" in done.stdout
    keys = (new / "kianda_secret_keys").read_text().strip().split(",")
    assert (old / "kianda_secret_keys").read_text().strip() in keys
    done = manage(new, "shell", "-c", "print(User.objects.get().username)", **TESTED)
    assert done.stdout.endswith("admin\n")
