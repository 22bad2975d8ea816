// Notes that a script puts on top of what they are about, and buttons that stand in them.
export function noteOn(place, kind, role, ...parts) {
  const note = document.createElement("div");
  note.className = `k-note k-note--${kind}${place.matches(".k-grid") ? " k-w12" : ""}`;
  note.setAttribute("role", role);
  note.append(...parts.filter(Boolean));
  place.prepend(note);
  return note;
}

export function said(words) {
  const text = document.createElement("div");
  text.textContent = words;
  return text;
}

export function pressButton(words, press) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "btn btn-sm", textContent: words });
  made.addEventListener("click", press);
  return made;
}
