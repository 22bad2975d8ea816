"""What is said of a place of an answer: its type, what it is for, why less is described."""

from datasources.rest.answer_schema import AnswerPlace, AnswerSchema
from kianda.lib.i18n import gettext as _
from kianda.lib.i18n import gettext_noop

TYPES = {
    "string": gettext_noop("text"),
    "number": gettext_noop("number"),
    "integer": gettext_noop("whole number"),
    "boolean": gettext_noop("yes or no"),
    "object": gettext_noop("object"),
    "array": gettext_noop("list"),
    "null": gettext_noop("may be empty"),
}
CUT = {
    "recursive": gettext_noop("The structure repeats. Type deeper paths manually."),
    "deep": gettext_noop("There are deeper levels. Type their paths manually."),
    "many": gettext_noop("Not all fields are described. Type other paths manually."),
}


def title_in_words(place: AnswerPlace) -> str:
    """Return what a place is called."""
    return _("first item") if place.title == "[0]" else place.title


def type_in_words(place: AnswerPlace) -> str:
    """Return of which type a place is, and whether it is always there."""
    words = [_(TYPES[word]) for word in place.schema.type]
    if place.required:
        words.append(_("always present"))
    return ", ".join(words)


def about_in_words(schema: AnswerSchema, *, example: bool = True) -> str:
    """Return the description of a place, an example, and why less is described than there is."""
    shown = _("For example: %(example)s") % {"example": schema.example} if schema.example else ""
    cut = _(CUT[schema.cut]) if schema.cut else ""
    return " ".join(filter(None, [schema.description, shown if example else "", cut]))
