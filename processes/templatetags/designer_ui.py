"""The fields on the designer's canvas: {% load designer_ui %}{% field_box box "footer" %}.

A form may have hundreds, and after each edit the canvas is drawn again: what a field looks like is
drawn once for as long as it stays so.
"""

from functools import lru_cache
from typing import Any

from django import template
from django.template import Context
from django.template.loader import get_template, render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from processes.views.designer.field_looks import Box, Look

register = template.Library()


@register.simple_tag(takes_context=True)
def field_box(context: Context, box: Box, where: str = "") -> SafeString:
    """Draw a field; one that is selected, or holds others, with its handles and what it holds."""
    if box.selected or box.look.kind == "box" or box.target == context.get("cut"):
        drawn: Any = get_template("designer/_box.html")
        with context.push(box=box, where=where):
            return mark_safe(str(drawn.template.render(context)))  # noqa: S308 - a template's answer
    return format_html(
        '<div class="k-fieldwrap{}" data-target="{}" data-at="{}" data-drag="field" data-slug="{}">'
        "{}</div>",
        "" if where == "footer" else f" k-w{box.width}",
        box.target, box.element.at, box.element.slug, _button(box.look, where, get_language()),
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _button(look: Look, where: str, language: str | None) -> SafeString:
    """Draw what a field looks like that is not selected; the language is part of it."""
    shown = {"look": look, "where": where, "language": language}
    return mark_safe(render_to_string("designer/_box_button.html", shown))  # noqa: S308 - as above
