"""What can be added: fields and rules by category, as the palette and the menus show them."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from processes.fields import fields
from processes.rules import rules
from processes.rules.base import Rule

FIELD_ORDER = ("Input", "Layout", "Actions")
OPEN_RULES = 1  # How many categories of rules stand open at first.
# What is no kind, but has an icon in the same places.
ICONS = {"form": "file-earmark-text", "process": "diagram-3"}


class PaletteItem(NamedTuple):
    """A kind that can be added."""

    what: str
    slug: str
    label: str
    help: str
    icon: str

    @property
    def words(self) -> str:
        """Return what the search looks in."""
        return f"{self.label} {self.slug} {self.help}".lower()


class PaletteSection(NamedTuple):
    """A category of offers."""

    title: str
    offers: list[PaletteItem]
    open: bool = True


def icon_of(slug: str) -> str:
    """Return the icon of a kind; a plain one when it has none."""
    if field := fields.kinds.get(slug):
        return field.kind_icon
    rule = rules.kinds.get(slug)
    return rule.icon if rule else ICONS.get(slug, "square")


@cache  # In English: what is kept is for every reader.
def _offers(what: str) -> dict[str, list[PaletteItem]]:
    kinds: Mapping[str, Any] = fields.kinds if what == "field" else rules.kinds
    found: dict[str, list[PaletteItem]] = {}
    for slug, kind in kinds.items():
        offer = PaletteItem(what, slug, kind.label, kind.help_text(), icon_of(slug))
        found.setdefault(kind.category, []).append(offer)
    return found


def field_sections(words: str = "") -> list[PaletteSection]:
    """Return the fields by category: Input, Layout, Actions, then what else there is."""
    known = _offers("field")
    order = [*FIELD_ORDER, *(name for name in known if name not in FIELD_ORDER)]
    return _sections([name for name in order if name in known], known, words)


def rule_sections(words: str = "") -> list[PaletteSection]:
    """Return the rules by category."""
    known = _offers("rule")
    found = _sections(list(known), known, words)
    return [one._replace(open=bool(words) or n < OPEN_RULES) for n, one in enumerate(found)]


def _sections(
    order: list[str], known: dict[str, list[PaletteItem]], words: str
) -> list[PaletteSection]:
    wanted = words.lower().split()
    made = [
        PaletteSection(_(name), [one for one in offers if all(w in one.words for w in wanted)])
        for name in order
        for offers in [[_translated(one) for one in known[name]]]
    ]
    return [section for section in made if section.offers]


def _translated(offer: PaletteItem) -> PaletteItem:
    """Return an offer as it is read: in the reader's language, of its help the first sentence."""
    first = _(offer.help).split("\n\n")[0].split(". ")[0]
    return offer._replace(label=_(offer.label), help=" ".join(first.split()))


@cache
def has_settings(slug: str) -> bool:
    """Tell whether a rule has settings of its own: its dialog opens when it is added."""
    kind = rules.kinds.get(slug)
    return kind is not None and bool(set(kind.model_fields) - set(Rule.model_fields) - {"type"})


def label_of(what: str, slug: str) -> str:
    """Return what a kind is called; its slug when nobody knows it."""
    kinds: Mapping[str, Any] = fields.kinds if what == "field" else rules.kinds
    return _(kinds[slug].label) if slug in kinds else slug.replace("_", " ").capitalize()
