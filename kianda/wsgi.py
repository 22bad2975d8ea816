"""The WSGI application that the web processes serve."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kianda.settings")

pages = get_wsgi_application()

from kianda.web.token_calls import TokenCalls, by_two_ways  # noqa: E402 - the apps are ready now

application = by_two_ways(pages, TokenCalls())
