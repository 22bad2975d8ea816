"""Views that people save from the charts of a list: they keep the charts, and lead back to them."""

import re
from typing import Any

import pytest

from processes.definition.views import MOST_CHARTS
from processes.lists.saved_views import SavedViewSettings, create_view
from tests.pages import client_of, markup_of, text_of
from tests.processes.lists.test_charts import trips as trips

pytestmark = pytest.mark.django_db

CHARTS = "/records/trips/charts/"
AIR = {"left": "[kind]", "operator": "eq", "right": "air"}


def sentence(**words: str) -> dict[str, str]:
    """Return what a page is asked when its sentence asks for a chart."""
    return {"measure": "count", "by": "", "every": "week", "show": "bars", "split": "", **words}


def test_a_view_is_saved_from_the_charts_and_leads_back_to_them(trips: Any, ada: Any) -> None:
    client = client_of(ada)
    page = client.get("/records/trips/charts/?filter=kind:eq:air")
    assert "Save as view" in text_of(page)
    saved = client.post(_saving(page), {"title": "By air"})
    assert saved["Location"].startswith("/records/trips/charts/?view=")
    assert "Trips by status" in text_of(client.get(saved["Location"]))


def test_a_view_saved_from_the_charts_has_the_chart_that_a_sentence_asked_for(
    trips: Any, ada: Any
) -> None:
    client = client_of(ada)
    asked = sentence(measure="sum:cost", by="kind")
    saved = client.post(_saving(client.get(CHARTS, asked)), {"title": "Costs"})
    said = text_of(client.get(saved["Location"]))
    assert "Trips by status" in said, "the charts that the list showed without a sentence"
    assert "Sum of cost by kind" in said
    assert "Only you see it" not in said, "it is a chart of the view now"
    # From the table, which shows no chart, only the table is saved.
    as_table = client.get("/records/trips/", asked)
    saved = client.post(_saving(as_table), {"title": "All"})
    charts = saved["Location"].replace("/records/trips/", CHARTS)
    assert "Sum of cost" not in text_of(client.get(charts))


def test_changes_of_an_own_view_are_saved_from_its_charts_and_lead_back_to_them(
    trips: Any, ada: Any
) -> None:
    client = client_of(ada)
    made = {"name": "air", "title": "By air", "filter": {"items": [AIR]}}
    settings = SavedViewSettings.model_validate(made)
    view = create_view(process="trips", settings=settings, user=ada)
    here = {"view": view.key}
    assert "Save changes" not in text_of(client.get(CHARTS, here))
    asked = here | sentence(measure="average:cost", by="kind")
    page = client.get(CHARTS, asked | {"filter": "kind:eq:rail"})
    done = client.post(_saving(page, f"{view.pk}/save"), {"revision": "1"})
    assert done["Location"] == f"{CHARTS}?view={view.key}"
    said = text_of(client.get(done["Location"]))
    assert "Average of cost by kind" in said
    assert "Trips 2" in said, "those by rail"
    edited = _saving(client.get(done["Location"]), str(view.pk))
    sent = {"title": "By rail", "position": "1", "revision": "2"}
    assert client.post(edited, sent)["Location"] == done["Location"]


def test_a_view_takes_no_more_charts_than_a_list_may_have(trips: Any, ada: Any) -> None:
    client = client_of(ada)
    many = {"name": "many", "title": "Many", "charts": [{"show": "number"}] * MOST_CHARTS}
    settings = SavedViewSettings.model_validate(many)
    view = create_view(process="trips", settings=settings, user=ada)
    page = client.get(CHARTS, {"view": view.key, **sentence(show="number")})
    told = "A list has at most 12 charts. Remove one first"
    assert told in text_of(client.post(_saving(page), {"title": "One more"}))
    # What cannot be saved is said where the chart was asked for, and not offered.
    assert told in text_of(page)
    assert "Save changes" not in text_of(page)
    without = client.get(CHARTS, {"view": view.key, "filter": "kind:eq:rail"})
    assert "Save changes" in text_of(without)


def _saving(page: Any, what: str = "new") -> str:
    """Return the address to which a page saves what it shows."""
    [found] = set(re.findall(rf'"(/records/trips/views/{what}/[^"]*)"', markup_of(page)))
    return str(found.replace("&amp;", "&"))
