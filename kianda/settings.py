"""Django's settings. Every value that differs between installations comes from the environment."""

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from kianda import data_directory
from kianda import environment as env
from kianda.databases import database_of

BASE_DIR = env.BASE_DIR
env.refuse_unknown(os.environ)

DATABASE_URL = os.environ.get("DATABASE_URL", "").strip()
KIANDA_MODE = env.choice(
    "KIANDA_MODE", "production" if DATABASE_URL else "embedded", ("embedded", "production")
)
EMBEDDED = KIANDA_MODE == "embedded"
KIANDA_DATA_DIR = Path(env.text("KIANDA_DATA_DIR", str(BASE_DIR / "var"))).resolve()
# Answers of calls that the database could not take yet.
KIANDA_SPOOL_DIR = KIANDA_DATA_DIR / "spool"
# What has arrived of files that are being uploaded; whole ones are in STORAGES.
KIANDA_FILES_DIR = Path(env.text("KIANDA_FILES_DIR", str(KIANDA_DATA_DIR / "files"))).resolve()
KIANDA_UPLOAD_DIR = KIANDA_FILES_DIR / "parts"
KIANDA_MAX_FILE_MB = env.number("KIANDA_MAX_FILE_MB", 100, least=1, most=10_000)
KIANDA_SCAN_COMMAND = env.command("KIANDA_SCAN_COMMAND")
KIANDA_HOST = env.text("KIANDA_HOST", "127.0.0.1")
KIANDA_PORT = int(env.number("KIANDA_PORT", 8000, least=1, most=65_535))
KIANDA_PUBLIC_URL = env.text("KIANDA_PUBLIC_URL", f"http://{KIANDA_HOST}:{KIANDA_PORT}").rstrip("/")
KIANDA_TRUSTED_PROXIES = env.words("KIANDA_TRUSTED_PROXIES")
KIANDA_EGRESS_ALLOW = env.words("KIANDA_EGRESS_ALLOW")
KIANDA_EGRESS_PROXY = env.http_proxy("KIANDA_EGRESS_PROXY")
KIANDA_DEMO = env.flag("KIANDA_DEMO", default=EMBEDDED)
KIANDA_TIME_ZONE = env.text("KIANDA_TIME_ZONE", "UTC")
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
# Said to nobody in particular: in the history of a task, by the API, to an address of no account.
KIANDA_LANGUAGE = env.choice("KIANDA_LANGUAGE", "en", tuple(dict(LANGUAGES)))
KIANDA_LOG_LEVEL = env.choice("KIANDA_LOG_LEVEL", "info", ("debug", "info", "warning", "error"))
KIANDA_BUSY_WAIT_S = env.number("KIANDA_BUSY_WAIT_S", 5, least=0)
KIANDA_RETENTION_DAYS = int(env.number("KIANDA_RETENTION_DAYS", 30, least=1, most=36_500))
KIANDA_BULK_PRESS_MOST = int(env.number("KIANDA_BULK_PRESS_MOST", 1000, least=1, most=10_000))

# Whether statements are made anew each time, and each write commits alone: slower, and the same.
KIANDA_PLAIN_ORM = env.flag("KIANDA_PLAIN_ORM", default=False)

data_directory.admit(sys.argv, KIANDA_DATA_DIR, holds_database=EMBEDDED and not DATABASE_URL)

SECRET_KEY = env.kept_key("KIANDA_SECRET_KEY", data_dir=KIANDA_DATA_DIR, embedded=EMBEDDED)
KIANDA_SECRET_KEYS = [
    key.strip()
    for key in env.kept_key(
        "KIANDA_SECRET_KEYS", data_dir=KIANDA_DATA_DIR, embedded=EMBEDDED
    ).split(",")
    if key.strip()
]
DEBUG = False

_public = urlsplit(KIANDA_PUBLIC_URL)
HTTPS = _public.scheme == "https"
ALLOWED_HOSTS = env.words("KIANDA_ALLOWED_HOSTS") or sorted(
    {_public.hostname or "localhost", KIANDA_HOST, "localhost", "127.0.0.1", "[::1]"} - {"0.0.0.0"}  # noqa: S104
)
CSRF_TRUSTED_ORIGINS = [KIANDA_PUBLIC_URL]
SESSION_ENGINE = "kianda.web.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz/", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if KIANDA_TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "js_lib_bootstrap5",
    "django_celery_beat",
    "django_htmx",
    "axes",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "kianda.apps.KiandaConfig",
    "kianda.accounts.apps.AccountsConfig",
    "kianda.mail.apps.MailConfig",
    "kianda.messages.apps.MessagesConfig",
    "datasources.apps.DatasourcesConfig",
    "processes.apps.ProcessesConfig",
    "scheduler.apps.SchedulerConfig",
]

