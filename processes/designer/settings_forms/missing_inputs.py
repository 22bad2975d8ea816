"""What a call still lacks, in one sentence below its dialog."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from processes.designer.settings_forms.editor_scope import EditorScope


def coverage_of(raw: Mapping[str, Any], scope: EditorScope) -> str:
    """Return which places of the request nothing goes to, and how long a call may take."""
    method, source = scope.rest_method, scope.source
    if method is None or source is None:
        return ""
    rows = raw.get("input_mapping")
    mapped = {
        method.canonical_target(str(row.get("target", "")))
        for row in (rows if isinstance(rows, (list, tuple)) else ())
        if isinstance(row, Mapping)
    }
    open_places = [
        target for target in method.input_targets()
        if target != "url_path" and target not in mapped and not _is_fixed(scope, target)
    ]  # fmt: skip
    limit = _("The call may take up to %(n)s s.") % {
        "n": f"{method.timeout_s or source.timeout_s:g}"
    }
    return f"{_words(open_places)} {limit}"


def _is_fixed(scope: EditorScope, target: str) -> bool:
    found = scope.rest_method.parameters.get(target) if scope.rest_method is not None else None
    return found is not None and found.value is not None


def _words(open_places: list[str]) -> str:
    if not open_places:
        return _("All parameters of the method have a value.")
    if len(open_places) <= 3:
        return _("No value yet for %(names)s.") % {"names": ", ".join(open_places)}
    return _("%(n)s parameters have no value yet.") % {"n": len(open_places)}
