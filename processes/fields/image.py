"""Image: a picture that is shown on the form, not only named there."""

from typing import Literal

from pydantic import Field

from kianda.lib.i18n import gettext_noop
from processes.fields.files import LARGEST_MB, FilesField
from processes.language.file_types import PICTURES


class Image(FilesField):
    """A picture: uploaded, taken with a camera, or set by rules, and shown on the form.

    PNG, JPEG, GIF and WebP are accepted. A rule can copy a picture from a File field. Its parts are
    those of a file: [photo.name], [photo.size], [photo.media_type].
    """

    label = gettext_noop("Image")
    kind_icon = "image"
    look = "file"

    type: Literal["image"] = "image"
    height: int = Field(
        default=240,
        ge=40,
        le=1_200,
        strict=True,
        title=gettext_noop("Height"),
        description=gettext_noop("The maximum height on the form, in pixels."),
        json_schema_extra={"control": "number"},
    )
    max_mb: int | None = Field(
        default=None,
        ge=1,
        le=LARGEST_MB,
        strict=True,
        title=gettext_noop("Largest file (MB)"),
        description=gettext_noop(
            "How large the file can be. If empty, as large as this installation allows."
        ),
        json_schema_extra={"control": "number"},
    )

    @property
    def largest_mb(self) -> int | None:
        """Return how large a file can be here."""
        return self.max_mb

    @property
    def kinds(self) -> str:
        """Return the kinds of picture that it takes."""
        return ", ".join(sorted(PICTURES))

    @property
    def kinds_in_words(self) -> str:
        """Return the same as people read them."""
        return "PNG, JPEG, GIF, WebP"
