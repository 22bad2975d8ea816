"""Files go with the emails of rules: opened when they leave, and said when they are gone."""

from email import message_from_bytes
from typing import Any

import pytest

from kianda.mail.composing import composed
from kianda.mail.letters import MOST_BYTES
from kianda.mail.models import MailMessage
from kianda.mail.ports import MailAccount, NothingSent
from processes.files.uploads import store_bytes
from processes.instances.lifecycle import create_instance
from processes.models import File, ProcessInstance, Run
from processes.running import runs
from tests.factories import api_client
from tests.pages import client_of, text_of
from tests.processes.files.samples import png
from tests.processes.rights.office import Office, leave_request, office
from tests.processes.stories import published

pytestmark = pytest.mark.django_db
ACCOUNT = MailAccount(
    name="m", title="M", host="mail.example.org", port=25, sender="kianda@example.org"
)


@pytest.fixture
def people(db: None) -> Office:
    return office()


def sent_with(people: Office, field: str = "proof", send_as: str = "file", files: int = 1) -> Run:
    """Return the run of a button that sends an email with the files of a request."""
    raw = leave_request()
    raw["forms"][0]["fields"] += [{"type": "file_upload", "name": "proof", "multiple": True}]
    raw["forms"][0]["fields"][2]["rules"] = [{
        "type": "send_email", "to": ["user:tom"], "subject": "Leave", "body": "Look",
        "attachments": [{"field": field, "send_as": send_as}, {"field": field}],
    }]  # fmt: skip
    made = create_instance(
        process=published(raw, user=people.root), mode="live", data={"days": "5"}, user=people.emma
    )  # fmt: skip
    made.values = {**made.values, "proof": [
        {"id": str(file.pk), "name": file.name, "size": file.size, "media_type": file.media_type}
        for at in range(files)
        for file in [store_bytes([png()], name=f"scan {at}.png", by=people.emma, instance=made,
                                 field="proof")]
    ]}  # fmt: skip
    made.save(update_fields=["values"])
    return runs.trigger(
        process_id=made.process_id, target="send", user=people.emma, trigger="button"
    )


def message() -> MailMessage:
    return MailMessage.objects.get(key__startswith="rule-")


def as_sent() -> Any:
    row = message()
    return message_from_bytes(composed(row, row.recipients.all(), ACCOUNT))


def test_a_file_goes_with_the_email_once_and_is_named_where_messages_are_read(
    people: Office,
) -> None:
    run = sent_with(people, files=2)
    assert run.status == Run.Status.SUCCEEDED, run.error
    parts = [one for one in as_sent().walk() if one.get_filename()]
    assert [one.get_filename() for one in parts] == ["scan 0.png", "scan 1.png"]
    assert parts[0].get_content_type() == "image/png"
    assert parts[0].get_payload(decode=True) == png()
    assert run.steps[0]["request"]["attachments"] == ["scan 0.png", "scan 1.png"]
    # Its content stands in the storage, not in the message.
    assert "content" not in message().content["files"][0]
    told = api_client(people.root).get(f"/api/v1/messages/{message().pk}/").data
    assert told["attachments"] == ["scan 0.png", "scan 1.png"]
    assert "scan 0.png" in text_of(client_of(people.root).get(f"/messages/{message().pk}/"))


def test_a_link_goes_instead_where_the_design_says_so(people: Office) -> None:
    assert sent_with(people, send_as="link").status == Run.Status.SUCCEEDED
    assert not message().content["files"]
    assert f"/files/{File.objects.get().pk}/scan%200.png" in message().content["text"]


def test_without_a_file_the_email_goes_alone(people: Office) -> None:
    assert sent_with(people, files=0).status == Run.Status.SUCCEEDED
    assert not [one for one in as_sent().walk() if one.get_filename()]


def test_what_is_too_large_fails_with_its_sentence(people: Office) -> None:
    sent_with(people)
    File.objects.update(size=MOST_BYTES + 1)
    run = runs.trigger(
        process_id=ProcessInstance.objects.get().process_id, target="send", user=people.emma,
        trigger="button",
    )  # fmt: skip
    assert run.status == Run.Status.FAILED
    assert "the limit is 10 MB. Send links instead." in (run.error or {})["message"]
    assert MailMessage.objects.filter(key__startswith="rule-").count() == 1


def test_a_field_that_holds_no_files_fails_with_its_name(people: Office) -> None:
    run = sent_with(people, field="days")
    assert run.status == Run.Status.FAILED
    assert "days holds no files" in (run.error or {})["message"]


@pytest.mark.parametrize(
    ("state", "permanent"), [("removing", True), ("refused", True), ("scanning", False)]
)
def test_a_file_that_cannot_be_opened_when_it_leaves_stops_the_email(
    people: Office, state: str, permanent: bool
) -> None:
    sent_with(people)
    File.objects.update(state=state)
    with pytest.raises(NothingSent) as refused:
        as_sent()
    assert refused.value.permanent is permanent
    assert refused.value.words


def test_a_file_that_is_gone_when_it_leaves_stops_the_email(people: Office) -> None:
    sent_with(people)
    File.objects.all().delete()
    with pytest.raises(NothingSent, match="An attachment was deleted"):
        as_sent()
