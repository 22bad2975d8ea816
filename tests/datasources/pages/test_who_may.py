"""Who may open which page of data sources, and who may change what."""

from typing import Any

import pytest
from django.test import Client

from datasources.models import Datasource
from tests.datasources.pages.forms import EDITED, LIST, METHOD, NEW, NEW_METHOD, ONE, SETTINGS
from tests.pages import client_of

pytestmark = pytest.mark.django_db
PAGES = [LIST, ONE, METHOD, f"{ONE}export/"]
CHANGING = [NEW, NEW_METHOD, f"{ONE}delete/", f"{METHOD}delete/"]
ACTS = [
    NEW, ONE, METHOD, NEW_METHOD, f"{ONE}test/", f"{ONE}delete/", f"{METHOD}send/",
    f"{METHOD}duplicate/", f"{METHOD}delete/",
]  # fmt: skip


@pytest.mark.parametrize("path", [*PAGES, *CHANGING])
def test_a_user_may_not_open_the_pages(made: Datasource, ben: Any, path: str) -> None:
    assert client_of(ben).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_a_designer_reads(made: Datasource, ada: Any, path: str) -> None:
    page = client_of(ada).get(path)
    assert page.status_code == 200
    assert "btn-primary" not in page.content.decode()
    assert "method-send" not in page.content.decode()


@pytest.mark.parametrize("path", CHANGING)
def test_a_designer_finds_no_form_to_change(made: Datasource, ada: Any, path: str) -> None:
    assert client_of(ada).get(path).status_code == 403


@pytest.mark.parametrize("path", ACTS)
def test_a_designer_changes_nothing(made: Datasource, ada: Any, path: str) -> None:
    assert client_of(ada).post(path, SETTINGS | EDITED).status_code == 403
    assert Datasource.objects.get().revision == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_sign_in(made: Datasource, client: Client, path: str) -> None:
    assert "/sign-in/" in client.get(path)["Location"]


@pytest.mark.parametrize("path", [f"{LIST}nothing/", f"{ONE}methods/nothing/"])
def test_what_is_not_there_is_404(made: Datasource, manager: Client, path: str) -> None:
    assert manager.get(path).status_code == 404
    assert manager.post(path, EDITED).status_code == 404
