"""django-oauth-toolkit in a process of its own: `python -m ...toolkit_server <folder>`.

It says `ready <port>` once it listens. Who comes by browser is signed in as emma at once, and has
agreed already. Its settings have nothing to do with those of the product.
"""

import sys
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings

SECRET = "s/3 cr%t+:&ü"
CLIENT = "kianda app"
NAMES = ("basic", "form", "public", "alone", "password")


def configure(folder: Path) -> None:
    """Set up a Django with the toolkit alone."""
    settings.configure(
        DEBUG=False,
        # Of the secrets of clients too, of which each request checks one.
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        SECRET_KEY="of-the-tests-0123456789-0123456789-0123456789",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "toolkit.sqlite3"}
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            f"{__name__}.signed_in",
        ],
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ],
        OAUTH2_PROVIDER={
            "SCOPES": {"read": "Read", "write": "Write"},
            "ACCESS_TOKEN_EXPIRE_SECONDS": 1800,
            "ROTATE_REFRESH_TOKEN": True,
            "ALLOWED_REDIRECT_URI_SCHEMES": ["http"],
            "PKCE_REQUIRED": True,
        },
    )
    django.setup()


def signed_in(get_response: Any) -> Any:
    """Let every request be of emma."""

    def middleware(request: Any) -> Any:
        from django.contrib.auth.models import User

        request.user = User.objects.get(username="emma")
        return get_response(request)

    return middleware


def fill() -> None:
    """Make the tables, emma and the clients."""
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    emma = User.objects.create_user("emma", password="p/w +1")
    grants = {"alone": "client-credentials", "password": "password"}
    for name in NAMES:
        Application.objects.create(
            name=name,
            user=emma,
            client_id=f"{CLIENT} {name}",
            client_secret=SECRET,
            client_type="public" if name == "public" else "confidential",
            authorization_grant_type=grants.get(name, "authorization-code"),
            redirect_uris="http://127.0.0.1:9/connections/callback/",
            skip_authorization=True,
        )


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def main(folder: Path) -> None:
    """Serve until the process is ended."""
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path

    configure(folder)
    globals()["urlpatterns"] = [path("o/", include("oauth2_provider.urls"))]
    fill()
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=_Quiet) as server:
        sys.stdout.write(f"ready {server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
