"""Field group: fields that belong together, without a frame."""

from typing import Literal

from kianda.lib.i18n import gettext_noop
from processes.fields.base import Container


class FieldGroup(Container):
    """Groups fields under one title, without a frame: an address, or a from and a to.

    Screen readers announce its title with each of its fields.
    """

    label = gettext_noop("Field group")
    kind_icon = "collection"

    type: Literal["field_group"] = "field_group"
