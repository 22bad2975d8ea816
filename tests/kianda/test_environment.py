"""Settings as the environment gives them."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from kianda import environment
from tests.kianda.product import manage


@pytest.mark.parametrize("value", ["five", "nan", "inf", "-1", "70000"])
def test_a_number_that_cannot_be_used_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("KIANDA_PORT", value)
    with pytest.raises(ImproperlyConfigured, match="KIANDA_PORT is "):
        environment.number("KIANDA_PORT", 8000, least=1, most=65_535)


def test_the_parameters_of_the_database_url_reach_the_database(tmp_path: Path) -> None:
    done = manage(
        tmp_path,
        "diffsettings",
        DATABASE_URL="postgresql://kianda@db.example.org/kianda?sslmode=verify-full",
        KIANDA_SECRET_KEY="k" * 60,
        KIANDA_SECRET_KEYS=Fernet.generate_key().decode(),
    )
    assert "{'options': '-c jit=off', 'sslmode': 'verify-full', 'pool'" in done.stdout, done.stderr


def test_the_database_url_may_say_what_the_server_is_told(tmp_path: Path) -> None:
    words = {"KIANDA_SECRET_KEY": "k" * 60, "KIANDA_SECRET_KEYS": Fernet.generate_key().decode()}
    url = "postgresql://kianda@db.example.org/kianda?options=-c%20jit%3Don"
    done = manage(tmp_path, "diffsettings", DATABASE_URL=url, **words)
    assert "{'options': '-c jit=on', 'pool'" in done.stdout, done.stderr
