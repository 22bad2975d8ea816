"""Production settings: nothing to warn about, and every answer carries its protection."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client
from pytest_django import Settings

from tests.factories import PASSWORD, make_user
from tests.kianda.product import manage

PRODUCTION = {
    "DATABASE_URL": "postgresql://kianda:secret@db.example.org/kianda?sslmode=verify-full",
    "CELERY_BROKER_URL": "redis://redis.example.org:6379/0",
    "KIANDA_SECRET_KEY": "0pR7w_long-random-text_" + "aB3dE6gH9jK2mN5pQ8sT1vW4" * 2,
    "KIANDA_SECRET_KEYS": Fernet.generate_key().decode(),
    "KIANDA_PUBLIC_URL": "https://kianda.example.org",
    "KIANDA_TRUSTED_PROXIES": "10.0.0.1",
}
HTTPS = {"wsgi.url_scheme": "https"}
PAGES = ("/sign-in/", "/nowhere/", "/api/docs/")
API = ("/api/v1/processes/", "/api/v1/nowhere/", "/api/schema/")
OPEN = ("/healthz/live", "/metrics")


def test_django_finds_nothing_to_warn_about(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["KIANDA_SECRET_KEY", "KIANDA_SECRET_KEYS"])
def test_production_makes_no_keys_of_its_own(tmp_path: Path, name: str) -> None:
    given = {key: value for key, value in PRODUCTION.items() if key != name}
    done = manage(tmp_path, "check", **given)
    assert done.returncode != 0
    assert f"{name} is required in production" in done.stderr
    assert not (tmp_path / name.lower()).exists()


SHOW = """
import json
from django.conf import settings
names = ["DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT",
  "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS",
  "KIANDA_DEMO", "SESSION_COOKIE_HTTPONLY"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


def test_an_https_address_makes_everything_strict(tmp_path: Path) -> None:
    done = manage(tmp_path, "shell", "--no-imports", "-c", SHOW, **PRODUCTION | {"KIANDA_DEMO": ""})
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown.pop("SECURE_HSTS_SECONDS") >= 31_536_000
    assert "kianda.example.org" in shown["ALLOWED_HOSTS"]
    assert "*" not in shown.pop("ALLOWED_HOSTS")
    assert shown == {
        "DEBUG": False,
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "CSRF_TRUSTED_ORIGINS": ["https://kianda.example.org"],
        "KIANDA_DEMO": False,
    }


@pytest.fixture
def https(settings: Settings) -> None:
    """The settings that an https:// address makes."""
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


def directives(answer: Any) -> dict[str, Any]:
    rules = answer["Content-Security-Policy"].split("; ")
    return {name: rest for name, _, rest in (rule.partition(" ") for rule in rules)}


@pytest.mark.django_db
@pytest.mark.usefixtures("https")
@pytest.mark.parametrize("path", [*PAGES, *API, *OPEN])
def test_every_answer_carries_its_protection(path: Any) -> None:
    answer = Client().get(path, secure=True)
    policy = directives(answer)
    for name in ("default-src", "script-src", "style-src"):
        assert policy[name] == "'self'"
    assert policy["object-src"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["Strict-Transport-Security"].startswith("max-age=31536000")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|javascript:", re.I)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/sign-in/", "/nowhere/", "/password/", "/api/docs/"])
def test_no_page_has_script_or_style_of_its_own(path: str) -> None:
    admin = make_user("root", "Administrator")
    client = Client()
    if path != "/sign-in/":
        client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(path).content.decode()
    assert "<html" in page
    assert INLINE.findall(page) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("https")
def test_the_cookies_of_a_session_are_for_https_and_for_no_script() -> None:
    make_user("eve")
    client = Client()
    client.get("/sign-in/", secure=True)
    answer = client.post("/sign-in/", {"username": "eve", "password": PASSWORD}, secure=True)
    assert answer.status_code == 302
    session, csrf = client.cookies["sessionid"], client.cookies["csrftoken"]
    assert session["secure"]
    assert session["httponly"]
    assert session["samesite"] == csrf["samesite"] == "Lax"
    assert csrf["secure"]


@pytest.mark.django_db
@pytest.mark.usefixtures("https")
@pytest.mark.parametrize(
    ("path", "status"), [("/sign-in/", 301), ("/api/v1/runs/", 301), ("/healthz/live", 200)]
)
def test_a_plain_request_is_sent_to_https_but_for_the_probes(path: str, status: int) -> None:
    answer = Client().get(path)
    assert answer.status_code == status
    if status == 301:
        assert answer["Location"].startswith("https://")


@pytest.mark.django_db
def test_behind_a_named_proxy_a_forwarded_request_is_encrypted(
    settings: Settings, https: None
) -> None:
    settings.KIANDA_TRUSTED_PROXIES = ["127.0.0.1"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = {"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}
    assert Client().get("/sign-in/", headers=headers).status_code == 200
    stranger = Client().get("/sign-in/", headers=headers, REMOTE_ADDR="203.0.113.9")
    assert stranger.status_code == 301


@pytest.mark.django_db
def test_a_form_and_the_api_refuse_what_another_site_sends(ada: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    typed = {"username": "ada", "password": PASSWORD}
    assert client.post("/sign-in/", typed).status_code == 403
    client.force_login(ada, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/api/v1/processes/", {"name": "a"}, content_type="application/json")
    assert answer.status_code == 403
    headers = {"Origin": "https://elsewhere.example"}
    assert client.post("/password/", {}, headers=headers).status_code == 403


LOADED = """
import gc
import sys
from django.core.management import call_command
from kianda.serve import services
services.PARTS["{part}"] = lambda: print("loaded", gc.get_freeze_count() > 0, *(
    name in sys.modules for name in ("processes.tasks", "processes.views.common")
))
call_command("serve", only="{part}")
"""


@pytest.mark.parametrize("part", ["web", "worker", "beat"])
def test_a_part_that_is_served_alone_has_loaded_what_its_first_work_needs(
    tmp_path: Path, part: str
) -> None:
    settings = {"CELERY_BROKER_URL": "redis://127.0.0.1:1/0"}
    assert manage(tmp_path, "migrate", "--verbosity", "0", **settings).returncode == 0
    done = manage(tmp_path, "shell", "--no-imports", "-c", LOADED.format(part=part), **settings)
    assert "loaded True True True" in done.stdout, done.stdout + done.stderr
