"""Signs of life of the product's parts, by which its health is told."""

import os
import socket
from datetime import datetime, timedelta

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
        Heartbeat.objects.filter(at__lt=moment - FORGOTTEN_AFTER).delete()
