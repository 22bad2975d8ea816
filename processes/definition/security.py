"""Who may do what with the instances of a process: a part of its design."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from kianda.lib.i18n import gettext_noop
from processes.language.people_refs import (
    CREATOR,
    EVERYONE,
    MOST,
    OWNERS,
    PARTICIPANTS,
    EarlyRefs,
    NamedRefs,
    Refs,
)


class Security(BaseModel):
    """The people of a process, by permission. Administrators have every permission."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: EarlyRefs = Field(
        default=(EVERYONE,),
        max_length=MOST,
        title=gettext_noop("May start"),
        description=gettext_noop("Who can create a record."),
        json_schema_extra={"control": "refs"},
    )
    see: Refs = Field(
        default=(PARTICIPANTS,),
        max_length=MOST,
        title=gettext_noop("May see"),
        description=gettext_noop(
            "Who sees a record: in lists, in search and by its link. Owners of an open form "
            "always do."
        ),
        json_schema_extra={"control": "refs"},
    )
    change: Refs = Field(
        default=(OWNERS,),
        max_length=MOST,
        title=gettext_noop("May fill in"),
        description=gettext_noop("Who fills in an open form. Closed forms cannot be changed."),
        json_schema_extra={"control": "refs"},
    )
    delete: Refs = Field(
        default=(CREATOR,),
        max_length=MOST,
        title=gettext_noop("May delete"),
        description=gettext_noop(
            "Who can delete a record. Its creator can while none of its forms is completed."
        ),
        json_schema_extra={"control": "refs"},
    )
    administrators: NamedRefs = Field(
        default=(),
        max_length=MOST,
        title=gettext_noop("Manage all"),
        description=gettext_noop(
            "Who sees, reassigns, corrects and deletes every record. Administrators always can."
        ),
        json_schema_extra={"control": "refs"},
    )

    def stored(self) -> dict[str, Any] | None:
        """Return it as it is kept beside a design: nothing when it is the defaults."""
        return None if self == Security() else self.model_dump(mode="json")
