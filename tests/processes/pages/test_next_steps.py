"""What happens next is told where it is known, and never of what may not happen."""

from typing import Any

import pytest

from processes.models import ProcessDesign
from tests.pages import client_of, text_of
from tests.processes.definitions import button
from tests.processes.rights.office import Office, office
from tests.processes.stories import published

pytestmark = pytest.mark.django_db(transaction=True)
SUBMIT = {"type": "submit"}
MARK = {"users": ["mark"]}


@pytest.fixture
def people() -> Office:
    return office()


def only_if(left: str, operator: str, right: str = "") -> dict[str, Any]:
    item = {"left": left, "operator": operator} | ({"right": right} if right else {})
    return {"conditions": {"match": "all", "items": [item]}}


def assigns(form: str, *users: str, **more: Any) -> dict[str, Any]:
    return {"type": "assign_form", "form": form, "to": {"users": list(users)}, **more}


def form(name: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "fields": list(fields), **more}


def number(name: str) -> dict[str, Any]:
    return {"type": "number", "name": name}


def ticket() -> list[dict[str, Any]]:
    """Return a report, its solution, and a confirmation through a link; or an end without it."""
    link = {"type": "anonymous_form_link", "form": "confirm", "field": "link"}
    end = button("end", {"type": "close", "status": "Solved"})
    return [
        form("report", {"type": "text", "name": "what"}, button("send", SUBMIT)),
        form("work", {"type": "text", "name": "link"}, button("solve", SUBMIT, link), end,
             owners=MARK),
        form("confirm", {"type": "text", "name": "words"}, button("ok", SUBMIT)),
    ]  # fmt: skip


def purchase() -> list[dict[str, Any]]:
    """Return a purchase of which the second decision is needed from 1000 on."""
    small = {"type": "close", "status": "Approved", **only_if("[amount]", "lt", "1000")}
    return [
        form("ask", number("amount"), button("send", SUBMIT)),
        form("first", button("approve", SUBMIT), owners=MARK, rules=[small]),
        form("second", button("agree", SUBMIT), owners={"users": ["helen"]}),
    ]


def made(people: Office, forms: tuple[dict[str, Any], ...]) -> str:
    """Publish a process of these forms, and return its name."""
    name = f"request-{ProcessDesign.objects.count()}"
    return published({"name": name, "forms": list(forms)}, user=people.root)


def before(people: Office, *forms: dict[str, Any]) -> str:
    """Return what the page says on which the request is filled in."""
    name = made(people, forms)
    shown = text_of(client_of(people.emma).get(f"/start/{name}/"))
    return shown[shown.index("What happens next") :]


def after(people: Office, *forms: dict[str, Any], **typed: str) -> str:
    """Return what the page says when it has been sent."""
    body = {"act": "press:send", **{f"v-{name}": text for name, text in typed.items()}}
    done = client_of(people.emma).post(f"/start/{made(people, forms)}/", body, follow=True)
    shown = text_of(done)
    return shown[shown.index("What happens next") :]


def test_a_form_behind_a_link_is_not_said_to_be_ones_own(people: Office) -> None:
    said = "Confirm , not started Can be filled in through a link, if needed"
    assert said in before(people, *ticket())
    told = after(people, *ticket())
    assert said in told
    assert "Report , completed Sent by you" in told
    assert "Work , open mark" in told


def test_a_link_by_which_a_form_is_surely_filled_in_is_no_condition(people: Office) -> None:
    forms = ticket()
    forms[1]["fields"].pop()
    assert "not started Can be filled in through a link" in before(people, *forms)
    assert "if needed" not in before(people, *forms)


def test_a_form_that_depends_on_what_is_typed_is_said_with_a_condition(people: Office) -> None:
    shown = before(people, *purchase())
    assert "First , not started mark" in shown
    assert "Second , not started helen, if needed" in shown


