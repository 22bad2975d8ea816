"""What the dialogs say: groups of settings, and choices as sentences."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from kianda.lib.pointers import models_in
from processes.designer.settings_forms.icon_names import ICON_NAMES
from processes.language.labels import setting_in_words

Words = str | Promise

# Key, title. Settings of a group stand together; what names no group stands in the first.
GROUPS: Mapping[str, Words] = {
    "main": _("Properties"),
    "source": _("Data source"),
    "mapping": _("Mapping"),
    "checks": _("Checks"),
    "records": _("Records"),
    "look": _("Layout"),
    "rights": _("Rights"),
    "when": _("Conditions"),
    "failure": _("When it fails"),
}
GROUP_OF: Mapping[str, str] = {
    "datasource": "source", "method": "source",
    "required": "checks", "max_length": "checks", "pattern": "checks", "min": "checks",
    "max": "checks", "decimals": "checks",
    "visible": "look", "enabled": "look", "width": "look", "width_phone": "look",
    "collapsible": "look", "collapsed": "look", "show_title": "look", "display_as": "look",
    "style": "look", "place": "look",
    "see": "rights", "edit": "rights", "press": "rights",
    "conditions": "when",
    "on_failure": "failure", "on_none": "failure", "on_row_failure": "failure",
}  # fmt: skip
GROUP_OF_CONTROL: Mapping[str, str] = {
    "assignments": "mapping", "input_mapping": "mapping", "success_mapping": "mapping",
    "error_mapping": "mapping", "item_filter": "mapping",
}  # fmt: skip

# A setting and one of its choices: what it is called, and what follows from it.
CHOICES: Mapping[tuple[str, str], tuple[Words, Words]] = {
    ("on_failure", ""): (
        _("Automatic (recommended)"),
        _("Roll back and stop when something is mapped under On error, otherwise stop."),
    ),
    ("on_failure", "stop"): (_("Stop"), _("The run fails; nothing unsaved is stored.")),
    ("on_failure", "undo"): (
        _("Roll back and stop"),
        _("Unsaved changes of this run are dropped. On error is stored; the run fails."),
    ),
    ("on_failure", "continue"): (
        _("Continue with the next rule"), _("Changes stay. Then On error is applied."),
    ),
    ("on_none", "fail"): (_("The step fails"), _("It counts as not found.")),
    ("on_none", "continue"): (_("Continue with the next rule"), _("The fields keep their values.")),
    ("matches", "one"): (_("One"), _("More than one match counts as a failure.")),
    ("matches", "all"): (_("All matches"), ""),
    ("property", "username"): (_("User name"), ""), ("property", "email"): (_("Email"), ""),
    ("several", "fail"): (_("The step fails"), _("It counts as a wrong value.")),
    ("several", "first"): (_("The first one"), _("By user name.")),
    ("several", "all"): (_("All of them"), _("Into a field that allows more than one user.")),
    ("operator", "eq"): (_("Is"), ""), ("operator", "contains"): (_("Contains"), ""),
    ("lookup", "new"): (_("Create a new record"), ""),
    ("lookup", "existing"): (_("Use the one with the Process ID"), ""),
    ("existing", "override"): (_("Are replaced"), ""),
    ("existing", "append"): (_("Stay"), ""),
    ("existing", "reset"): (_("As in the design"), ""),
    ("on_row_failure", "stop"): (_("The run ends"), _("Later rows are not processed.")),
    ("on_row_failure", "continue"): (_("Continue with the next row"), _("The error is counted.")),
    ("action", "hide"): (_("Hide"), ""), ("action", "show"): (_("Show"), ""),
    ("action", "disable"): (_("Disable"), ""), ("action", "enable"): (_("Enable"), ""),
    ("action", "toggle_visible"): (_("Toggle visible"), ""),
    ("action", "toggle_enabled"): (_("Toggle enabled"), ""),
    ("action", "hide_and_clear"): (_("Hide and clear"), ""),
    ("action", "required"): (_("Required"), ""),
    ("action", "not_required"): (_("Not required"), ""),
    ("action", "toggle"): (_("Toggle required"), ""),
    ("mode", "auto"): (
        _("Automatic"), _("Editable for its owners while it is open."),
    ),
    ("mode", "edit"): (_("Editable"), ""),
    ("mode", "read"): (_("Read-only"), _("Nothing can be changed there.")),
    ("if_missing", "fail"): (_("fail"), ""),
    ("if_missing", "keep"): (_("keep"), ""),
    ("if_missing", "clear"): (_("clear"), ""),
    ("mode", "line"): (_("One line"), ""),
    ("mode", "long"): (_("Multiple lines"), ""),
    ("mode", "email"): (_("Email address"), ""),
    ("mode", "url"): (_("Web address"), ""),
    ("mode", "date"): (_("Date"), ""),
    ("mode", "datetime"): (_("Date and time"), ""),
    ("mode", "time"): (_("Time"), ""),
    ("menu_when", "always"): (_("Always"), ""),
    ("menu_when", "open"): (_("While the form is open"), ""),
    ("menu_when", "completed"): (_("Once the form is completed"), ""),
    ("style", ""): (_("Automatic"), ""), ("style", "primary"): (_("Main button"), ""),
    ("style", "plain"): (_("Plain"), ""), ("style", "danger"): (_("Warning"), ""),
    ("place", "body"): (_("Among the fields"), ""),
    ("place", "footer"): (_("In the bar at the end of the form"), ""),
    ("meaning", "waiting"): (_("Waiting for someone"), ""),
    ("meaning", "good"): (_("Ended well"), ""), ("meaning", "bad"): (_("Ended badly"), ""),
    ("meaning", "attention"): (_("Needs attention"), ""),
    ("meaning", "neutral"): (_("Neutral"), ""),
    ("choose", "users"): (_("People"), ""),
    ("choose", "groups"): (_("Groups"), ""),
    ("choose", "both"): (_("People and groups"), ""),
    ("display_as", "dropdown"): (_("Drop-down"), ""),
    ("display_as", "options"): (_("All choices side by side"), ""),
    **{("icon", name): (title, "") for name, title in ICON_NAMES.items()},
}  # fmt: skip

TITLES: Mapping[str, Words] = {
    "datasource": _("Data source"),
    "on_failure": _("If the call fails"),
    "input_mapping": _("Input mapping"),
    "on_success": _("On success"),
    "on_error": _("On error"),
    "id": _("Unique name"),
    "name": _("Unique name"),
}
# Where the choices or the place say it better than the model's text.
HELP: Mapping[str, Words] = {
    "on_failure": "", "on_none": "", "on_row_failure": "", "lookup": "", "several": "",
    "existing": "", "matches": "", "datasource": "", "method": "", "conditions": "",
    "sort": _("If empty: newest first."),
    "input_mapping": _("fields go into the request"),
    "on_success": _("the response goes into fields"),
    "on_error": _("the error goes into fields"),
    "choices": _(
        "One choice per line. To show a label, write value | label: de | Germany. Without choices "
        "any text can be entered."),
}  # fmt: skip


def choice_words(setting: str, choice: str) -> tuple[Words, Words]:
    """Return what a choice is called, and what follows from it."""
    plain = choice.replace("_", " ")
    return CHOICES.get((setting, choice), (plain[:1].upper() + plain[1:] or "\u2013", ""))


def group_of(setting: str, control: str, wanted: object = None) -> str:
    """Return the group of a setting."""
    if isinstance(wanted, str) and wanted in GROUPS:
        return wanted
    return GROUP_OF_CONTROL.get(control) or GROUP_OF.get(setting, "main")


def setting_at(kind: Any, place: str) -> str:
    """Return what the setting at a place in a piece is called, from the outside in.

    Of `/assignments/0/value` that is the mapping and its column; of a place that is none, nothing.
    """
    told: list[str] = []
    found = models_in(kind)
    for part in place.split("/")[1:]:
        if part.isdecimal():
            continue
        holder = next((one for one in found if part in one.model_fields), None)
        if holder is None:
            break
        told.append(str(TITLES.get(part, capfirst(setting_in_words(part, holder)))))
        found = models_in(holder.model_fields[part].annotation)
    return " \u203a ".join(told)
