"""Template tags with an end tag: a component drawn around what lies between."""

from typing import Any

from django.template import Context, Node, NodeList
from django.template.base import token_kwargs
from django.utils.safestring import SafeString

ICONS = {
    "": "info-circle", "ok": "check-circle-fill",
    "warn": "exclamation-triangle-fill", "bad": "x-octagon-fill",
}  # fmt: skip
# What a component may need of the page around it: a token of its form, a dialog's title.
OF_THE_PAGE = ("csrf_token", "dialog_title")


class Block(Node):
    """A component around the nodes between two tags."""

    def __init__(self, source: str, nodes: NodeList, words: dict[str, Any]) -> None:
        """Keep the component's template, what lies inside, and the tag's words."""
        self.source, self.nodes, self.words = source, nodes, words

    def render(self, context: Context) -> SafeString:
        """Render what lies inside, then the component around it."""
        values: dict[str, Any] = {name: context.get(name) for name in OF_THE_PAGE}
        values |= {name: word.resolve(context) for name, word in self.words.items()}
        values["content"] = self.nodes.render(context)
        values["icon_name"] = values.get("icon") or ICONS.get(values.get("kind", ""), "")
        return context.template.engine.get_template(self.source).render(  # type: ignore[union-attr]
            context.new(values)
        )


def read_block(parser: Any, token: Any, end: str, source: str) -> Block:
    """Read what lies between a tag and its end tag."""
    words = token_kwargs(token.split_contents()[1:], parser)
    nodes = parser.parse((end,))
    parser.delete_first_token()
    return Block(source, nodes, words)
