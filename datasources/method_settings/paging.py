"""How the further pages of an answer are asked for: from the controls of the editor and back."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from datasources.forms import line_of, number_of
from datasources.rest.paging import Cursors, Links, Offsets, PageNumbers, Paging

KIND = "/paging/kind"
KINDS = (
    ("", _("No paging")), ("page", _("Page number")),
    ("offset", _("Offset: number of items to skip")),
    ("cursor", _("Cursor in the response")), ("link", _("URL of the next page")),
)  # fmt: skip
_MODELS: dict[str, type[Paging]] = {
    "page": PageNumbers,
    "offset": Offsets,
    "cursor": Cursors,
    "link": Links,
}
_NUMBERS = frozenset({"first", "size", "max_items"})


def paging_body(post: QueryDict) -> dict[str, Any] | None:
    """Return the setting as it was typed; None without pages. Of other kinds nothing is taken."""
    kind = post.get(KIND, "")
    if not kind:
        return None
    model = _MODELS.get(kind)
    body: dict[str, Any] = {"kind": kind}
    for name in model.model_fields if model else ():
        control = f"/paging/{name}"
        if name != "kind" and post.get(control):
            body[name] = number_of(post, control) if name in _NUMBERS else line_of(post, control)
    return body


class PagingControls:
    """What the controls show: what is set, else what would be taken."""

    kinds = KINDS

    def __init__(self, raw: Any) -> None:
        """Take the setting as it is stored or was typed."""
        self._raw = raw if isinstance(raw, dict) else {}
        self.kind = self._raw.get("kind", "")

    def __getitem__(self, name: str) -> Any:
        """Return what a control shows."""
        value = self._raw.get(name, "")
        return "" if value is None else value

    @property
    def is_set(self) -> bool:
        """Tell whether there are pages."""
        return bool(self._raw)
