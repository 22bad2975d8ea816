"""Send email works out recipients and words."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from processes.rules import SendEmail, rules
from processes.rules.base import RuleFailed
from processes.rules.mailing import in_one_line
from processes.rules.ports import Mail
from tests.fakes import FakeContext
from tests.processes.definitions import name_table

NAMES = name_table(
    {"days": "number", "key": "secret", "approver": "user_picker", "address": "text",
     "lines": "table", "send": "button"},
    tables={"approver": {"email": "text"}, "lines": {"what": "text"}},
)  # fmt: skip


def rule(**settings: Any) -> SendEmail:
    raw = {"type": "send_email", "id": "a", "to": ["creator"], "subject": "S", "body": "B"}
    made = rules.parse(raw | settings, names=NAMES)
    assert isinstance(made, SendEmail)
    return made


def mailed(values: dict[str, Any] | None = None, **settings: Any) -> Mail:
    context = FakeContext({"days": Decimal(3), "approver": "user:ada", **(values or {})})
    rule(**settings).run(context)
    return context.mails[0]


def subject_of(mail: Mail) -> str:
    return in_one_line("".join(text for text, _is_value in mail.subject))


def test_words_and_values_stay_apart() -> None:
    mail = mailed({"address": "**you**"}, subject="[days] days", body="Hello **[address]**")
    assert subject_of(mail) == "3 days"
    assert mail.body == (("Hello **", False), ("**you**", True), ("**", False))
    assert mailed(body='="a" + "b"').body == (("ab", True),)


@pytest.mark.django_db
def test_what_was_chosen_in_a_list_is_read_out() -> None:
    values = {"address": ["Red", "Green"], "approver": ["user:ada", "group:hr"]}
    mail = mailed(values, subject="[address] for [approver]", body="[address]")
    assert subject_of(mail) == "Red, Green for ada, hr"
    assert mail.body == (("Red, Green", True),)
    assert subject_of(mailed(values, subject="=Item([address], 2)")) == "Green"


@pytest.mark.parametrize(
    ("to", "value", "found"),
    [
        (["creator", "group:hr", "Ada <ada@x.example>"], "",
         ("creator", "group:hr", "Ada <ada@x.example>")),
        (["[approver]"], "", ("user:ada",)),
        (["[address]"], "a@x.example", ("a@x.example",)),
        (["[address]"], 'a@x.example; "Byrne, Ada" <b@x.example>,\n a@x.example',
         ("a@x.example", '"Byrne, Ada" <b@x.example>')),
        (["[address]", "owners"], "", ("owners",)),
        (["[approver.email]"], "", ("ada@x.example",)),
    ],
)  # fmt: skip
def test_to_whom(to: list[str], value: str, found: tuple[str, ...]) -> None:
    values = {"address": value, "approver.email": "ada@x.example"}
    assert mailed(values, to=to).to == found


@pytest.mark.parametrize("value", ["owners", "everyone", "ada", "a@x.example, creator"])
def test_a_word_in_a_field_is_no_word_of_the_design(value: str) -> None:
    with pytest.raises(RuleFailed, match="is not an email address"):
        mailed({"address": value}, to=["[address]"])


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("a\r\nBcc: evil@x.example", "Hi a Bcc: evil@x.example"),
        ("a\0\x1b\u2028b", "Hi a b"),
        ("x" * 600, "Hi " + "x" * 496 + "\u2026"),
    ],
)
def test_a_subject_is_one_line(value: str, subject: str) -> None:
    assert subject_of(mailed({"address": value}, subject="Hi [address]")) == subject


@pytest.mark.parametrize(
    ("part", "words"),
    [("subject", "The subject of the email is empty"), ("body", "message of the email is empty")],
)
def test_an_email_that_says_nothing_fails(part: str, words: str) -> None:
    with pytest.raises(RuleFailed, match=words):
        mailed({"address": " \n "}, **{part: "[address]"})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"to": []}, "Enter at least one recipient"),
        ({"to": ["everyone"]}, "Name a group"),
        ({"to": ["nobody"]}, "is not a recipient"),
        ({"to": ["a@"]}, "is not a recipient"),
        ({"cc": ["a@x.example\nBcc: b@x.example"]}, "is not a recipient"),
        ({"to": ["[gone]"]}, "There is no field or name gone"),
        ({"bcc": ["[key]"]}, "key is a secret field|holds no addresses"),
        ({"to": ["[lines]"]}, "holds no addresses"),
        ({"to": ["[send]"]}, "is a button and has no value"),
        ({"subject": " "}, "needs a subject and a message"),
        ({"subject": "[key]"}, "key is a secret field"),
        ({"body": "Your key: [key]"}, "key is a secret field"),
        ({"account": "No Slug"}, "name of an email data source"),
    ],
)
def test_what_it_refuses(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        rule(**settings)


def test_it_reads_as_a_sentence() -> None:
    made = rule(to=["creator", "group:hr", "a@x.example"], subject="Done")
    assert made.sentence() == "Email the creator, hr, a@x.example: Done"
