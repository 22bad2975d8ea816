"""Templates for an office: leave, purchases, tickets. Who asks, who decides, who sees what."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from kianda.accounts.models import Profile
from kianda.accounts.services.substitutes import Stay, name_substitute
from kianda.lib.errors import Forbidden, Invalid
from kianda.mail.models import MailMessage
from processes.document_cache import document_of
from processes.instances.form_states import form_states
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from processes.record_titles import open_title_of
from processes.rights.instance_rights import InstanceRights
from processes.running import runs
from tests.factories import api_client, make_user
from tests.pages import client_of, text_of
from tests.scheduler.gallery.wizard import answered

pytestmark = pytest.mark.django_db
GALLERY = "/designs/templates/"


class Request:
    """An instance of a process that a template has made."""

    def __init__(self, process: str, by: Any, **data: Any) -> None:
        self._made = create_instance(process=process, mode="live", data=data, user=by)

    @property
    def row(self) -> ProcessInstance:
        return ProcessInstance.objects.select_related("version", "design").get(pk=self._made.pk)

    @property
    def status(self) -> str:
        return self.row.status

    @property
    def title(self) -> str:
        return open_title_of(self.row, document_of(self.row.version))

    def press(self, target: str, user: Any, **data: Any) -> Run:
        return runs.trigger(
            process_id=self.row.process_id, target=target, user=user, trigger="button", data=data
        )

    def pressed(self, target: str, user: Any, **data: Any) -> str:
        run = self.press(target, user, **data)
        assert run.status == "succeeded", run.error
        return self.status

    def refused(self, target: str, user: Any, **data: Any) -> str:
        with pytest.raises(Invalid) as refusal:
            self.press(target, user, **data)
        return " ".join(flaw.detail for flaw in refusal.value.errors)

    def open_forms(self) -> dict[str, tuple[str, ...]]:
        """Return whose each open form is."""
        states = form_states(self.row, document_of(self.row.version))
        return {one.form: (*one.users, *one.groups) for one in states if one.status == "current"}

    def is_seen_by(self, user: Any) -> bool:
        return bool(InstanceRights(user, self.row).see)


def person(name: str, *, manager: Any = None, group: str = "") -> Any:
    made = make_user(name, "User")
    Profile.objects.create(user=made, manager=manager)
    if group:
        made.groups.add(Group.objects.get_or_create(name=group)[0])
    return made


@pytest.fixture
def mark(db: None) -> Any:
    return person("mark")


@pytest.fixture
def emma(mark: Any) -> Any:
    return person("emma", manager=mark)


@pytest.fixture
def fay(db: None) -> Any:
    return person("fay", group="Finance")


def install(user: Any, template: str, **answers: str) -> str:
    answer = client_of(user).post(f"{GALLERY}{template}/", answered(**answers))
    assert answer.status_code == 303, answer.context["form"].flaws
    return str(answer["Location"].rstrip("/").rpartition("/")[2])


# --- purchases ------------------------------------------------------------------------------------


@pytest.fixture
def purchases(ada: Any, fay: Any) -> str:
    return install(
        ada, "purchase-approval", service="Purchase request", second="group:Finance", limit="1000"
    )


def test_a_small_purchase_is_decided_by_the_manager_alone(
    purchases: str, emma: Any, mark: Any, fay: Any
) -> None:
    made = Request(purchases, emma, wanted="A chair", amount=999.99, reason="The old one broke.")
    assert made.pressed("send_request", emma) == "Waiting for the manager"
    assert made.open_forms() == {"manager": ("mark",)}
    assert made.pressed("manager_approve", mark) == "Approved"
    assert made.open_forms() == {}


def test_a_large_purchase_needs_a_second_decision(
    purchases: str, emma: Any, mark: Any, fay: Any, ben: Any
) -> None:
    made = Request(purchases, emma, wanted="A press", amount=1000, reason="More work.")
    made.pressed("send_request", emma)
    status = made.pressed("manager_approve", mark)
    assert status == "Waiting for the second decision"
    assert made.open_forms() == {"second": ("Finance",)}
    assert "Enter Comment" in made.refused("second_reject", fay)
    assert made.pressed("second_reject", fay, second_comment="Next year.") == "Rejected"
    assert [made.is_seen_by(one) for one in (emma, mark, fay, ben)] == [True, True, True, False]


def test_what_the_manager_rejects_ends_however_dear_it_is(
    purchases: str, emma: Any, mark: Any
) -> None:
    made = Request(purchases, emma, wanted="A yacht", amount=90000, reason="For the team.")
    made.pressed("send_request", emma)
    assert made.pressed("manager_reject", mark, manager_comment="No.") == "Rejected"
    assert made.open_forms() == {}


def test_a_purchase_of_somebody_without_a_manager_goes_to_who_decides_the_large_ones(
    purchases: str, mark: Any
) -> None:
    made = Request(purchases, mark, wanted="A chair", amount=10, reason="Broke.")
    assert made.pressed("send_request", mark) == "Waiting for a decision"
    assert made.open_forms() == {"manager": ("Finance",)}
    # Its form is called the same, whoever decides.
    forms = document_of(made.row.version).forms
    assert [form.title for form in forms] == ["Request", "First decision", "Second decision"]


def test_nobody_decides_their_own_purchase_as_one_of_those_who_decide(
    purchases: str, fay: Any, emma: Any, mark: Any
) -> None:
    made = Request(purchases, fay, wanted="A press", amount=5000, reason="More work.")
    made.pressed("send_request", fay)
    refused = made.press("manager_approve", fay)
    assert refused.status == "refused"
    assert "Someone else decides on it." in str(refused.error)
    gus = person("gus", group="Finance")
    status = made.pressed("manager_approve", gus)
    assert status == "Waiting for the second decision"
    assert made.press("second_approve", fay).status == "refused"
    # Nor in place of who is away.
    own = Request(purchases, emma, wanted="A chair", amount=10, reason="Broke.")
    own.pressed("send_request", emma)
    name_substitute(mark, Stay("emma", timezone.now().date()), by=mark)
    assert own.press("manager_approve", emma).status == "refused"
    assert own.status == "Waiting for the manager"


def test_nobody_decides_their_own_purchase_by_pressing_the_button(
    purchases: str, emma: Any, mark: Any
) -> None:
    made = Request(purchases, emma, wanted="A chair", amount=10, reason="Broke.")
    made.pressed("send_request", emma)
    with pytest.raises(Forbidden):
        made.press("manager_approve", emma)
    assert made.status == "Waiting for the manager"


# --- leave ----------------------------------------------------------------------------------------


@pytest.fixture
def helen(db: None) -> Any:
    return person("helen", group="HR")


@pytest.fixture
def leave(ada: Any, helen: Any) -> str:
    return install(ada, "leave-request", service="Leave request", keeper="group:HR")


DAYS = {
    "kind": "Annual leave", "first_day": "2026-12-07", "last_day": "2026-12-11", "working_days": 5,
}  # fmt: skip


def test_the_list_of_waiting_requests_opens_first_and_all_are_beside_it(
    ada: Any, helen: Any, emma: Any, mark: Any
) -> None:
    name = install(
        ada, "leave-request", service="Holiday", records="Holidays", keeper="group:HR"
    )  # fmt: skip
    waiting, decided = Request(name, emma, **DAYS), Request(name, emma, **DAYS)
    for one in (waiting, decided):
        one.pressed("send_request", emma)
    decided.pressed("leave_approve", mark)
    page = text_of(client_of(helen).get(f"/records/{name}/"))
    assert "Holidays" in page
    assert page.count("Annual leave, 7\u201311 Dec") == 1
    every = text_of(client_of(helen).get(f"/records/{name}/?view=all"))
    assert every.count("Annual leave, 7\u201311 Dec") == 2
    assert client_of(helen).get(f"/records/{name}/charts/?view=all").status_code == 200


def subjects_to(user: Any) -> list[str]:
    mails = MailMessage.objects.filter(recipients__address=user.email).order_by("pk")
    return [mail.subject for mail in mails]


def test_leave_is_decided_by_the_manager_and_kept_by_hr(
    leave: str, emma: Any, mark: Any, helen: Any, ben: Any
) -> None:
    made = Request(leave, emma, **DAYS)
    assert made.pressed("send_request", emma) == "Waiting for a decision"
    assert made.open_forms() == {"decision": ("mark",)}
    assert subjects_to(mark) == ["emma asks for annual leave, 7\u201311 Dec"]
    assert made.pressed("leave_approve", mark) == "Approved"
    assert subjects_to(emma) == [f"{made.title}: Approved"]
    assert subjects_to(helen) == ["Annual leave of emma, 7\u201311 Dec"]
    mail = MailMessage.objects.get(recipients__address=helen.email)
    assert (
        "mark has approved Annual leave of emma, 7\u201311 Dec: 5 working days."
        in mail.content["text"]
    )
    assert f"/instances/{made.row.process_id}/" in mail.content["html"]
    assert [made.is_seen_by(one) for one in (emma, mark, helen, ben)] == [True, True, True, False]


def test_a_rejection_needs_a_comment_and_tells_hr_nothing(
    leave: str, emma: Any, mark: Any, helen: Any
) -> None:
    made = Request(leave, emma, **DAYS)
    made.pressed("send_request", emma)
    assert "Enter Comment" in made.refused("leave_reject", mark, leave_comment=" ")
    told = {"leave_comment": "The release is that week."}
    assert made.pressed("leave_reject", mark, **told) == "Rejected"
    assert subjects_to(helen) == []


def test_days_in_the_wrong_order_are_refused_beside_the_last_one(leave: str, emma: Any) -> None:
    made = Request(leave, emma, **DAYS)
    refused = made.press("send_request", emma, last_day="2026-12-01")
    assert refused.status == "refused"
    assert "The last day is before the first day" in str(refused.error)
    assert made.open_forms() == {"ask": ("emma",)}


def test_who_has_no_manager_is_decided_by_hr_and_a_substitute_decides_for_the_manager(
    leave: str, emma: Any, mark: Any, helen: Any, ben: Any
) -> None:
    made = Request(leave, helen, **DAYS)
    made.pressed("send_request", helen)
    assert made.open_forms() == {"decision": ("HR",)}
    name_substitute(mark, Stay("ben", timezone.now().date()), by=mark)
    made = Request(leave, emma, **DAYS)
    made.pressed("send_request", emma)
    assert made.is_seen_by(ben)
    assert made.pressed("leave_approve", ben) == "Approved"


def test_a_request_is_withdrawn_by_whoever_has_asked(leave: str, emma: Any, mark: Any) -> None:
    made = Request(leave, emma, **DAYS)
    made.pressed("send_request", emma)
    with pytest.raises(Forbidden):
        made.press("withdraw", mark)
    assert made.pressed("withdraw", emma) == "Withdrawn"
    assert made.open_forms() == {}


# --- tickets --------------------------------------------------------------------------------------


@pytest.fixture
def ivo(db: None) -> Any:
    return person("ivo", group="IT")


@pytest.fixture
def tickets(ada: Any, ivo: Any) -> str:
    return install(ada, "it-ticket", service="IT ticket", team="group:IT")


def solved(tickets: str, emma: Any, ivo: Any) -> tuple[Request, str]:
    """Return a ticket of Emma's for a guest without an account, and the link in the mail to it."""
    made = Request(
        tickets, emma, contact="guest@example.com", summary="No picture", subject="Computer"
    )
    assert made.pressed("send_report", emma) == "To be solved"
    assert made.open_forms() == {"work": ("IT",)}
    status = made.pressed("solve", ivo, solution="A new cable.")
    assert status == "Solved, not confirmed"
    mail = MailMessage.objects.filter(recipients__address="guest@example.com").latest("pk")
    assert mail.subject == f"Solved? No picture ({made.row.process_id})"
    found = re.search(r'href="([^"]*/f/[^"]+)"', mail.content["html"])
    assert found is not None
    return made, urlsplit(found[1]).path


