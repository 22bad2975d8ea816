"""Every address of the product."""

import importlib
import importlib.util
from typing import Any

from django.contrib import admin
from django.urls import include, path

from kianda import health, views
from kianda.metrics import metrics
from kianda.schema import DocsView, SchemaView


def _of(module: str, name: str = "api_urlpatterns") -> list[Any]:
    if importlib.util.find_spec(module) is None:
        return []
    return list(getattr(importlib.import_module(module), name))


api: list[Any] = [*_of("datasources.urls"), *_of("processes.urls"), *_of("scheduler.urls")]
hook_urlpatterns = _of("scheduler.urls", "hook_urlpatterns")

urlpatterns = [
    path("", views.start, name="start"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.SignOut.as_view(), name="sign-out"),
    path("password/", views.ChangePassword.as_view(), name="change-password"),
    path("api/v1/", include(api)),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="api-docs"),
    path("hooks/", include(hook_urlpatterns)),
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
    path("healthz/full", health.full),
    path("metrics", metrics),
    path("django-admin/", admin.site.urls),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.failed
