"""The search of a list: words in the number of a record, or in what its reader sees on each."""

from functools import reduce
from operator import and_, or_

from django.contrib.auth.models import User
from django.db.models import Q

from kianda.lib.word_search import holds_words
from processes.language.people_refs import user_ref
from processes.lists.records import RecordList

MOST_WORDS = 8
# So many people are looked up for a word.
MOST_PEOPLE = 50


def search_filter(records: RecordList, words: str) -> Q:
    """Return the filter of the records that hold all words."""
    return reduce(and_, (_held(records, word) for word in words.split()[:MOST_WORDS]), Q())


def _held(records: RecordList, word: str) -> Q:
    found = [Q(key__contains=word.lower())]
    people: list[str] | None = None
    for column in records.columns.values():
        if not column.openly or column.name in {"process.id", "process.owners"}:
            continue
        if column.kind == "words":
            found.append(column.holds({"contains": word}))
        elif column.kind == "choice":
            found.append(column.holds({"in": _choices(column.choices, word)}))
        elif column.kind == "person":
            people = _people(word) if people is None else people
            if people:
                found.append(column.holds({"in": people}))
    return reduce(or_, found)


def _choices(choices: tuple[tuple[str, str], ...], word: str) -> list[str]:
    folded = word.casefold()
    return [value for value, title in choices if folded in title.casefold()] or [word]


def _people(word: str) -> list[str]:
    rows = User.objects.filter(holds_words([word], "username", "first_name", "last_name"))
    return [user_ref(name) for name in rows.values_list("username", flat=True)[:MOST_PEOPLE]]
