"""The addresses of the pages of accounts."""

from django.urls import path

from kianda.accounts.views import profile

page_urlpatterns = [
    path("profile/", profile.profile, name="profile"),
]
