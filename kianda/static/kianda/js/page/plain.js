// Whether the browser itself sends a form and shows the answer as a new page: one without htmx, or
// one of a dialog that stands as a page of its own.
export const isPlain = (form) =>
  form.method === "post" &&
  (!form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]") ||
    form.closest("[hx-disable]") !== null);
