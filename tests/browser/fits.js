// What does not fit on the page that is shown: one sentence for each thing.
() => {
  const wrong = [];
  const root = document.documentElement;
  const name = (e) =>
    `${e.tagName.toLowerCase()}.${e.className.baseVal ?? e.className} "${(e.textContent || "").trim().slice(0, 60)}"`;
  const style = (e) => getComputedStyle(e);
  const scrolls = (e) => {
    for (; e; e = e.parentElement) if (["auto", "scroll"].includes(style(e).overflowX)) return true;
    return false;
  };
  const isClipped = (e) => {
    for (; e; e = e.parentElement) if (style(e).clipPath !== "none") return true;
    return false;
  };
  const pen = document.createElement("canvas").getContext("2d");
  // A choice of our own words is read whole; what people call things may be any length.
  const isCutChoice = (select) => {
    const text = select.selectedOptions[0]?.text ?? "";
    const { font, paddingLeft, paddingRight } = style(select);
    pen.font = font;
    const room = select.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    return text.length <= 24 && pen.measureText(text).width > room + 1;
  };
  // Tabs, code and diagrams are read by scrolling, each in a frame of its own.
  const WIDE = ".k-tabs, .k-code, .k-editor-text, .k-flowbox";
  const hides = (how) => ["hidden", "clip"].includes(how);
  if (root.scrollWidth > innerWidth) wrong.push(`the page is ${root.scrollWidth} px wide`);
  for (const e of document.body.querySelectorAll("*")) {
    if (!e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const box = e.getBoundingClientRect();
    const { overflowX, overflowY } = style(e);
    if (box.width <= 1 || box.height <= 1 || isClipped(e)) continue;
    if (e.matches("select") && isCutChoice(e)) wrong.push(`cut: ${name(e.selectedOptions[0])}`);
    // What is typed scrolls inside its field.
    if (e.closest(".visually-hidden, .k-skip, svg, option, input, select, textarea")) continue;
    if (
      ["auto", "scroll"].includes(overflowX) &&
      e.scrollWidth > e.clientWidth + 1 &&
      !e.matches(WIDE)
    )
      wrong.push(`scrolls sideways: ${name(e)}`);
    if (hides(overflowX) && e.scrollWidth > e.clientWidth + 1) wrong.push(`cut: ${name(e)}`);
    if (hides(overflowY) && own && e.scrollHeight > e.clientHeight + 2)
      wrong.push(`cut below: ${name(e)}`);
    if (own && !scrolls(e.parentElement) && (box.right > innerWidth + 1 || box.left < -1))
      wrong.push(`outside: ${name(e)}`);
    if (e.matches(".btn, .k-pill, .k-tag") && e.scrollWidth > e.clientWidth + 1)
      wrong.push(`does not fit: ${name(e)}`);
  }
  return wrong;
};
