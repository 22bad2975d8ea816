"""Where people work: a manager, a department, a job title, a phone; managers form no circle."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from kianda.accounts.models import AuditEntry
from kianda.accounts.services import users
from kianda.accounts.services.person_data import PersonData, person_data
from kianda.lib.errors import Invalid
from tests.factories import make_user
from tests.pages import client_of, text_of

pytestmark = pytest.mark.django_db
DATA = PersonData("mark", "Engineering", "Head of platform", "+353 1 555 0100")


@pytest.fixture
def mark(db: None) -> Any:
    return make_user("mark", first_name="Mark", last_name="Murphy")


def set_data(user: Any, by: Any, **data: Any) -> Any:
    return users.change_person(
        user, name="", email=user.email, roles=["User"], data=PersonData(**data), by=by
    )


def flaws_of(user: Any, by: Any, **data: str) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        set_data(user, by, **data)
    return {flaw.pointer: flaw.detail for flaw in caught.value.errors}


def test_who_is_invited_can_have_a_manager_a_department_a_job_title_and_a_phone(
    admin: Any, mark: Any
) -> None:
    made, _path = users.invite_person(
        username="eve", name="Eve", email="", roles=["User"], data=DATA, by=admin
    )
    assert person_data(made) == DATA
    told = AuditEntry.objects.get(action="invited").detail
    assert told == "User. Manager: mark, Department, Job title, Phone"


def test_data_that_is_not_given_stays(admin: Any, ben: Any, mark: Any) -> None:
    set_data(ben, admin, **DATA._asdict())
    users.change_person(ben, name="Ben", email="", roles=["User"], by=admin)
    assert person_data(ben) == DATA
    set_data(ben, admin)
    assert person_data(ben) == PersonData()


def test_a_manager_is_named_by_user_name_or_address_in_any_letters(
    admin: Any, ben: Any, mark: Any
) -> None:
    for typed in (" MARK ", "Mark@Example.org"):
        set_data(ben, admin, manager=typed)
        assert person_data(ben).manager == "mark"
        set_data(ben, admin)


def test_each_wrong_value_is_told_at_its_place_and_nothing_is_stored(admin: Any, ben: Any) -> None:
    flaws = flaws_of(
        ben, admin,
        manager="nobody", department="x" * 151, job_title="Head\nof\x07", phone="1" * 51,
    )  # fmt: skip
    assert flaws == {
        "/manager": "No user named nobody.",
        "/department": "Use at most 150 characters.",
        "/job_title": "The text contains an invisible character. Type it again.",
        "/phone": "Use at most 50 characters.",
    }
    assert person_data(ben) == PersonData()


def test_an_address_that_two_users_have_names_nobody(admin: Any, ben: Any) -> None:
    for name in ("one", "two"):
        User.objects.create(username=name, email="shared@example.org")
    assert "/manager" in flaws_of(ben, admin, manager="shared@example.org")


def test_nobody_is_their_own_manager(admin: Any, ben: Any) -> None:
    assert flaws_of(ben, admin, manager="ben") == {
        "/manager": "A user cannot be their own manager. Choose another user."
    }


def test_managers_form_no_circle_however_long(admin: Any, ada: Any, ben: Any, mark: Any) -> None:
    set_data(ada, admin, manager="ben")
    set_data(ben, admin, manager="mark")
    said = "ada reports to mark, directly or through others. Choose another user."
    assert flaws_of(mark, admin, manager="ada") == {"/manager": said}
    assert "/manager" in flaws_of(mark, admin, manager="ben")


def test_a_deactivated_manager_stays_and_is_chosen_by_nobody_else(
    admin: Any, ada: Any, ben: Any, mark: Any
) -> None:
    set_data(ben, admin, manager="mark")
    asked = text_of(client_of(admin).get(f"/users/{mark.pk}/deactivate/"))
    assert "1 person will still report to mark" in asked
    users.deactivate_person(mark, by=admin)
    set_data(ben, admin, manager="mark", phone="1")
    assert person_data(ben).manager == "mark"
    assert "This manager is deactivated." in text_of(client_of(admin).get(f"/users/{ben.pk}/"))
    assert flaws_of(ada, admin, manager="mark") == {
        "/manager": "mark is deactivated. Choose another user."
    }


def test_who_reports_to_a_deleted_user_has_no_manager(admin: Any, ben: Any, mark: Any) -> None:
    set_data(ben, admin, **DATA._asdict())
    mark.delete()
    assert person_data(ben) == DATA._replace(manager="")


def test_an_administrator_changes_the_data_on_the_page_of_a_user(
    admin: Any, ben: Any, mark: Any
) -> None:
    page = client_of(admin)
    path = f"/users/{ben.pk}/"
    shown = page.get(path)
    assert shown.context["form"]["manager"].value() == ""
    offered = page.get("/people/options/?q=mar&choose=users").content.decode()
    assert 'data-ref="user:mark"' in offered
    assert 'data-label="Mark Murphy"' in offered
    typed = {
        "email": ben.email, "roles": ["User"], "revision": shown.context["revision"],
        **DATA._asdict(),
    }  # fmt: skip
    refused = page.post(path, typed | {"manager": "ben"})
    assert refused.status_code == 422
    assert "A user cannot be their own manager." in refused.context["form"].errors["manager"][0]
    assert page.post(path, typed).status_code == 303
    assert page.get(path).context["form"]["manager"].value() == "mark"
    # The form of before does not change what has been saved since.
    late = page.post(path, typed | {"department": "Sales"})
    differing = [
        (str(one.title), one.theirs, one.mine) for one in late.context["conflict"].differences
    ]
    assert differing == [("Department", "Engineering", "Sales")]
    assert person_data(ben) == DATA


def test_the_own_profile_shows_the_data_and_changes_none(admin: Any, ben: Any, mark: Any) -> None:
    set_data(ben, admin, **DATA._asdict())
    page = client_of(ben)
    shown = text_of(page.get("/profile/"))
    for told in ("Mark Murphy", "Engineering", "Head of platform", "+353 1 555 0100"):
        assert told in shown
    page.post("/profile/", {"zone": "", "theme": "dark", "department": "Sales", "manager": ""})
    assert person_data(ben) == DATA
