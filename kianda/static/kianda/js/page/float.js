// What floats beside a box: where it stands; and how a box that a script fills tells of it.
export function wait(milliseconds, work) {
  let timer;
  return (...what) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...what), milliseconds);
  };
}

// What floats must stand inside the dialog that is open: all else is out of reach then. On a page it
// stands in its main part, so that whoever goes from part to part comes upon it.
export function float(node, box) {
  (box.closest("dialog, main") ?? document.body).append(node);
}

export function beside(node, box) {
  const at = box.getBoundingClientRect();
  node.style.inset = "auto";
  node.style.maxHeight = `${Math.max(160, Math.min(360, innerHeight - 32))}px`;
  const below = at.bottom + node.offsetHeight + 8 < innerHeight || at.top < node.offsetHeight;
  node.style.top = `${below ? Math.min(at.bottom + 4, innerHeight - node.offsetHeight - 8) : at.top - node.offsetHeight - 4}px`;
  node.style.left = `${Math.max(8, Math.min(at.left, innerWidth - node.offsetWidth - 8))}px`;
}

export function changed(box) {
  const form = box.form;
  if (form) form.dataset.typed = "1";
  box.dispatchEvent(new Event("change", { bubbles: true }));
}