MIDDLEWARE = [
    "kianda.web.middleware.RequestRecord",
    "kianda.web.middleware.TrustedProxies",
    "kianda.web.middleware.RefuseUnreadable",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kianda.web.middleware.SayWhatIsNotAllowed",
    "kianda.web.middleware.SlashAtTheEnd",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kianda.web.sessions.PersonalTime",
    "kianda.web.sessions.PersonalLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "axes.middleware.AxesMiddleware",
    "kianda.web.middleware.SecondFactorFirst",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "kianda.urls"
WSGI_APPLICATION = "kianda.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


DATABASES = {"default": database_of(DATABASE_URL, data_dir=KIANDA_DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "kianda.accounts.authentication.CountsTries",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "kianda.web.error_pages.locked_out"
# TrustedProxies has put the caller's address there.
AXES_CLIENT_IP_CALLABLE = "kianda.web.middleware.client_address"
# Of django-allauth the product takes how a sign-in goes on after the password, second factors,
# single sign-on, addresses that were verified. Its pages are ours, and its limits are not used:
# they stand in a cache, which the processes of one installation do not share.
ACCOUNT_ADAPTER = "kianda.accounts.adapters.AccountAdapter"
ACCOUNT_RATE_LIMITS = False
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_ADAPTER = "kianda.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
# An administrator may have given the address: it need not be verified for a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Clocks of phones are wrong by some seconds.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "kianda.administration.second_factor_forms.SecondFactorForm",
    "reauthenticate": "kianda.administration.second_factor_forms.CodeAgainForm",
    "activate_totp": "kianda.administration.second_factor_forms.AppForm",
    "authenticate_webauthn": "kianda.administration.second_factor_forms.PasskeyStepForm",
    "reauthenticate_webauthn": "kianda.administration.second_factor_forms.PasskeyAgainForm",
    "login_webauthn": "kianda.administration.second_factor_forms.PasskeySignInForm",
    "add_webauthn": "kianda.administration.second_factor_forms.PasskeyForm",
}
SOCIALACCOUNT_ADAPTER = "kianda.accounts.sso.adapter.SingleSignOnAdapter"
# The policy of content lets a form lead to no other host, a link may.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_QUERY_EMAIL = False
CSRF_FAILURE_VIEW = "kianda.web.error_pages.csrf_failed"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = KIANDA_LANGUAGE
TIME_ZONE = "UTC"
USE_I18N = True
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
FORMAT_MODULE_PATH = ["kianda.formats"]

STATIC_URL = "static/"
KIANDA_STATIC_DIR = env.text("KIANDA_STATIC_DIR")
STATIC_ROOT = Path(KIANDA_STATIC_DIR or KIANDA_DATA_DIR / "static").resolve()
# Collected files have their content in their name: a browser keeps them for ever.
WHITENOISE_USE_FINDERS = not KIANDA_STATIC_DIR
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Files that people upload: outside the database, and served by no web server of its own.
    "files": env.storage(
        "KIANDA_FILE_STORAGE",
        {
            "BACKEND": "processes.files.storage.LocalFiles",
            "OPTIONS": {"location": str(KIANDA_FILES_DIR)},
        },
    ),
    "staticfiles": {
        "BACKEND": "kianda.web.static_storage.LastingNames"
        if KIANDA_STATIC_DIR
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 6_000_000
# A form may hold 500 fields, and tables with a thousand cells in sight.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "kianda.accounts.authentication.BearerTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["kianda.accounts.permissions.MayCall"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "kianda.lib.api.strict_json.OneFormat",
    "DEFAULT_RENDERER_CLASSES": ["kianda.lib.api.strict_json.ExactJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kianda.lib.api.strict_json.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "kianda.lib.api.problems.problem_response",
    "DEFAULT_THROTTLE_CLASSES": ["kianda.lib.api.throttling.UserThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "60000/min", "anon": "60/min", "links": "120/min"},
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Kianda, open",
    "DESCRIPTION": (
        "Datasources, process designs, instances, runs and scheduled tasks. "
        "Call it with an API token: `Authorization: Bearer kia_...`."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "/"}],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "kianda.api_docs.openapi.add_problems",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False},
}

# Django's own mails and those of its apps go through the outbox as all others do.
KIANDA_SMTP = env.smtp_account("KIANDA_SMTP_URL")
EMAIL_BACKEND = "kianda.mail.backend.OutboxBackend"

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "").strip()
EMBEDDED_BROKER = not CELERY_BROKER_URL
BROKER_SOCKET = env.broker_socket(KIANDA_DATA_DIR)
if EMBEDDED_BROKER:
    CELERY_BROKER_URL = f"redis+socket://{quote(str(BROKER_SOCKET))}"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULER = "kianda.serve.beat:PlanningScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_BEAT_SYNC_EVERY = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Whoever sends is not kept waiting for a broker that is away: the rows are swept and sent later.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "interval_start": 0.1,
    "interval_step": 0.1,
    "connect_retries_timeout": 0.3,
    # A message that is lost is sent again from its row, so the broker need not keep those that a
    # worker has taken: two round trips for each, a fifth of all that a worker computes.
    "ack_emulation": False,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
DJANGO_CELERY_BEAT_TZ_AWARE = True

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"()": "kianda.ops.logs.formatter"},
    },
    "filters": {"refusals": {"()": "kianda.ops.logs.WithoutTraces"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["refusals"],
            "formatter": "lines",
            "stream": sys.stderr,
        },
    },
    "root": {"handlers": ["stderr"], "level": KIANDA_LOG_LEVEL.upper()},
    # Two lines for each tick of a second would bury what matters.
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("axes", "celery.beat", "celery.worker.strategy", "celery.app.trace")
    },
}
