"""Numbers are typed as the language of the person writes them, and come back as figures."""

import pytest
from django.utils import translation

from kianda.lib.numbers import figures_typed, number_typed, with_point


@pytest.mark.parametrize(
    ("language", "typed", "figures"),
    [
        ("en", "1,000.50", "1000.50"), ("en", "1000.5", "1000.5"), ("en", " -12 ", "-12"),
        ("en", ".5", ".5"), ("en", "1,234,567", "1234567"), ("en", "1.200", "1.200"),
        ("en", "1e3", "1e3"), ("en", "1,5", None), ("en", "1000,50", None), ("en", "12,34", None),
        ("en", "1,2345", None), ("en", "0,200", None), ("en", "1.200,50", None), ("en", "x", None),
        ("de", "1.200", "1200"), ("de", "2,5", "2.5"), ("de", "1.200,50", "1200.50"),
        ("de", "1200,5", "1200.5"), ("de", "-1.200", "-1200"), ("de", ",5", ".5"),
        ("de", "1.234.567", "1234567"), ("de", "1200.5", None), ("de", "1.5", None),
        ("de", "1200.500", None), ("de", "0.200", None), ("de", ".5", None),
        ("de", "1,000.50", None), ("de", "", None),
    ],
)  # fmt: skip
def test_a_number_is_read_as_the_language_writes_it(
    language: str, typed: str, figures: str | None
) -> None:
    with translation.override(language):
        assert figures_typed(typed) == figures


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("figures", ["1.2", "1.200", "-0.5", "1200", "1000000.25", "0"])
def test_what_is_written_is_read_back_as_the_same(language: str, figures: str) -> None:
    with translation.override(language):
        assert figures_typed(with_point(figures)) == figures


def test_a_setting_takes_the_same_and_leaves_the_rest_as_it_was_typed() -> None:
    assert (number_typed("1,200"), number_typed("-0.5"), number_typed("1,5")) == (1200, -0.5, "1,5")
    with translation.override("de"):
        assert (number_typed("1.200"), number_typed("2,5"), number_typed("1.5")) == (
            1200,
            2.5,
            "1.5",
        )
    assert number_typed(" ", nullable=True) is None
    assert number_typed("") == ""
