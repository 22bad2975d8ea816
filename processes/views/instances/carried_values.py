"""What rules have set, and no rule has saved, goes to the page and comes back with its form.

It is encrypted: a field, or a column of a table, that is switched off for a person takes what rules
have made of it, and nothing that somebody has written into the page; and whoever does not see a
field does not read it there either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User

from kianda.lib.secrets import WrongKeyRing, decrypt, encrypt

_SALT = "what rules have left"


@dataclass(frozen=True)
class CarriedValues:
    """What rules have set where nobody can type, as JSON."""

    # By field.
    fields: Mapping[str, Any] = field(default_factory=dict)
    # By table, by row, by column.
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    # What rules show and require, of a form that has no instance yet to keep it.
    display: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    # Which forms were open then: what rules have set on others is taken back only while they are.
    open_forms: Sequence[str] = ()


def sealed(left: CarriedValues, *, about: str, user: User | None) -> str:
    """Return it as a text that only this product makes; empty for nothing.

    `about` says what it belongs to: there alone it is taken back, and of this person alone.
    """
    if not (left.fields or left.rows or left.display):
        return ""
    return encrypt(
        [_SALT, about, _key_of(user), left.fields, left.rows, left.display, list(left.open_forms)]
    )


def unsealed(text: str, *, about: str, user: User | None) -> CarriedValues:
    """Return what was sealed; nothing when the text is not ours, or is about something else."""
    if not text:
        return CarriedValues()
    try:
        salt, known, whose, fields, rows, display, open_forms = decrypt(text)
    except (WrongKeyRing, ValueError):
        return CarriedValues()
    return (
        CarriedValues(fields, rows, display, open_forms)
        if (salt, known, whose) == (_SALT, about, _key_of(user))
        else CarriedValues()
    )


def _key_of(user: User | None) -> int | None:
    return user.pk if user is not None else None
