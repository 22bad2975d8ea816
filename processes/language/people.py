"""People and groups in values: refs such as `user:ada`, and the port that knows whom they name.

Who there is stands in the database, which is not known here: an app that knows it registers its
directory, once, when it is ready.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from processes.language.values import Value, column_of, is_blank

USER: Final = "user"
GROUP: Final = "group"
# What can be read of a person: [user.email] of whoever a run works for, [manager.email] through a
# user field.
PARTS: Final = (
    "name", "username", "email", "manager", "department", "job_title", "phone", "groups",
)  # fmt: skip
_LISTS: Final = frozenset({"groups"})


class Directory(NamedTuple):
    """Whom refs name: what they are called, and what is known of one of them."""

    names_of: Callable[[Iterable[str]], Mapping[str, str]]
    part_of: Callable[[str, str], Value]
    # The attributes that the workspace has added: name to title.
    attributes: Callable[[], Mapping[str, str]]


_registered: list[Directory] = []


def register(directory: Directory) -> None:
    """Say who knows people and groups."""
    _registered[:] = [directory]


def attributes() -> Mapping[str, str]:
    """Return what the workspace has added to what is known of people: name to title."""
    return _registered[0].attributes() if _registered else {}


def person_parts() -> tuple[str, ...]:
    """Return all that can be read of a person."""
    return (*PARTS, *attributes())


def kind_and_name(ref: str) -> tuple[str, str]:
    """Return `user` or `group`, and the name; of what is no ref, nothing and the text."""
    kind, colon, name = ref.partition(":")
    return (kind, name) if colon and name and kind in {USER, GROUP} else ("", ref)


def called(refs: Iterable[str]) -> list[str]:
    """Return what refs are called; the name in a ref where nobody is known by it."""
    wanted = list(refs)
    known = _registered[0].names_of(wanted) if _registered and wanted else {}
    return [known.get(ref) or kind_and_name(ref)[1] for ref in wanted]


def inside(value: Value, part: str) -> Value:
    """Return what stands in a value: a column of its rows, or what is known of what it names.

    That is a part of a file, or of a person.
    """
    if isinstance(value, list):
        return column_of(value, part)
    if isinstance(value, dict):
        return value.get(part)
    nothing: Value = [] if part in _LISTS else ""
    if is_blank(value) or not isinstance(value, str) or not _registered:
        return nothing
    return _registered[0].part_of(value, part)


def refs_of_me(username: Value, groups: Value) -> list[str]:
    """Return the refs that name a person: the own one first, then those of the groups."""
    if is_blank(username):
        return []
    own = groups if isinstance(groups, list) else []
    return [f"{USER}:{username}", *(f"{GROUP}:{name}" for name in own)]


def refs_in(value: Value) -> frozenset[str]:
    """Return the refs to people that a value names: one text, or a list of them."""
    many = value if isinstance(value, list) else [value]
    return frozenset(one for one in many if isinstance(one, str) and one)
