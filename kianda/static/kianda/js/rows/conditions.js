// Conditions: the sentence below follows what is typed, the operators the type at the left.
import { on } from "../page/listen.js";
import { wait } from "../page/float.js";
import { ask, rootOf, values } from "./parts.js";

const tell = wait(200, async (control) => {
  const root = rootOf(control);
  if (!root) return;
  const html = await ask(root, "sentence", { setting: control.dataset.conditions }, values(root));
  if (html && control.isConnected) control.querySelector("[data-sentence]").innerHTML = html;
});

const fit = wait(250, async (left) => {
  const row = left.closest(".k-cond-row");
  const operator = row?.querySelector("select");
  if (!operator || !left.isConnected) return;
  const html = await ask(rootOf(left), "operators", { left: left.value, chosen: operator.value });
  if (html && operator.isConnected && document.activeElement !== operator)
    operator.innerHTML = html;
});

for (const kind of ["input", "change"]) {
  on(kind, "[data-conditions]", (control, { target }) => {
    tell(control);
    if (target.matches("[data-left]")) fit(target);
  });
}
