"""Link: leads to an address."""

import re
from typing import Literal

from pydantic import Field, StrictBool

from kianda.lib.i18n import gettext_noop
from processes.fields.base import ACTIONS, LayoutField
from processes.language.expressions import Resolve, Template
from processes.language.setting_types import TextValue
from processes.language.values import ValueFailure, as_text

# A page of this product, or an address of a kind that runs nothing.
_SAFE = re.compile(r"(?:https?://|mailto:|tel:|/(?!/))[^\s\x00-\x1f\\]*\Z", re.IGNORECASE)


class Link(LayoutField):
    """Links to a web address, which can contain fields: https://example.org/[order].

    http, https, mailto and tel work, and addresses within Kianda, which start with one /. While the
    address is none of these, the title is shown without a link.
    """

    label = gettext_noop("Link")
    category = ACTIONS
    kind_icon = "link-45deg"

    type: Literal["link"] = "link"
    url: TextValue = Field(
        default="",
        max_length=2_000,
        title=gettext_noop("Address"),
        description=gettext_noop("Where it leads: text with [fields] in it, or a formula."),
        json_schema_extra={"control": "value"},
    )
    new_tab: StrictBool = Field(
        default=False,
        title=gettext_noop("New tab"),
        description=gettext_noop("Whether it opens in a new tab."),
        json_schema_extra={"control": "switch"},
    )

    def content(self, resolve: Resolve) -> str:
        """Return where it leads; nothing while that cannot be told."""
        try:
            return self.address(resolve)
        except ValueFailure:
            return ""

    def address(self, resolve: Resolve) -> str:
        """Return where it leads; nothing while that is no address. Raises ValueFailure."""
        address = as_text(Template.parse(self.url).evaluate(resolve)).strip()
        return address if _SAFE.match(address) else ""
