"""Toggle: yes or no."""

from datetime import tzinfo
from typing import Any, Literal

from pydantic import Field

from kianda.lib.i18n import gettext_noop
from processes.fields.base import ANY_VALUE, InputField, Written
from processes.language.scope import ListedAs
from processes.language.setting_types import DefaultValue
from processes.language.values import Value, to_toggle


class Toggle(InputField):
    """Holds yes or no, and nothing until it is set.

    true, false, 1, 0, yes and no are accepted.
    """

    label = gettext_noop("Toggle")
    kind_icon = "toggle-on"
    look = "toggle"
    in_table = True
    needs_words = True
    operators = ANY_VALUE

    type: Literal["toggle"] = "toggle"
    on_text: str = Field(
        default="Yes",
        max_length=50,
        title=gettext_noop("Text for yes"),
        description=gettext_noop("Shown beside it when it is on."),
        json_schema_extra={"control": "text"},
    )
    off_text: str = Field(
        default="No",
        max_length=50,
        title=gettext_noop("Text for no"),
        description=gettext_noop("Shown beside it when it is off."),
        json_schema_extra={"control": "text"},
    )
    default: DefaultValue = None

    @property
    def listed_as(self) -> ListedAs:
        """Return as what lists of records filter and sort by it."""
        return "yes_no"

    def to_python(self, raw: object) -> Value:
        """Return a boolean, or a word for it, as a boolean."""
        return to_toggle(raw)

    def from_control(self, written: Written, *, zone: tzinfo) -> Any:
        """Return nothing when nothing is chosen."""
        return written or None

    def control_in_words(self, written: Written) -> str:
        """Return the text for yes or no."""
        return {"true": self.on_text, "false": self.off_text}.get(str(written), "")

    @classmethod
    def default_from(cls, text: str) -> Any:
        """Return yes or no when it is a word for it."""
        return {"true": True, "false": False}.get(text.strip().lower(), text)

    def shown(self, value: Value) -> str:
        """Return the text for yes or no."""
        if value is None:
            return ""
        return self.on_text if value else self.off_text
