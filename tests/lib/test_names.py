"""Names that are made from titles."""

import pytest

from kianda.lib.names import slugify
from processes.designer.settings_forms.auto_mapping import words_of

TITLES = [
    ("Überstunden für Éire", "uberstunden-fur-eire"),
    ("Straße & Größe", "strasse-grosse"),
    ("GROẞ", "gross"),
    ("Łódź, Đakovo, Ærø, Œuvre, Þing", "lodz-dakovo-aero-oeuvre-thing"),
    ("İzmir \u0131s\u0131", "izmir-isi"),
    ("U\u0308bung", "ubung"),
    ("\uff21 ﬁne m² ½ №", "a-fine-m2-1-2-no"),
    ("Amount due (€)", "amount-due"),
    ("Дата 7", "7"),
    ("Дата", "fallback"),
    ("日本語", "fallback"),
    ("й", "fallback"),
    ("", "fallback"),
    ("Ü" * 70, "u" * 63),
    ("a" * 62 + " é", "a" * 62),
]


@pytest.mark.parametrize(("title", "name"), TITLES)
def test_a_name_is_made_of_the_letters_of_a_title_without_their_marks(
    title: str, name: str
) -> None:
    assert slugify(title, fallback="fallback") == name


def test_what_is_called_the_same_is_mapped_by_name_with_marks_or_without() -> None:
    assert words_of("Überweisung an") == words_of("uberweisung_an")
