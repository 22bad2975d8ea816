"""The worker's door to daily summaries."""

from celery import shared_task
from django.utils import timezone

from kianda.messages.mails import send_summaries


@shared_task(name="kianda.messages.summaries")
def summaries() -> None:
    """Plan the daily summaries that are due."""
    send_summaries(timezone.now())
