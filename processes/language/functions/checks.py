"""Functions that compare, choose and convert values."""

from kianda.lib.i18n import gettext_noop
from processes.language import formulas
from processes.language.functions.function import (
    ANY,
    NUMBER,
    TEXT,
    YES_NO,
    Argument,
    Example,
    Function,
    many,
)
from processes.language.operators import contains
from processes.language.values import as_text, is_blank, to_number

_TEXT = Argument("text", gettext_noop("a text"))
_PART = Argument("part", gettext_noop("the part to find; upper and lower case differ"))
_VALUE = Argument("value", gettext_noop("any value"))

CHECKS = (
    Function(
        "Contains",
        gettext_noop("Whether a text holds a part, or a list an item."),
        contains,
        YES_NO,
        (
            Argument("container", gettext_noop("a text or a list")),
            Argument("part", gettext_noop("the part or the item to find")),
        ),
        Example('Contains(["red", "blue"], "red")', "true"),
    ),
    Function(
        "StartsWith",
        gettext_noop("Whether a text starts with a part."),
        formulas.starts_with,
        YES_NO,
        (_TEXT, _PART),
        Example('StartsWith("PO-1042", "PO")', "true"),
    ),
    Function(
        "EndsWith",
        gettext_noop("Whether a text ends with a part."),
        formulas.ends_with,
        YES_NO,
        (_TEXT, _PART),
        Example('EndsWith("offer.pdf", ".pdf")', "true"),
    ),
    Function(
        "Matches",
        gettext_noop("Whether an RE2 pattern is found in a text."),
        formulas.matches,
        YES_NO,
        (_TEXT, Argument("pattern", gettext_noop("an RE2 pattern"))),
        Example('Matches("PO-1042", "^PO-[0-9]+$")', "true"),
    ),
    Function(
        "IsBlank",
        gettext_noop("Whether it is empty. 0 and false are not empty."),
        is_blank,
        YES_NO,
        (_VALUE,),
        Example("IsBlank(0)", "false"),
    ),
    Function(
        "Coalesce",
        gettext_noop("The first that is not blank."),
        formulas.first_filled,
        ANY,
        many(gettext_noop("values, in order of preference")),
        Example('Coalesce("", "unknown")', "unknown"),
    ),
    Function(
        "Number",
        gettext_noop("A numeric text as a number."),
        to_number,
        NUMBER,
        (Argument("text", gettext_noop("a text such as 12.5")),),
        Example('Number("12.50")', "12.5"),
    ),
    Function(
        "Text",
        gettext_noop("Any value as text."),
        as_text,
        TEXT,
        (_VALUE,),
        Example("Text(1042)", "1042"),
    ),
)
# `If` is not among them: the reader turns it into a choice that evaluates one branch only.
IF = Function(
    "If",
    gettext_noop("One of two; the other is not evaluated."),
    is_blank,
    ANY,
    (
        Argument("condition", gettext_noop("a comparison, or another value that is yes or no")),
        Argument("then", gettext_noop("the result if the condition is met")),
        Argument("otherwise", gettext_noop("the result if it is not met")),
    ),
    Example('If(3 > 2, "high", "low")', "high"),
)
