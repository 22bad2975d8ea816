// Fields of files: chosen, dragged in or taken with a camera, sent at once with their progress, taken
// out again. What the form holds stands in ticked boxes, one a file; without script these are all
// there is, and chosen files go with the form.
import { on, onCapture } from "../page/listen.js";
import { word } from "../page/words.js";
import { Upload } from "./upload.js";

const fields = (root = document) => [...root.querySelectorAll("[data-files]")];
const fieldOf = (node) => node.closest("[data-files]");
const listOf = (field) => field.querySelector("[data-filelist]");
const boxesOf = (field) => [...listOf(field).querySelectorAll("input[type=checkbox]")];
const kept = (field) => boxesOf(field).filter((box) => box.checked);
// Whether a field holds a file, or one is on its way into it.
export const heldIn = (field) => kept(field).length + waitingFor(field) > 0;
const settled = () => document.dispatchEvent(new CustomEvent("kianda:files"));
const under = new Map();

const live = (field) => field.querySelector("[data-told]");
export function tell(field, sentence, isError = false) {
  const place = live(field);
  if (!place) return;
  // Why a file was refused stays until something else is done, whatever arrives after it.
  const refused = place.classList.contains("is-error") && sentence;
  if (refused && !isError) return;
  const before = refused && !place.textContent.includes(sentence) ? `${place.textContent} ` : "";
  place.textContent = before + sentence;
  place.classList.toggle("is-error", isError);
}

function button(name, kind) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "btn btn-sm k-quiet", textContent: word(kind) });
  made.dataset[kind] = "";
  const more = document.createElement("span");
  Object.assign(more, { className: "visually-hidden", textContent: ` ${name}` });
  made.append(more);
  return made;
}

// ---- what the field holds

// By its name the focus finds it again in a form that is shown anew.
function removing(field, name, id) {
  const made = button(name, "removeFile");
  made.id = `remove-${field.dataset.files}-${id}`;
  return made;
}

function enliven(field) {
  if (!("most" in field.dataset)) return;
  field.dataset.live = "";
  for (const box of boxesOf(field)) {
    const row = box.closest("li");
    if (!row.querySelector("[data-remove-file]"))
      row.append(removing(field, row.dataset.name, JSON.parse(box.value).id));
    row.hidden = !box.checked;
  }
}

function rowOf(field, { name, words = "" }) {
  const row = field
    .querySelector("template[data-blank-file]")
    .content.firstElementChild.cloneNode(true);
  row.dataset.name = name;
  row.querySelector("[data-name]").textContent = name;
  row.querySelector("[data-size]").textContent = words;
  listOf(field).append(row);
  return row;
}

function hold(field, file, row) {
  const box = document.createElement("input");
  const { id, name, size, media_type } = file;
  box.type = "checkbox";
  box.name = `v-${field.dataset.files}`;
  box.value = JSON.stringify({ id, name, size, media_type });
  box.checked = true;
  box.className = "k-file-keep";
  box.setAttribute("aria-label", name);
  row.prepend(box);
  row.dataset.name = name;
  const { whole } = field.dataset;
  if (field.dataset.look && /^image\/(png|jpeg|gif|webp)$/.test(media_type)) {
    const picture = document.createElement("img");
    const src = whole ? `/files/${id}/${encodeURIComponent(name)}` : `/files/${id}/small/`;
    Object.assign(picture, {
      src,
      alt: whole ? name : "",
      className: whole ? "k-picture" : "k-thumb",
    });
    if (whole) picture.height = Number(whole);
    picture.onerror = () => picture.remove();
    row.querySelector("[data-icon]").replaceChildren(picture);
  }
  row.querySelector("[data-progress-of]")?.remove();
  row.querySelector("[data-cancel-file]")?.remove();
  row.append(removing(field, name, id));
}

function changed(field, box) {
  box?.dispatchEvent(new Event("change", { bubbles: true }));
  field.closest("form")?.dispatchEvent(new Event("input", { bubbles: true }));
}

function takeOut(box) {
  box.checked = false;
  box.closest("li").hidden = true;
}

on("click", "[data-remove-file]", (pressed) => {
  const field = fieldOf(pressed);
  const row = pressed.closest("li");
  const box = row.querySelector("input[type=checkbox]");
  takeOut(box);
  settled();
  tell(field, "");
  tell(field, word("fileRemoved", { name: row.dataset.name }));
  field.querySelector("input[type=file]")?.focus();
  changed(field, box);
});

on("input", "[data-filelist] input[type=checkbox]", (box) => {
  box.closest("li").hidden = !box.checked;
});

// A form that is shown anew gets back what was uploaded into the old one meanwhile.
on("kianda:restore", (event) => {
  for (const field of fields(event.target)) {
    if (!("most" in field.dataset)) continue;
    const known = boxesOf(field).map((box) => box.value);
    for (const [name, value, isOn] of event.detail ?? []) {
      if (name !== `v-${field.dataset.files}` || !isOn || known.includes(value)) continue;
      try {
        const file = JSON.parse(value);
        hold(field, file, rowOf(field, { name: file.name, words: inWords(file.size) }));
      } catch {
        // Not one that was written here.
      }
    }
  }
});

