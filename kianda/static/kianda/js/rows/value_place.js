// Where in its text a place in a box of values is, and where in the box a place in its text. A chip
// counts as the text that it stands for, and the caret stands before or behind it, never inside.

// Between chips, and at the ends, the caret needs something to stand in.
export const NOTHING = "\u200b";

const isText = (node) => node.nodeType === Node.TEXT_NODE;

export function textOf(node) {
  if (isText(node)) return node.data.replaceAll(NOTHING, "");
  if (node.dataset?.text !== undefined) return node.dataset.text;
  if (node.nodeName === "BR") return "\n";
  return [...node.childNodes].map(textOf).join("");
}

export function offsetAt(root, node, at) {
  const chip = (isText(node) ? node.parentElement : node).closest("[data-text]");
  const range = document.createRange();
  range.setStart(root, 0);
  if (!chip) range.setEnd(node, at);
  else if (at > 0) range.setEndAfter(chip);
  else range.setEndBefore(chip);
  return textOf(range.cloneContents()).length;
}

export function pointAt(root, offset) {
  let left = offset;
  for (const child of root.childNodes) {
    const node = child.matches?.(".k-fn") ? child.firstChild : child;
    const { length } = textOf(node);
    if (isText(node) && left <= length) return [node, length ? left : node.length];
    left -= length;
  }
  return [root, root.childNodes.length];
}

export function selectionIn(root) {
  const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection();
  if (!root.contains(anchorNode) || !root.contains(focusNode)) return null;
  return [offsetAt(root, anchorNode, anchorOffset), offsetAt(root, focusNode, focusOffset)];
}

export function select(root, anchor, focus) {
  const selection = getSelection();
  selection.setBaseAndExtent(...pointAt(root, anchor), ...pointAt(root, focus));
  const caret = selection.getRangeAt(0).getBoundingClientRect();
  const frame = root.getBoundingClientRect();
  if (caret.height && caret.bottom > frame.bottom)
    root.scrollTop += caret.bottom - frame.bottom + 4;
  if (caret.height && caret.top < frame.top) root.scrollTop -= frame.top - caret.top + 4;
}
