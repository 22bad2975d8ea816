"""The lists of designs, instances and runs, without a browser: what a search finds, and asks."""

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kianda.lib import pagination
from processes.definition.security import Security
from processes.designs.lifecycle import create_design, publish_design
from processes.instances.lifecycle import create_instance
from processes.models import ProcessDesign, ProcessInstance
from processes.running import runs
from processes.views.instances import instance_list
from tests.factories import make_user
from tests.pages import SCRIPT, client_of, text_of
from tests.processes.conftest import VALUES
from tests.processes.definitions import button, process, set_rule, text_field
from tests.processes.rights.office import leave_request, office
from tests.processes.stories import published

pytestmark = pytest.mark.django_db


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)


@pytest.mark.parametrize("path", ["/", "/instances/", "/work/"])
def test_it_asks_as_often_where_the_creator_decides_what_is_seen(path: str) -> None:
    people = office()
    raw = leave_request(see=["creator", "owners", "group:hr"])
    raw["record"] = {"title": "[days], [illness]", "summary": ["illness"]}
    published(raw, user=people.dora)

    def make(count: int) -> None:
        for _one in range(count):
            data = {"days": "5", "illness": "flu"}
            made = create_instance(process="leave", mode="live", data=data, user=people.emma)
            runs.trigger(
                process_id=made.process_id, target="send", user=people.emma, trigger="button"
            )

    make(1)
    clients = [client_of(one) for one in (people.emma, people.mark, people.helen)]
    few = [_queries(one, path) for one in clients for _again in (1, 2)][1::2]
    make(3)
    assert [_queries(one, path) for one in clients] == few


@pytest.mark.parametrize("path", ["/designs/", "/instances/", "/runs/"])
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_few(ada: Any, path: str) -> None:
    client = client_of(ada)

    def make(numbers: range) -> None:
        for n in numbers:
            raw = process(text_field("a"), button("go", set_rule("a", "x")), name=f"p-{n}")
            create_design(raw=raw, user=ada)
            publish_design(name=f"p-{n}", user=ada)
            made = create_instance(process=f"p-{n}", mode="live", data={}, user=ada)
            runs.trigger(process_id=made.process_id, target="go", user=ada, trigger="button")

    make(range(2))
    _queries(client, path)
    few = _queries(client, path)
    make(range(2, 12))
    assert _queries(client, path) == few


def test_instances_are_found_by_process_id_and_by_values_but_never_by_names_or_secrets(
    design: Any, ada: Any
) -> None:
    for client_id in ("acme", "100%_real", "Łódź"):
        data = {**VALUES, "client_id": client_id}
        create_instance(process="token-refresh", mode="live", data=data, user=ada)

    def found(words: str) -> list[str]:
        rows = client_of(ada).get("/instances/", {"q": words}).context["page"]
        return sorted(row.process_id[-1] for row in rows)

    assert found("ACM") == ["1"]
    assert found("refresh-2") == ["2"]
    assert found("%_r") == ["2"]
    assert found("Łódź") == ["3"]
    assert found("łÓDŹ") == ["3"]
    assert found("lodz") == []
    assert found("acme token") == ["1"]
    assert found("cs-secret-1") == []
    assert found("redirect_url") == []


