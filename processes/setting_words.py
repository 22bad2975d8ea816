"""What pieces and settings of a definition are called within a sentence."""

from kianda.lib.names import in_words
from kianda.lib.words import gettext as _
from kianda.lib.words import gettext_noop

PIECES = {
    "process": gettext_noop("process"),
    "form": gettext_noop("form"),
    "field": gettext_noop("field"),
    "rule": gettext_noop("rule"),
}
_MANY = {
    "form": gettext_noop("Forms"), "field": gettext_noop("Fields"), "rule": gettext_noop("Rules"),
}  # fmt: skip
SETTINGS = {
    "action": gettext_noop("action"),
    "activate_with": gettext_noop("activate with"),
    "allow_add": gettext_noop("allow add"),
    "allow_move": gettext_noop("allow move"),
    "allow_remove": gettext_noop("allow remove"),
    "assignments": gettext_noop("assignments"),
    "changes": gettext_noop("changes"),
    "choices": gettext_noop("choices"),
    "collapsed": gettext_noop("collapsed"),
    "collapsible": gettext_noop("collapsible"),
    "columns": gettext_noop("columns"),
    "conditions": gettext_noop("conditions"),
    "datasource": gettext_noop("datasource"),
    "decimals": gettext_noop("decimals"),
    "default": gettext_noop("default"),
    "description": gettext_noop("description"),
    "display_as": gettext_noop("display as"),
    "enabled": gettext_noop("enabled"),
    "everyone": gettext_noop("everyone"),
    "existing": gettext_noop("existing"),
    "field": gettext_noop("field"),
    "fields": gettext_noop("fields"),
    "filter": gettext_noop("filter"),
    "first_rows": gettext_noop("first rows"),
    "form": gettext_noop("form"),
    "forms": gettext_noop("forms"),
    "help": gettext_noop("help"),
    "id": gettext_noop("id"),
    "if_missing": gettext_noop("if missing"),
    "input_mapping": gettext_noop("input mapping"),
    "load_rules": gettext_noop("load rules"),
    "lookup": gettext_noop("lookup"),
    "make_current": gettext_noop("make current"),
    "matches": gettext_noop("matches"),
    "max": gettext_noop("max"),
    "max_length": gettext_noop("max length"),
    "max_rows": gettext_noop("max rows"),
    "message": gettext_noop("message"),
    "method": gettext_noop("method"),
    "min": gettext_noop("min"),
    "mode": gettext_noop("mode"),
    "multiple": gettext_noop("multiple"),
    "name": gettext_noop("name"),
    "new_tab": gettext_noop("new tab"),
    "off_text": gettext_noop("off text"),
    "omit_blank": gettext_noop("omit blank"),
    "on_error": gettext_noop("on error"),
    "on_failure": gettext_noop("on failure"),
    "on_none": gettext_noop("on none"),
    "on_row_failure": gettext_noop("on row failure"),
    "on_success": gettext_noop("on success"),
    "on_text": gettext_noop("on text"),
    "opens": gettext_noop("opens"),
    "opposite": gettext_noop("opposite"),
    "owners": gettext_noop("owners"),
    "page_size": gettext_noop("page size"),
    "pattern": gettext_noop("pattern"),
    "process": gettext_noop("process"),
    "process_id": gettext_noop("Process ID"),
    "required": gettext_noop("required"),
    "rules": gettext_noop("rules"),
    "show_title": gettext_noop("show title"),
    "status": gettext_noop("status"),
    "table": gettext_noop("table"),
    "target": gettext_noop("target"),
    "text": gettext_noop("text"),
    "title": gettext_noop("title"),
    "to": gettext_noop("to"),
    "token_field": gettext_noop("token field"),
    "type": gettext_noop("type"),
    "url": gettext_noop("url"),
    "value": gettext_noop("value"),
    "visible": gettext_noop("visible"),
    "where": gettext_noop("where"),
    "width": gettext_noop("width"),
    "width_phone": gettext_noop("width phone"),
}

_SYSTEM = {
    "now": gettext_noop("Now"),
    "today": gettext_noop("Today"),
    "user.name": gettext_noop("User name"),
    "user.email": gettext_noop("User email"),
    "process.id": gettext_noop("Process id"),
    "process.name": gettext_noop("Process name"),
    "process.status": gettext_noop("Process status"),
    "process.created": gettext_noop("Process created"),
}


def name_in_words(name: str) -> str:
    """Return what a name that is no title's is called: `User name`, `Access token`."""
    return _(_SYSTEM[name]) if name in _SYSTEM else in_words(name.replace(".", " "))


def piece_in_words(kind: str) -> str:
    """Return what a kind of piece is called: `form`."""
    return _(PIECES[kind]) if kind in PIECES else kind


def pieces_in_words(kind: str) -> str:
    """Return what several of a kind are called, at the start of a sentence: `Forms`."""
    return _(_MANY[kind])


def setting_in_words(key: str) -> str:
    """Return what a setting is called: `on success`; one that is not known, by its name."""
    return _(SETTINGS[key]) if key in SETTINGS else key.replace("_", " ")
