"""Reading and writing JSON bodies: strict in, exact out."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import IO, Any, NamedTuple, TypeVar

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, ValidationError
from rest_framework import exceptions
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from kianda.lib.api.problems import escape
from kianda.lib.errors import Flaw, Invalid, TooLarge
from kianda.lib.i18n import grouped
from kianda.lib.pointers import flaws_of

B = TypeVar("B", bound="Body")

DEFINITION_BYTES = 1_000_000
BODY_BYTES = 1_100_000
DEPTH = 64
# Longer whole numbers fit no column and are slow to convert; doubles end near 308 digits.
DIGITS = 308


class StrictJSONParser(BaseParser):
    """Reads UTF-8 JSON and refuses whatever two readers could understand differently.

    A view sets `max_body_bytes` for another limit than the general one.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the JSON value of the body; an empty body is an empty object."""
        context = parser_context or {}
        limit = int(getattr(context.get("view"), "max_body_bytes", BODY_BYTES))
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise TooLarge(
                _("The body is larger than %(limit)s bytes.") % {"limit": grouped(limit)}
            )
        charset = (context.get("encoding") or "utf-8").lower()
        if "charset" in (media_type or "").lower() and charset not in {"utf-8", "utf8"}:
            raise exceptions.UnsupportedMediaType(media_type or "")
        return parse_json(body)


def parse_json(body: bytes) -> Any:
    """Return the JSON value of a body; raises Invalid with every place that is wrong."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid.at(
            "", _("The body is not UTF-8: byte %(number)s.") % {"number": error.start}
        ) from error
    if not text.strip():
        return {}
    try:
        value = json.loads(
            text, object_pairs_hook=_Pairs.of, parse_constant=_no_constant, parse_int=_whole
        )
    except RecursionError as error:
        raise Invalid.at(
            "", _("The body is nested deeper than %(depth)s levels.") % {"depth": DEPTH}
        ) from error
    except json.JSONDecodeError as error:
        place = _("line %(line)s, column %(column)s") % {
            "line": error.lineno,
            "column": error.colno,
        }
        raise Invalid.at(
            "",
            _("The body is not JSON: %(problem)s at %(place)s.")
            % {"problem": error.msg, "place": place},
        ) from error
    if flaws := list(_flaws(value)):
        raise Invalid(errors=flaws)
    return value


class Body(BaseModel):
    """A small JSON body with known keys only: unknown ones and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)


def read_body(model: type[B], raw: object) -> B:
    """Return the body as its model; raises Invalid with every flaw."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise Invalid(errors=flaws_of(error, raw)) from error


class _Pairs(dict[str, Any]):
    """A JSON object that remembers which keys came twice."""

    doubles: tuple[str, ...] = ()

    @classmethod
    def of(cls, pairs: list[tuple[str, Any]]) -> "dict[str, Any]":
        found = cls(pairs)
        if len(found) == len(pairs):
            return dict(found)
        counts = Counter(key for key, _value in pairs)
        found.doubles = tuple(key for key, count in counts.items() if count > 1)
        return found


class _NoNumber(NamedTuple):
    """Stands where a number is refused: only the whole value tells which place that is."""

    flaw: str


def _no_constant(word: str) -> _NoNumber:
    return _NoNumber(_("%(word)s is not a JSON number.") % {"word": word})


def _whole(digits: str) -> int | _NoNumber:
    if len(digits) > DIGITS:
        return _NoNumber(_("A number has more than %(digits)s digits.") % {"digits": DIGITS})
    return int(digits)


def _flaws(value: Any) -> Iterator[Flaw]:
    """Walk the value without recursion and yield what a database could not keep."""
    waiting: list[tuple[str, int, Any]] = [("", 0, value)]
    while waiting:
        pointer, depth, item = waiting.pop()
        if depth > DEPTH:
            yield Flaw(
                pointer, _("This is nested deeper than %(depth)s levels.") % {"depth": DEPTH}
            )
            return
        if isinstance(item, dict):
            yield from _key_flaws(pointer, item)
            waiting += [(f"{pointer}/{escape(k)}", depth + 1, v) for k, v in item.items()]
        elif isinstance(item, list):
            waiting += [(f"{pointer}/{n}", depth + 1, v) for n, v in enumerate(item)]
        elif flaw := _scalar_flaw(item):
            yield Flaw(pointer, flaw)


def _key_flaws(pointer: str, item: dict[str, Any]) -> Iterator[Flaw]:
    for key in getattr(item, "doubles", ()):
        yield Flaw(f"{pointer}/{escape(key)}", _("This key appears twice in its object."))
    for key in item:
        if flaw := _scalar_flaw(key):
            yield Flaw(pointer, _("A key has a forbidden character. %(flaw)s") % {"flaw": flaw})


def _scalar_flaw(item: Any) -> str:
    if isinstance(item, _NoNumber):
        return item.flaw
    if isinstance(item, float) and not math.isfinite(item):
        return _("The number is too large.")
    if not isinstance(item, str):
        return ""
    if "\0" in item:
        return _("The character NUL cannot be stored.")
    if not item.isascii() and any("\ud800" <= letter <= "\udfff" for letter in item):
        return _("Half a surrogate pair is not a character.")
    return ""


_ANYTHING = frozenset({"*/*", "application/json"})


class _Encoder(JSONEncoder):
    """Writes decimals as numbers: whole ones as they are, others as the nearest double."""

    def default(self, obj: Any) -> Any:
        if isinstance(obj, Decimal):
            return number(obj)
        return super().default(obj)


def number(value: Decimal) -> int | float | str:
    """Return a decimal as JSON's number; what no double can hold as text."""
    if not value.is_finite() or abs(value.adjusted()) > DIGITS - 1:
        return str(value) if value else 0
    return int(value) if value == value.to_integral_value() else float(value)


class OneFormat(DefaultContentNegotiation):
    """Chooses the only format there is without a look at all, for who asks for JSON or anything."""

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """Return the renderer, and what its answer is called."""
        accepted = request.META.get("HTTP_ACCEPT", "*/*")
        if accepted in _ANYTHING and not request.META.get("QUERY_STRING"):
            first, *others = renderers
            if not others:
                return first, first.media_type
        found: tuple[Any, str] = super().select_renderer(request, renderers, format_suffix)
        return found


class ExactJSONRenderer(JSONRenderer):
    """JSON with decimals as numbers; odd characters of outside answers are escaped."""

    encoder_class = _Encoder

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Render, escaping everything when the text has half a surrogate pair."""
        try:
            return super().render(data, accepted_media_type, renderer_context)
        except UnicodeEncodeError:
            return json.dumps(data, cls=self.encoder_class, allow_nan=False).encode()
