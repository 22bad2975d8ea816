"""Where the form page of an instance stands: on its own page, or inside the frame of a preview."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponseBase

if TYPE_CHECKING:
    from processes.views.instances.form_page import FormPage

_PLACE = "_kianda_place"
# Takes the request, the form page, the target and its kind; None lets the press go its usual way.
Press = Callable[[HttpRequest, "FormPage", str, str], HttpResponseBase | None]


@dataclass(frozen=True)
class PageFrame:
    """A page that shows the form page of an instance, and what differs there."""

    # Where an act leads back to; empty is the page of the instance.
    url: str = ""
    template: str = "instances/instance.html"
    partials: Mapping[str, str] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    # What comes before a button is pressed.
    press: Press | None = None


OWN_PAGE = PageFrame()


def frame_of(request: HttpRequest) -> PageFrame:
    """Return where the form page stands that this request is about."""
    found: PageFrame = getattr(request, _PLACE, OWN_PAGE)
    return found


def put(request: HttpRequest, place: PageFrame) -> None:
    """Say where the form page of this request stands."""
    setattr(request, _PLACE, place)
