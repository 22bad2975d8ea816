"""Lists of typed elements, such as the columns of a table, each with a form of its own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from processes.settings_forms.specs import kind_among, tag_of

if TYPE_CHECKING:
    from processes.settings_forms.bound import Bound
    from processes.settings_forms.form import SettingsForm


@dataclass(frozen=True)
class ElementView:
    """One typed element of a list, such as a column: a form of settings inside the form."""

    at: int
    place: str
    form: "SettingsForm"
    tag_name: str
    slug: str
    kinds: list[tuple[str, str, bool]]
    errors: list[str]
    focused: bool

    @property
    def title(self) -> str:
        """Return what it is called."""
        raw = self.form.raw
        return str(raw.get("title") or raw.get("name") or _("New column"))

    @property
    def label(self) -> str:
        """Return what kind it is, in words."""
        return next((title for slug, title, _chosen in self.kinds if slug == self.slug), self.slug)

    @property
    def open(self) -> bool:
        """Tell whether its settings show at first: it is new, or something in it is wrong."""
        return self.focused or bool(self.form.flaws) or not self.form.raw.get("name")


def elements_of(bound: "Bound") -> list[ElementView]:
    """Return the typed elements of a control."""
    found = bound.raw if isinstance(bound.raw, (list, tuple)) else ()
    return [
        _element(bound, at, one if isinstance(one, dict) else {}) for at, one in enumerate(found)
    ]


def _element(bound: "Bound", at: int, raw: dict[str, Any]) -> ElementView:
    kinds, form, place = bound.spec.kinds, bound.form, f"{bound.pointer}/{at}"
    tag, usual = tag_of(kinds[0])
    slug = str(raw.get(tag) or usual)
    known = [(tag_of(kind)[1], _(str(getattr(kind, "label", "")))) for kind in kinds]
    known += [(slug, slug)] if slug not in dict(known) else []
    return ElementView(
        at, place, form.within(kind_among(kinds, slug) or kinds[0], raw, place),
        form.name(f"{place}/{tag}"), slug,
        [(one, title, one == slug) for one, title in known],
        form.errors_at(place), focused=form.focus == place,
    )  # fmt: skip
