// What stands in the controls of a form, read and written back. Secrets and files are left alone; of
// hidden fields only that goes along which says what the person has seen (data-seen).
const isSecret = (field) =>
  (field.type === "hidden" && !("seen" in field.dataset)) ||
  ["password", "file", "submit", "button"].includes(field.type) ||
  "secret" in field.dataset;

const chosen = (field) => [...field.selectedOptions].map((option) => option.value);
export const isTicked = (field) => ["checkbox", "radio"].includes(field.type);

// Each control as [name, value, whether it is ticked]; the value of a list of several is a list.
export function read(form) {
  return [...form.elements]
    .filter((field) => field.name && !isSecret(field))
    .map((field) => [
      field.name,
      field.type === "select-multiple" ? chosen(field) : field.value,
      isTicked(field) ? field.checked : null,
    ]);
}

export function write(form, values) {
  // A form with rows that come and go makes those that were there.
  form.dispatchEvent(new CustomEvent("kianda:restore", { bubbles: true, detail: values }));
  const left = values.slice();
  for (const field of form.elements) {
    if (isSecret(field)) continue;
    const at = left.findIndex(
      ([name, value, on]) => name === field.name && (on === null || value === field.value),
    );
    if (at < 0) continue;
    const [[, value, on]] = left.splice(at, 1);
    if (on !== null) field.checked = on;
    else if (Array.isArray(value))
      for (const option of field.options) option.selected = value.includes(option.value);
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
