"""Rich text: text on the form, with values in it."""

import re
from html import escape
from typing import Literal

import nh3
from pydantic import Field

from kianda.lib.i18n import gettext_noop
from processes.fields.base import LayoutField
from processes.language.expressions import Resolve, Template
from processes.language.setting_types import TextValue
from processes.language.values import Value, as_text

_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "h3", "h4", "hr", "i", "li", "ol", "p", "pre",
    "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "th": {"scope"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_MARK = re.compile(r"</?[a-zA-Z]")


class RichText(LayoutField):
    """Shows text on the form: an explanation, a heading, a link, a value of the record.

    HTML for headings (h3, h4), paragraphs, lists, tables, links and emphasis is allowed; everything
    else is removed. Text without HTML is shown in paragraphs, as written. [field] inserts the
    stored value of a field, which is never read as HTML.
    """

    label = gettext_noop("Rich text")
    kind_icon = "text-paragraph"
    look = "words"
    is_html = True

    type: Literal["rich_text"] = "rich_text"
    text: TextValue = Field(
        default="",
        max_length=20_000,
        title=gettext_noop("Text"),
        description=gettext_noop(
            "Text or HTML, with [fields] in it, or a formula. It cannot show a secret."
        ),
        json_schema_extra={"control": "long_text"},
    )

    def content(self, resolve: Resolve) -> str:
        """Return HTML that is safe to show, with the values in it; raises ValueFailure."""
        template = Template.parse(self.text)
        if template.is_expression:
            return _paragraphs(escape(as_text(template.evaluate(resolve))))

        def escaped(name: str) -> Value:
            return escape(as_text(resolve(name)))

        text = as_text(template.evaluate(escaped))
        if not _MARK.search(self.text):
            # Nobody wrote HTML here: what looks like a sign of it is text.
            plain = Template.parse(self.text.replace("<", "&lt;").replace(">", "&gt;"))
            text = _paragraphs(as_text(plain.evaluate(escaped)))
        return nh3.clean(
            text, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES,
            link_rel="noopener noreferrer",
        )  # fmt: skip


def _paragraphs(escaped: str) -> str:
    parts = re.split(r"\n\s*\n", escaped.strip().replace("\r\n", "\n"))
    return "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in parts if part.strip())
