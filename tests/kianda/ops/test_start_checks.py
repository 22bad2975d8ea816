"""The product refuses a database it must not work on."""

import io
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from pytest_django import Settings

from kianda.ops.start_checks import NotReadyError, check_ready, unknown_migrations

pytestmark = pytest.mark.django_db


def test_a_good_database_is_ready() -> None:
    out = io.StringIO()
    call_command("check_start", stdout=out)
    assert out.getvalue() == "Ready.\n"


def test_a_wrong_setting_is_refused_with_a_sentence(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.KIANDA_EGRESS_ALLOW = ["10.0.0.0/33"]
    with pytest.raises(SystemExit) as caught:
        call_command("check_start")
    assert caught.value.code == 1
    assert (
        "KIANDA_EGRESS_ALLOW has '10.0.0.0/33', which is not a network." in capsys.readouterr().err
    )


def test_a_wrong_key_ring_is_refused_with_a_sentence(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    check_ready()
    settings.KIANDA_SECRET_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(SystemExit) as caught:
        call_command("check_start")
    assert caught.value.code == 1
    assert "KIANDA_SECRET_KEYS" in capsys.readouterr().err


@pytest.mark.integration
def test_a_database_that_cannot_be_opened_is_refused_with_a_sentence(tmp_path: Path) -> None:
    from tests.kianda.product import manage

    (tmp_path / "kianda.sqlite3").write_bytes(b"this is no database, not even a small one")
    (tmp_path / "kianda_secret_keys").touch(mode=0o600)
    (tmp_path / "kianda_secret_keys").write_text(Fernet.generate_key().decode())
    done = manage(tmp_path, "check_start")
    assert done.returncode == 1
    assert done.stderr.startswith("The database ")
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.integration
def test_a_database_without_its_key_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    from tests.kianda.product import manage

    (tmp_path / "kianda.sqlite3").write_bytes(b"whatever it holds, it was encrypted")
    done = manage(tmp_path, "check_start")
    assert done.returncode == 1
    assert "key ring" in done.stderr


def test_migrations_of_other_apps_are_not_compared() -> None:
    assert unknown_migrations({("gone", "0001_initial")}) == []
    assert NotReadyError.__doc__
