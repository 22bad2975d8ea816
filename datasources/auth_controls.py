"""The settings of an authentication scheme as controls: which are shown, and lists with secrets."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from datasources.auth import AuthScheme
from datasources.ports import conditions
from datasources.rest.answer_conditions import (
    kept_of,
    matches_in_words,
    parts_of,
    read_kept,
    read_rows,
)
from kianda.lib.dialogs.controls import ControlType, Sent, read_text, register
from kianda.lib.dialogs.dialog import BoundControl, Dialog
from kianda.lib.dialogs.posted import Node
from kianda.lib.dialogs.specs import Spec, specs_of
from kianda.lib.secret_names import MASK

SECRETS = frozenset({"secret", "long_secret"})
WIDE = frozenset(
    {"switch", "long_text", "long_secret", "parts", "named_values", "answer_conditions"}
)
# Rows that wait for something to be written in them, for pages without script.
SPARE = 2


@dataclass(frozen=True)
class NamedRow:
    """One row of a list of names and values. The value of a secret is never written into a page."""

    at: str
    name: str = ""
    value: str = ""
    is_secret: bool = False
    is_stored: bool = False
    is_lost: bool = False
    errors: str = ""


@dataclass(frozen=True)
class ExpiryRow:
    """One condition on an answer, as its controls show it."""

    at: str
    left: str = ""
    operator: str = "eq"
    right: str = ""
    errors: str = ""


@dataclass(frozen=True)
class AuthControl(BoundControl):
    """One setting of an authentication scheme as a control."""

    @property
    def width(self) -> int:
        """Return how many of twelve columns it takes where there is room."""
        return 12 if self.drawing in WIDE or self.spec.control == "line" else 6

    @property
    def help(self) -> Any:
        """Return what stands below it; of a secret, what becomes of it."""
        if self.spec.control == "lines":
            return _("One per line.")
        if self.drawing not in SECRETS:
            return super().help
        if self.is_lost:
            return _("Not saved yet. Enter the secret again.")
        if self.is_stored:
            return _("Saved. Leave empty to keep it.")
        return super().help or _("Stored encrypted and never shown again.")

    def words_of(self, choice: str) -> tuple[Any, Any]:
        """Return what a choice is called."""
        words = _scheme(self.form).choice_words.get(self.spec.name, {})
        return (_(words[choice]), "") if choice in words else super().words_of(choice)

    @property
    def decides(self) -> str:
        """Say when it is shown, for scripts: `grant=password|jwt_bearer client_auth=none`."""
        found = _scheme(self.form).shown_for.get(self.spec.name, {})
        return " ".join(f"{setting}={'|'.join(values)}" for setting, values in found.items())

    @property
    def is_shown(self) -> bool:
        """Tell whether it matters with what else is chosen, or has an error to tell."""
        found = _scheme(self.form).shown_for.get(self.spec.name)
        return not found or self.wrong > 0 or any(
            _chosen(self.form, setting) in values for setting, values in found.items()
        )  # fmt: skip

    @property
    def rows(self) -> list[NamedRow]:
        """Return the rows of names and values, and some to be written in."""
        found = [self._row(at, one) for at, one in enumerate(_items(self.raw))]
        return [*found, *(NamedRow(str(len(found) + more)) for more in range(SPARE))]

    @property
    def always_secret(self) -> bool:
        """Tell whether every value of the rows is secret."""
        return self.spec.name in _scheme(self.form).always_secret

    @property
    def blank(self) -> NamedRow:
        """Return the row that scripts make new ones of."""
        return NamedRow("-1")

    @property
    def conditions(self) -> list[ExpiryRow]:
        """Return the rows of conditions, and some to be written in."""
        found = [
            ExpiryRow(
                str(at), **one, errors=" ".join(self.form.all_errors(f"{self.pointer}/items/{at}"))
            )
            for at, one in enumerate(parts_of(self._conditions))
        ]
        return [*found, *(ExpiryRow(str(len(found) + more)) for more in range(SPARE))]

    @property
    def blank_condition(self) -> ExpiryRow:
        """Return the row that scripts make new ones of."""
        return ExpiryRow("-1")

    @property
    def kept_conditions(self) -> str:
        """Return conditions that rows cannot show, as they are sent back."""
        return kept_of(self._conditions)

    @property
    def conditions_in_words(self) -> str:
        """Return those as a sentence."""
        return conditions().in_words(self._conditions)

    @property
    def match(self) -> Any:
        """Return how many of the conditions must hold."""
        return self._conditions.get("match", "all")

    @property
    def matches(self) -> Any:
        """Return what may be chosen there."""
        return matches_in_words()

    @property
    def operators(self) -> Any:
        """Return the operators that may be chosen."""
        return conditions().operators()

    @property
    def _conditions(self) -> dict[str, Any]:
        return self.raw if isinstance(self.raw, dict) else {}

    def _row(self, at: int, item: dict[str, Any]) -> NamedRow:
        secret = _scheme(self.form).is_secret_value(self.spec.name, item)
        value = str(item.get("value") or "")
        return NamedRow(
            at=str(at),
            name=str(item.get("name", "")),
            value="" if secret else value,
            is_secret=secret,
            is_stored=secret and value == MASK,
            is_lost=secret and value not in {"", MASK},
            errors=" ".join(self.form.all_errors(f"{self.pointer}/{at}")),
        )


@dataclass(kw_only=True)
class AuthDialog(Dialog):
    """The settings of one authentication scheme."""

    bound = AuthControl

    @property
    def usual(self) -> list[Any]:
        """Return the controls that most need."""
        return [one for one in self.controls if one.spec.name not in _scheme(self).rarely]

    @property
    def further(self) -> list[Any]:
        """Return the controls that are rarely needed."""
        return [one for one in self.controls if one.spec.name in _scheme(self).rarely]

    @property
    def is_further_wrong(self) -> bool:
        """Tell whether one of these has an error."""
        return any(one.wrong for one in self.further)


def _scheme(form: Dialog) -> type[AuthScheme]:
    return form.kind if issubclass(form.kind, AuthScheme) else AuthScheme


def _chosen(form: Dialog, setting: str) -> Any:
    spec = next(one for one in specs_of(form.kind) if one.name == setting)
    return form.raw.get(setting, spec.default)


def _items(raw: Any) -> list[dict[str, Any]]:
    return [one for one in raw if isinstance(one, dict)] if isinstance(raw, list) else []


def _read_named_values(sent: Sent) -> Any:
    rows = sent.node.rows() if sent.node is not None else []
    return [_named_value(row) for row in rows if row.text_at("name").strip() or _has_value(row)]


def _has_value(row: Node) -> bool:
    # What is stored of a row whose name was emptied goes with the row.
    return bool(row.text_at("value"))


def _named_value(row: Node) -> dict[str, Any]:
    value = row.text_at("value") or (MASK if row.text_at("stored") else "")
    marked = {"secret": True} if row.text_at("secret") else {}
    return {"name": row.text_at("name").strip(), "value": value, **marked}


def _read_conditions(sent: Sent) -> Any:
    node = sent.node or Node()
    if kept := node.text_at("kept"):
        return None if node.text_at("forget") else read_kept(kept)
    items = node.at("items")
    rows = items.rows() if items is not None else []
    return read_rows(rows, match=node.text_at("match") or "all")


def _shown_conditions(spec: Spec, value: Any) -> Any:
    return value


def _shown_named_values(spec: Spec, value: Any) -> Any:
    return _items(value)


# How often Basic credentials are form-encoded, by the choice that says so.
_ENCODED: dict[str, Any] = {"never": False, "always": True}


def _read_when_encoded(sent: Sent) -> Any:
    return _ENCODED.get(sent.text, sent.text)


def _shown_when_encoded(spec: Spec, value: Any) -> Any:
    known = {one: choice for choice, one in _ENCODED.items()}
    return known.get(value, value) if isinstance(value, bool | str) else str(value)


register(
    {
        "when_encoded": ControlType("select", _read_when_encoded, _shown_when_encoded),
        "named_values": ControlType("named_values", _read_named_values, _shown_named_values),
        "answer_conditions": ControlType("answer_conditions", _read_conditions, _shown_conditions),
        # Its choices may be a blank, which is none around something.
        "separator": ControlType("select", read_text),
    }
)
