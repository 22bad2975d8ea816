"""Signature: drawn or typed on the form, kept as a picture that says whose it is, and when."""

from typing import ClassVar, Literal

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.fields.files import FilesField


class Signature(FilesField):
    """A signature: drawn with a finger, a pen or the mouse, or typed on the keyboard.

    It is stored as a picture. Its name says who signed and when: the person who is signed in, by
    the clock of the server. No other file can be put there, and rules copy only other signatures.
    """

    label = gettext_noop("Signature")
    kind_icon = "pen"
    look = "file"
    takes_any: ClassVar[bool] = False

    type: Literal["signature"] = "signature"

    @property
    def largest_mb(self) -> int | None:
        """Return how large it can be: a drawing is small."""
        return 1

    @property
    def kinds(self) -> str:
        """Return the only kind that it is."""
        return "image/png"

    def name_of_upload(self, name: str, *, by: str, moment: str) -> str:
        """Return a name that says who signs, and when; what a browser calls it does not count."""
        said = {"name": by, "moment": moment}
        if not by:
            return _("Signature, %(moment)s.png") % said
        return _("Signature of %(name)s, %(moment)s.png") % said
