"""What people read is plain English: home-made words stay out of pages and documents."""

import re
from pathlib import Path

import pytest

from kianda.environment import BASE_DIR
from tests.wording import paragraphs, texts

# What to avoid, what to write for it, and where the same letters are the right words.
AVOIDED: list[tuple[str, str, str]] = [
    (r"made|makes?|making", "created", r"(?:make|makes|making) sure|made up for|makes? required"),
    (r"kept", "saved, stored", r"old (?:\w+ )+was kept"),
    (r"keeps? (?:what|to|together)", "saves, groups", ""),
    (r"stands?|stood|standing", "is, is shown, below", ""),
    (r"fire|fires|fired|firings?", "run", ""),
    (r"coalesced?", "merged", ""),
    (r"former(?:ly)?", "previous", ""),
    (r"mend(?:s|ed|ing)?", "fix", ""),
    (r"by hand", "manually, or the name", ""),
    (r"go(?:es|ing)? on|went on", "continue", ""),
    (r"(?:take|takes|taken|taking|took) (?:\w+ )?over", "use, import", ""),
    (r"left out|leav(?:e|es|ing) (?:\w+ )?out", "empty, omitted", ""),
    (r"one a line", "one per line", ""),
    (r"somebody|nobody|whoever", "someone, no one, anyone, or the name", ""),
    (r"who may", "permissions", r"(?:everyone|someone|anyone|people|person|user|those) who may"),
    (r"looks?|looked|looking", "view, check", r"look(s|ed|ing)?[ -]?up"),
    (r"told|tells?|telling", "is notified, gets a message, says", ""),
    (r"fits?|fitted|fitting", "matches, is valid", ""),
    (r"called so|(?:is|are|be) called", "is named", r"(is|are|be) called (by|when|with)"),
    (r"for good", "permanently", ""),
    (r"meanwhile", "in the meantime, while you were editing", ""),
    (r"renew(?:s|ed|ing|al)?", "refresh", ""),
    (r"tries|tried", "attempts, tested", ""),
    (r"anew|by itself|by themselves|once more", "again, automatically", ""),
    (r"please|oops|sorry|successful(?:ly)?", "nothing", ""),
    (r"several|the whole", "a number, all", ""),
    (r"(?:the|this) product", "Kianda", ""),
    (r"answers?", "response", r"answer fields?|not answer|answers? \d+|answer a few questions"),
    (r"url_path", "path", ""),
    (r"e-mails?", "email", ""),
    (r"log ?(?:in|out)", "sign in, sign out", ""),
]  # fmt: skip
ENDS_LOUDLY = re.compile(r"\w!(\s|$)")
# Gaps, codes and addresses are no words of the product.
NO_WORDS = re.compile(r"%\(\w+\)[sd]|\{\{.*?\}\}|\{\w*\}|`[^`]*`|\b[\w.-]+\.example\.\w+|<[^>]*>")


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words or '(?!)'})\b", re.IGNORECASE)


SEARCHES = [(_whole(avoided), instead, _whole(but)) for avoided, instead, but in AVOIDED]

# Documents that people read. Those about the API and the benchmarks keep the names of the contract;
# the reference is written from the texts of the product.
TECHNICAL = ("CHANGELOG.md", "benchmarks.md", "scenario-with-curl.md")
DOCUMENTS = sorted(
    page
    for pages in ("*.md", "docs/*.md", "docs/how-to/*.md")
    for page in BASE_DIR.glob(pages)
    if page.name not in TECHNICAL
)


def avoided_in(words: str) -> list[str]:
    """Return the words to avoid that a text says, each with what is written for it."""
    plain = NO_WORDS.sub(" ", words)
    found = [
        f"{hit[0]} → {instead}"
        for pattern, instead, but in SEARCHES
        for hit in pattern.finditer(but.sub("", plain))
    ]
    return found + (["! → a full stop"] if ENDS_LOUDLY.search(plain) else [])


# What the API says of its own parameters keeps the word of its addresses.
TO_INTEGRATORS = ("scheduler/document.py", "scheduler/services/firing.py")


def test_pages_call_an_instance_a_record() -> None:
    instance = re.compile(r"\binstances?\b", re.IGNORECASE)
    found = [
        f"{text.path}:{text.line} {text.words!r}"
        for text in texts()
        if text.path not in TO_INTEGRATORS and instance.search(NO_WORDS.sub(" ", text.words))
    ]
    assert found == []


def test_no_text_says_a_word_to_avoid() -> None:
    found = [
        f"{text.path}:{text.line} {text.words!r}: {', '.join(said)}"
        for text in texts()
        if (said := avoided_in(text.words))
    ]
    assert found == []


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(BASE_DIR)))
def test_no_document_says_a_word_to_avoid(page: Path) -> None:
    found = {words: said for words in paragraphs(page) if (said := avoided_in(words))}
    assert found == {}


def test_code_addresses_and_titles_of_decisions_are_no_prose(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Look at\n[this](made/kept.md).\n\n```sh\nmake run\n```\n\n"
        "See https://e.example/made and [A kept answer](decisions/0001.md)."
    )
    assert [words for words in paragraphs(page) if avoided_in(words)] == ["Look at [this ."]


@pytest.mark.parametrize(
    "words",
    [
        "The order is made.", "Kept encrypted.", "What stands beside it", "Firings that wait",
        "Restore former", "One a line", "Whoever knows it", "Send it by hand", "Removed for good",
        "Nothing is called so.", "The answer appears here", "Do it once more", "Done!",
        "Take all over", "Fires no more", "Look at the run", "Changed meanwhile", "Log in",
    ],
)  # fmt: skip
def test_words_to_avoid_are_found(words: str) -> None:
    assert avoided_in(words)


@pytest.mark.parametrize(
    "words",
    [
        "Xero answered 503. The old token was kept.", "Answer field", "Lookup user by property",
        "Make sure that it runs.", "Standard text", "Confirmed by %(made)s", "Outfit",
        "The rule `make_required`", "https://login.example.org", "Keep the old value",
    ],
)  # fmt: skip
def test_the_right_words_are_not_taken_for_them(words: str) -> None:
    assert avoided_in(words) == []
