"""Parsed Markdown as plain text: what stands between the marks, links with their addresses."""

from collections.abc import Callable, Sequence
from typing import Final

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

RULE: Final = "-" * 20


def plain_text(tokens: Sequence[Token]) -> str:
    """Return a text that reads like what the tokens draw, its blocks apart by empty lines."""
    return _blocks(SyntaxTreeNode(tokens).children)


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> str:
    made = ""
    for number, node in enumerate(nodes):
        if number:
            # A list in a list stands right below its line.
            inner = node.type in _LISTS and node.parent and node.parent.type == "list_item"
            made += "\n" if inner else "\n\n"
        made += _block(node)
    return made


def _block(node: SyntaxTreeNode) -> str:
    draw = _DRAWN.get(node.type)
    return draw(node) if draw is not None else _blocks(node.children)


def _inline(node: SyntaxTreeNode) -> str:
    made = ""
    for one in node.children:
        if one.type in {"softbreak", "hardbreak"}:
            made += "\n"
        elif one.type == "link":
            made += _link(one)
        else:
            made += _inline(one) if one.children else one.content
    return made


def _link(node: SyntaxTreeNode) -> str:
    """Return `text (address)`; an address alone where the text is nothing else."""
    text = _inline(node).strip()
    address = str(node.attrs.get("href", "")).removeprefix("mailto:").removeprefix("tel:")
    if text in {"", address}:
        return address
    return f"{text} ({address})" if address else text


def _list(node: SyntaxTreeNode) -> str:
    first = int(str(node.attrs.get("start", 1)))
    gap = "\n" if _is_tight(node) else "\n\n"
    items = []
    for number, item in enumerate(node.children, first):
        mark = f"{number}. " if node.type == "ordered_list" else "- "
        items.append(mark + _indented(_blocks(item.children), " " * len(mark)).lstrip())
    return gap.join(items)


def _is_tight(node: SyntaxTreeNode) -> bool:
    """Tell whether no empty line stands between its items."""
    texts = [one for item in node.children for one in item.children if one.type == "paragraph"]
    return all(one.hidden for one in texts)


def _quote(node: SyntaxTreeNode) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _blocks(node.children).split("\n"))


def _table(node: SyntaxTreeNode) -> str:
    rows = [row for part in node.children for row in part.children]
    return "\n".join(" | ".join(_blocks(cell.children) for cell in row.children) for row in rows)


def _indented(text: str, by: str) -> str:
    return "\n".join(by + line if line else line for line in text.split("\n"))


_LISTS: Final = frozenset({"bullet_list", "ordered_list"})
_DRAWN: Final[dict[str, Callable[[SyntaxTreeNode], str]]] = {
    "inline": _inline,
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quote,
    "table": _table,
    "fence": lambda node: node.content.rstrip("\n"),
    "code_block": lambda node: node.content.rstrip("\n"),
    "hr": lambda node: RULE,
}
