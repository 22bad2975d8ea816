"""A file of people: first what an import would do, then all of it or nothing, links at the end."""

import csv
import io
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from kianda.accounts.models import AuditEntry
from kianda.accounts.roles import assigned_roles
from kianda.accounts.services.people_file import MOST_BYTES, decoded, read_people
from kianda.accounts.services.people_import import PeoplePlan, carry_out, plan_import
from kianda.accounts.services.person_data import PersonData, own_groups_of, person_data
from kianda.accounts.services.users import change_person
from kianda.lib.errors import Invalid, Stale
from tests.factories import make_user
from tests.pages import SCRIPT, client_of, text_of

pytestmark = pytest.mark.django_db
PATH = "/users/import/"


def plan_of(text: str | bytes) -> PeoplePlan:
    read, flaw = decoded(text if isinstance(text, bytes) else text.encode())
    assert flaw is None, flaw
    return plan_import(read_people(read))


def flaws_of(text: str) -> list[tuple[int, str, str]]:
    return [tuple(flaw) for flaw in plan_of(text).flaws]  # type: ignore[misc]


def carried_out(text: str, by: Any) -> list[str]:
    made = carry_out(read_people(text), digest=plan_of(text).digest, by=by)
    return [user.username for user, _path in made]


@pytest.fixture
def mark(db: None) -> Any:
    return make_user("mark", "User", first_name="Mark", last_name="Murphy")


def test_new_people_and_changes_are_told_first_and_then_stored(admin: Any, mark: Any) -> None:
    Group.objects.create(name="HR")
    text = (
        "User name;Name;E-mail;Manager;Department;Job title;Phone;Roles;Groups\r\n"
        "emma;Emma  Doyle;emma@example.org;MARK;People;Lead;+353 1 555;User, designer;hr\r\n"
        "Mark;Mark Murphy;mark@example.org;;Board;;;User;\r\n"
        "admin;;admin@example.org;;;;;Administrator;\r\n"
    )
    plan = plan_of(text)
    assert plan.flaws == []
    assert [one.username for one in plan.new] == ["emma"]
    (changed,) = plan.changed
    told = [(one.title, one.before, one.after) for one in changed.changes]
    assert told == [("Department", "", "Board")]
    assert User.objects.filter(username="emma").count() == 0
    assert carried_out(text, admin) == ["emma"]
    emma = User.objects.get(username="emma")
    assert emma.get_full_name() == "Emma Doyle"
    assert not emma.has_usable_password()
    assert assigned_roles(emma) == ["Designer", "User"]
    assert own_groups_of(emma) == ["HR"]
    assert person_data(emma) == PersonData("mark", "People", "Lead", "+353 1 555")
    assert person_data(mark).department == "Board"
    rows = AuditEntry.objects.order_by("pk").values_list("action", "name", "detail")
    assert list(rows) == [
        ("invited", "emma", "Import. Designer, User. Name. Email. Manager: mark. Department. "
         "Job title. Phone. Groups: HR"),
        ("changed", "mark", "Import. Department"),
    ]  # fmt: skip
    again = plan_of(text)
    assert (len(again.new), len(again.changed)) == (0, 0)


def test_a_column_that_is_missing_changes_nothing_and_an_empty_cell_empties(
    admin: Any, mark: Any
) -> None:
    change_person(
        mark, name="Mark Murphy", email="m@example.org", roles=["Designer"],
        data=PersonData(department="Board", phone="1"), by=admin,
    )  # fmt: skip
    carried_out("username,phone\nmark,\nnew,2\n", admin)
    mark.refresh_from_db()
    assert person_data(mark) == PersonData(department="Board")
    fresh = User.objects.get(pk=mark.pk)
    assert (fresh.email, assigned_roles(fresh)) == ("m@example.org", ["Designer"])
    assert assigned_roles(User.objects.get(username="new")) == ["User"]
    carried_out("username,roles,department\nmark,,\n", admin)
    fresh = User.objects.get(pk=mark.pk)
    assert assigned_roles(fresh) == []
    assert person_data(fresh) == PersonData()


@pytest.mark.parametrize("head", ["username,job_title", "User name,Job Title", "USERNAME,Title"])
@pytest.mark.parametrize("mark_of_order", ["", "\ufeff"])
def test_headers_are_keys_or_words_and_files_of_spreadsheets_are_read(
    head: str, mark_of_order: str
) -> None:
    for comma in (",", ";"):
        text = (
            mark_of_order + head.replace(",", comma) + f'\n\nzoë{comma}"Head{comma} of ""all"""\n'
        )
        (one,) = plan_of(text).new
        assert one.username == "zoë"
        assert one.after.job_title == f'Head{comma} of "all"'


