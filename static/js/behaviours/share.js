// Opens the phone's own share sheet for data-url; where there is none, the button stays away.

export default function share(button) {
  const { url, title, text } = button.dataset;
  if (!navigator.share) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.share({ url, title, text });
    } catch (fault) {
      // Closing the sheet without choosing is an answer, not a fault.
      if (fault.name !== "AbortError") throw fault;
    }
  });
}
