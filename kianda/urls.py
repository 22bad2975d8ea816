"""Every address of the product."""

from typing import Any

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from datasources.urls import api_urlpatterns as datasources_api
from datasources.urls import page_urlpatterns as datasources_pages
from kianda.administration import sign_in
from kianda.administration.api.index import Index
from kianda.administration.urls import api_urlpatterns as accounts_api
from kianda.administration.urls import page_urlpatterns as accounts_pages
from kianda.api_docs.openapi import DocsView, SchemaView
from kianda.home import search, start, system
from kianda.ops import health
from kianda.ops.metrics import metrics
from kianda.web import error_pages
from processes.urls import api_urlpatterns as processes_api
from processes.urls import page_urlpatterns as processes_pages
from scheduler.urls import api_urlpatterns as scheduler_api
from scheduler.urls import hook_urlpatterns
from scheduler.urls import page_urlpatterns as scheduler_pages

api: list[Any] = [*processes_api, *datasources_api, *scheduler_api, *accounts_api]
# The gallery of templates stands among the designs, whose names match every address below it.
pages: list[Any] = [*accounts_pages, *datasources_pages, *scheduler_pages, *processes_pages]

urlpatterns = [
    # First, for the patterns are tried in order: what integrations call most, and no page is below.
    path("api/v1/", include(api)),
    path("api/v1/", Index.as_view(patterns=api)),
    path("", start.start, name="start"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign-out"),
    # The name by which django-allauth knows it.
    path("sign-in/", sign_in.SignIn.as_view(), name="account_login"),
    path("password/", sign_in.ChangePassword.as_view(), name="change-password"),
    path("password/forgotten/", sign_in.Forgotten.as_view(), name="password-forgotten"),
    path("sign-in/again/", sign_in.sign_in_again, name="sign-in-again"),
    path("password/again/", sign_in.PasswordAgain.as_view(), name="account_reauthenticate"),
    path("search/", search.search, name="search"),
    path("system/", system.system, name="system"),
    path("", include(pages)),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", DocsView.as_view(), name="api-docs"),
    path("hooks/", include(hook_urlpatterns)),
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
    path("healthz/full", health.full),
    path("metrics", metrics),
    # Its pages for these look at a password too; ours count the wrong ones, and ask for more.
    path("django-admin/login/", RedirectView.as_view(pattern_name="sign-in", query_string=True)),
    path("django-admin/password_change/", RedirectView.as_view(pattern_name="change-password")),
    path("django-admin/", admin.site.urls),
]

handler400 = error_pages.bad_request
handler403 = error_pages.forbidden
handler404 = error_pages.not_found
handler500 = error_pages.failed
