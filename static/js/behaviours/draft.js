// Keeps the ways out of a draft in step with what is typed, and remembers which one was taken.

/** @param {HTMLFormElement} form */
export default function draft(form) {
  const text = form.querySelector('textarea[name="draft"]');
  const taken = form.querySelector('[name="way"]');
  const ways = form.querySelectorAll("a[data-way]");

  function follow() {
    for (const way of ways) {
      const { before, way: name } = way.dataset;
      // Mail wants the line ends of the network (RFC 6068); before is empty where no text can be handed over.
      const words = name === "mail" ? text.value.replace(/\r?\n/g, "\r\n") : text.value;
      if (before) way.href = before + encodeURIComponent(words);
    }
  }

  for (const part of form.querySelectorAll("[data-without-script]")) part.hidden = true;
  for (const way of ways) way.addEventListener("click", () => { taken.value = way.dataset.way; });
  form.querySelector('[data-behaviour="copy"]')?.addEventListener("click", () => { taken.value = "copy"; });
  text.addEventListener("input", follow);
  follow();
}
