"""The day the machine is lost: the commands of docs/how-to/backup.md, from the backup alone."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.kianda.product import manage, migrated

pytestmark = pytest.mark.integration

MAKE = """
from django.conf import settings
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("ensure_admin")
call_command("check_start")
call_command("demo")
call_command("backup", "{folder}/without.tar")
call_command("backup", "{folder}/with.tar", "--with-keys")
print(settings.KIANDA_SECRET_KEYS[0])
"""
LOOK = """
from django.core.management import call_command
from datasources.models import Datasource
from processes.models import ProcessInstance
from scheduler.models import ScheduledTask
call_command("check_start")
secret = ProcessInstance.objects.get(process_id="demo-token-refresh-1")
print(Datasource.objects.count(), ScheduledTask.objects.count(), User.objects.get().username)
print(secret.secrets["refresh_token"][:3])
"""
FOUND = "Ready.\n3 2 admin\nrt_\n"


def well(folder: Path, *words: str, **more: Any) -> Any:
    done = manage(folder, *words, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def lost(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """Return the folder of a product that worked, with two backups in it, and its key."""
    folder = migrated(tmp_path_factory.mktemp("lost"))
    said = well(folder, "shell", "-c", MAKE.format(folder=folder))
    return folder, said.splitlines()[-1]


def test_with_the_keys_in_the_backup_one_command_brings_everything_back(
    lost: tuple[Any, ...], tmp_path: Path
) -> None:
    said = well(tmp_path, "restore", str(lost[0] / "with.tar"))
    assert "The key ring from the backup" in said
    assert "You can start Kianda now." in said
    assert well(tmp_path, "shell", "-c", LOOK).endswith(FOUND)


def test_without_the_keys_nothing_is_restored_until_they_are_given(
    lost: tuple[Any, ...], tmp_path: Path
) -> None:
    folder, key = lost
    file = str(folder / "without.tar")
    refused = manage(tmp_path, "restore", file)
    assert refused.returncode == 1
    assert "another key ring" in refused.stderr
    assert "You can start Kianda now." in well(tmp_path, "restore", file, KIANDA_SECRET_KEYS=key)
    assert well(tmp_path, "shell", "-c", LOOK, KIANDA_SECRET_KEYS=key).endswith(FOUND)


def test_a_key_is_changed_as_the_page_says(lost: tuple[Any, ...], tmp_path: Path) -> None:
    shutil.copy(lost[0] / "kianda.sqlite3", tmp_path)
    new = Fernet.generate_key().decode()
    refused = manage(tmp_path, "check_start", KIANDA_SECRET_KEYS=new)
    assert refused.returncode == 1
    assert "KIANDA_SECRET_KEYS" in refused.stderr
    ring = {"KIANDA_SECRET_KEYS": f"{new},{lost[1]}"}
    assert "under the newest key" in well(tmp_path, "rotate_secrets", **ring)
    assert "\n0 values" in well(tmp_path, "rotate_secrets", **ring)
    assert well(tmp_path, "shell", "-c", LOOK, KIANDA_SECRET_KEYS=new).endswith(FOUND)


def test_without_any_key_one_command_keeps_all_that_is_not_secret(
    lost: tuple[Any, ...], tmp_path: Path
) -> None:
    shutil.copy(lost[0] / "kianda.sqlite3", tmp_path)
    ring = tmp_path / "kianda_secret_keys"
    refused = manage(tmp_path, "serve")
    assert refused.returncode == 1
    assert "run python manage.py discard_lost_secrets." in refused.stderr
    said = well(tmp_path, "discard_lost_secrets")
    assert "datasources.Datasource.document: 3 of 3 (demo-token-service," in said
    assert "rt_" not in said
    assert not ring.exists()
    assert "Discarded." in well(tmp_path, "discard_lost_secrets", "--yes")
    assert ring.stat().st_mode & 0o777 == 0o600
    assert well(tmp_path, "discard_lost_secrets", "--yes").startswith("0 values")
    look = LOOK.replace('secret.secrets["refresh_token"][:3]', "secret.secrets")
    assert well(tmp_path, "shell", "-c", look).endswith("Ready.\n3 2 admin\nNone\n")


def test_a_backup_whose_keys_are_lost_is_restored_where_that_is_said(
    lost: tuple[Any, ...], tmp_path: Path
) -> None:
    file = str(lost[0] / "without.tar")
    assert "restore it with --without-keys" in manage(tmp_path, "restore", file).stderr
    restored = manage(tmp_path, "restore", file, "--without-keys")
    assert f"{file} restored." in restored.stdout
    assert "run python manage.py discard_lost_secrets." in restored.stderr
    assert "Discarded." in well(tmp_path, "discard_lost_secrets", "--yes")
    assert well(tmp_path, "check_start") == "Ready.\n"
