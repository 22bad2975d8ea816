"""The parts of a form that may have rights of their own, each with what it stands in.

Lists of people nest: those of a field stand before those of its panel, and these before those of
the form.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from processes.definition.document import Document, Form
from processes.fields.base import FormField


class Part(NamedTuple):
    """A field, with what it stands in from the form inwards, and the form."""

    form: Form
    above: tuple[FormField, ...]
    field: FormField

    @property
    def nested(self) -> tuple[FormField, ...]:
        """Return what it stands in and itself, from the form inwards."""
        return (*self.above, self.field)


def form_named(document: Document, name: str) -> Form:
    """Return a form that is there."""
    return next(form for form in document.forms if form.name == name)


def placed(document: Document) -> Iterator[tuple[str, Part]]:
    """Yield every field by name, each with what it stands in; a container before its fields."""
    for form in document.forms:
        yield from _inside(form, form.fields, ())


def _inside(
    form: Form, fields: Iterable[FormField], above: tuple[FormField, ...]
) -> Iterator[tuple[str, Part]]:
    for field in fields:
        yield field.name, Part(form, above, field)
        yield from _inside(form, field.inner, (*above, field))
