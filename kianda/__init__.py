"""The project package; Celery's application is loaded with it."""

from kianda.celery import app as celery_app

__all__ = ("celery_app",)
