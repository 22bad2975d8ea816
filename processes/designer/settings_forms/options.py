"""What a control offers to choose from: options of a setting, fields to tick."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kianda.lib.dialogs.specs import Spec
from processes.designer.settings_forms.labels import Words, choice_words
from processes.designer.settings_forms.source_trees import Branch, Leaf


@dataclass(frozen=True)
class Option:
    """One choice of a setting."""

    value: str
    title: Words
    help: Words
    chosen: bool


@dataclass(frozen=True)
class CheckboxOption:
    """One field of several, with its box."""

    leaf: Leaf
    chosen: bool = False
    gone: bool = False


def options_of(spec: Spec, chosen: Any) -> list[Option]:
    """Return the choices of a setting; one that is not among them is there all the same."""
    known = [*([""] if spec.nullable else []), *spec.choices]
    return [
        Option(one, *choice_words(spec.name, one), chosen=one == chosen)
        for one in (known if chosen in known else [*known, chosen])
    ]


def ticks_of(
    branches: Sequence[Branch], names: Sequence[str]
) -> list[tuple[Words, list[CheckboxOption]]]:
    """Return the fields to tick, by form; a name that is no longer there comes last."""
    chosen = set(names)
    found: list[tuple[Words, list[CheckboxOption]]] = [
        (
            branch.title,
            [CheckboxOption(leaf, chosen=leaf.value in chosen) for leaf in branch.leaves],
        )
        for branch in branches
    ]
    known = {tick.leaf.value for _title, ticks in found for tick in ticks}
    lost = [name for name in names if name not in known]
    if lost:
        ticks = [CheckboxOption(Leaf(name, name), chosen=True, gone=True) for name in lost]
        found.append((_("No longer there: choose again"), ticks))
    return found
