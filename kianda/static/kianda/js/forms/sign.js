// Signatures: drawn on a canvas, or typed and drawn from that; then sent as a picture, as files are.
import { on } from "../page/listen.js";
import { word } from "../page/words.js";
import { heldIn, take, tell } from "./files.js";

const LINE = 5;
const INK = "#1a1f24";
const drawn = new WeakSet();
const padOf = (node) => node.closest("[data-files]")?.querySelector("[data-sign]");
const canvasOf = (pad) => pad.querySelector("canvas");

function clear(pad) {
  const canvas = canvasOf(pad);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  drawn.delete(canvas);
}

function place(canvas, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  const x = ((clientX - box.left) * canvas.width) / box.width;
  return [x, ((clientY - box.top) * canvas.height) / box.height];
}

on("pointerdown", "[data-sign] canvas", (canvas, event) => {
  event.preventDefault();
  canvas.setPointerCapture(event.pointerId);
  const pen = canvas.getContext("2d");
  Object.assign(pen, { lineWidth: LINE, lineCap: "round", lineJoin: "round", strokeStyle: INK });
  pen.beginPath();
  pen.moveTo(...place(canvas, event));
  pen.lineTo(...place(canvas, event));
  pen.stroke();
  drawn.add(canvas);
});

on("pointermove", "[data-sign] canvas", (canvas, event) => {
  if (!canvas.hasPointerCapture(event.pointerId)) return;
  const pen = canvas.getContext("2d");
  pen.lineTo(...place(canvas, event));
  pen.stroke();
});

function write(canvas, name) {
  const pen = canvas.getContext("2d");
  let size = 110;
  do {
    pen.font = `italic ${size}px "Brush Script MT", "Segoe Script", cursive`;
    size -= 6;
  } while (size > 24 && pen.measureText(name).width > canvas.width - 60);
  Object.assign(pen, { fillStyle: INK, textBaseline: "middle" });
  pen.fillText(name, 30, canvas.height / 2, canvas.width - 60);
}

function sign(pad) {
  const field = pad.closest("[data-files]");
  const canvas = canvasOf(pad);
  const typed = pad.querySelector("[data-sign-name]");
  if (!drawn.has(canvas) && !typed.value.trim()) return tell(field, word("signFirst"), true);
  if (!drawn.has(canvas)) write(canvas, typed.value.trim());
  canvas.toBlob((blob) => {
    take(field, [new File([blob], "signature.png", { type: "image/png" })]);
    typed.value = "";
    clear(pad);
  }, "image/png");
}

on("click", "[data-sign-done]", (pressed) => sign(padOf(pressed)));
on("click", "[data-sign-clear]", (pressed) => {
  const pad = padOf(pressed);
  pad.querySelector("[data-sign-name]").value = "";
  clear(pad);
});
// Enter signs: it does not send the form.
on("keydown", "[data-sign-name]", (typed, event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  sign(padOf(typed));
});

// A pad is there while nothing is signed.
function settle() {
  for (const pad of document.querySelectorAll("[data-sign]")) {
    const isSigned = heldIn(pad.closest("[data-files]"));
    if (pad.hidden && !isSigned) clear(pad);
    pad.hidden = isSigned;
  }
}
on("kianda:files", settle);
on("htmx:afterSwap", settle);
settle();
