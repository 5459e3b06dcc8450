// Gives every [data-behaviour] its behaviour. A page is whole without any of them.

const NAME = /^[a-z-]+$/;

/** @param {Element} element @param {string} name */
async function give(element, name) {
  // Where a page is left, or the signal goes, before all of it came, it does without.
  const behaviour = await import(`./behaviours/${name}.js`).catch(() => null);
  behaviour?.default(element);
}

// Exported for behaviours that put new elements on the page.
/** @param {ParentNode} root */
export function bind(root) {
  for (const element of root.querySelectorAll("[data-behaviour]")) {
    for (const name of (/** @type {HTMLElement} */ (element).dataset.behaviour ?? "").split(" ")) {
      if (NAME.test(name)) give(element, name);
    }
  }
}

// The browser's own offer of a Home Screen waits until it helps; behaviours/install.js makes it.
export const offer = { question: /** @type {Event | null} */ (null) };

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer.question = event;
  document.dispatchEvent(new Event("install-offered"));
});

bind(document);
