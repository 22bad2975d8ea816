// What a name is called, and which kind it is of: the server says so, beside each box for the names
// that stand in it, and when it is asked for one that was typed.
import { wait } from "../page/float.js";
import { about, ask, rootOf } from "./parts.js";

const known = new Map();
const asking = new Set();

// A name may mean something else in another rule, with another method, in another kind of box.
function placeOf(box) {
  const root = rootOf(box);
  return root ? JSON.stringify([root.dataset.parts, about(root), box.dataset.complete]) : "";
}

export function learn(box, chips) {
  const place = placeOf(box);
  for (const chip of chips) known.set(`${place} ${chip.dataset.name}`, chip);
}

const lookUp = wait(0, async () => {
  for (const box of asking) {
    asking.delete(box);
    if (!box.isConnected || !rootOf(box)) continue;
    const { value: text, dataset } = box;
    const html = await ask(rootOf(box), "chips", { which: dataset.complete, text });
    if (!html) continue;
    const holder = document.createElement("template");
    holder.innerHTML = html;
    learn(box, holder.content.querySelectorAll("[data-name]"));
    box.draw();
  }
});

function knownFor(box, name) {
  const found = known.get(`${placeOf(box)} ${name}`);
  if (!found) {
    asking.add(box);
    lookUp();
  }
  return found;
}

export function chipFor(box, name) {
  const found = knownFor(box, name)?.cloneNode(true) ?? document.createElement("span");
  if (!found.textContent) Object.assign(found, { className: "k-val", textContent: name });
  Object.assign(found, { contentEditable: "false", title: `[${name}]` });
  found.dataset.text = `[${name}]`;
  return found;
}

export const titleOf = (box, name) => knownFor(box, name)?.textContent.trim() ?? name;