def test_a_look_into_values_ends_says_so_and_goes_on(
    design: ProcessDesign, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        create_instance(
            process="token-refresh", mode="live", data={"client_id": f"shop-{number}"}, user=ada
        )
    monkeypatch.setattr(pagination, "LOOKED_AT", 2)
    client = client_of(ada)

    def found(page: Any) -> list[str]:
        return [one.process_id for one in page.context["page"]]

    page = client.get("/instances/", {"q": "shop"})
    assert found(page) == ["token-refresh-5", "token-refresh-4"]
    monkeypatch.setattr(instance_list, "FEW", 0)
    page = client.get("/instances/", {"q": "shop-1"})
    assert found(page) == []
    assert "Values were searched in" in text_of(page)
    for expected in (["token-refresh-2"], []):
        links = re.findall(r'href="(\?[^"]*before=\d+[^"]*)"', page.content.decode())
        page = client.get("/instances/" + html.unescape(links[-1]))
        assert found(page) == expected
    assert "Values were searched in" not in text_of(page)
    # Process IDs are looked at in all of them, and the command bar finds the beginning of one.
    assert found(client.get("/instances/", {"q": "REFRESH-1"})) == ["token-refresh-1"]
    bar = text_of(client.get("/search/", {"q": "token-refresh-1"}))
    assert "Only the newest" in bar
    assert "token-refresh-1 OAuth token refresh" in bar


def test_a_search_with_few_hits_goes_on_until_all_values_are_looked_at(
    design: ProcessDesign, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for client_id in ("rare-1", "rare-2", "a", "b", "c", "rare-3", "d"):
        values = {"client_id": client_id}
        create_instance(process="token-refresh", mode="live", data=values, user=ada)
    monkeypatch.setattr(pagination, "LOOKED_AT", 2)
    client = client_of(ada)

    def goes_on(page: Any) -> Any:
        [address] = re.findall(r'hx-get="(\?[^"]*before=\d+[^"]*)"', page.content.decode())
        target = {"HX-Request": "true", "HX-Target": "older"}
        return client.get("/instances/" + html.unescape(address), headers=target)

    page = client.get("/instances/", {"q": "rare"})
    assert "token-refresh-6" in text_of(page)
    assert "Searching older records" in text_of(page)
    # Nothing was found in the next two: only the line below the hits is new.
    page = goes_on(page)
    assert text_of(page).strip().startswith("Searching older records")
    assert "HX-Retarget" not in page
    assert "lines" not in page.context
    page = goes_on(goes_on(page))
    assert page["HX-Retarget"] == "#rows"
    # What stands around the hits is neither drawn nor looked for again.
    assert page.context["lines"]
    assert "processes" not in page.context
    assert [one.process_id for one in page.context["page"]] == [
        f"token-refresh-{number}" for number in (6, 2, 1)
    ]
    assert "Searching older records" not in text_of(page)
    # Hits that are named are looked for as all are: of others, or without the words, is none.
    ProcessDesign.objects.update(security=Security(see=("participants",)).stored())
    bob = client_of(make_user("bob", "User"))
    pks = ",".join(str(one.pk) for one in page.context["page"])
    for address in (f"?q=rare&before=1&found={pks}", f"?q=shop&before=1&found={pks},x,-1"):
        asked = (bob if "rare" in address else client).get(f"/instances/{address}")
        assert "token-refresh-6" not in text_of(asked)


def test_a_search_that_ends_without_a_hit_says_so_at_its_end(
    design: ProcessDesign, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        create_instance(process="token-refresh", mode="live", data={}, user=ada)
    monkeypatch.setattr(pagination, "LOOKED_AT", 2)
    client = client_of(ada)
    page = client.get("/instances/", {"q": "rare"})
    assert "No results" not in text_of(page)
    [address] = re.findall(r'hx-get="(\?[^"]*before=\d+[^"]*)"', page.content.decode())
    target = {"HX-Request": "true", "HX-Target": "older"}
    page = client.get("/instances/" + html.unescape(address), headers=target)
    assert page["HX-Retarget"] == "#rows"
    assert "No results for “rare”" in text_of(page)


def test_a_filter_offers_so_many_processes_and_the_chosen_one(
    design: ProcessDesign, ada: Any
) -> None:
    create_instance(process="token-refresh", mode="live", data={}, user=ada)
    moment = design.created
    ProcessDesign.objects.bulk_create(
        ProcessDesign(name=f"many-{n}", title=f"Many {n:03}", created=moment, modified=moment)
        for n in range(210)
    )
    page = client_of(ada).get("/instances/", {"process": "token-refresh"}).content.decode()
    assert page.count('<option value="many-') == 200
    assert '<option value="token-refresh" selected>' in page
    assert "More processes: open one to see its records" in page


def test_a_search_without_hits_repeats_it_and_offers_to_clear(instance: Any, ada: Any) -> None:
    page = text_of(client_of(ada).get("/instances/", {"q": SCRIPT}))
    assert f"No results for “{SCRIPT}”" in page
    assert "Clear filters" in page


@pytest.mark.parametrize("path", ["/designs/", "/instances/", "/runs/"])
@pytest.mark.parametrize(
    "query", ["?page=999", "?page=x", "?ordering=secrets", "?q=%00", "?mode=x"]
)
def test_odd_queries_are_answered(instance: Any, ada: Any, path: str, query: str) -> None:
    assert client_of(ada).get(path + query).status_code == 200


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("client-77_a.b", "client-77_a"),
        ("https://a.example.org/x", "example.org/x"),
        ('say "hi" to C:\\temp', '"hi" C:\\t'),
        ("Grüße an Zoë", "grüße zoë"),
        ("100 %", "%"),
        ("a_b", "a_"),
    ],
)
def test_a_value_is_found_by_any_part_of_it(design: Any, ada: Any, value: str, words: str) -> None:
    for client_id in (value, "another"):
        create_instance(
            process="token-refresh", mode="live", data={"client_id": client_id}, user=ada
        )
    said = text_of(client_of(ada).get("/instances/", {"q": words.lower()}))
    assert "token-refresh-1" in said
    assert "token-refresh-2" not in said
    assert "Client ID" in said


def test_a_search_with_very_many_hits_shows_the_first_thousand_and_says_so(
    design: Any, ada: Any
) -> None:
    one = create_instance(process="token-refresh", mode="live", data={}, user=ada)
    rows = [ProcessInstance.objects.get(pk=one.pk) for _ in range(pagination.MOST_HITS)]
    for number, row in enumerate(rows):
        row.pk, row.process_id, row.key = None, f"more-{number}", f"more-{number}"
    ProcessInstance.objects.bulk_create(rows)
    client = client_of(ada)
    assert "25 of 1,001 records" in text_of(client.get("/instances/"))
    assert "25 of more than 1,000 records" in text_of(
        client.get("/instances/", {"q": "refresh_token"})
    )
    last = text_of(client.get("/instances/", {"q": "refresh_token", "page": "999"}))
    assert "1,000 of more than 1,000" in last
    assert "25 of 1,000 records" in text_of(client.get("/instances/", {"q": "more"}))
