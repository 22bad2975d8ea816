"""Small pictures of pictures: made once, at most so large, stored beside the picture."""

import io
import warnings
from contextlib import closing
from typing import IO

from django.core.files.base import ContentFile
from PIL import Image, ImageOps, UnidentifiedImageError

from processes.files import storage
from processes.files.access import open_file
from processes.models import File

KIND = "image/png"
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
WIDEST = 320
# Some bytes may spell a picture that fills the memory; a phone's camera makes a fifth of this.
MOST_PIXELS = 60_000_000
_BROKEN = (
    UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError,
)  # fmt: skip


def small_picture(file: File) -> bytes | None:
    """Return a file small, as PNG; None for what is no picture, or one that is too large.

    Raises Conflict while it may not be read, Missing when it is gone.
    """
    if file.media_type not in FORMATS:
        return None
    with closing(open_file(file)) as content:
        place = storage.thumb_place(file.key)
        kept = storage.whole_files()
        if kept.exists(place):
            with kept.open(place, "rb") as made:
                return bytes(made.read())
        picture = _made_small(content, FORMATS[file.media_type])
        if picture is not None and not kept.exists(place):
            kept.save(place, ContentFile(picture))
        return picture


def _made_small(content: IO[bytes], kind: str) -> bytes | None:
    try:
        with warnings.catch_warnings():
            # Our own limit is looked at below, and it is lower.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(content, formats=[kind]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    return None
                picture.draft("RGB", (WIDEST, WIDEST))
                turned = ImageOps.exif_transpose(picture)
                turned.thumbnail((WIDEST, WIDEST))
                made = io.BytesIO()
                has_holes = turned.mode in {"RGBA", "LA", "P", "PA"}
                turned.convert("RGBA" if has_holes else "RGB").save(made, "PNG")
                return made.getvalue()
    except _BROKEN:
        return None
