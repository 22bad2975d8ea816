"""What a trace shows of large texts, and of secrets that become known while it is written."""

import pytest

from kianda.lib.masking import Masker
from kianda.lib.secrets import MASK
from processes.engine.run_values import RunValues
from processes.engine.trace import RunTrace
from processes.engine.truncation import CUT_AT, cut
from processes.rules import Save

SHORT = "a" * CUT_AT
WIDE = "ß" * CUT_AT


def test_a_text_of_16_kib_is_shown_whole() -> None:
    assert cut(SHORT) == SHORT


@pytest.mark.parametrize(
    ("text", "kept", "size"),
    [
        (SHORT + "b", SHORT, CUT_AT + 1),
        (WIDE, "ß" * (CUT_AT // 2), 2 * CUT_AT),
        ("a" + WIDE, "a" + "ß" * ((CUT_AT - 1) // 2), 2 * CUT_AT + 1),
    ],
)
def test_a_longer_text_is_cut_by_its_bytes_and_says_so(text: str, kept: str, size: int) -> None:
    assert cut(text) == f"{kept} … (cut: {CUT_AT:,} of {size:,} bytes)"


def test_the_body_of_an_answer_is_cut_and_its_status_stays() -> None:
    shown = cut({"status": 200, "headers": {}, "body": {"list": ["x" * 100] * 1000}})
    assert shown["status"] == 200
    assert shown["body"].endswith("bytes)")
    assert len(shown["body"]) < CUT_AT + 100


def test_a_secret_that_becomes_known_later_is_masked_in_what_was_told_before() -> None:
    masker = Masker()
    trace = RunTrace(RunValues({}, {}, {}), masker)
    with trace.step(0, Save(type="save", id="save", title="Save")) as step:
        step.request = {"method": "POST", "url": "https://a.example/?code=late-secret"}
        assert trace.so_far()[0]["request"]["url"].endswith("late-secret")
        masker.add("late-secret")
        assert trace.so_far()[0]["request"]["url"].endswith(MASK)
        step.response = {"status": 200, "body": "late-secret"}
        assert trace.so_far()[0]["response"]["body"] == MASK
        step.response = {"status": 204, "body": None}
    assert [trace.steps[0][part] for part in ("request", "response")] == [
        {"method": "POST", "url": f"https://a.example/?code={MASK}"},
        {"status": 204, "body": None},
    ]
