"""Forms of settings on pages: {% load settings_forms %}{% settings_form form %}.

{% settings_form form %} draws all groups, each to fold; {% setting form "title" %} one control.
"""

from typing import Any

from django import template

from processes.designer.settings_forms.form import SettingsForm

register = template.Library()


@register.inclusion_tag("settings_forms/_groups.html", takes_context=True)
def settings_form(context: Any, form: SettingsForm, open_groups: str = "main") -> dict[str, Any]:
    """Draw all settings of a form in groups that fold; those named in `open_groups` are open."""
    return {"form": form, "open": open_groups.split(), "request": context.get("request")}


@register.inclusion_tag("settings_forms/_rule.html", takes_context=True)
def rule_settings(context: Any, form: SettingsForm) -> dict[str, Any]:
    """Draw all settings of a rule: what is short at the left, mappings and conditions beside it."""
    return {"form": form, "request": context.get("request")}


@register.inclusion_tag("settings_forms/_one.html", takes_context=True)
def setting(context: Any, form: SettingsForm, name: str) -> dict[str, Any]:
    """Draw one setting of a form; nothing when the kind does not have it."""
    return {"form": form, "control": form.control(name), "request": context.get("request")}
