// Where there is room the rows of a table stand in columns; else, and without script, each is a card.
const ROOM = [[3, 480], [6, 704]];

function lay(box) {
  const room = ROOM.find(([most]) => Number(box.dataset.columns) <= most)?.[1] ?? Infinity;
  box.firstElementChild.classList.toggle("k-fieldrows--cards", box.clientWidth < room);
}

const sizes = new ResizeObserver((boxes) => boxes.forEach(({ target }) => lay(target)));

function watch() {
  sizes.disconnect();
  for (const box of document.querySelectorAll("[data-columns]")) {
    lay(box);
    sizes.observe(box);
  }
}
document.addEventListener("htmx:afterSwap", watch);
watch();
