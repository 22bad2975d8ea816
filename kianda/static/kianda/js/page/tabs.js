// Tabs: one is chosen and its part shows; arrows, Home and End lead to another one.
import { on } from "./listen.js";

export function chooseTab(all, chosen) {
  for (const tab of all) {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
  }
}

// Where a key leads from a tab; nowhere when it is none of these.
export function tabAfter(all, tab, key) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (step) return all.at((all.indexOf(tab) + step) % all.length);
  return { Home: all[0], End: all.at(-1) }[key];
}

// Where tabs do not fit beside each other, the one whose page this is comes into sight.
on("DOMContentLoaded", () => {
  for (const tab of document.querySelectorAll(".k-tabs > [aria-current]"))
    tab.scrollIntoView({ block: "nearest", inline: "center", behavior: "instant" });
});
