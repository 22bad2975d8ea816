"""What the designer shows: made from a working copy and what is selected in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext as _

from kianda.lib.errors import Flaw
from processes.definition.checks import Catalog
from processes.definition.tree import DefinitionTree, Piece, columns_of, title_of
from processes.designer.copy_view import CopyView
from processes.designer.editing.new_pieces import may_hold
from processes.designer.editing.piece_checks import model_of
from processes.designer.editing.validation import Level
from processes.designer.settings_forms.labels import setting_at
from processes.fields import fields, kind_named
from processes.fields.button import PLACE_BEFORE
from processes.language.labels import of_the_row
from processes.views.designer import palette
from processes.views.designer.field_looks import Box, look_of, width_of
from processes.views.designer.rule_sentences import SentenceParts, Teller

FOLD_FROM = 12
SHORT = 26
OUTLINE_SEARCH_FROM = 40


class ToldMark(NamedTuple):
    """One thing that is wrong as it is listed: in which piece and setting by what they are called.

    `inner` is the place of the setting in the piece.
    """

    target: str
    called: str
    inner: str
    setting: str
    detail: str
    level: Level


@dataclass(slots=True)
class RuleLine:
    """A rule as it stands in a list."""

    element: Piece
    number: int
    label: str
    icon: str
    line: SentenceParts
    more: SentenceParts
    flaws: list[ToldMark]
    selected: bool
    folded: bool
    opens: bool
    holds: bool
    inner: "list[RuleLine]" = field(default_factory=list)

    @property
    def target(self) -> str:
        """Return the target of the rule."""
        return self.element.target

    @property
    def short(self) -> str:
        """Return what it does, cut to one line of a folded list."""
        words = "".join(part.text for part in self.line)
        return words if len(words) <= SHORT else f"{words[: SHORT - 1].rstrip()}…"

    @property
    def enabled(self) -> bool:
        """Tell whether it is switched on."""
        return self.element.node.get("enabled") is not False


@dataclass(slots=True)
class RuleGroup:
    """One ordered list of rules of the selected element."""

    key: str
    owner: str
    title: str
    help: str
    lines: list[RuleLine]


class Screen:
    """The working copy as the three panes show it, with one element selected."""

    def __init__(self, copy: CopyView, *, catalog: Catalog, at: str = "", form: str = "") -> None:
        """Take a working copy, what is selected, and the form that was shown."""
        self.copy = copy
        self.tree = DefinitionTree(copy.document)
        self._catalog = catalog
        self.selected = self._selected(at)
        self.form = self._form(form)

    @cached_property
    def marks(self) -> list[ToldMark]:
        """Return all that is wrong; an act that only looks for its element never asks."""
        listed = [*self.copy.flaws, *self.copy.warnings]
        return [
            ToldMark(
                mark.target, piece.title if piece else "", mark.inner,
                setting_at(model_of(piece), mark.inner) if piece else "", mark.detail, mark.level,
            )
            for mark in listed
            for piece in [self.tree.get(mark.target)]
        ]  # fmt: skip

    @cached_property
    def flaws(self) -> dict[str, list[ToldMark]]:
        """Return what is wrong, by element."""
        found: dict[str, list[ToldMark]] = {}
        for mark in self.marks:
            found.setdefault(mark.target, []).append(mark)
        return found

    def _selected(self, at: str) -> Piece:
        known = self.tree.get(at)
        if known is not None:
            return known
        return self.tree.forms[0] if self.tree.forms else self.tree.process

    def _form(self, wanted: str) -> Piece | None:
        if self.selected.form is not None:
            return self.selected.form
        found = self.tree.get(wanted)
        if found is not None and found.kind == "form":
            return found
        return self.tree.forms[0] if self.tree.forms else None

    @property
    def owner(self) -> Piece:
        """Return the element whose properties are shown."""
        return self.selected.place_owner

    @property
    def mistakes(self) -> list[ToldMark]:
        """Return what stands in the way of saving or publishing."""
        return [mark for mark in self.marks if mark.level != "advice"]

    def wrong_at(self, target: str) -> int:
        """Count the mistakes in an element; hints are none."""
        return sum(mark.level != "advice" for mark in self.flaws.get(target, ()))

    def told_of(self, target: str) -> tuple[list[Flaw], list[Flaw]]:
        """Return the mistakes in an element and the hints about it, each at its place in it."""
        wrong: list[Flaw] = []
        hints: list[Flaw] = []
        for mark in self.flaws.get(target, ()):
            told = hints if mark.level == "advice" else wrong
            told.append(Flaw(mark.inner, mark.detail))
        return wrong, hints

    @property
    def many(self) -> bool:
        """Tell whether the outline needs a search."""
        return sum(1 for _field in self.tree.walk("field")) >= OUTLINE_SEARCH_FROM

    def tabs(self) -> list[tuple[Piece, int]]:
        """Return the forms with how many flaws lie in each."""
        counts: dict[str, int] = {}
        for target in self.flaws:
            found = self.tree.get(target)
            if found is not None and found.form is not None:
                wrong = self.wrong_at(target)
                counts[found.form.target] = counts.get(found.form.target, 0) + wrong
        return [(form, counts.get(form.target, 0)) for form in self.tree.forms]

    def body(self) -> list[Box]:
        """Return the fields of the form that is shown, without the bar at its end."""
        return self._boxes(e for e in self._on_form() if not in_footer(e))

    def footer(self) -> list[Box]:
        """Return the buttons in the bar at the form's end."""
        return self._boxes(e for e in self._on_form() if in_footer(e))

    def _on_form(self) -> list[Piece]:
        return self.form.fields if self.form else []

    def _boxes(self, elements: Iterable[Piece]) -> list[Box]:
        return [self._box(element) for element in elements]

    def _box(self, element: Piece) -> Box:
        look = look_of(element, flaws=self._flaws_at(element))
        inner = self._boxes(element.fields)
        width = width_of(element.node.get("width"))
        return Box(element, look, width, element.path == self.owner.path, inner)

    def _flaws_at(self, element: Piece) -> int:
        targets = [element.target, *(rule.target for rule in element.rules)]
        return sum(self.wrong_at(target) for target in targets)

    def rule_groups(self) -> list[RuleGroup]:
        """Return the lists of rules of the element whose properties are shown."""
        owner = self.owner
        if not runs_rules(owner):
            return []
        teller = Teller(_titles(self.tree), self._catalog)
        return [
            RuleGroup(name, owner.target, title, words, self._lines(owner.held(name), teller))
            for name, title, words in _groups(owner)
        ]

    def _lines(self, rules: list[Piece], teller: Teller) -> list[RuleLine]:
        folds = len(rules) >= FOLD_FROM
        return [self._rule(number, rule, teller, folds) for number, rule in enumerate(rules, 1)]

    def _rule(self, number: int, rule: Piece, teller: Teller, folds: bool) -> RuleLine:  # noqa: FBT001
        said = teller.say(rule.node)
        selected = rule.path == self.selected.path
        return RuleLine(
            element=rule, number=number, label=palette.label_of("rule", rule.slug),
            icon=palette.icon_of(rule.slug), line=said.line, more=said.more,
            flaws=self.flaws.get(rule.target, []), selected=selected,
            folded=folds and not selected, opens=palette.has_settings(rule.slug),
            holds=may_hold("rule", rule.node, "rules"),
            inner=self._lines(rule.rules, teller),
        )  # fmt: skip


