// Sends a form as soon as something in it is chosen; the button for it is only needed without this.

export default function autosubmit(form) {
  for (const button of form.querySelectorAll("[data-without-script]")) button.hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}
