// What a value is: a text, one field, or a formula; and how it is written as another of these.
const ALONE = /^\[[\w.-]+\]$/;
const QUOTED = /^\s*"((?:[^"\\]|\\.)*)"\s*$/s;
const SIGNS = { "\n": "\\n", "\t": "\\t" };

export function kindOf(stored) {
  if (/^=(?!=)/.test(stored)) return "formula";
  return ALONE.test(stored) ? "field" : "text";
}

// The sign = of a formula is part of the frame: nobody types it.
export const shownAs = (kind, stored) => (kind === "formula" ? stored.slice(1) : stored);
export const storedAs = (kind, shown) => (kind === "formula" && shown.trim() ? `=${shown}` : shown);

const quoted = (text) =>
  `"${text.replace(/[\\"]/g, "\\$&").replace(/[\n\t]/g, (sign) => SIGNS[sign])}"`;
const unquoted = (text) =>
  text.replace(/\\(.)/gs, (_, sign) => ({ n: "\n", t: "\t" })[sign] ?? sign);
// A text that begins with = is stored with two.
const plain = (stored) => (stored.startsWith("==") ? stored.slice(1) : stored);
const escaped = (text) => (text.startsWith("=") ? `=${text}` : text);

export function written(stored, kind) {
  if (kindOf(stored) === "formula") {
    const body = stored.slice(1).trim();
    if (kind === "formula") return stored;
    const [, text] = QUOTED.exec(body) ?? [];
    if (kind === "field") return ALONE.test(body) ? body : stored;
    return text === undefined ? escaped(body) : escaped(unquoted(text));
  }
  if (kind !== "formula" || !stored) return stored;
  return `=${ALONE.test(stored) ? stored : quoted(plain(stored))}`;
}

// The function whose call the caret is in: in its name, or between its brackets.
export function functionAt(formula, caret) {
  const word = /[A-Za-z]\w*$/.exec(formula.slice(0, caret))?.[0] ?? "";
  const name = /^\w*(?=\s*\()/.exec(formula.slice(caret));
  if (word && name) return word + name[0];
  const open = [];
  const parts = formula
    .slice(0, caret)
    .matchAll(/"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\[[\w.-]*\]|([A-Za-z]\w*)?\s*\(|\)/gs);
  for (const [part, called] of parts) {
    if (part.endsWith("(")) open.push(called ?? "");
    else if (part === ")") open.pop();
  }
  return open.findLast(Boolean) ?? "";
}
