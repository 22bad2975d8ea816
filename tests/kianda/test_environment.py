"""Settings as the environment gives them."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from kianda import environment
from tests.kianda.product import manage


def test_a_misspelt_setting_stops_the_start_and_a_switch_for_developers_does_not() -> None:
    environment.refuse_unknown({"KIANDA_PORT": "8000", "KIANDA_PLAIN_ORM": "1"})
    with pytest.raises(ImproperlyConfigured, match=r"Did you mean KIANDA_PLAIN_ORM\?"):
        environment.refuse_unknown({"KIANDA_PLAIN_OMR": "1"})
    assert environment.KNOWN.keys().isdisjoint(environment.DEVELOPERS)


@pytest.mark.parametrize("value", ["five", "nan", "inf", "-1", "70000"])
def test_a_number_that_cannot_be_used_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("KIANDA_PORT", value)
    with pytest.raises(ImproperlyConfigured, match="KIANDA_PORT is "):
        environment.number("KIANDA_PORT", 8000, least=1, most=65_535)


def test_a_time_to_save_runs_before_which_there_is_no_date_stops_the_start(tmp_path: Path) -> None:
    done = manage(tmp_path, "diffsettings", KIANDA_RETENTION_DAYS="999999")
    assert "KIANDA_RETENTION_DAYS is 999999. The maximum is 36500." in done.stderr


def test_the_parameters_of_the_database_url_reach_the_database(tmp_path: Path) -> None:
    done = manage(
        tmp_path,
        "diffsettings",
        DATABASE_URL="postgresql://kianda@db.example.org/kianda?sslmode=verify-full",
        KIANDA_SECRET_KEY="k" * 60,
        KIANDA_SECRET_KEYS=Fernet.generate_key().decode(),
    )
    told = (
        "{'options': '-c jit=off -c random_page_cost=1.1 -c work_mem=32MB -c tcp_keepalives_idle=5 "
    )
    assert told in done.stdout, done.stderr
    assert "'prepare_threshold': 3, 'sslmode': 'verify-full', 'pool'" in done.stdout


def test_the_database_url_may_say_what_the_server_is_told(tmp_path: Path) -> None:
    words = {"KIANDA_SECRET_KEY": "k" * 60, "KIANDA_SECRET_KEYS": Fernet.generate_key().decode()}
    url = "postgresql://kianda@db.example.org/kianda?options=-c%20jit%3Don"
    done = manage(tmp_path, "diffsettings", DATABASE_URL=url, **words)
    assert "{'options': '-c jit=on', 'keepalives_idle': 5, " in done.stdout, done.stderr


def test_a_mail_server_is_read_from_its_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "KIANDA_SMTP_URL",
        "smtp://kianda%40example.org:p%3Aw@mail.example.org?from=Kianda <k@example.org>&rate=30",
    )
    assert environment.smtp_account("KIANDA_SMTP_URL") == {
        "host": "mail.example.org",
        "port": 587,
        "security": "starttls",
        "username": "kianda@example.org",
        "password": "p:w",
        "sender": "Kianda <k@example.org>",
        "reply_to": "",
        "per_minute": 30,
    }
    monkeypatch.setenv("KIANDA_SMTP_URL", "smtps://mail.example.org?from=k@example.org")
    found = environment.smtp_account("KIANDA_SMTP_URL")
    assert (found["port"], found["security"]) == (465, "tls")
    monkeypatch.delenv("KIANDA_SMTP_URL")
    assert environment.smtp_account("KIANDA_SMTP_URL") is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("mail.example.org", "is not a mail server"),
        ("http://user:s3cret@mail.example.org?from=k@example.org", "is not a mail server"),
        ("smtp://user:s3cret@mail.example.org:port?from=k@example.org", "is not a mail server"),
        ("smtp://user:s3cret@mail.example.org?from", "is not a mail server"),
        ("smtp://user:s3cret@mail.example.org", "has no sender"),
        ("smtp://user:s3cret@mail.example.org?from=k", "has no sender"),
        ("smtp://user:s3cret@mail.example.org?from=k@example.org&tls=1", "has tls. Use security"),
        ("smtp://user:s3cret@mail.example.org?from=k@example.org&security=ssl", "security must be"),
        ("smtp://user:s3cret@mail.example.org?from=k@example.org&security=none", "needs security="),
        ("smtp://user:s3cret@mail.example.org?from=k@example.org&rate=0", "rate must be 1"),
    ],
)
def test_a_mail_server_that_cannot_be_used_stops_the_start_and_tells_no_password(
    monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    monkeypatch.setenv("KIANDA_SMTP_URL", value)
    with pytest.raises(ImproperlyConfigured, match=words) as raised:
        environment.smtp_account("KIANDA_SMTP_URL")
    assert "s3cret" not in str(raised.value)
    assert raised.value.__cause__ is None