@pytest.mark.parametrize(("amount", "is_told"), [("999", False), ("1000", True)])
def test_a_form_that_a_sent_request_never_gets_is_not_named(
    people: Office, amount: str, *, is_told: bool
) -> None:
    shown = after(people, *purchase(), amount=amount)
    assert "First , open mark" in shown
    assert ("Second" in shown) is is_told
    # Then each way leads to it.
    assert "if needed" not in shown


def test_a_value_that_may_still_change_leaves_a_condition(people: Office) -> None:
    forms = purchase()
    forms[1]["fields"][0]["rules"].insert(
        0,
        {"type": "set_form_field", "assignments": [{"field": "amount", "value": "=[amount] * 2"}]},
    )
    assert "if needed" in after(people, *forms, amount="999")


def test_a_value_that_one_does_not_see_tells_nothing(people: Office) -> None:
    forms = purchase()
    forms[0]["fields"][0] |= {"see": ["group:hr"], "edit": ["group:hr"], "default": 10}
    assert "if needed" in after(people, *forms)


def test_nobody_is_named_where_the_people_come_from_a_field(people: Office) -> None:
    forms = [
        form("ask", {"type": "user_picker", "name": "who", "default_to_me": True},
             button("send", assigns("decide", "[who]"), SUBMIT)),
        form("decide", button("ok", SUBMIT)),
    ]  # fmt: skip
    shown = before(people, *forms)
    assert "Decide , not started" in shown
    assert "emma" not in shown
    assert shown.count("You fill it in") == 1
    # What nobody can change is known.
    forms[0]["fields"][0]["enabled"] = False
    assert before(people, *forms).count("You fill it in") == 2


def test_nobody_is_named_where_what_is_typed_decides_who_it_is(people: Office) -> None:
    rules = [
        assigns("decide", "mark", **only_if("[amount]", "lt", "10")),
        assigns("decide", "helen", **only_if("[amount]", "gte", "10")),
    ]
    forms = [
        form("ask", number("amount"), button("send", *rules, SUBMIT)),
        form("decide", button("ok", SUBMIT), owners=MARK),
    ]
    shown = before(people, *forms)
    assert "mark" not in shown
    assert "helen" not in shown
    assert "Decide , open helen" in after(people, *forms, amount="12")


def test_nobody_is_named_where_a_form_between_gives_it_to_someone(people: Office) -> None:
    forms = [
        form("ask", button("send", SUBMIT)),
        form("first", button("ok", assigns("second", "helen"), SUBMIT), owners=MARK),
        form("second", button("agree", SUBMIT)),
    ]
    for shown in (before(people, *forms), after(people, *forms)):
        assert "Second , not started" in shown
        assert shown.partition("Second")[2].count("You fill it in") == 0
        assert "helen" not in shown


def test_a_form_that_a_rule_may_hide_is_said_with_a_condition(people: Office) -> None:
    hide = {"type": "hide_or_disable", "changes": [{"field": "pay", "action": "hide"}]}
    forms = [
        form("ask", number("amount"), button("send", SUBMIT)),
        form("decide", button("ok", {**hide, **only_if("[amount]", "lt", "5")}, SUBMIT),
             owners=MARK),
        form("pay", button("done", SUBMIT), owners={"users": ["helen"]}),
    ]  # fmt: skip
    assert "if needed" in before(people, *forms)


def test_a_form_that_is_skipped_comes_after_the_last_if_nothing_ends_it(people: Office) -> None:
    skip = {"type": "go_to_form", "form": "pay", "make_current": True}
    forms = [
        form("ask", button("send", skip, SUBMIT)),
        form("decide", button("ok", SUBMIT), owners=MARK),
        form("pay", button("done", SUBMIT), owners={"users": ["helen"]}),
    ]
    shown = before(people, *forms)
    assert "Decide , not started mark, if needed" in shown
    assert "Pay , not started helen" in shown


def test_everyones_form_is_not_said_to_be_ones_own(people: Office) -> None:
    everyone = {"type": "assign_form", "form": "decide", "everyone": True}
    forms = [form("ask", button("send", everyone, SUBMIT)), form("decide", button("ok", SUBMIT))]
    assert before(people, *forms).count("You fill it in") == 1
