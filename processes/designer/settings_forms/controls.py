"""The controls of the designer: what a setting of a process refers to, mappings, conditions."""

from types import MappingProxyType
from typing import Any

from kianda.lib.dialogs.controls import (
    ControlType,
    Sent,
    read_name,
    read_rows,
    read_text,
    shown_number,
    shown_rows,
    shown_text,
)
from kianda.lib.dialogs.specs import Spec
from processes.definition.form_owners import QuickActions
from processes.designer.settings_forms import posted_conditions


def _read_value(sent: Sent) -> Any:
    if sent.spec.name != "default":
        return read_text(sent)
    return getattr(sent.kind, "default_from", str)(sent.text) if sent.text else None


def _shown_value(spec: Spec, value: Any) -> Any:
    return shown_number(spec, value) if spec.name == "default" else shown_text(spec, value)


def _read_source(sent: Sent) -> Any:
    # The picker sends both halves in one word; a slug holds no "/".
    return sent.text.partition("/")[0].strip()


def _read_method(sent: Sent) -> Any:
    _, both, method = sent.root.text_at("datasource").partition("/")
    return method if both else sent.text.strip()


def _read_conditions(sent: Sent) -> Any:
    return posted_conditions.read_group(sent.node, blank=sent.blank)


def _shown_conditions(spec: Spec, value: Any) -> Any:
    return posted_conditions.shown_group(value)


def _read_view_filter(sent: Sent) -> Any:
    group = posted_conditions.read_items(sent.node, blank=sent.blank)
    return group if group["items"] else {}


def _read_refs(sent: Sent) -> list[str]:
    texts = sent.node.values if sent.node is not None else ()
    found = (line.strip() for text in texts for line in text.split("\n"))
    return list(dict.fromkeys(ref for ref in found if ref))


def _shown_refs(spec: Spec, value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else []


def _read_quick_actions(sent: Sent) -> dict[str, list[str]]:
    return {
        key: _read_refs(sent._replace(node=sent.node.at(key) if sent.node is not None else None))
        for key in QuickActions.model_fields
    }


def _shown_quick_actions(spec: Spec, value: Any) -> dict[str, list[str]]:
    raw = value if isinstance(value, dict) else {}
    return {key: _shown_refs(spec, raw.get(key)) for key in QuickActions.model_fields}


def _read_field_list(sent: Sent) -> list[str]:
    texts = sent.node.values if sent.node is not None else ()
    return list(dict.fromkeys(name for text in texts if (name := text.strip())))


_SELECT = ControlType("select", read_name)
_ROWS = ControlType("rows", read_rows, shown_rows)
_GROUP = ControlType("conditions", _read_conditions, _shown_conditions)

OF_PROCESSES = MappingProxyType(
    {
        "value": ControlType("value", _read_value, _shown_value),
        "field": _SELECT,
        "field_picker": _SELECT,
        "table": _SELECT,
        "field_list": ControlType("field_list", _read_field_list, _shown_refs),
        "datasource_picker": ControlType("datasource", _read_source),
        "method_picker": ControlType("method", _read_method, beside="datasource"),
        "form": _SELECT,
        "refs": ControlType("refs", _read_refs, _shown_refs),
        "recipients": ControlType("recipients", _read_refs, _shown_refs),
        "markdown": ControlType("markdown", read_text),
        "mail_account": _SELECT,
        "quick_actions": ControlType("quick_actions", _read_quick_actions, _shown_quick_actions),
        "process": ControlType("listed", read_name),
        "trigger": ControlType("listed", read_name),
        "assignments": _ROWS,
        "input_mapping": _ROWS,
        "success_mapping": _ROWS,
        "error_mapping": _ROWS,
        "conditions": _GROUP,
        "item_filter": _GROUP,
        "view_filter": ControlType("conditions", _read_view_filter, _shown_conditions),
        "column": _SELECT,
        "column_list": ControlType("field_list", _read_field_list, _shown_refs),
        "sort": _SELECT,
        "view_name": ControlType("name", read_name),
    }
)
