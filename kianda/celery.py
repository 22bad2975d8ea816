"""The Celery application. A queue, never the truth: the database alone can rebuild it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kianda.settings")

app = Celery("kianda")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
