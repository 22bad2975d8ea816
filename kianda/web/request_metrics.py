"""Counters of the web processes, kept in files so that any of them can show the sum of all."""

import os

from django.conf import settings

FOLDER = settings.KIANDA_DATA_DIR / "metrics"
FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
# The library reads this when it is imported, and then keeps its values in files of that folder.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(FOLDER)

from prometheus_client import Histogram  # noqa: E402

REQUEST_SECONDS = Histogram(
    "kianda_request_seconds",
    "Requests of the web server by method and kind of answer, with their duration.",
    ["method", "status"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=None,
)
