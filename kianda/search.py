"""The command bar: finds any page, datasource, design, instance, run and scheduled task."""

from django.http import HttpRequest, HttpResponseBase

from kianda import navigation
from kianda.pages import page, render_page


@page(roles=())
def search(request: HttpRequest) -> HttpResponseBase:
    """Show what fits the words; all pages when there are none."""
    words = request.GET.get("q", "").strip()
    places = navigation.places_for(request.user, navigation.WORK + navigation.ADMINISTRATION)
    found = [place for place in places if words.casefold() in str(place.title).casefold()]
    context = {"words": words, "places": found, "dialog_title": "Find"}
    return render_page(
        request, "search/search.html", context,
        partials={"dialog": "search/_bar.html", "results": "search/_results.html"},
    )  # fmt: skip
