"""What a trace shows of large texts."""

import pytest

from processes.trace import CUT_AT, cut

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
