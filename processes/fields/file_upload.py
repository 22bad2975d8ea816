"""File: one or several, chosen by a person or set by rules; contents stand outside the database."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool, ValidationInfo, field_validator

from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop
from processes.fields.files import LARGEST_MB, MOST, FilesField
from processes.language.file_types import TOLD, wanted_types
from processes.language.references import flaw
from processes.language.values import shown


def _types(text: str) -> str:
    wanted = wanted_types(text)
    for one in wanted:
        if not TOLD.fullmatch(one):
            raise flaw(
                _("%(type)s is not a file type. Write pdf, docx, image/* or application/pdf.")
                % {"type": shown(one)}
            )
    return ", ".join(wanted)


class FileUpload(FilesField):
    """One or more files, uploaded by a person or set by rules.

    The content is stored outside the database. The value of the field has the name, size and type
    of a file: [offer.name], [offer.size], [offer.media_type]. As text it is the file name. The type
    is detected from the content: a file that claims another type is rejected.
    """

    label = gettext_noop("File")
    kind_icon = "paperclip"
    look = "file"

    type: Literal["file_upload"] = "file_upload"
    multiple: StrictBool = Field(
        default=False,
        title=gettext_noop("More than one"),
        description=gettext_noop("Whether it can hold more than one file."),
        json_schema_extra={"control": "switch"},
    )
    max_files: int | None = Field(
        default=None,
        ge=1,
        le=MOST,
        strict=True,
        title=gettext_noop("Maximum files"),
        description=gettext_noop("How many files it can hold, if more than one. If empty, 50."),
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
        title=gettext_noop("File types"),
        description=gettext_noop(
            "Extensions or media types, separated by commas: pdf, docx, image/*. If empty, any. "
            "The type is detected from the content, not only from the name."
        ),
        json_schema_extra={"control": "text"},
    )
    capture: StrictBool = Field(
        default=False,
        title=gettext_noop("Camera on a phone"),
        description=gettext_noop("Whether a phone opens its camera directly."),
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
            raise flaw(_("It holds one file. Switch on “More than one” first."))
        return most

    @property
    def most(self) -> int:
        """Return how many files it can hold."""
        return (self.max_files or MOST) if self.multiple else 1

    @property
    def several(self) -> bool:
        """Tell whether its value is a list."""
        return self.multiple

    @property
    def largest_mb(self) -> int | None:
        """Return how large a file can be here."""
        return self.max_mb

    @property
    def kinds(self) -> str:
        """Return the kinds of file that it takes."""
        return self.allowed
