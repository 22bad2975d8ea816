"""Functions that change texts and lists, or count what is in them."""

from kianda.lib.i18n import gettext_noop
from processes.language import formulas
from processes.language.functions.function import (
    ANY,
    LIST,
    NUMBER,
    TEXT,
    Argument,
    Example,
    Function,
    many,
)

_TEXT = Argument("text", gettext_noop("a text"))
_COUNT = Argument("count", gettext_noop("how many characters"))
_LIST = Argument("list", gettext_noop("a list"))

TEXTS = (
    Function(
        "Length",
        gettext_noop("How many characters a text has, or items a list."),
        formulas.length,
        NUMBER,
        (Argument("value", gettext_noop("a text or a list")),),
        Example('Length("Kianda")', "6"),
    ),
    Function(
        "Upper",
        gettext_noop("In uppercase."),
        formulas.cased(str.upper),
        TEXT,
        (_TEXT,),
        Example('Upper("open")', "OPEN"),
    ),
    Function(
        "Lower",
        gettext_noop("In lowercase."),
        formulas.cased(str.lower),
        TEXT,
        (_TEXT,),
        Example('Lower("OPEN")', "open"),
    ),
    Function(
        "Trim",
        gettext_noop("Without spaces at both ends."),
        formulas.cased(str.strip),
        TEXT,
        (_TEXT,),
        Example('Trim(" open ")', "open"),
    ),
    Function(
        "Concat",
        gettext_noop("All of them as one text."),
        formulas.concatenated,
        TEXT,
        many(gettext_noop("texts or other values, or lists of them")),
        Example('Concat("PO-", 1042)', "PO-1042"),
    ),
    Function(
        "Left",
        gettext_noop("The first characters."),
        formulas.left_part,
        TEXT,
        (_TEXT, _COUNT),
        Example('Left("PO-1042", 2)', "PO"),
    ),
    Function(
        "Right",
        gettext_noop("The last characters."),
        formulas.right_part,
        TEXT,
        (_TEXT, _COUNT),
        Example('Right("PO-1042", 4)', "1042"),
    ),
    Function(
        "Mid",
        gettext_noop("Characters from a position on, counted from 1."),
        formulas.middle_part,
        TEXT,
        (_TEXT, Argument("start", gettext_noop("position of the first character")), _COUNT),
        Example('Mid("PO-1042", 4, 2)', "10"),
    ),
    Function(
        "Replace",
        gettext_noop("With every old part replaced by the new one."),
        formulas.replaced,
        TEXT,
        (
            _TEXT,
            Argument("old", gettext_noop("the part to replace")),
            Argument("new", gettext_noop("what replaces it; empty removes the part")),
        ),
        Example('Replace("1-2-3", "-", "/")', "1/2/3"),
    ),
    Function(
        "Split",
        gettext_noop("A list of the parts between commas or that separator."),
        formulas.split_up,
        LIST,
        (
            _TEXT,
            Argument("separator", gettext_noop("what is between the parts"), omitted='","'),
        ),
        Example('Split("red, blue")', '["red","blue"]'),
    ),
    Function(
        "Join",
        gettext_noop("The items as one text, with a comma or that separator between them."),
        formulas.joined_up,
        TEXT,
        (
            _LIST,
            Argument("separator", gettext_noop("what is put between the items"), omitted='", "'),
        ),
        Example('Join(["red", "blue"], " and ")', "red and blue"),
    ),
    Function(
        "Item",
        gettext_noop("One item of a list, counted from 1; blank when there is none."),
        formulas.item_at,
        ANY,
        (_LIST, Argument("position", gettext_noop("position of the item"))),
        Example('Item(["red", "blue"], 2)', "blue"),
    ),
)
