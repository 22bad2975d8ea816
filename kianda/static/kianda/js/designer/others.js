// Who else has the design open, and what they have done: asked for every few seconds while the page
// is seen and nothing of this person is under way.
import { on } from "../page/listen.js";
import { tell } from "./notes.js";
import { here } from "./panes.js";
import { isIdle, look } from "./wire.js";

const EVERY_MS = 8000;

async function ask() {
  const busy =
    document.hidden || !isIdle() || document.querySelector("dialog[open], :popover-open, .k-ghost");
  if (busy) return;
  const answer = await look(here.at, { since: here.revision, here: here.people });
  if (answer) tell(answer);
}

setInterval(ask, EVERY_MS);
on("visibilitychange", ask);
