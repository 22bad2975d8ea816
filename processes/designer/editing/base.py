"""What every edit is."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from processes.definition.tree import Object
from processes.designer.editing.unit_of_work import UnitOfWork


class Place(BaseModel):
    """Where a piece goes: whose list, which list, at which position (left out: the end).

    A piece that moves within its list is not counted: `at` is the position that it then has.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    owner: str = Field(alias="in")
    key: Literal["forms", "fields", "rules", "load_rules"] = Field(alias="list")
    at: Annotated[int, Field(ge=0)] | None = None


class Edit(BaseModel):
    """One edit of a definition."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def carry_out(self, work: UnitOfWork) -> tuple[str, str]:
        """Do it; return what was done, for the undo button, and the target to select."""

    def touches(self, document: Object) -> Iterator[str]:
        """Yield what it would overwrite if somebody else changed that meanwhile."""
        yield from ()

    def goes_to(self) -> Place | None:
        """Return the place that it counts a position in."""
        place = getattr(self, "place", None)
        return place if isinstance(place, Place) else None
