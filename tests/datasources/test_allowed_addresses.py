"""The list of a datasource: it narrows what may be reached, redirects too, and never widens it."""

from typing import Any

import pytest

from datasources.http.client import client, send
from datasources.rest.document import RestDatasource
from datasources.rest.errors import CallFailed
from datasources.rest.request import build
from datasources.services.connection_tests import try_settings
from datasources.services.datasources import create_datasource, get_document, patch_datasource
from kianda.lib.errors import Forbidden, Invalid
from tests.datasources.calling import Make, call, failure
from tests.datasources.conftest import raw_datasource
from tests.datasources.servers import always, answer, serving


def narrowed(source: RestDatasource, *allowed: str) -> RestDatasource:
    """Return a datasource that may reach these addresses alone."""
    return source.model_copy(update={"allowed_addresses": list(allowed)})


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.0/8", "127.0.0.1:{port}"])
def test_what_the_list_names_is_reached(datasource: Make, entry: str) -> None:
    with serving(always(answer())) as server:
        source = narrowed(datasource(server.url), entry.format(port=server.port))
        assert call(source).status == 200


@pytest.mark.parametrize("entry", ["api.example.org", "10.0.0.0/8", "127.0.0.1:1"])
def test_what_the_list_does_not_name_is_refused_before_it_is_dialled(
    datasource: Make, entry: str
) -> None:
    with serving(always(answer())) as server:
        failed = failure(narrowed(datasource(server.url), entry))
        assert server.visits == []
    assert failed.kind == "refused_address"
    assert failed.message == (
        "Token service cannot be reached: 127.0.0.1 is not an allowed address of this data "
        "source. An administrator can add it under Allowed addresses."
    )


def test_the_list_cannot_allow_what_the_installation_refuses(settings: Any) -> None:
    settings.KIANDA_EGRESS_ALLOW = []
    made = RestDatasource.model_validate(raw_datasource(base_url="http://127.0.0.1:9"))
    source = narrowed(made, "127.0.0.1", "127.0.0.0/8")
    with pytest.raises(CallFailed) as caught:
        send(build(source, source.methods[0], {}), datasource=source)
    assert "KIANDA_EGRESS_ALLOW" in caught.value.message


def test_a_redirect_leads_no_further_than_the_list(datasource: Make) -> None:
    with serving(always(answer())) as other:
        away = answer(status="302 Found", more=[f"Location: {other.url}/x"])
        with serving(always(away)) as server:
            source = datasource(server.url, follow_redirects=True)
            assert call(source).status == 200
            client.close()
            failed = failure(narrowed(source, f"127.0.0.1:{server.port}"))
        assert len(other.visits) == 1
    assert failed.kind == "refused_address"


def test_a_connection_that_is_kept_for_one_datasource_serves_no_other_that_may_not_go_there(
    datasource: Make,
) -> None:
    with serving(always(answer())) as server:
        free = datasource(server.url)
        assert call(free).status == 200
        assert failure(narrowed(free, "10.0.0.0/8")).kind == "refused_address"
        assert call(free).status == 200
        assert len(server.visits) == 1


@pytest.mark.parametrize("host", ["[::1]", "[::ffff:10.0.0.1]"])
def test_an_address_inside_another_one_is_seen(host: str, settings: Any) -> None:
    settings.KIANDA_EGRESS_ALLOW = ["::1", "10.0.0.1"]
    made = RestDatasource.model_validate(raw_datasource(base_url=f"http://{host}:9"))
    source = narrowed(made, "10.0.0.2", "::2")
    with pytest.raises(CallFailed) as caught:
        send(build(source, source.methods[0], {}), datasource=source)
    assert "is not an allowed address of this data source" in caught.value.message


BAD = [
    "https://api.example.org",
    "user@example.org",
    "exa mple",
    "10.0.0.0/33",
    "api.example.org:0",
]


@pytest.mark.django_db
@pytest.mark.parametrize("entry", BAD)
def test_an_entry_that_is_no_address_is_refused_where_it_stands(dan: Any, entry: str) -> None:
    with pytest.raises(Invalid) as caught:
        create_datasource(
            raw=raw_datasource(allowed_addresses=["auth.example.org", entry]), user=dan
        )
    assert [flaw.pointer for flaw in caught.value.errors] == ["/allowed_addresses/1"]
    assert "Enter a host (api.example.org), a host with a port" in caught.value.errors[0].detail


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("base_url", "allowed", "taken"),
    [
        ("https://auth.example.org", ["AUTH.example.org"], True),
        ("https://auth.example.org", ["auth.example.org:443"], True),
        ("https://auth.example.org", ["auth.example.org:8443"], False),
        ("https://auth.example.org", ["example.org"], False),
        # What a name stands for is known when it is called.
        ("https://auth.example.org", ["example.org", "8.8.8.0/24"], True),
        ("https://8.8.8.8", ["8.8.8.0/24"], True),
        ("https://8.8.4.4", ["8.8.8.0/24"], False),
    ],
)
def test_the_base_url_has_to_be_within_the_list(
    dan: Any, base_url: str, allowed: list[str], taken: bool
) -> None:
    raw = raw_datasource(base_url=base_url, allowed_addresses=allowed)
    if taken:
        create_datasource(raw=raw, user=dan)
        return
    with pytest.raises(Invalid) as caught:
        create_datasource(raw=raw, user=dan)
    assert [flaw.pointer for flaw in caught.value.errors] == ["/base_url"]


@pytest.mark.django_db
def test_administrators_alone_change_the_list(dan: Any, admin: Any) -> None:
    create_datasource(raw=raw_datasource(), user=dan)
    narrow = {"allowed_addresses": ["auth.example.org"]}
    with pytest.raises(Forbidden, match="Only administrators change allowed_addresses"):
        patch_datasource(name="token-service", changes=narrow, user=dan)
    patch_datasource(name="token-service", changes=narrow, user=admin)
    patch_datasource(name="token-service", changes={"title": "Other"}, user=dan)
    assert get_document("token-service").allowed_addresses == ["auth.example.org"]
    wide: list[dict[str, Any]] = [{"allowed_addresses": []}, {"allowed_addresses": ["8.8.8.8"]}]
    for changes in wide:
        with pytest.raises((Forbidden, Invalid)):
            patch_datasource(name="token-service", changes=changes, user=dan)
    with pytest.raises(Forbidden):
        try_settings(name="token-service", settings={"allowed_addresses": []}, user=dan)


@pytest.mark.django_db
def test_who_makes_a_datasource_may_bring_its_list_along(dan: Any) -> None:
    create_datasource(raw=raw_datasource(allowed_addresses=["auth.example.org"]), user=dan)
    assert get_document("token-service").allowed_addresses == ["auth.example.org"]