def answer(path: str, **values: str) -> Any:
    """Open the link as somebody without an account, fill the form in and send it."""
    anybody = Client()
    page = anybody.get(path)
    assert "Does it work now?" in text_of(page)
    sent = {f"v-{name}": value for name, value in values.items()}
    revision = page.context["revision"]
    return anybody.post(path, {"act": "press:send_answer", "revision": revision, **sent})


def test_a_guest_confirms_a_ticket_by_the_link_and_it_ends(
    tickets: str, emma: Any, ivo: Any
) -> None:
    made, path = solved(tickets, emma, ivo)
    done = answer(path, works="Yes, it works")
    assert done.status_code in {200, 302, 303}
    assert made.status == "Solved"
    assert made.open_forms() == {}
    assert Client().get(path).status_code == 410


def test_a_ticket_that_is_not_solved_goes_back_to_the_team(
    tickets: str, emma: Any, ivo: Any
) -> None:
    made, path = solved(tickets, emma, ivo)
    answer(path, works="No, it does not work", remark="Still black.")
    assert made.status == "To be solved"
    assert made.open_forms() == {"work": ("IT",)}
    assert "It does not work: Still black." in str(made.row.forms)
    assert made.pressed("solve", ivo, solution="Another one.") == "Solved, not confirmed"


def test_the_team_ends_a_ticket_that_nobody_confirms(tickets: str, emma: Any, ivo: Any) -> None:
    made, path = solved(tickets, emma, ivo)
    with pytest.raises(Forbidden):
        made.press("end_ticket", emma)
    assert made.pressed("end_ticket", ivo) == "Solved"
    assert Client().get(path).status_code == 410


def test_the_link_is_seen_by_the_team_alone(tickets: str, emma: Any, ivo: Any) -> None:
    made, path = solved(tickets, emma, ivo)
    for user, seen in ((ivo, True), (emma, False)):
        data = api_client(user).get(f"/api/v1/instances/{made.row.process_id}/").json()["data"]
        assert (path in str(data)) == seen
