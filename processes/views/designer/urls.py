"""The addresses of the designer, below those of a design."""

from django.urls import URLPattern, path

from processes.views.designer import (
    actions,
    dialogs,
    flow,
    lists,
    pages,
    publishing,
    rights,
    rule_dialog,
    settings,
    settings_parts,
)

_HERE = "designs/<str:name>/designer/"

designer_urlpatterns: list[URLPattern] = [
    path(_HERE, pages.designer, name="designer"),
    path(f"{_HERE}keys/", pages.keys, name="designer-keys"),
    path(f"{_HERE}act/", actions.act, name="designer-act"),
    path(f"{_HERE}settings/", settings.keep, name="designer-settings"),
    path(f"{_HERE}rule/<str:rule_id>/", rule_dialog.rule, name="designer-rule"),
    path(f"{_HERE}parts/<str:part>/", settings_parts.part, name="designer-part"),
    path(f"{_HERE}rights/", rights.rights, name="designer-rights"),
    path(f"{_HERE}flow/", flow.flow, name="designer-flow"),
    path(f"{_HERE}flow.svg", flow.drawing, name="designer-flow-svg"),
    path(f"{_HERE}lists/", lists.lists, name="designer-lists"),
    path(f"{_HERE}delete/", dialogs.delete, name="designer-delete"),
    path(f"{_HERE}uses/", dialogs.uses, name="designer-uses"),
    path(f"{_HERE}move/", dialogs.move, name="designer-move"),
    path(f"{_HERE}type/", dialogs.retype, name="designer-type"),
    path(f"{_HERE}publish/", publishing.publish, name="designer-publish"),
    path(f"{_HERE}preview/", publishing.preview, name="designer-preview"),
    path(f"{_HERE}discard/", publishing.discard, name="designer-discard"),
]
