"""How the further pages of an answer are asked for. Plain Python: nothing is sent here."""

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urljoin

from pydantic import BeforeValidator, Field

from datasources.rest.response import CallAnswer
from datasources.rest.shapes import Shape, whole

MOST_ITEMS = 10_000
MOST_PAGES = 1_000
Place = Annotated[str, Field(max_length=500)]
Target = Annotated[str, Field(min_length=1, max_length=207)]
Count = Annotated[int, BeforeValidator(whole), Field(ge=0, le=1_000_000)]
_LINK = re.compile(r"<([^<>]{1,8000})>([^<]*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)

# What the next page is asked with: values by target, an address, or nothing when there is none.
Following = Mapping[str, Any] | str | None


class Paging(Shape):
    """What every way of paging has."""

    # A 404 after the first page means that there is no such page.
    ends_with_404: ClassVar[bool] = False

    items: Place = Field(
        default="", description="Path of the items in the response. Empty: the response itself."
    )
    max_items: Annotated[int, BeforeValidator(whole), Field(ge=1, le=MOST_ITEMS)] = 1_000

    def items_of(self, answer: CallAnswer) -> list[Any] | None:
        """Return the items of a page; None when there is no list."""
        found = place_in(answer.body, self.items)
        return found if isinstance(found, list) else None

    @property
    def target(self) -> str | None:
        """Return the parameter that asks for a page, where one does."""
        return None

    @abstractmethod
    def following(self, answer: CallAnswer, *, page: int, count: int, before: int) -> Following:
        """Return what asks for the page after `page`, the first one being 1.

        `count` items were on it, and `before` on the pages before it.
        """


class PageNumbers(Paging):
    """Pages have numbers; the first one without items, or with fewer than `size`, is the last."""

    ends_with_404 = True

    kind: Literal["page"] = "page"
    parameter: Target = "query.page"
    first: Count = 1
    size: Count | None = None

    @property
    def target(self) -> str | None:
        """Return the parameter that asks for a page."""
        return self.parameter

    def following(self, answer: CallAnswer, *, page: int, count: int, before: int) -> Following:
        """Return the next number."""
        if count == 0 or count < (self.size or 0):
            return None
        return {self.parameter: self.first + page}


class Offsets(Paging):
    """A page begins after so many items."""

    ends_with_404 = True

    kind: Literal["offset"] = "offset"
    parameter: Target = "query.offset"
    size: Count | None = None

    @property
    def target(self) -> str | None:
        """Return the parameter that asks for a page."""
        return self.parameter

    def following(self, answer: CallAnswer, *, page: int, count: int, before: int) -> Following:
        """Return how many items there were so far."""
        if count == 0 or count < (self.size or 0):
            return None
        return {self.parameter: before + count}


class Cursors(Paging):
    """A response has the cursor of the next page; the last page has none."""

    kind: Literal["cursor"] = "cursor"
    parameter: Target = "query.cursor"
    next: Annotated[str, Field(min_length=1, max_length=500)] = "next_cursor"

    @property
    def target(self) -> str | None:
        """Return the parameter that asks for a page."""
        return self.parameter

    def following(self, answer: CallAnswer, *, page: int, count: int, before: int) -> Following:
        """Return the cursor."""
        cursor = place_in(answer.body, self.next)
        return None if cursor in (None, "", False) else {self.parameter: cursor}


class Links(Paging):
    """A response has the address of the next page: in its body, or in its header Link."""

    kind: Literal["link"] = "link"
    next: Place = Field(
        default="", description="Path of the URL in the response. Empty: the Link header."
    )

    def following(self, answer: CallAnswer, *, page: int, count: int, before: int) -> Following:
        """Return the address as it is written."""
        if self.next:
            found = place_in(answer.body, self.next)
            return found if isinstance(found, str) and found else None
        return _linked(answer.header("Link") or "")


AnyPaging = Annotated[PageNumbers | Offsets | Cursors | Links, Field(discriminator="kind")]


def place_in(value: Any, path: str) -> Any:
    """Follow a dotted place through objects and lists; None when it leads nowhere."""
    for part in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal():
            value = value[int(part)] if int(part) < len(value) else None
        else:
            return None
    return value


def _linked(header: str) -> str | None:
    """Return the address that a Link header (RFC 8288) calls the next one."""
    for address, parameters in _LINK.findall(header):
        if _NEXT.search(parameters):
            return str(address).strip()
    return None


def absolute(url: str, link: str) -> str:
    """Return the address that a link of an answer means."""
    return urljoin(url, link)
