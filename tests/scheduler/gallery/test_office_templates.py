"""Templates for an office: leave, purchases, tickets. Who asks, who decides, who sees what."""

from typing import Any

import pytest
from django.contrib.auth.models import Group

from kianda.accounts.models import Profile
from kianda.lib.errors import Forbidden
from processes.document_cache import document_of
from processes.instances.form_states import form_states
from processes.instances.lifecycle import create_instance
from processes.models import ProcessInstance, Run
from processes.rights.instance_rights import InstanceRights
from processes.running import runs
from tests.factories import make_user
from tests.pages import client_of
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

    def press(self, target: str, user: Any, **data: Any) -> Run:
        return runs.trigger(
            process_id=self.row.process_id, target=target, user=user, trigger="button", data=data
        )

    def pressed(self, target: str, user: Any, **data: Any) -> str:
        run = self.press(target, user, **data)
        assert run.status == "succeeded", run.error
        return self.status

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
    assert made.pressed("manager_decide", mark, manager_decision="Approved") == "Approved"
    assert made.open_forms() == {}


def test_a_large_purchase_needs_a_second_decision(
    purchases: str, emma: Any, mark: Any, fay: Any, ben: Any
) -> None:
    made = Request(purchases, emma, wanted="A press", amount=1000, reason="More work.")
    made.pressed("send_request", emma)
    status = made.pressed("manager_decide", mark, manager_decision="Approved")
    assert status == "Waiting for the second decision"
    assert made.open_forms() == {"second": ("Finance",)}
    refused = made.press("second_decide", fay, second_decision="Rejected")
    assert refused.status == "failed"
    assert "comment" in str(refused.error).lower()
    told = {"second_decision": "Rejected", "second_comment": "Next year."}
    assert made.pressed("second_decide", fay, **told) == "Rejected"
    assert [made.is_seen_by(one) for one in (emma, mark, fay, ben)] == [True, True, True, False]


def test_what_the_manager_rejects_ends_however_dear_it_is(
    purchases: str, emma: Any, mark: Any
) -> None:
    made = Request(purchases, emma, wanted="A yacht", amount=90000, reason="For the team.")
    made.pressed("send_request", emma)
    told = {"manager_decision": "Rejected", "manager_comment": "No."}
    assert made.pressed("manager_decide", mark, **told) == "Rejected"
    assert made.open_forms() == {}


def test_a_purchase_of_somebody_without_a_manager_goes_to_who_decides_the_large_ones(
    purchases: str, mark: Any
) -> None:
    made = Request(purchases, mark, wanted="A chair", amount=10, reason="Broke.")
    made.pressed("send_request", mark)
    assert made.open_forms() == {"manager": ("Finance",)}


def test_nobody_decides_their_own_purchase_by_pressing_the_button(
    purchases: str, emma: Any, mark: Any
) -> None:
    made = Request(purchases, emma, wanted="A chair", amount=10, reason="Broke.")
    made.pressed("send_request", emma)
    with pytest.raises(Forbidden):
        made.press("manager_decide", emma, manager_decision="Approved")
    assert made.status == "Waiting for the manager"
