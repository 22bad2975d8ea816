"""Panel: fields under a heading of their own."""

from typing import Literal

from pydantic import Field, StrictBool

from kianda.lib.i18n import gettext_noop
from processes.fields.base import Container


class Panel(Container):
    """Groups fields in a frame with a heading.

    A hidden panel hides its content; in a disabled panel nothing can be changed or used. Its fields
    keep their values either way.
    """

    label = gettext_noop("Panel")
    kind_icon = "window"

    type: Literal["panel"] = "panel"
    show_title: StrictBool = Field(
        default=True,
        title=gettext_noop("Show title"),
        description=gettext_noop("Whether its title is shown."),
        json_schema_extra={"control": "switch"},
    )
    collapsible: StrictBool = Field(
        default=False,
        title=gettext_noop("Collapsible"),
        description=gettext_noop("Whether people can collapse it to its title."),
        json_schema_extra={"control": "switch"},
    )
    collapsed: StrictBool = Field(
        default=False,
        title=gettext_noop("Collapsed at first"),
        description=gettext_noop(
            "Whether a collapsible panel is collapsed when the form is opened."
        ),
        json_schema_extra={"control": "switch"},
    )