def test_people_who_come_together_may_be_managers_of_one_another(admin: Any) -> None:
    text = "username,email,manager\nann,,bob@example.org\nbob,bob@example.org,cid\ncid,,\n"
    assert plan_of(text).flaws == []
    carried_out(text, admin)
    people = {row.username: person_data(row).manager for row in User.objects.all()}
    assert people == {"admin": "", "ann": "bob", "bob": "cid", "cid": ""}


def test_what_is_wrong_is_told_with_its_line_and_column(admin: Any, mark: Any) -> None:
    gone = make_user("gone", is_active=False)
    lines = [
        "username,name,email,manager,roles,groups",
        "ann,,nowhere,,,",
        "a b,,,,,",
        "ANN,,,,,",
        ",Nobody,,,,",
        "bob,=1+1,,@me,,",
        f"cid,,,{gone.username},Boss,Nobody",
        "dan,,,dan,,",
        "eve,,,who%s,,",
        "one,two",
        '"fay\n",,,,,',
        "gus,G\u200bus,,,,",
    ]
    assert flaws_of("\n".join(lines)) == [
        (2, "Email", "Enter an email address such as ada@example.org."),
        (3, "User name", "Use letters, digits and @ . + - _ only."),
        (4, "User name", "ANN is already on line 2."),
        (5, "User name", "Enter a user name."),
        (6, "Manager", "No user named @me, neither here nor in the file."),
        (6, "Name", "The value starts with =, as a formula does. Enter the value only."),
        (7, "Groups", "No group named Nobody."),
        (7, "Manager", "gone is deactivated. Choose another user."),
        (7, "Roles", "No role named Boss."),
        (8, "Manager", "A user cannot be their own manager. Choose another user."),
        (9, "Manager", "No user named who%s, neither here nor in the file."),
        (10, "", "This line has 2 cells, but the header has 6."),
        (13, "Name", "The text contains an invisible character. Type it again."),
    ]


def test_a_circle_of_managers_is_told_also_with_people_who_are_there(admin: Any, mark: Any) -> None:
    make_user("ann", "User")
    change_person(
        mark, name="Mark", email="", roles=["User"], data=PersonData(manager="ann"), by=admin
    )
    assert flaws_of("username,manager\nann,mark\n") == [
        (2, "Manager", "mark reports to ann, directly or through others. Choose another user."),
    ]
    assert len(flaws_of("username,manager\nx,y\ny,z\nz,x\n")) == 3
    assert flaws_of("username,manager\nann,mark\nmark,\n") == []


def test_the_last_administrator_stays_one(admin: Any, mark: Any) -> None:
    (flaw,) = flaws_of("username,roles\nadmin,User\nnew,Administrator\n")
    assert flaw[:2] == (2, "Roles")
    assert "last active Administrator" in flaw[2]
    make_user("root", "Administrator")
    assert flaws_of("username,roles\nadmin,User\n") == []


