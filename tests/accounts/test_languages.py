"""Pages, mails, dates and numbers in the language of whoever reads them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation

from kianda.accounts.models import Profile
from kianda.accounts.services.account_mails import send_account_mail
from kianda.accounts.services.profiles import accepted_language, language_of
from kianda.lib.i18n import grouped
from kianda.mail.models import MailMessage
from kianda.messages.kinds import Mentioned
from kianda.messages.services import notify
from kianda.web.times import day_words, distance_words, duration_words, full_words, span_words
from tests.factories import make_user
from tests.pages import client_of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"), ("de-AT,de;q=0.9,en;q=0.8", "de"), ("fr,de;q=0.3", "de"), ("en-GB,de", "en"),
        ("fr", ""), ("*", ""), ("", ""), ("d" * 9_000, ""), (";;q=1,,=", ""), ("DE-de", "de"),
    ],
)  # fmt: skip
def test_the_first_language_of_a_browser_that_there_is_is_taken(header: str, language: str) -> None:
    assert accepted_language(header) == language


@pytest.mark.django_db
def test_a_page_for_nobody_yet_is_in_the_language_of_the_browser() -> None:
    page = Client().get("/sign-in/", headers={"Accept-Language": "de-AT,en;q=0.5"})
    assert page["Content-Language"] == "de"
    assert "Accept-Language" in page["Vary"]
    assert '<html lang="de"' in page.text
    with translation.override("de"):
        assert translation.gettext("Sign in") in page.text
    assert Client().get("/sign-in/")["Content-Language"] == "en"


@pytest.mark.django_db
def test_a_person_chooses_a_language_and_the_browser_asks_in_vain() -> None:
    client = client_of(emma := make_user("emma", "User"))
    choice = {"zone": "", "theme": "", "single_keys": "on"}
    refused = client.post("/profile/", {**choice, "language": "tlh"})
    assert refused.status_code == 422
    assert client.post("/profile/", {**choice, "language": "de"}).status_code == 303
    page = client.get("/profile/", headers={"Accept-Language": "en"})
    assert page["Content-Language"] == "de"
    assert '<option value="de" selected' in page.text
    client.post("/theme/", {"theme": "dark"})
    assert Profile.objects.get(user=emma).language == "de"


@pytest.mark.django_db
def test_the_api_speaks_the_language_of_the_installation(settings: Any) -> None:
    Profile.objects.create(user=(emma := make_user("emma", "User")), language="de")
    client = client_of(emma)
    asked = client.get("/api/v1/instances/nowhere-1/", headers={"Accept-Language": "de"})
    assert "There is no" in asked.json()["detail"]
    settings.LANGUAGE_CODE = "de"
    assert language_of(make_user("mark", "User")) == "de"


@pytest.mark.django_db
def test_each_reader_is_mailed_in_the_own_language() -> None:
    emma, mark = (make_user(name, "User") for name in ("emma", "mark"))
    Profile.objects.create(user=mark, language="de")
    data = {"by": "Helen", "text": "Look", "title": "Trip", "process": "Trips", "process_id": "t-1"}
    with translation.override("de"):
        notify([emma.pk, mark.pk], Mentioned, data=data, url="/instances/t-1/")
        german = Mentioned.sentence(data)
    rows = MailMessage.objects.prefetch_related("recipients")
    sent = {to.address: one.subject for one in rows for to in one.recipients.all()}
    assert sent == {"emma@example.org": "Helen mentioned you in Trip", "mark@example.org": german}
    assert german != sent["emma@example.org"]


@pytest.mark.django_db
def test_a_mail_about_an_account_is_in_the_language_of_its_person() -> None:
    mark = make_user("mark", "User")
    Profile.objects.create(user=mark, language="de")
    context = {"person": mark, "by": mark, "days": 3, "link": "https://x.example/a/"}
    send_account_mail("invitation", "mark@x.example", context=context)
    with translation.override("de"):
        send_account_mail("invitation", "mark@x.example", context={**context, "person": None})
    first, second = mail.outbox
    assert first.subject != second.subject or first.body != second.body


def test_dates_and_numbers_are_written_as_the_language_does() -> None:
    moment = datetime(2026, 11, 20, 16, 2, tzinfo=UTC)
    with translation.override("de"):
        assert day_words(date(2026, 11, 20), today=date(2026, 11, 1)) == "Fr., 20. Nov."
        assert day_words(date(2025, 3, 2), today=date(2026, 11, 1)) == "2. März 2025"
        assert full_words(moment) == "Freitag, 20. November 2026, 16:02:00 UTC"
        assert duration_words(2_400) == "2,4 s"
        assert distance_words(moment, now=moment + timedelta(days=3)) == "vor 3 Tagen"
        assert span_words(timedelta(days=3)) == "3 Tage"
        assert (grouped(12_000), grouped(1_234.5)) == ("12.000", "1.234,5")
    assert day_words(date(2026, 11, 20), today=date(2026, 11, 1)) == "Fri 20 Nov"
    assert (grouped(12_000), grouped(1_234.5)) == ("12,000", "1,234.5")
