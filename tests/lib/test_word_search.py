"""A search finds each word in one of the columns, alike on SQLite and on PostgreSQL."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from kianda.lib.word_search import holds_word, holds_words

NAMED = ("username", "first_name", "last_name")
PEOPLE = (("ann", "Ann", "Öberg"), ("ben", "Ben 50%", "Birch"), ("bo_b", "", "Back\\slash"))
FOUND = {
    "ANN": "ann", "Öb": "ann", "ann berg": "ann", "ann birch": "", "irc": "ben", "50%": "ben",
    "%": "ben", "o_b": "bo_b", "_": "bo_b", "k\\s": "bo_b", "b": "ann ben bo_b", "nnö": "",
    "ÖBERG": "ann", "nnÖ": "", "Ob": "",
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("words", list(FOUND))
def test_every_word_stands_in_some_column(words: str) -> None:
    for username, first, last in PEOPLE:
        User.objects.create_user(username, first_name=first, last_name=last)
    rows = User.objects.filter(holds_words(words.split(), *NAMED)).order_by("username")
    assert " ".join(rows.values_list("username", flat=True)) == FOUND[words]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("held", "typed", "is_found"),
    [
        ("Ümlaut", "ümlaut", True), ("söhne die", "SÖHNE", True), ("ÄÖÜÄÖÜÄ", "äöüÄöüä", True),
        ("Größe [ä]*? 5%_", "GRößE [Ä]*? 5%_", True), ("ŽLUŤ", "žluť", True),
        ("Straße é", "straße É", True), ("Umlaut", "ümlaut", False), ("ü xb", "Ü*b", False),
        ("ü xb", "Ü[a-z]", False), ("üxb", "Ü_b", False), ("Größe", "GRÖSSE", False),
    ],
)  # fmt: skip
def test_every_letter_is_found_in_capitals_or_not(held: str, typed: str, is_found: bool) -> None:
    User.objects.create_user("ann", first_name=f"x {held}", last_name=held)
    for lookup in ("first_name__icontains", "last_name__istartswith", "last_name__icontains"):
        assert User.objects.filter(**{lookup: typed}).exists() is is_found, lookup
    assert not User.objects.filter(first_name__istartswith=typed).exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "is_held"),
    [
        ("ünal [ä]*?%_", True), ("ÜNAL [Ä]*?%_", True), ("ÜNAL [Ä]*?%", False),
        ("NAL [Ä]*?%_", False), ("ünal%", False), ("ünal [ä]*?é_", False),
    ],
)  # fmt: skip
def test_a_text_is_known_as_a_whole_in_capitals_or_not(typed: str, is_held: bool) -> None:
    User.objects.create_user("ann", last_name="Ünal [ä]*?%_")
    assert User.objects.filter(last_name__iexact=typed).exists() is is_held
    assert User.objects.exclude(last_name__iexact=typed).exists() is not is_held


@pytest.mark.django_db
def test_no_word_leaves_nothing_out() -> None:
    User.objects.create_user("ann")
    assert User.objects.filter(holds_words([], *NAMED)).count() == 1
    assert User.objects.filter(holds_word("AN", "username")).count() == 1


ON_POSTGRESQL = f"""
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from kianda.lib.word_search import holds_words

call_command("migrate", run_syncdb=True, verbosity=0)
call_command("ensure_admin")
for username, first, last in {PEOPLE!r}:
    User.objects.create_user(username, first_name=first, last_name=last)
for words in {list(FOUND)!r}:
    rows = User.objects.exclude(username="admin").filter(holds_words(words.split(), *{NAMED!r}))
    print("found", words, *rows.order_by("username").values_list("username", flat=True), sep="|")
client = Client()
client.force_login(User.objects.get(username="admin"))
for address in (
    "/instances/?q=", "/runs/?q=", "/work/?q=", "/scheduled-tasks/?q=", "/designs/?q=",
    "/datasources/?q=", "/users/?search=", "/audit/?search=", "/bin/?q=",
    "/messages/?q=", "/search/?q=", "/api/v1/processes/?search=", "/api/v1/people/?search=",
    "/api/v1/groups/?search=",
):
    page = client.get(address + "ann+birch", headers={{"host": "localhost"}})
    print("opened", address, page.status_code)
"""


@pytest.mark.integration
@pytest.mark.needs("postgres")
@pytest.mark.timeout(300)
def test_every_search_finds_the_same_on_postgresql(on_postgresql: Callable[..., str]) -> None:
    said = on_postgresql(ON_POSTGRESQL).splitlines()
    rows = [line.split("|")[1:] for line in said if line.startswith("found")]
    assert {words: " ".join(names) for words, *names in rows} == FOUND
    opened = [line.split() for line in said if line.startswith("opened")]
    assert len(opened) == 14
    assert [line for line in opened if line[2] != "200"] == []
