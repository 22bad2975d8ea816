// [data-reveal] shows a password while it is pressed in; without script there is no such button.
document.querySelectorAll("[data-reveal]").forEach((button) => {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    field.focus();
  });
  field.form?.addEventListener("submit", () => {
    field.type = "password";
  });
});
