"""What all fields of files share: how their values are read, checked, written and told."""

import json
from collections.abc import Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import grouped
from processes.fields.base import InputField, Written
from processes.fields.number import Number
from processes.fields.text import Text
from processes.language.file_types import file_size, is_allowed, wanted_types
from processes.language.scope import ListedAs, PartKinds
from processes.language.values import (
    Value,
    ValueFailure,
    as_text,
    files_in,
    from_json,
    is_blank,
    shown,
    to_json,
)

# More than a person looks through, and than one value should hold.
MOST = 50
LARGEST_MB = 10_000
PARTS: PartKinds = {"name": Text, "size": Number, "media_type": Text, "id": Text}


class FilesField(InputField):
    """A field that holds files: what kinds it takes, how many, how they are read and written."""

    needs_words = True
    holds_files = True
    operators = (
        "blank", "not_blank", "eq", "neq", "contains", "not_contains", "starts_with",
        "matches", "not_matches",
    )  # fmt: skip

    # Whether a browser may send a file of its own choice, and not only what is made on the page.
    takes_any: ClassVar[bool] = True

    @classmethod
    def parts_in(cls, raw: Mapping[str, Any]) -> PartKinds:
        """Return what is read through it: of several files, a list of each."""
        return PARTS

    @property
    def most(self) -> int:
        """Return how many files it can hold."""
        return 1

    @property
    def listed_as(self) -> ListedAs:
        """Return that lists ask whether there is a file, and no more."""
        return "files"

    @property
    def several(self) -> bool:
        """Tell whether its value is a list."""
        return False

    @property
    def largest_mb(self) -> int | None:
        """Return how large a file can be here; None: as large as anywhere."""
        return None

    @property
    def kinds(self) -> str:
        """Return the kinds of file that it takes, as a setting has them."""
        return ""

    @property
    def kinds_in_words(self) -> str:
        """Return the same as people read them."""
        return self.kinds

    def takes_files_of(self, other: "FilesField") -> bool:
        """Tell whether what another field holds may be copied into this one."""
        return self.takes_any or other.slug() == self.slug()

    def name_of_upload(self, name: str, *, by: str, moment: str) -> str:
        """Return what a file is called that somebody uploads for it."""
        return name

    @property
    def accept(self) -> str:
        """Return the kinds of file as a browser's file dialog takes them."""
        return ",".join(one if "/" in one else f".{one}" for one in wanted_types(self.kinds))

    def empty(self) -> Value:
        """Return no file."""
        return [] if self.several else None

    def to_python(self, raw: object) -> Value:
        """Return files with what is known of them; each once."""
        if isinstance(raw, list | tuple):
            if len(raw) > MOST:
                raise ValueFailure(self._too_many(len(raw)))
            found = [_file(one) for one in raw if not is_blank(one)]
        else:
            found = [] if raw is None or raw in ("", {}) else [_file(raw)]
        files = [*{one["id"]: one for one in reversed(found)}.values()][::-1]
        if self.several:
            return files
        if len(files) > 1:
            raise ValueFailure(self._too_many(len(files)))
        return files[0] if files else None

    def _too_many(self, count: int) -> str:
        said = {"count": count, "most": self.most}
        if self.most == 1:
            return _("%(count)s files are too many. Only one is allowed.") % said
        return _("%(count)s files are too many. At most %(most)s are allowed.") % said

    def clean(self, value: Value) -> Value:
        """Check how many there are, and of each its size and its kind."""
        files = files_in(value)
        if len(files) > self.most:
            raise ValueFailure(self._too_many(len(files)))
        for one in files:
            if sentence := self.refusal(one["name"], one["size"], one["media_type"]):
                raise ValueFailure(sentence)
        return value

    def refusal(self, name: str, size: Any, media_type: str = "") -> str:
        """Return why a file cannot be here, or nothing; before it is there its kind is a guess."""
        if self.largest_mb is not None and size is not None and size > self.largest_mb * 1_000_000:
            return _("%(name)s has %(size)s. At most %(most)s MB are allowed.") % {
                "name": name, "size": file_size(size), "most": grouped(self.largest_mb),
            }  # fmt: skip
        if name and not is_allowed(name, media_type, wanted_types(self.kinds)):
            return _("The type of %(name)s is not allowed here. Allowed: %(allowed)s.") % {
                "name": name, "allowed": self.kinds_in_words,
            }  # fmt: skip
        return ""

    def to_control(self, value: Value, *, zone: tzinfo) -> Written:
        """Return each file as compact JSON: what the page posts back."""
        return [json.dumps(to_json(one), ensure_ascii=False) for one in files_in(value)]

    def from_control(self, written: Written, *, zone: tzinfo) -> Any:
        """Return the files that are named; one that is garbled is refused later, as it stands."""
        return _sent(written, several=self.several)

    @property
    def posts_list(self) -> bool:
        """Tell that each file is posted by itself."""
        return True

    def control_in_words(self, written: Written) -> str:
        """Return the names of the files."""
        sent = _sent(written, several=True)
        return ", ".join(str(one.get("name") if isinstance(one, dict) else one) for one in sent)

    def shown(self, value: Value) -> str:
        """Return the names of the files."""
        return as_text(value)


def _sent(written: Written, *, several: bool) -> Any:
    """Return what stands in a control: each file as JSON, or its id alone."""
    lines = written if isinstance(written, list) else written.split("\n")
    found = [_parsed(line) for line in lines if line.strip()]
    return found if several or len(found) > 1 else next(iter(found), None)


def _parsed(line: str) -> Any:
    if not line.startswith("{"):
        return line.strip()
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return line
    # Nothing that a file says has anything inside.
    return line if any(isinstance(one, list | dict) for one in found.values()) else found


def _file(raw: object) -> dict[str, Any]:
    """Return a file with what is said of it; what is not known yet is blank."""
    told: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {"id": raw}
    try:
        number = str(UUID(str(told.get("id"))))
    except ValueError:
        words = _('%(value)s is not a file. Upload one, and send its ID: {"id": "..."}.')
        raise ValueFailure(words % {"value": shown(_plain(raw))}) from None
    size = told.get("size")
    return {
        "id": number,
        "name": as_text(_plain(told.get("name"))),
        "size": from_json(size) if isinstance(size, int | Decimal) else None,
        "media_type": as_text(_plain(told.get("media_type"))),
    }


def _plain(raw: object) -> Value:
    try:
        return from_json(raw)
    except ValueFailure:
        return str(raw)
