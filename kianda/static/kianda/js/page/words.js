// What scripts say stands in the page, in its language: template[data-words-of]. A text `unsent` is
// its data-word-unsent, and `{name}` in it is filled in. It is asked for when it is said.
export function word(name, values = {}) {
  const key = `word${name[0].toUpperCase()}${name.slice(1)}`;
  const tables = [...document.querySelectorAll("template[data-words-of]")];
  const text = tables.find((table) => key in table.dataset)?.dataset[key] ?? "";
  return text.replace(/\{(\w+)\}/g, (whole, part) => values[part] ?? whole);
}
