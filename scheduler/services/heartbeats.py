"""Signs of life of the product's parts, by which its health is told."""

import os
import socket
from datetime import datetime, timedelta

from scheduler.models import Heartbeat

FORGOTTEN_AFTER = timedelta(hours=1)


def stamp(part: str, moment: datetime) -> None:
    """Write that this process, as a part of the product, is alive."""
    name = f"{socket.gethostname()[:100]} {os.getpid()}"
    if not Heartbeat.objects.filter(part=part, name=name).update(at=moment):
        Heartbeat.objects.update_or_create(part=part, name=name, defaults={"at": moment})
        Heartbeat.objects.filter(at__lt=moment - FORGOTTEN_AFTER).delete()
