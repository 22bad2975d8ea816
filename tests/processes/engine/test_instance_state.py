"""Where an instance stands: which forms are open after what."""

from typing import Any

import pytest

from processes.definition.document import Document, load_document, parse_document
from processes.engine.instance_state import InstanceState, form_of, records_of, standing_columns
from processes.engine.transitions import ActedBy, NotOpen, assigned, closed, submitted, went_to

NOW = ActedBy("ada", "2026-11-23T10:00:00Z")


def document(**opens_with: str) -> Document:
    """Return a process of the forms a, b, c, d; `c="b"`: c opens together with b."""
    forms: list[dict[str, Any]] = [
        {"name": name, "activate_with": opens_with.get(name, ""),
         "fields": [{"type": "text", "name": f"{name}_text"}]}
        for name in "abcd"
    ]  # fmt: skip
    return parse_document({"name": "p", "forms": forms})


def told(found: Document, standing: InstanceState) -> str:
    """Return the states in short: C completed, o open, - not started."""
    words = {"completed": "C", "current": "o", "not_started": "-"}
    return "".join(words[one.status] for one in records_of(found, standing, "ada").values())


def played(found: Document, acts: str) -> InstanceState:
    """Submit (`a`), go on from the open form or back (`>c`), hide (`-c`), in this order."""
    standing = InstanceState()
    for minute, act in enumerate(acts.split()):
        now = ActedBy("ada", f"2026-11-23T10:{minute:02}:00Z")
        if act.startswith(">"):
            own = act[2:] or ""
            standing = went_to(found, standing, act[1], own=own, creator="ada", moment=now)
        elif act.startswith("-"):
            standing = standing.shown(act[1], "visible", value=False)
        elif act == "x":
            standing = closed(found, standing, status="Shut", creator="ada", moment=now)
        else:
            standing = submitted(found, standing, act, creator="ada", moment=now)
    return standing


STORIES = [
    # opens with, acts, states, status
    ({}, "", "o---", "open"),
    ({}, "a", "Co--", "B"),
    ({}, "a b c", "CCCo", "D"),
    ({}, "a b c d", "CCCC", "completed"),
    # What is hidden is passed over, also when it was open already.
    ({}, "-b a", "C-o-", "C"),
    ({}, "-b -c -d a", "C---", "completed"),
    ({"c": "b"}, "-c a b", "CC-o", "D"),
    ({"c": "b"}, "-b a", "C-o-", "C"),
    ({"c": "b"}, "a -c b", "CC-o", "D"),
    # Side by side: the next waits for both.
    ({"c": "b"}, "a", "Coo-", "B"),
    ({"c": "b"}, "a b", "CCo-", "C"),
    ({"c": "b"}, "a c b", "CCCo", "D"),
    ({"b": "a"}, "", "oo--", "open"),
    # Also with one that itself opens with another.
    ({"c": "b", "d": "c"}, "a", "Cooo", "B"),
    ({"c": "b", "d": "c"}, "a b c d", "CCCC", "completed"),
    ({"c": "b", "d": "c"}, "a b c d >b", "CoCC", "B"),
    ({"d": "c", "c": "a"}, "", "o-oo", "open"),
    # Sent back: what comes after it is asked for once more, what comes before stays done.
    ({}, "a >a", "o---", "A"),
    ({}, "a b >a", "o---", "A"),
    ({}, "a b >a a", "Co--", "B"),
    ({}, "a b c >b", "Co--", "B"),
    ({}, "a b c >b b c d", "CCCC", "completed"),
    ({}, "a b c >b b >a", "o---", "A"),
    # Also after the end, whatever ended it.
    ({}, "a x >a", "o---", "A"),
    ({}, "a b c d >b", "Co--", "B"),
    ({}, "a b c d >b b", "CCo-", "C"),
    ({}, "a b c d >d", "CCCo", "D"),
    # What opens with a form opens with it again, but for what is done.
    ({"b": "a"}, "a >a", "oo--", "A"),
    ({"b": "a"}, "a >a a b", "CCo-", "C"),
    ({"b": "a"}, "b a >a a", "CCo-", "C"),
    # What opened beside the form stays as it is: open, or done; what comes after both does not.
    ({"c": "b"}, "a b >b", "Coo-", "B"),
    ({"c": "b"}, "a c >c", "Coo-", "C"),
    ({"c": "b"}, "a b c >b", "CoC-", "B"),
    ({"c": "b"}, "a b c >c", "CCo-", "C"),
    ({"c": "b"}, "a b c >b b >c", "CCo-", "C"),
    ({"c": "b"}, "a b c >a a", "Coo-", "B"),
    # What was opened later comes after it too, though it stands before it in the design.
    ({}, ">ca a c d b >c", "C-o-", "C"),
    ({}, ">ca a c d >c", "C-o-", "C"),
    # A form that goes to a completed one stays open: it may be about to be submitted.
    ({}, ">ca a c d >cb", "Coo-", "C"),
    # Gone on from a form that is still to be submitted: it stays open.
    ({}, ">ca", "o-o-", "C"),
    ({}, ">ca a", "C-o-", "C"),
    ({}, ">ca a c", "C-Co", "D"),
    ({}, ">ca a c d", "CoCC", "B"),
    # Gone on after the submission: what it opened waits again.
    ({}, "a >da", "C--o", "D"),
    ({}, "a x", "CC--", "Shut"),
]


