"""The project package; Celery's application is loaded with it."""

import gc

# Whatever the imports make stays. To look through it for garbage, again and again, took a sixth of
# the time of a start; `KiandaConfig.ready` sets what there is by then aside, and begins to look.
gc.disable()

from kianda.celery import app as celery_app  # noqa: E402 - see above

__all__ = ("celery_app",)
