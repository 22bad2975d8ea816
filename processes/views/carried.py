"""What rules have set, and no rule has saved, goes to the page and comes back with its form.

It is signed: a field, or a column of a table, that is switched off for a person takes what rules
have made of it, and nothing that somebody has written into the page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.core import signing

from processes.models import ProcessInstance

_SALT = "what rules have left"


@dataclass(frozen=True)
class Left:
    """What rules have set where nobody can type, as JSON."""

    # By field.
    fields: Mapping[str, Any] = field(default_factory=dict)
    # By table, by row, by column.
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)


def sealed(left: Left, instance: ProcessInstance, user: User) -> str:
    """Return it as a text that only this product makes; empty for nothing."""
    if not left.fields and not left.rows:
        return ""
    return signing.dumps([instance.pk, user.pk, left.fields, left.rows], salt=_SALT, compress=True)


def unsealed(text: str, instance: ProcessInstance, user: User) -> Left:
    """Return what was sealed; nothing when the text is not ours, or is about something else."""
    if not text:
        return Left()
    try:
        about, whose, fields, rows = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError):
        return Left()
    return Left(fields, rows) if (about, whose) == (instance.pk, user.pk) else Left()
