"""The typed elements of a list, such as columns and charts: each a form of settings in the form."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kianda.lib.dialogs.dialog import BoundControl, Dialog
from kianda.lib.dialogs.specs import kind_among, tag_of


@dataclass(frozen=True)
class ElementView:
    """One typed element of a list, such as a column: a form of settings inside the form."""

    at: int
    place: str
    form: Dialog
    tag_name: str
    slug: str
    kinds: list[tuple[str, str, bool]]
    errors: list[str]
    focused: bool
    # What an element without a title and a name is called.
    untitled: str
    # Elements of few settings always show them.
    unfolded: bool = False

    @property
    def title(self) -> str:
        """Return what it is called."""
        raw = self.form.raw
        return str(raw.get("title") or raw.get("name") or self.untitled)

    @property
    def label(self) -> str:
        """Return what kind it is, in words."""
        return next((title for slug, title, _chosen in self.kinds if slug == self.slug), self.slug)

    @property
    def open(self) -> bool:
        """Tell whether its settings show at first: it is new, or something in it is wrong."""
        if self.unfolded or self.focused or self.form.flaws or self.form.focus:
            return True
        return bool(self.kinds) and not self.form.raw.get("name")


def elements_of(bound: BoundControl) -> list[ElementView]:
    """Return the typed elements of a control."""
    found = bound.raw if isinstance(bound.raw, (list, tuple)) else ()
    return [
        _element(bound, at, one if isinstance(one, dict) else {}) for at, one in enumerate(found)
    ]


def _element(bound: BoundControl, at: int, raw: dict[str, Any]) -> ElementView:
    kinds, form, place = bound.spec.element_kinds, bound.form, f"{bound.pointer}/{at}"
    tag, usual = tag_of(kinds[0])
    slug = str(raw.get(tag) or usual)
    known = [(tag_of(kind)[1], _(str(getattr(kind, "label", "")))) for kind in kinds if tag]
    known += [(slug, slug)] if tag and slug not in dict(known) else []
    new = bound.spec.extra.get("new")
    return ElementView(
        at, f"{form.at}{place}", form.within(kind_among(kinds, slug) or kinds[0], raw, place),
        form.name(f"{place}/{tag}"), slug,
        [(one, title, one == slug) for one, title in known],
        form.errors_at(place), focused=form.focus == place,
        untitled=_(str(new)) % {"n": at + 1} if new else _("New column"),
        unfolded=bool(bound.spec.extra.get("unfolded")),
    )  # fmt: skip
