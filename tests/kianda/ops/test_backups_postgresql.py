"""Backup and restore on a real PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.integration.parts import Postgres
from tests.kianda import test_new_machine as lost_machine
from tests.kianda.product import manage

pytestmark = [pytest.mark.integration, pytest.mark.needs("postgres"), pytest.mark.timeout(300)]
KEY = Fernet.generate_key().decode()

MAKE = """
from django.core.management import call_command
call_command("migrate", run_syncdb=True, verbosity=0)
call_command("ensure_admin")
call_command("check_start")
call_command("backup", {file!r})
User.objects.create_user("after")
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    folder = Path(tempfile.mkdtemp(prefix="kpg"))
    folder.chmod(0o755)
    (folder / "pg").mkdir()
    server = Postgres(folder / "pg")
    yield server
    server.end()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_backup_of_postgresql_comes_back_whole_or_not_at_all(server: Any, tmp_path: Path) -> None:
    file = str(tmp_path / "backup.tar")
    settings = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": server.create("backed"),
        "KIANDA_SECRET_KEY": "k" * 60,
        "KIANDA_SECRET_KEYS": KEY,
    }
    done = manage(tmp_path, "shell", "-c", MAKE.format(file=file), **settings)
    assert done.returncode == 0, done.stderr
    names = "print(sorted(User.objects.values_list('username', flat=True)))"

    assert "--force" in manage(tmp_path, "restore", file, **settings).stderr
    other = {**settings, "KIANDA_SECRET_KEYS": Fernet.generate_key().decode()}
    assert "another key ring" in manage(tmp_path, "restore", file, "--force", **other).stderr
    assert "['admin', 'after']" in manage(tmp_path, "shell", "-c", names, **settings).stdout

    done = manage(tmp_path, "restore", file, "--force", **settings)
    assert done.returncode == 0, done.stderr
    assert "['admin']" in manage(tmp_path, "shell", "-c", names, **settings).stdout


def test_an_empty_database_on_a_new_server_gets_everything_by_one_command(
    server: Any, tmp_path: Path
) -> None:
    settings = {"KIANDA_SECRET_KEY": "k" * 60, "KIANDA_SECRET_KEYS": KEY}
    old = settings | {"DATABASE_URL": server.create("lost")}
    done = manage(tmp_path, "shell", "-c", lost_machine.MAKE.format(folder=tmp_path), **old)
    assert done.returncode == 0, done.stderr
    new = settings | {"DATABASE_URL": server.create("empty")}
    done = manage(tmp_path, "restore", str(tmp_path / "without.tar"), **new)
    assert done.returncode == 0, done.stderr
    assert "You can start Kianda now." in done.stdout
    done = manage(tmp_path, "shell", "-c", lost_machine.LOOK, **new)
    assert done.stdout.endswith(lost_machine.FOUND), done.stderr
