// The unique name is filled in while the display name is typed, until somebody writes it themselves.
const title = document.getElementById("f-title");
const name = document.getElementById("f-name");

function slug(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 63).replace(/-+$/, "");
}

if (title && name && !name.readOnly) {
  let own = name.value !== "" && name.value !== slug(title.value);
  const fill = () => {
    if (!own) name.value = slug(title.value);
  };
  name.addEventListener("input", (event) => {
    if (event.isTrusted) own = name.value !== "";
  });
  title.addEventListener("input", fill);
  // Whoever types faster than this script arrives has a name all the same.
  fill();
}
