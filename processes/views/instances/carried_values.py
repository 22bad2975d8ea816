"""What rules have made of a page, and nothing stores, goes to it and comes back with its form.

Values are encrypted: a field, or a column of a table, that is switched off for a person takes what
rules have made of it, and nothing that somebody has written into the page; and whoever does not see
a field does not read it there either. How fields and forms are shown is signed, and good for hours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core import signing
from django.utils import timezone
from django.utils.translation import gettext as _

from kianda.lib.errors import Conflict
from kianda.lib.secrets import WrongKeyRing, decrypt, encrypt
from processes.engine.display_modes import DisplayModes

_PURPOSE = "what rules have left"
_VIEW_SALT = "how rules let a page show"
# How long a page is good that a rule has opened for editing: a working day.
VIEW_LASTS = timedelta(hours=8)


@dataclass(frozen=True)
class CarriedValues:
    """What rules have set where nobody can type, as JSON."""

    # By field.
    fields: Mapping[str, Any] = field(default_factory=dict)
    # By table, by row, by column.
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    # What rules show and require, of a form that has no instance yet to keep it.
    display: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)
    # How rules let such a form show its fields: that is not stored with it.
    modes: Mapping[str, str] = field(default_factory=dict)
    # Which forms were open then: what rules have set on others is taken back only while they are.
    open_forms: Sequence[str] = ()


def sealed(left: CarriedValues, *, about: str, user: User | None) -> str:
    """Return it as a text that only this product makes; empty for nothing.

    `about` says what it belongs to: there alone it is taken back, and of this person alone.
    """
    if not (left.fields or left.rows or left.display or left.modes):
        return ""
    return encrypt(
        [
            about, _key_of(user), left.fields, left.rows, left.display, left.modes,
            list(left.open_forms),
        ],
        purpose=_PURPOSE,
    )  # fmt: skip


def unsealed(text: str, *, about: str, user: User | None) -> CarriedValues:
    """Return what was sealed; nothing when the text is not ours, or is about something else."""
    if not text:
        return CarriedValues()
    try:
        known, whose, *kept = decrypt(text, purpose=_PURPOSE)
        left = CarriedValues(*kept)
    except (WrongKeyRing, ValueError, TypeError):
        return CarriedValues()
    return left if (known, whose) == (about, _key_of(user)) else CarriedValues()


def signed_view(modes: DisplayModes, *, about: str, user: User | None) -> str:
    """Return how a page shows its fields as a text that only this product makes; empty for usual.

    `about` says which page it is: there alone, and from this person alone, it is taken back.
    """
    if not modes.modes:
        return ""
    until = modes.until or int((timezone.now() + VIEW_LASTS).timestamp())
    known = [about, _key_of(user), until, *modes.as_json()]
    return signing.dumps(known, salt=_VIEW_SALT, compress=True)


def view_of(text: str, *, about: str, user: User | None) -> DisplayModes:
    """Return what was signed; raises Conflict for what is not ours, somebody else's, or too old."""
    try:
        known, whose, until, modes, forms = signing.loads(text, salt=_VIEW_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        known, whose, until, modes, forms = "", None, 0, {}, {}
    if (known, whose) != (about, _key_of(user)):
        raise Conflict(
            _("This page is no longer open for editing. Reload it, then select the button "
              "that opens it.")
        )  # fmt: skip
    if until < timezone.now().timestamp():
        raise Conflict(
            _("Editing was open for 8 hours and has ended. Select the "
              "button that opens it again.")
        )  # fmt: skip
    return DisplayModes(modes, forms, until)


def _key_of(user: User | None) -> int | None:
    return user.pk if user is not None else None