@pytest.mark.parametrize(
    ("body", "line", "said"),
    [
        (b"", 0, "The file contains no users."),
        (b"username\n", 0, "The file contains no users."),
        (b"name\nAda\n", 1, "The column User name is missing. Add it."),
        (b"username,shoe size\n", 1, "Unknown column \u201cshoe size\u201d."),
        (b"username,e-mail,email\n", 1, "appears twice."),
        (b"username\nzo\xeb\n", 2, "The file is not in UTF-8. In Excel, save it as “CSV UTF-8”."),
        ("username\nada\n".encode("utf-16"), 1, "The file is not in UTF-8."),
        (b"username\nada\0\n", 2, "This is not a text file. Choose a CSV file."),
        (b'username\nada\n"ben" x\n', 3, "not valid CSV"),
        (b'username\n"' + b"x" * 200_000 + b'"\n', 2, "not valid CSV"),
        (b"username\n" + b"x\n" * MOST_BYTES, 0, "larger than 2 MB"),
        (b"username\n" + b"".join(b"u%d\n" % n for n in range(5_001)), 5_002, "more than 5,000"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_nothing_is_stored(
    admin: Any, body: bytes, line: int, said: str
) -> None:
    answer = client_of(admin).post(PATH, {"file": SimpleUploadedFile("people.csv", body)})
    assert answer.status_code == 422
    text = text_of(answer)
    assert said in text
    assert "Choose a file" in text
    assert (f"Line {line} " in text) == bool(line), text
    assert User.objects.count() == 1


def test_a_plan_that_would_be_another_by_now_is_not_carried_out(admin: Any, mark: Any) -> None:
    text = "username,department\nmark,Board\n"
    digest = plan_of(text).digest
    change_person(
        mark, name="Mark", email="", roles=["User"], data=PersonData(department="Sales"), by=admin
    )
    with pytest.raises(Stale):
        carry_out(read_people(text), digest=digest, by=admin)
    make_user("eve")
    with pytest.raises(Invalid):
        carry_out(read_people("username,email\neve,x\nnew,\n"), digest="", by=admin)
    assert not User.objects.filter(username="new").exists()


def preview_of(client: Any, text: str) -> Any:
    page = client.post(PATH, {"file": SimpleUploadedFile("people.csv", text.encode())})
    assert page.status_code == 200, text_of(page)
    return {name: page.context[name] for name in ("held", "digest")}


def test_an_administrator_checks_imports_and_takes_the_links_along(admin: Any, mark: Any) -> None:
    client = client_of(admin)
    assert client_of(mark).get(PATH).status_code == 403
    assert "Choose a file." in text_of(client.post(PATH))
    sent = preview_of(client, "username,name\n+ann,Ann\nbob,Bob\nmark,Mark Murphy\n")
    assert not User.objects.filter(username="bob").exists()
    done = client.post(PATH, sent)
    assert "2 created, 0 changed." in text_of(done)
    assert [user.username for user, _link in done.context["links"]] == ["+ann", "bob"]
    bob = User.objects.get(username="bob")
    bob.set_password("a good test password")
    bob.save()
    file = client.post("/users/import/links/", {"held": done.context["held"]})
    rows = list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert rows[0] == ["User name", "Name", "Email", "Link"]
    ((name, _called, _mail, link),) = rows[1:]
    assert name == "'+ann"
    told = AuditEntry.objects.filter(action="exported").values_list("user_name", "kind", "name")
    assert list(told) == [("admin", "user", "+ann")]
    assert client_of(mark).get(link.removeprefix("http://testserver")).status_code in {200, 302}
    assert client.post("/users/import/links/", {"held": "x"}).status_code == 422
    assert client.post(PATH, {"held": "x" + sent["held"]}).status_code == 422


def test_new_people_are_invited_by_mail_once_where_they_have_an_address(
    admin: Any, mark: Any
) -> None:
    client = client_of(admin)
    file = "username,email\nann,ann@example.org\nbob,bob@example.org\ncyd,\n"
    done = client.post(PATH, preview_of(client, file))
    assert "Send invitations by email" in text_of(done)
    User.objects.filter(username="bob").update(is_active=False)
    body = {"held": done.context["held"]}
    answer = client.post("/users/import/invite/", body, follow=True)
    assert "Invitations queued: 1" in text_of(answer)
    (message,) = mail.outbox
    assert message.to == ["ann@example.org"]
    again = client.post("/users/import/invite/", body, follow=True)
    assert "Invitations queued: 0" in text_of(again)
    assert client.post("/users/import/invite/", {"held": "x"}).status_code == 422
    assert client_of(mark).post("/users/import/invite/", body).status_code == 403


def test_what_has_changed_since_the_preview_is_shown_again(admin: Any, mark: Any) -> None:
    client = client_of(admin)
    sent = preview_of(client, "username,name\nmark,Mark\nnew,\n")
    mark.first_name = "Max"
    mark.save()
    answer = client.post(PATH, sent)
    assert answer.status_code == 409
    assert "Users have changed in the meantime" in text_of(answer)
    assert not User.objects.filter(username="new").exists()
    again = {name: answer.context[name] for name in ("held", "digest")}
    assert client.post(PATH, again).status_code == 200


def test_a_mistake_of_many_lines_is_told_once(admin: Any) -> None:
    people = "".join(f"p{number},Nobody\n" for number in range(12))
    body = SimpleUploadedFile("a.csv", f"username,groups\n{people}q q,\n".encode())
    answer = client_of(admin).post(PATH, {"file": body})
    assert answer.status_code == 422
    said = text_of(answer)
    assert "Lines 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …, Groups No group named Nobody." in said
    assert said.count("No group named Nobody.") == 1
    assert "Line 14, User name Use letters" in said


def test_signs_of_markup_are_shown_as_they_are(admin: Any) -> None:
    body = SimpleUploadedFile("a.csv", f"username,{SCRIPT}\n".replace('"', "").encode())
    page = client_of(admin).post(PATH, {"file": body})
    assert "<script>alert(1)" not in page.content.decode()


def test_many_people_are_imported_with_few_statements(
    admin: Any, django_assert_max_num_queries: Any
) -> None:
    text = "username,department,roles\n" + "".join(f"u{n},D{n % 7},User\n" for n in range(1_000))
    digest = plan_of(text).digest
    with django_assert_max_num_queries(60):
        carry_out(read_people(text), digest=digest, by=admin)
    assert User.objects.filter(profile__department="D3").count() == 143
