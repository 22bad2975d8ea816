"""Panel: fields under a heading of their own."""

from typing import Literal

from pydantic import Field, StrictBool

from kianda.lib.i18n import gettext_noop
from processes.fields.base import Container


class Panel(Container):
    """Keeps fields together in a frame with a heading.

    A panel that is hidden hides what stands in it; one that is not enabled lets nobody change or
    press it. The values of its fields are kept either way.
    """

    label = gettext_noop("Panel")
    icon = "window"

    type: Literal["panel"] = "panel"
    show_title: StrictBool = Field(
        default=True,
        title=gettext_noop("Show title"),
        description=gettext_noop("Whether its title stands above what is in it."),
        json_schema_extra={"control": "switch"},
    )
    collapsible: StrictBool = Field(
        default=False,
        title=gettext_noop("Collapsible"),
        description=gettext_noop("Whether a person can fold it to its title."),
        json_schema_extra={"control": "switch"},
    )
    collapsed: StrictBool = Field(
        default=False,
        title=gettext_noop("Folded at first"),
        description=gettext_noop("Whether a collapsible panel is folded when the form is opened."),
        json_schema_extra={"control": "switch"},
    )