@pytest.mark.parametrize(("opens_with", "acts", "states", "status"), STORIES)
def test_what_is_open_after_what(
    opens_with: dict[str, str], acts: str, states: str, status: str
) -> None:
    found = document(**opens_with)
    standing = played(found, acts)
    assert (told(found, standing), standing.status) == (states, status)


def test_what_was_stored_in_a_ring_opens_in_its_turn() -> None:
    raw = document().normalised()
    for form, other in ((1, "b"), (2, "d"), (3, "c")):
        raw["forms"][form]["activate_with"] = other
    found = load_document(raw)
    assert told(found, played(found, "a")) == "Co--"
    assert told(found, played(found, "a b")) == "CCoo"


@pytest.mark.parametrize(
    ("acts", "form", "words"),
    [("a", "a", "The form A is completed already."), ("", "c", "The form C is not open yet.")],
)
def test_what_is_not_open_is_not_submitted(acts: str, form: str, words: str) -> None:
    found = document()
    with pytest.raises(NotOpen) as refused:
        submitted(found, played(found, acts), form, creator="ada", moment=NOW)
    assert str(refused.value) == words


def test_a_form_that_is_gone_from_the_design_is_left_out_and_the_next_one_opens() -> None:
    standing = played(document(), "a")
    raw = document().normalised()
    raw["forms"] = [form for form in raw["forms"] if form["name"] != "b"]
    changed = parse_document(raw)
    assert told(changed, standing) == "Co-"


def test_a_form_that_is_new_in_the_design_opens_nothing_that_has_ended() -> None:
    standing = played(document(), "a b c d")
    raw = document().normalised()
    raw["forms"].append({"name": "e", "fields": []})
    assert told(parse_document(raw), standing) == "CCCC-"


def test_nothing_changes_the_standing_that_was() -> None:
    found, before = document(), InstanceState()
    after = played(found, "a")
    assert before == InstanceState()
    assert standing_columns(before, before) == {}
    assert set(standing_columns(before, after)) == {"status", "forms"}
    assert set(standing_columns(after, after.shown("a", "visible", value=False))) == {"display"}


def test_assigned_forms_keep_their_state() -> None:
    found = document()
    standing = assigned(
        found, played(found, "a"), ["a", "c"], users=["ben"], groups=[], creator="ada"
    )
    assert told(found, standing) == "Co--"
    records = records_of(found, standing, "ada")
    assert (records["a"].users, records["b"].is_unowned, records["c"].users) == (
        ("ben",),
        True,
        ("ben",),
    )
    opened = assigned(
        found, standing, ["c"], users=["cleo"], groups=["Buyers"], creator="ada", append=True,
        opens=True,
    )  # fmt: skip
    assert told(found, opened) == "Coo-"
    assert records_of(found, opened, "ada")["c"].users == ("ben", "cleo")


@pytest.mark.parametrize(
    ("target", "form"),
    [
        ("b_text", "b"),
        ("b_text#rule", "b"),
        ("form:c#submit", "c"),
        ("process#load", ""),
        ("x", ""),
    ],
)
def test_the_form_of_a_target(target: str, form: str) -> None:
    assert form_of(document(), target) == form


def test_a_form_that_nothing_has_happened_to_follows_its_design() -> None:
    standing = played(document(), "a")
    assert set(standing.forms["forms"]) == {"a", "b"}
    raw = document().normalised()
    raw["forms"][2]["owners"] = {"users": ["cleo"]}
    changed = parse_document(raw)
    assert records_of(changed, standing, "ada")["c"].users == ("cleo",)
