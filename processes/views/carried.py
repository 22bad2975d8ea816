"""What rules have set, and no rule has saved, goes to the page and comes back with its form.

It is signed: a field that is switched off for a person takes what rules have made of it, and
nothing that somebody has written into the page.
"""

from typing import Any

from django.contrib.auth.models import User
from django.core import signing

from processes.models import ProcessInstance

_SALT = "what rules have left"


def sealed(left: dict[str, Any], instance: ProcessInstance, user: User) -> str:
    """Return the values as a text that only this product makes; empty for none."""
    if not left:
        return ""
    return signing.dumps([instance.pk, user.pk, left], salt=_SALT, compress=True)


def unsealed(text: str, instance: ProcessInstance, user: User) -> dict[str, Any]:
    """Return the values of a sealed text; none when it is not ours, or is about something else."""
    if not text:
        return {}
    try:
        about, whose, left = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return {}
    return dict(left) if (about, whose) == (instance.pk, user.pk) else {}
