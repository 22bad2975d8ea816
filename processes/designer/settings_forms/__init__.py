"""Forms of settings, made from the typed models: properties of fields, dialogs of rules."""

from processes.designer.settings_forms.form import (
    SettingsForm,
    changed_settings,
    flaws_within,
    read_settings,
    settings_form,
)

__all__ = ["SettingsForm", "changed_settings", "flaws_within", "read_settings", "settings_form"]
