// How a box of values looks: text, chips for names and for arguments to be filled in, functions in
// colour; a formula in a box of one line that nobody types in is one chip.
import { chipFor, titleOf } from "./value_chips.js";
import { NOTHING } from "./value_place.js";
import { formulaInWords } from "./value_text.js";

const KINDS = {
  text: (box, { from, to }) => box.value.slice(from, to),
  name: (box, { name }) => chipFor(box, name),
  function: (_, { name }) =>
    Object.assign(document.createElement("span"), { className: "k-fn", textContent: name }),
  slot: (_, { name }) => {
    const made = document.createElement("span");
    Object.assign(made, { className: "k-val k-val--slot", contentEditable: "false" });
    made.textContent = made.dataset.text = name;
    return made;
  },
  formula: (box) => {
    const { content } = document.querySelector("template[data-formula-chip]");
    const chip = content.firstElementChild.cloneNode(true);
    chip.contentEditable = "false";
    chip.dataset.text = box.value;
    chip.lastElementChild.textContent = formulaInWords(box.value, (name) => titleOf(box, name));
    return chip;
  },
};

const isText = (node) => typeof node === "string";

export function nodesOf(box, pieces) {
  const nodes = [];
  for (const piece of pieces) {
    const node = KINDS[piece.kind](box, piece);
    if (!isText(nodes.at(-1)) && !isText(node)) nodes.push(NOTHING);
    nodes.push(node);
  }
  if (!isText(nodes.at(-1)) || nodes.at(-1).endsWith("\n")) nodes.push(NOTHING);
  return nodes;
}