def _titles(tree: DefinitionTree) -> dict[str, str]:
    """Return the titles of forms and fields by name, and of columns as a loop names them."""
    columns = {
        f"row.{column.get('name')}": of_the_row(title_of(column))
        for field in tree.walk("field")
        for column in columns_of(field.node)
    }
    return {**{one.name: one.title for one in tree.walk("form", "field")}, **columns}


def in_footer(element: Piece) -> bool:
    """Tell whether a field stands in the bar at the form's end."""
    node = element.node
    place = node.get("place", node.get(PLACE_BEFORE))
    return place == "footer" and kind_named(element.slug).is_button


def runs_rules(element: Piece) -> bool:
    """Tell whether an element has rules."""
    if element.kind != "field":
        return True
    kind = fields.kinds.get(element.slug)
    return kind is None or kind.runs_rules


def _groups(owner: Piece) -> list[tuple[str, str, str]]:
    if owner.kind == "process":
        return [("rules", _("Rules when it is opened"), _("Run when a record is opened."))]
    if owner.kind == "form":
        return [
            ("rules", _("Rules when it is submitted"), _("Run when the form is submitted.")),
            ("load_rules", _("Rules when it is opened"), _("Run when the form is opened.")),
        ]
    words = _("Run from top to bottom when a person changes the value.")
    if kind_named(owner.slug).is_button:
        words = _(
            "Run from top to bottom when the button is pressed, by a person, the schedule or the"
            " API."
        )
    return [("rules", _("Rules"), words)]
