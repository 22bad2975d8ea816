"""Files: one or several, whose contents stand outside the database."""

import json
from collections.abc import Mapping
from datetime import tzinfo
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, ValidationInfo, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.fields.base import InputField, Written
from processes.fields.number import Number
from processes.fields.text import Text
from processes.language.file_types import TOLD, file_size, is_allowed, wanted_types
from processes.language.references import flaw
from processes.language.scope import PartKinds
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


def _types(text: str) -> str:
    wanted = wanted_types(text)
    for one in wanted:
        if not TOLD.fullmatch(one):
            raise flaw(
                _("%(type)s is no kind of file. Write pdf, docx, image/* or application/pdf.")
                % {"type": shown(one)}
            )
    return ", ".join(wanted)


class FileUpload(InputField):
    """One file or several, uploaded by a person or set by rules.

    The content is stored outside the database. The value of the field says what a file is called,
    how large it is and of which kind: [offer.name], [offer.size], [offer.media_type]. As text it is
    its name. What kind a file is, its content tells: one that claims another kind is refused.
    """

    label = gettext_noop("File")
    icon = "paperclip"
    look = "file"
    needs_words = True
    holds_files = True
    operators = (
        "blank", "not_blank", "eq", "neq", "contains", "not_contains", "starts_with",
        "matches", "not_matches",
    )  # fmt: skip

    type: Literal["file_upload"] = "file_upload"
    multiple: StrictBool = Field(
        default=False,
        title=gettext_noop("Several"),
        description=gettext_noop("Whether it can hold several files."),
        json_schema_extra={"control": "switch"},
    )
    max_files: int | None = Field(
        default=None,
        ge=1,
        le=MOST,
        strict=True,
        title=gettext_noop("Most files"),
        description=gettext_noop("How many files at most, if it takes several. If empty, 50."),
        json_schema_extra={"control": "number"},
    )
    max_mb: int | None = Field(
        default=None,
        ge=1,
        le=LARGEST_MB,
        strict=True,
        title=gettext_noop("Largest file (MB)"),
        description=gettext_noop(
            "How large each file can be. If empty, as large as this installation allows."
        ),
        json_schema_extra={"control": "number"},
    )
    allowed: Annotated[str, AfterValidator(_types)] = Field(
        default="",
        max_length=500,
        title=gettext_noop("Kinds of file"),
        description=gettext_noop(
            "Endings or media types, separated by commas: pdf, docx, image/*. If empty, any. "
            "What a file is, its content tells, not its name alone."
        ),
        json_schema_extra={"control": "text"},
    )
    capture: StrictBool = Field(
        default=False,
        title=gettext_noop("Camera on a phone"),
        description=gettext_noop("Whether a phone offers its camera at once."),
        json_schema_extra={"control": "switch"},
    )
    button_text: str = Field(
        default="",
        max_length=60,
        title=gettext_noop("Text on the button"),
        description=gettext_noop("If empty: Choose a file, or Choose files."),
        json_schema_extra={"control": "text"},
    )

    @field_validator("max_files")
    @classmethod
    def _several(cls, most: int | None, info: ValidationInfo) -> int | None:
        if most is not None and most > 1 and not info.data.get("multiple"):
            raise flaw(_("It holds one file. Switch on Several first."))
        return most

    @classmethod
    def parts_in(cls, raw: Mapping[str, Any]) -> PartKinds:
        """Return what is read through it: of several files, a list of each."""
        return PARTS

    @property
    def most(self) -> int:
        """Return how many files it can hold."""
        return (self.max_files or MOST) if self.multiple else 1

    @property
    def accept(self) -> str:
        """Return the kinds of file as a browser's file dialog takes them."""
        return ",".join(one if "/" in one else f".{one}" for one in wanted_types(self.allowed))

    def empty(self) -> Value:
        """Return no file."""
        return [] if self.multiple else None

    def to_python(self, raw: object) -> Value:
        """Return files with what is known of them; each once."""
        if isinstance(raw, list | tuple):
            if len(raw) > MOST:
                raise ValueFailure(self._too_many(len(raw)))
            found = [_file(one) for one in raw if not is_blank(one)]
        else:
            found = [] if raw is None or raw in ("", {}) else [_file(raw)]
        files = [*{one["id"]: one for one in reversed(found)}.values()][::-1]
        if self.multiple:
            return files
        if len(files) > 1:
            raise ValueFailure(self._too_many(len(files)))
        return files[0] if files else None

    def _too_many(self, count: int) -> str:
        said = {"count": count, "most": self.most}
        if self.most == 1:
            return _("%(count)s files are too many; it takes one.") % said
        return _("%(count)s files are too many; it takes %(most)s.") % said

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
        if self.max_mb is not None and size is not None and size > self.max_mb * 1_000_000:
            return _("%(name)s has %(size)s. At most %(most)s MB are allowed here.") % {
                "name": name, "size": file_size(size), "most": f"{self.max_mb:,}",
            }  # fmt: skip
        if name and not is_allowed(name, media_type, wanted_types(self.allowed)):
            return _("%(name)s is not of a kind that is allowed here: %(allowed)s.") % {
                "name": name, "allowed": self.allowed,
            }  # fmt: skip
        return ""

    def to_control(self, value: Value, *, zone: tzinfo) -> Written:
        """Return each file as compact JSON: what the page posts back."""
        return [json.dumps(to_json(one), ensure_ascii=False) for one in files_in(value)]

    def from_control(self, written: Written, *, zone: tzinfo) -> Any:
        """Return the files that are named; one that is garbled is refused later, as it stands."""
        return _sent(written, several=self.multiple)

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
    try:
        return json.loads(line) if line.startswith("{") else line.strip()
    except ValueError:
        return line


def _file(raw: object) -> dict[str, Any]:
    """Return a file with what is said of it; what is not known yet is blank."""
    told: Mapping[str, Any] = raw if isinstance(raw, Mapping) else {"id": raw}
    try:
        number = str(UUID(str(told.get("id"))))
    except ValueError:
        words = _('%(value)s is no file. Upload one, and send its id: {"id": "..."}.')
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
