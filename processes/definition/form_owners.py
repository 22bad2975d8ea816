"""Whom a form belongs to, with which other form it opens, its quick actions: its settings."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, ValidationInfo

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.people_refs import MOST as MOST_REFS
from processes.language.people_refs import Refs
from processes.language.references import flaw
from processes.language.setting_types import check_form_name

MOST = 100


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    if any(not name.strip() or len(name) > 150 for name in names):
        raise flaw(_("Write the name of a person or group, at most 150 characters."))
    return tuple(dict.fromkeys(name.strip() for name in names))


Names = Annotated[tuple[str, ...], AfterValidator(_names)]


class Owners(BaseModel):
    """People and groups by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: Names = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("Users"),
        description=gettext_noop("User names."),
        json_schema_extra={"control": "users"},
    )
    groups: Names = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("Groups"),
        description=gettext_noop("Names of groups."),
        json_schema_extra={"control": "groups"},
    )

    @property
    def names(self) -> tuple[str, ...]:
        """Return the people, then the groups."""
        return (*self.users, *self.groups)


People = Annotated[
    Owners,
    Field(
        title=gettext_noop("Owners"),
        description=gettext_noop(
            "Who works on the form when it is open. If empty, the creator of the record, who "
            "always owns the first form."
        ),
        json_schema_extra={"control": "people"},
    ),
]


def _form_or_nothing(name: str, info: ValidationInfo) -> str:
    return check_form_name(name, info) if name else name


ActivateWith = Annotated[
    str,
    AfterValidator(_form_or_nothing),
    Field(
        title=gettext_noop("Opens with"),
        description=gettext_noop(
            "Another form that this form opens together with; both are open side by side. If "
            "empty, it opens when the forms before it are completed."
        ),
        json_schema_extra={"control": "form", "but_itself": True},
    ),
]

FormSee = Annotated[
    Refs,
    Field(
        max_length=MOST_REFS,
        title=gettext_noop("Who sees it"),
        description=gettext_noop("People and groups. If empty, everyone who sees the record."),
        json_schema_extra={"control": "refs"},
    ),
]
FormEdit = Annotated[
    Refs,
    Field(
        max_length=MOST_REFS,
        title=gettext_noop("Who changes it"),
        description=gettext_noop(
            "People and groups. If empty, its owners, or as the rights of the process say."
        ),
        json_schema_extra={"control": "refs"},
    ),
]


class QuickActions(BaseModel):
    """What people can do from the menu of a form, beside the administrators of the process."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reassign: Refs = Field(
        default=(),
        max_length=MOST_REFS,
        title=gettext_noop("Reassign"),
        description=gettext_noop("Who gives the open form to other people."),
        json_schema_extra={"control": "refs"},
    )
    edit_again: Refs = Field(
        default=(),
        max_length=MOST_REFS,
        title=gettext_noop("Edit again"),
        description=gettext_noop("Who opens the completed form again for its owners."),
        json_schema_extra={"control": "refs"},
    )


FormQuickActions = Annotated[
    QuickActions,
    Field(
        title=gettext_noop("Quick actions"),
        description=gettext_noop(
            "What people can do from the menu of the form. The people who manage the process "
            "always can."
        ),
        json_schema_extra={"control": "quick_actions", "group": "rights"},
    ),
]

SaveButton = Annotated[
    StrictBool,
    Field(
        title=gettext_noop("Offer to save it"),
        description=gettext_noop(
            "Whether the form has, beside its own buttons, one that saves it without submitting it."
        ),
        json_schema_extra={"control": "switch"},
    ),
]
