"""Settings of the tests: a throw-away data directory; DATABASE_URL chooses another database."""

import os
import tempfile
from pathlib import Path

import axe_playwright_python

os.environ.setdefault("KIANDA_DATA_DIR", tempfile.mkdtemp(prefix="kianda-tests-"))
os.environ.setdefault("KIANDA_DEMO", "0")
os.environ.setdefault("KIANDA_LOG_LEVEL", "warning")

from kianda.settings import *  # noqa: F403
from kianda.settings import (
    CELERY_BROKER_TRANSPORT_OPTIONS,
    DATABASES,
    KIANDA_DATA_DIR,
    STORAGES,
)

worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
# The processes of the tests have databases of their own.
KIANDA_SPOOL_DIR = KIANDA_DATA_DIR / f"spool-{worker}"
KIANDA_UPLOAD_DIR = KIANDA_DATA_DIR / f"uploads-{worker}"
STORAGES["files"]["OPTIONS"]["location"] = str(KIANDA_DATA_DIR / f"files-{worker}")
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": KIANDA_DATA_DIR / f"test-{worker}.sqlite3"}
    # The tests' database need not survive a power cut.
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=OFF;"
    )


class NoMigrations:
    """Tables straight from the models."""

    def __contains__(self, item: str) -> bool:
        return True

    def __getitem__(self, item: str) -> None:
        return None


MIGRATION_MODULES = NoMigrations()
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Loopback servers play the outside world in the tests; each test that needs one allows it.
KIANDA_EGRESS_ALLOW = []
KIANDA_EGRESS_PROXY = ""
# Each test client starts the middleware anew: let it look for static files only when asked.
WHITENOISE_AUTOREFRESH = True
# There is no broker in them: whoever sends need not wait whether it comes back.
CELERY_BROKER_TRANSPORT_OPTIONS["max_retries"] = 0
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
# A browser keeps what it fetched, as it keeps the collected files of production.
WHITENOISE_MAX_AGE = 600
# A browser keeps a script that it fetched, and what it compiled of it.
STATICFILES_DIRS = [("axe", Path(axe_playwright_python.__file__).parent)]
