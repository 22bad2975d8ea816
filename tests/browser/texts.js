// The kinds of text that the page shows; `window.texts` holds the elements of each.
// A kind is what the colours of a text, and of what lies behind it, come from: its element, and
// each one around it that paints anything, with their classes, states, and colours in this scheme.
() => {
  const STATES = [
    "aria-busy",
    "aria-checked",
    "aria-current",
    "aria-disabled",
    "aria-expanded",
    "aria-invalid",
    "aria-pressed",
    "aria-selected",
    "class",
    "disabled",
    "open",
    "readonly",
    "role",
    "type",
  ];
  const scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const known = new Map([
    [null, { behind: `${scheme} ${document.documentElement.dataset.theme}` }],
  ]);
  // What an element is, and what lies behind the texts in it.
  const look = (e) => {
    if (!known.has(e)) {
      const css = getComputedStyle(e);
      const around = look(e.parentElement);
      const ground = `${css.backgroundColor} ${css.backgroundImage} ${css.opacity} ${css.filter}`;
      const states = STATES.map((name) => e.getAttribute(name) ?? "").join(" ");
      const self = `${e.localName} ${states} ${css.color} ${ground}`;
      const paints = ground !== "rgba(0, 0, 0, 0) none 1 none" || css.color !== around.color;
      const font = `${css.fontSize} ${css.fontWeight} ${css.textShadow} ${css.textDecorationLine}`;
      known.set(e, {
        color: css.color,
        behind: paints ? `${around.behind}\n${self}` : around.behind,
        kind: `${around.behind}\n${self} ${font}`,
      });
    }
    return known.get(e);
  };
  const short = (text) => {
    let [one, two] = [1, 2];
    for (let at = 0; at < text.length; at++) {
      one = Math.imul(one ^ text.charCodeAt(at), 2654435761);
      two = Math.imul(two ^ text.charCodeAt(at), 1597334677);
    }
    return `${one ^ (two >>> 15)}:${two ^ (one >>> 13)}`;
  };
  const says = (e) =>
    e.matches("input, select, textarea") ||
    [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  window.texts = new Map();
  for (const e of document.body.querySelectorAll("*")) {
    if (!says(e) || !e.checkVisibility({ visibilityProperty: true })) continue;
    const kind = look(e).kind;
    window.texts.set(kind, [...(window.texts.get(kind) ?? []), e]);
  }
  window.texts = new Map([...window.texts].map(([kind, all]) => [short(kind), all]));
  return [...window.texts.keys()];
};
