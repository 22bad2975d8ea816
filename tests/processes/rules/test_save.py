"""Save stores what the rules have set so far."""

from processes.rules import rules
from tests.fakes import FakeContext


def test_it_stores_the_working_copy() -> None:
    context = FakeContext({"a": "old"})
    context.assign("a", "new")
    rules.parse({"type": "save", "id": "save"}).run(context)
    assert context.stored == {"a": "new"}


def test_it_reads_as_a_sentence() -> None:
    assert rules.parse({"type": "save", "id": "save"}).sentence() == "Save the record"
