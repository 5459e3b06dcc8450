// Says that a prompt is before somebody's eyes: not when a browser only prepares the page, and not behind another one.

/** @param {HTMLFormElement} form */
export default function opened(form) {
  function say() {
    if (document.hidden || /** @type {any} */ (document).prerendering) return;
    document.removeEventListener("visibilitychange", say);
    document.removeEventListener("prerenderingchange", say);
    fetch(form.action, { method: "POST", body: new FormData(form), redirect: "error" }).catch(() => {});
  }

  document.addEventListener("visibilitychange", say);
  document.addEventListener("prerenderingchange", say);
  say();
}
