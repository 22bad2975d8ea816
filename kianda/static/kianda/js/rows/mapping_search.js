// The search above many rows leaves those that hold its words, and those that are wrong.
document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-filter-rows]")) return;
  const words = event.target.value.trim().toLowerCase();
  for (const row of event.target.closest("[data-control]").querySelectorAll("tbody > [data-at]")) {
    const texts = [...row.querySelectorAll("input, textarea")].map((one) => one.value);
    row.hidden =
      !texts.join(" ").toLowerCase().includes(words) && !row.querySelector('[aria-invalid="true"]');
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.("[data-filter-rows]")) event.preventDefault();
});
