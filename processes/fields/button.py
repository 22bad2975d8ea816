"""Button: runs its rules when it is pressed."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationInfo,
    model_validator,
)

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.fields.base import ACTIONS, FormField
from processes.fields.icons import Icon
from processes.language.people_refs import MOST, Refs
from processes.language.references import check_field_name, flaw, names_in

# What `place` was called in definitions of before.
PLACE_BEFORE = "where"


def _asked(name: str, info: ValidationInfo) -> str:
    names = names_in(info)
    if not name or names is None:
        return name
    kind = names.fields.get(check_field_name(name, info))
    if kind is None or not kind.holds_text or kind.is_secret:
        words = _("%(name)s is no text that can be asked for. Choose a text field of the form.")
        raise flaw(words % {"name": name})
    return name


class QuickPress(BaseModel):
    """How a button is pressed from a list: at once, or after a text was asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: Annotated[str, AfterValidator(_asked)] = Field(
        default="",
        title=gettext_noop("Ask for"),
        description=gettext_noop(
            "A text field of the same form, such as the reason. If empty, one press is enough."
        ),
        json_schema_extra={"control": "field"},
    )
    required: StrictBool = Field(
        default=False,
        title=gettext_noop("The text is required"),
        description=gettext_noop("No one can press the button without it, on the form either."),
        json_schema_extra={"control": "switch"},
    )


class Button(FormField):
    """Runs its rules, in their order, when someone selects it or a scheduled task runs it.

    It has no value.
    """

    label = gettext_noop("Button")
    category = ACTIONS
    kind_icon = "hand-index"
    look = "button"
    is_button = True

    type: Literal["button"] = "button"
    style: Literal["", "primary", "plain", "danger"] = Field(
        default="",
        title=gettext_noop("Style"),
        description=gettext_noop(
            "If empty, the button that submits the form is the main one. A form "
            "shows one main button, the first."
        ),
        json_schema_extra={"control": "select"},
    )
    icon: Icon = Field(
        default="",
        title=gettext_noop("Icon"),
        description=gettext_noop("Shown before its title."),
        json_schema_extra={"control": "select", "group": "look"},
    )
    place: Literal["body", "footer"] = Field(
        default="body",
        title=gettext_noop("Place"),
        description=gettext_noop("Among the fields of the form, or in the bar at its end."),
        json_schema_extra={"control": "select", "before": PLACE_BEFORE},
    )
    quick: QuickPress | None = Field(
        default=None,
        title=gettext_noop("Offer in lists"),
        description=gettext_noop(
            "People press it on Home and in My work too, while the form is open and they may."
        ),
        json_schema_extra={"control": "optional_parts", "group": "look"},
    )
    show_in_display_mode: StrictBool = Field(
        default=False,
        title=gettext_noop("Show in display mode"),
        description=gettext_noop(
            "Whether it can also be used while its form is not open: before its turn, and after "
            "it was submitted."
        ),
        json_schema_extra={"control": "switch"},
    )
    press: Refs = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("Who can use it"),
        description=gettext_noop("People and groups. If empty, everyone who fills in the form."),
        json_schema_extra={"control": "refs"},
    )
    menu: Refs = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("Quick action for"),
        description=gettext_noop(
            "Who finds it in the menu of its form, even if they do not fill the form in or the "
            "button is hidden. If empty, it is in no menu."
        ),
        json_schema_extra={"control": "refs", "group": "rights"},
    )
    menu_when: Literal["always", "open", "completed"] = Field(
        default="always",
        title=gettext_noop("In the menu"),
        description=gettext_noop("While the form is open, once it is completed, or always."),
        json_schema_extra={"control": "select", "group": "rights"},
    )

    @model_validator(mode="before")
    @classmethod
    def _place_of_before(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or PLACE_BEFORE not in data:
            return data
        rest = {name: value for name, value in data.items() if name != PLACE_BEFORE}
        return {"place": data[PLACE_BEFORE], **rest}

    def is_in_menu(self, status: str) -> bool:
        """Tell whether the menu of its form has it while the form has this status."""
        known = {"open": "current", "completed": "completed"}
        return bool(self.menu) and known.get(self.menu_when, status) == status
