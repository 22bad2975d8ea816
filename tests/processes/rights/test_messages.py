"""Who manages a process reads what its runs have sent by mail, and nothing else."""

from typing import Any

import pytest
from django.utils import timezone

from kianda.lib.errors import Forbidden, Invalid, Missing
from kianda.mail import access, outbox
from kianda.mail.letters import Letter
from kianda.mail.models import MailMessage, MailState
from kianda.mail.planning import plan_letters
from processes.instances.lifecycle import create_instance, delete_instance
from processes.models import Run
from tests.factories import Api
from tests.pages import client_of, text_of
from tests.processes.rights.office import Office, leave_request, office, send
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
MAIL = {"type": "send_email", "to": ["supplier@example.org"], "body": "Four days"}


@pytest.fixture
def people() -> Office:
    """Helen manages leave; two processes send an email each, and Mark is told of his form."""
    made = office()
    for name, managers in (("leave", ["user:helen"]), ("order", ["user:dora"])):
        definition = leave_request(administrators=managers)
        rules = [{**MAIL, "id": "mail", "subject": f"About {name}"}, {"type": "submit"}]
        definition["forms"][0]["fields"][2]["rules"] = rules
        published({**definition, "name": name}, user=made.root)
        instance = create_instance(process=name, mode="live", data={"days": "3"}, user=made.emma)
        assert send(instance, made.emma).status == Run.Status.SUCCEEDED
    plan_letters([Letter(key="reset", to=("emma@example.org",), subject="Reset", text="-")])
    return made


def message(subject: str) -> MailMessage:
    (found,) = [one for one in MailMessage.objects.all() if one.subject == subject]
    return found


def failed(subject: str) -> MailMessage:
    """Return a message that its server has rejected."""
    found = message(subject)
    MailMessage.objects.filter(pk=found.pk).update(
        state=MailState.REJECTED, finished_at=timezone.now(), due_at=None
    )
    found.recipients.update(state=MailState.REJECTED)
    return found


def test_each_reads_the_messages_of_their_processes(people: Office, api: Api) -> None:
    def found(user: Any) -> list[str]:
        answer = api(user).get("/api/v1/messages/")
        assert answer.status_code == 200
        return sorted(one["subject"] for one in answer.json()["results"])

    assert found(people.helen) == ["About leave"]
    assert found(people.dora) == ["About order"]
    assert len(found(people.root)) == 5
    assert [one.subject for one in access.visible_messages(people.helen)] == ["About leave"]


@pytest.mark.parametrize("name", ["emma", "mark", "tom"])
def test_who_manages_nothing_reads_none(people: Office, name: str) -> None:
    user = getattr(people, name)
    with pytest.raises(Forbidden):
        access.visible_messages(user)
    page = client_of(user).get("/messages/")
    assert page.status_code == 403
    assert "people who manage a process" in text_of(page)
    assert client_of(user).get(f"/messages/{message('About leave').pk}/").status_code == 404


def test_the_page_shows_and_counts_what_is_theirs(people: Office) -> None:
    failed("About leave")
    failed("About order")
    client = client_of(people.helen)
    page = client.get("/messages/")
    said = text_of(page)
    assert "1 message needs attention" in said
    assert "Emails from the processes that you manage. 1 in the last 7 days" in said
    assert "About leave" in said
    for absent in ("About order", "is waiting for you", "Reset", "Mail account"):
        assert absent not in said
    one = client.get(f"/messages/{message('About leave').pk}/")
    assert "Four days" in text_of(one)
    for subject in ("About order", "Reset", "Decision of leave-1 is waiting for you"):
        assert client.get(f"/messages/{message(subject).pk}/").status_code == 404
        beside = client.get(f"/messages/?message={message(subject).pk}")
        assert "History" not in text_of(beside)
    assert client.get("/messages/?search=order").context["page"].paginator.count == 0


def test_the_rail_leads_there_whoever_manages_a_process(people: Office) -> None:
    shown = {
        user.username: 'href="/messages/"' in client_of(user).get("/").content.decode()
        for user in people
    }
    assert shown == {
        "emma": False, "mark": False, "tom": False, "helen": True, "dora": True, "root": True,
    }  # fmt: skip


def test_they_send_it_again_to_whom_it_was_written_for(people: Office) -> None:
    sent = failed("About leave")
    again = outbox.send_again(sent.pk, to=None, user=people.helen)
    assert (again.state, again.insists) == (MailState.PLANNED, False)
    failed("About leave")
    with pytest.raises(Invalid, match="Only Administrators"):
        outbox.send_again(sent.pk, to=["helen@example.org"], user=people.helen)
    assert outbox.send_again(sent.pk, to=["else@example.org"], user=people.root).insists


def test_they_mark_it_as_done_and_no_other(people: Office, api: Api) -> None:
    outbox.mark_done(failed("About leave").pk, user=people.helen)
    assert message("About leave").state == MailState.DONE
    for subject in ("About order", "Reset"):
        pk = failed(subject).pk
        with pytest.raises(Missing):
            outbox.mark_done(pk, user=people.helen)
        with pytest.raises(Missing):
            outbox.send_again(pk, to=None, user=people.helen)
        assert api(people.helen).post(f"/api/v1/messages/{pk}/done/").status_code == 404
        assert message(subject).state == MailState.REJECTED


def test_what_is_deleted_is_for_administrators(people: Office) -> None:
    delete_instance(process_id="leave-1", user=people.root)
    assert not access.visible_messages(people.helen).exists()
    assert client_of(people.root).get(f"/messages/{message('About leave').pk}/").status_code == 200
