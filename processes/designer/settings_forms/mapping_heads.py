"""What stands above the columns of a mapping."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from processes.designer.settings_forms.labels import Words


class Heads(NamedTuple):
    """The heads of one mapping's columns."""

    left: Words
    arrow: Words
    right: Words
    sample: Words
    choice: Words = ""


_FROM = _("comes from")
HEADS: Mapping[str, Heads] = {
    "assignments": Heads(_("Form field"), _FROM, _("Form field or text"), _("Value")),
    "input_mapping": Heads(
        _("Form field or text"), _("goes to"), _("Data source field"), _("Value")
    ),
    "success_mapping": Heads(
        _("Form field"), _FROM, _("Answer field or text"), _("Value in the last response"),
        _("If missing"),
    ),
    "error_mapping": Heads(_("Form field"), _FROM, _("Error or text"), _("Last error")),
}  # fmt: skip
OTHER = Heads(
    _("Form field or text"), _("goes to"), _("Field of the other process"), _("Value")
)  # fmt: skip
CHOOSING = Heads(_("Field"), "", "", "", _("Action"))
STATUSES = Heads(_("Status"), "", "", "", _("Meaning"))
TOTALS = Heads(_("Column"), "", "", "", _("Calculation"))
PROPERTIES = Heads(_("Field"), "", "", "", _("Property"))
OF_INSTANCE = frozenset({"assignments", "input_mapping", "rows"})


def heads_of(control: str, columns: frozenset[str], *, instance: str = "") -> Heads:
    """Return the heads of a mapping; the column of values says whose they are."""
    found = HEADS.get(control, OTHER)
    if "meaning" in columns:
        return STATUSES
    if "calculate" in columns:
        return TOTALS
    if "property" in columns:
        # What is known of a person goes into a field, or gets a value.
        found = PROPERTIES._replace(left=OTHER.left, sample=OTHER.sample)
        if "value" not in columns:
            return PROPERTIES
    elif "value" not in columns:
        return CHOOSING
    if instance and control in OF_INSTANCE:
        return found._replace(sample=_("Value in %(id)s") % {"id": instance})
    return found
