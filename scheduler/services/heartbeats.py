"""Signs of life of the product's parts, by which its health is told."""

import os
import socket
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from processes.instances.leases import APART
from scheduler.models import Heartbeat

FORGOTTEN_AFTER = timedelta(hours=1)


def name_of(host: str) -> str:
    """Return how the names of the processes of a host begin."""
    return f"{host[:100]} "


def stamp(part: str, moment: datetime) -> None:
    """Write that this process, as a part of the product, is alive."""
    name = f"{name_of(socket.gethostname())}{os.getpid()}"
    if not Heartbeat.objects.filter(part=part, name=name).update(at=moment):
        Heartbeat.objects.update_or_create(part=part, name=name, defaults={"at": moment})
        old = Q(at__lt=moment - FORGOTTEN_AFTER) | Q(at__gt=moment + FORGOTTEN_AFTER)
        Heartbeat.objects.filter(old).delete()


def told_by(moment: datetime) -> QuerySet[Heartbeat]:
    """Return the signs of life up to now: one of the future is of before the clock was put back."""
    return Heartbeat.objects.filter(at__lte=moment + APART)
