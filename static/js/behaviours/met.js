// Says "We met" by itself when a camera just opened this card; going back to the page or reloading it says nothing.

function arrivedHere() {
  return performance.getEntriesByType("navigation")[0]?.type === "navigate";
}

export default function met(form) {
  if (!arrivedHere()) return;
  // A page that the browser only prepared has met nobody yet.
  if (document.prerendering) {
    document.addEventListener("prerenderingchange", () => form.requestSubmit(), { once: true });
  } else {
    form.requestSubmit();
  }
}
