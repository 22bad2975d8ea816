"""When a token was valid, as a strip: stretches, gaps, and their places in per cent."""

from datetime import UTC, datetime, timedelta

from kianda.lib.validity_strip import strip_between

START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def test_stretches_that_touch_are_one_and_what_lies_between_is_a_gap() -> None:
    found = [(at(10), at(20)), (at(0), at(10)), (at(30), at(40)), (at(5), at(5))]
    strip = strip_between(found, at(0), at(50))
    assert strip.valid == [(0, 40), (60, 20)]
    assert strip.missing == [(40, 20), (80, 20)]
    assert strip.gaps == [(at(20), at(30)), (at(40), at(50))]
    assert strip.per_cent == 60


def test_without_a_token_there_is_no_gap_either() -> None:
    strip = strip_between([], at(0), at(50))
    assert (strip.valid, strip.missing, strip.gaps, strip.per_cent) == ([], [], [], None)


def test_stretches_are_cut_at_both_ends() -> None:
    found = [(at(-10), at(10)), (at(90), at(200)), (at(300), at(400))]
    assert strip_between(found, at(0), at(100)).valid == [(0, 10), (90, 10)]
