"""The settings of a start page: its title, for whom it is, its tiles."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.language.people_refs import MOST as MOST_REFS
from processes.language.people_refs import EarlyRefs
from processes.language.references import flaw

MOST_TILES = 12
LONGEST_TITLE = 60


class StartPageTile(BaseModel):
    """A chart of a list of a process; without a chart, the number of its records."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    max_name: ClassVar[int] = 200

    process: str = Field(
        max_length=max_name, title=gettext_noop("Process"),
        json_schema_extra={"control": "start_tile"},
    )  # fmt: skip
    view: str = Field(
        max_length=max_name, title=gettext_noop("List"),
        json_schema_extra={"control": "start_tile"},
    )  # fmt: skip
    chart: str = Field(
        default="", max_length=max_name, title=gettext_noop("Chart"),
        json_schema_extra={"control": "start_tile"},
    )  # fmt: skip


def _title(title: str) -> str:
    title = " ".join(title.replace("\0", "").split())
    if not title:
        raise flaw(_("Enter a title."))
    return title


def _for_whom(refs: tuple[str, ...]) -> tuple[str, ...]:
    if not refs:
        raise flaw(_("Choose who gets this start page."))
    return refs


class StartPageSettings(BaseModel):
    """What an administrator says of a start page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[str, AfterValidator(_title)] = Field(
        max_length=LONGEST_TITLE, title=gettext_noop("Title"),
        description=gettext_noop("The heading on Home."), json_schema_extra={"control": "line"},
    )  # fmt: skip
    people: Annotated[EarlyRefs, AfterValidator(_for_whom)] = Field(
        max_length=MOST_REFS, title=gettext_noop("For"),
        description=gettext_noop("People and groups who have it on Home. A role is a group, too."),
        json_schema_extra={"control": "refs"},
    )  # fmt: skip
    tiles: tuple[StartPageTile, ...] = Field(
        default=(), max_length=MOST_TILES, title=gettext_noop("Tiles"),
        description=gettext_noop("Numbers and charts, at most 12, in this order."),
        json_schema_extra={"control": "elements", "add": gettext_noop("Add tile"),
                           "new": gettext_noop("Tile %(n)s"), "unfolded": True},
    )  # fmt: skip
