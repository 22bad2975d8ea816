"""Secret: text that is encrypted where it is stored and masked where it is shown."""

from typing import Literal

from kianda.lib.i18n import gettext_noop
from kianda.lib.secret_names import MASK
from processes.fields.base import ANY_VALUE, InputField
from processes.language.values import Value, to_text


class Secret(InputField):
    """Holds a password, key or token.

    It is stored encrypted, and shown as ******** when it is set. It can go only into input mappings
    and other secret fields. Conditions can check whether it is blank, and compare it with another
    secret field. It has no default.
    """

    label = gettext_noop("Secret")
    kind_icon = "lock"
    look = "secret"
    is_secret = True
    holds_text = True
    operators = ANY_VALUE

    type: Literal["secret"] = "secret"

    def empty(self) -> Value:
        """Return the empty text."""
        return ""

    def to_python(self, raw: object) -> Value:
        """Return anything as text."""
        return to_text(raw)

    def shown(self, value: Value) -> str:
        """Return the mask, or nothing when nothing is set."""
        return MASK if value else ""
