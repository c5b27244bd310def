/** Makes the − and + buttons inside `form` change its number field. */
export function stepper(form) {
  const field = form.querySelector("input[type=number]");
  for (const button of form.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => {
      field.value = Math.min(20, Math.max(1, Number(field.value) + Number(button.dataset.step)));
    });
  }
}
