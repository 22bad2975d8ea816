// Where something would be dropped: the list under the pointer, and the position in it.
const LISTS = { field: "fields", rule: "rules", form: "forms" };
let line = null;

// The place for a field, rule or form, or null: `sent` is what the server is told.
export function placeAt(under, x, y, what) {
  const list = under?.closest(`[data-drop="${LISTS[what]}"]`);
  if (list) return inList(list, x, y);
  if (what === "field") return ontoTab(under);
  return what === "rule" ? ontoField(under) : null;
}

function inList(list, x, y) {
  const items = [...list.children].filter((one) => one.dataset.drag);
  const found = nearest(items, x, y);
  const place = {
    in: list.dataset.in,
    list: list.dataset.list,
    at: found ? Number(found.item.dataset.at) + (found.after ? 1 : 0) : Number(list.dataset.end),
  };
  if (list.dataset.where) place.where = list.dataset.where;
  return { sent: place, inside: list, found };
}

// A field dropped on the tab of a form goes to its end; a rule dropped on a field to its rules.
function ontoTab(under) {
  const tab = under?.closest("[role=tab][data-target]");
  return tab ? { sent: { in: tab.dataset.target, list: "fields" }, inside: tab, onto: tab } : null;
}

function ontoField(under) {
  const box = under?.closest("[data-drag=field]") ?? under?.closest("[role=tab][data-target]");
  return box ? { sent: { in: box.dataset.target, list: "rules" }, inside: box, onto: box } : null;
}

function nearest(items, x, y) {
  let best = null;
  for (const item of items) {
    const box = item.getBoundingClientRect();
    const dx = Math.max(box.left - x, 0, x - box.right);
    const dy = Math.max(box.top - y, 0, y - box.bottom);
    const far = dx + dy * 4;
    if (!best || far < best.far) best = { item, box, far };
  }
  if (!best) return null;
  const row = items.some(
    (one) => one !== best.item && sameRow(one.getBoundingClientRect(), best.box),
  );
  const after = row
    ? x > best.box.left + best.box.width / 2
    : y > best.box.top + best.box.height / 2;
  return { ...best, after, row };
}

function sameRow(one, other) {
  return one.top < other.bottom - 4 && one.bottom > other.top + 4;
}

export function mark(place) {
  unmark();
  if (!place) return;
  if (place.onto || !place.found) return (place.onto ?? place.inside).classList.add("k-drop--here");
  line = document.createElement("div");
  line.className = "k-drop-line";
  const { box, after, row } = place.found;
  if (row)
    Object.assign(line.style, {
      left: `${after ? box.right + 1 : box.left - 3}px`,
      top: `${box.top}px`,
      width: "3px",
      height: `${box.height}px`,
    });
  else
    Object.assign(line.style, {
      left: `${box.left}px`,
      top: `${after ? box.bottom + 1 : box.top - 3}px`,
      width: `${box.width}px`,
      height: "3px",
    });
  document.body.append(line);
}

export function unmark() {
  line?.remove();
  line = null;
  document.querySelectorAll(".k-drop--here").forEach((one) => one.classList.remove("k-drop--here"));
}