// ---- on their way

const unit = (size, by, name) =>
  `${(size / by).toLocaleString(document.documentElement.lang || undefined, { maximumFractionDigits: by > 1e3 && size < 10 * by ? 1 : 0 })} ${name}`;
function inWords(size) {
  if (size < 1e3) return word("bytes", { count: size });
  if (size < 1e6) return unit(size, 1e3, "KB");
  return size < 1e9 ? unit(size, 1e6, "MB") : unit(size, 1e9, "GB");
}

export function take(field, files) {
  const { most, largest } = field.dataset;
  const isOne = Number(most) === 1;
  tell(field, "");
  let room = isOne ? 1 : Number(most) - kept(field).length - waitingFor(field);
  for (const file of isOne ? files.slice(0, 1) : files) {
    if (room <= 0) return tell(field, word("filesEnough", { most }), true);
    if (file.size > Number(largest)) {
      tell(field, word("fileLarge", { name: file.name, most: inWords(Number(largest)) }), true);
      continue;
    }
    room -= 1;
    send(field, file, isOne);
  }
}

const waitingFor = (field) =>
  [...under.values()].filter((one) => one.name === field.dataset.files).length;

async function send(field, file, isOne) {
  const row = rowOf(field, { name: file.name, words: inWords(file.size) });
  const bar = document.createElement("progress");
  Object.assign(bar, { max: file.size || 1, value: 0 });
  bar.dataset.progressOf = "";
  bar.setAttribute("aria-label", word("fileProgress", { name: file.name }));
  row.append(bar, button(file.name, "cancelFile"));
  const { files: name, upload: place, processId, process } = field.dataset;
  const now = () => document.querySelector(`[data-files="${CSS.escape(name)}"]`);
  const one = new Upload(file, {
    place,
    about: { field: name, process_id: processId, process },
    token: () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "",
    onProgress: ({ sent, isWaiting }) => {
      if (sent !== undefined) bar.value = sent;
      row.classList.toggle("is-waiting", Boolean(isWaiting));
      if (isWaiting) tell(now() ?? field, word("fileWaits", { name: file.name }));
    },
  });
  under.set(row, { one, name });
  settled();
  try {
    const done = await one.run();
    under.delete(row);
    if (done) arrived(now() ?? field, done, row, isOne);
    else row.remove();
  } catch (error) {
    under.delete(row);
    row.remove();
    tell(now() ?? field, error.message, true);
    forgetAct();
  }
  settled();
  goOn();
}

function arrived(field, file, row, isOne) {
  if (isOne) kept(field).forEach(takeOut);
  hold(field, file, row);
  tell(field, word("fileArrived", { name: file.name }));
  changed(field, row.querySelector("input[type=checkbox]"));
}

on("click", "[data-cancel-file]", (pressed) => {
  const field = fieldOf(pressed);
  under.get(pressed.closest("li"))?.one.cancel();
  field.querySelector("input[type=file]")?.focus();
});

on("online", () => {
  for (const { one } of under.values()) one.wake?.();
});

// ---- chosen and dragged in

on("change", "[data-files] input[type=file]", (input, event) => {
  const field = fieldOf(input);
  if (!("live" in field.dataset)) return;
  event.stopImmediatePropagation();
  take(field, [...input.files]);
  // They are sent here, not once more with the form.
  input.value = "";
});

const isFiles = (event) => event.dataTransfer?.types.includes("Files");
on("dragover", "[data-files][data-live]", (field, event) => {
  if (!isFiles(event)) return;
  event.preventDefault();
  field.classList.add("is-over");
});
on("dragleave", "[data-files][data-live]", (field, event) => {
  if (!field.contains(event.relatedTarget)) field.classList.remove("is-over");
});
on("drop", "[data-files][data-live]", (field, event) => {
  if (!isFiles(event)) return;
  event.preventDefault();
  field.classList.remove("is-over");
  take(field, [...event.dataTransfer.files]);
});

// ---- the form around them

// What is pressed while files are on their way is done when they have arrived.
let waitingAct;
onCapture("submit", (event) => {
  const form = event.target;
  if (!form.matches?.("[data-instance]") || !under.size) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  waitingAct = event.submitter?.value;
  const place = form.querySelector("[data-progress]");
  if (place) place.textContent = word("filesFirst");
});

function forgetAct() {
  const act = waitingAct;
  waitingAct = undefined;
  const place = document.querySelector("[data-progress]");
  if (place && act !== undefined) place.textContent = "";
  return act;
}

function goOn() {
  if (under.size || waitingAct === undefined) return;
  const act = forgetAct();
  document.querySelector(`#form button[name=act][value="${CSS.escape(act)}"]`)?.click();
}

on("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "instance") return;
  fields().forEach(enliven);
  for (const [row, { name }] of under) {
    const field = document.querySelector(`[data-files="${CSS.escape(name)}"]`);
    if (field && !row.isConnected) listOf(field)?.append(row);
  }
});

onCapture("beforeunload", (event) => {
  if (under.size) event.preventDefault();
});

fields().forEach(enliven);
