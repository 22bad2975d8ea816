"""How each field of a design stands on its form: shown, open for change, required."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from processes.definition.document import Document, Form
from processes.fields.base import FormField

Overrides = Mapping[str, Mapping[str, bool]]
NO_VIEW: Overrides = {}


class Display(NamedTuple):
    """Whether a field is shown, may be changed or pressed, and must be filled in."""

    visible: bool = True
    enabled: bool = True
    required: bool = False


def displays(document: Document, overrides: Overrides | None = None) -> dict[str, Display]:
    """Return how every field stands: as the design says, as rules have set it since.

    What stands in a hidden container is hidden, in one that is switched off it is switched off;
    nothing is required of a person who cannot fill it in.
    """
    found: dict[str, Display] = {}
    for form in document.forms:
        found |= displays_on(form, overrides)
    return found


def displays_on(form: Form, overrides: Overrides | None = None) -> dict[str, Display]:
    """Return how every field of one form stands."""
    found: dict[str, Display] = {}
    _fill(form.fields, Display(), overrides or {}, found)
    return found


def _fill(
    fields: Iterable[FormField], outer: Display, overrides: Overrides, found: dict[str, Display]
) -> None:
    for field in fields:
        here = _of(field, outer, overrides.get(field.name, {}))
        found[field.name] = here
        _fill(field.inner, here, overrides, found)


def _of(field: FormField, outer: Display, override: Mapping[str, bool]) -> Display:
    visible = outer.visible and override.get("visible", field.visible)
    enabled = outer.enabled and override.get("enabled", field.enabled)
    required = override.get("required", bool(getattr(field, "required", False)))
    return Display(visible, enabled, required and visible and enabled)


def overlaid(display: Overrides, withheld: Overrides) -> dict[str, dict[str, bool]]:
    """Return how rules have set fields, under what is withheld from a person."""
    return {
        name: {**display.get(name, {}), **withheld.get(name, {})}
        for name in {**display, **withheld}
    }
