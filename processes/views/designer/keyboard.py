"""The keyboard map of the designer, as its list of keys shows it."""

from django.utils.translation import gettext_lazy as _

KEYS = (
    (("F6", "Shift F6"), _("next, previous pane: palette, form, properties")),
    (("Tab",), _("into and out of a group; one stop for each group")),
    (("↑", "↓", "←", "→", "Home", "End"), _("move the selection in form, palette, rules, outline")),
    (("Enter",), _("palette: add behind the selection; rule: open its dialog")),
    (("F2",), _("to the properties of the selection")),
    (("A",), _("add here: search fields and rules; Enter adds, Esc returns")),
    (("Alt ↑", "Alt ↓"), _("move the selected field, rule or form")),
    (
        ("Ctrl X", "Ctrl C", "Ctrl V"),
        _("cut, copy, paste; choose another form first to paste there"),
    ),
    (("Ctrl D", "Del"), _("duplicate, delete")),
    (("Space",), _("on a rule: switch it on or off")),
    (("Ctrl Z", "Ctrl Shift Z"), _("undo, redo")),
    (("Ctrl S", "Ctrl Enter"), _("save a version; preview")),
    (("Ctrl Page Up", "Ctrl Page Down"), _("previous, next form")),
    (("Esc",), _("close the menu or dialog, else select the form, then the process")),
    (("?",), _("this list")),
)
