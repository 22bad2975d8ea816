// A text of a design in the pieces that people see: names in brackets, what takes the place of an
// argument, in a formula its functions, and the rest as it stands. `[[` is a plain bracket.
const NAME = String.raw`response\.headers\.[\w-]+|[A-Za-z]\w*(?:\.\w+)*`;
const BRACKET = new RegExp(String.raw`\[\[|\[(${NAME})\]`, "g");
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`;
const CALL = new RegExp(String.raw`${QUOTED}|(?<![\w.[])([A-Za-z]\w*)(?=\s*\()`, "gs");
const TIMES = new RegExp(String.raw`${QUOTED}|(?<!\*)\*(?!\*)`, "gs");

export const isFormula = (text) => /^=(?!=)/.test(text);

const found = (text, pattern, kind) =>
  [...text.matchAll(pattern)]
    .filter(([, name]) => name)
    .map(({ index: from, 0: whole, 1: name }) => ({ kind, name, from, to: from + whole.length }));

// `slots` are the places of arguments that are still to be filled in.
export function piecesOf(text, { slots = [], formula = isFormula(text) } = {}) {
  const marks = [
    ...slots.map(([from, to]) => ({ kind: "slot", name: text.slice(from, to), from, to })),
    ...found(text, BRACKET, "name"),
    ...(formula ? found(text, CALL, "function") : []),
  ].sort((one, other) => one.from - other.from);
  const pieces = [];
  let at = 0;
  for (const mark of [...marks, { from: text.length, to: text.length }]) {
    if (mark.from < at) continue;
    if (mark.from > at) pieces.push({ kind: "text", from: at, to: mark.from });
    if (mark.kind) pieces.push(mark);
    at = mark.to;
  }
  return pieces;
}

// A formula as it is read: with the titles of its names, and signs as people write them.
export function formulaInWords(text, titleOf) {
  return piecesOf(text)
    .map(({ kind, name, from, to }) => (kind === "name" ? titleOf(name) : text.slice(from, to)))
    .join("")
    .replace(TIMES, (sign) => (sign === "*" ? "×" : sign))
    .replace(/^=\s*/, "= ");
}

// What an edit makes of the places of arguments: those behind it move, those that it touches are filled.
export const moved = (slots, from, to, length) =>
  slots
    .filter(([start, end]) => end <= from || start >= to)
    .map(([start, end]) =>
      start >= to ? [start + length - (to - from), end + length - (to - from)] : [start, end],
    );

const isChip = ({ kind }) => kind === "name" || kind === "slot";
const chipAt = (pieces, at, by) =>
  pieces.find((one) => isChip(one) && (by < 0 ? one.to : one.from) === at);

// Where an arrow leads: over a letter, or over a chip as a whole.
export function stepFrom(pieces, text, at, by) {
  const chip = chipAt(pieces, at, by);
  if (chip) return by < 0 ? chip.from : chip.to;
  const letter = by < 0 ? [...text.slice(0, at)].at(-1) : [...text.slice(at)][0];
  return at + by * (letter?.length ?? 0);
}

// What a key that deletes takes away: a chip whole, else what the browser has aimed at.
export function reachFrom(pieces, text, at, by, { isOfLine, aimed = [at, at] }) {
  const chip = chipAt(pieces, at, by);
  if (chip && !isOfLine) return [chip.from, chip.to];
  const next = stepFrom(pieces, text, at, by);
  const [from, to] = aimed[0] === aimed[1] ? [Math.min(at, next), Math.max(at, next)] : aimed;
  const cut = pieces.filter((one) => isChip(one) && one.from < to && one.to > from);
  return [Math.min(from, ...cut.map((one) => one.from)), Math.max(to, ...cut.map((one) => one.to))];
}
