"""A wrong setting is told at start."""

from typing import Any

import pytest
from pytest_django import Settings

from kianda.checks import settings_are_sound


def test_the_settings_of_the_tests_are_sound() -> None:
    assert settings_are_sound() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("KIANDA_TIME_ZONE", "Europe/Dubln", "kianda.E001"),
        ("KIANDA_TIME_ZONE", "../etc/passwd", "kianda.E001"),
        ("KIANDA_SECRET_KEYS", ["short"], "kianda.E002"),
        ("KIANDA_SECRET_KEYS", [], "kianda.E002"),
        ("KIANDA_TRUSTED_PROXIES", ["proxy"], "kianda.E003"),
        ("KIANDA_EGRESS_ALLOW", ["host", "10.0.0.0/33"], "kianda.E005"),
        ("KIANDA_PUBLIC_URL", "kianda.example.org", "kianda.E004"),
        ("KIANDA_PUBLIC_URL", "https://example.org/kianda", "kianda.E004"),
    ],
)
def test_a_wrong_setting_is_an_error_with_a_hint(
    settings: Settings, name: str, value: Any, code: str
) -> None:
    setattr(settings, name, value)
    (found,) = settings_are_sound()
    assert found.id == code
    assert found.hint


def test_any_host_name_in_production_is_a_warning(settings: Settings) -> None:
    settings.EMBEDDED, settings.ALLOWED_HOSTS = False, ["*"]
    assert [found.id for found in settings_are_sound()] == ["kianda.W001"]
