// Copies the text of the element named by data-copies, or data-text itself, and says so on the button.

function words(button) {
  const source = document.getElementById(button.dataset.copies);
  if (!source) return button.dataset.text ?? "";
  return "value" in source ? source.value : source.textContent.trim();
}

export default function copy(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const label = button.querySelector("[data-label]") ?? button;
  const before = label.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(words(button));
    label.textContent = button.dataset.done;
    setTimeout(() => { label.textContent = before; }, 4000);
  });
}
