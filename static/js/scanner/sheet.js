// What was just read, and what can be done about it: undo, a line, the way to the page. One sheet; the next read takes
// its place.

/** @typedef {{ title: string, note?: string, go?: { href: string, words: string }, here?: boolean, undo?: boolean, line?: string }} Said */

/**
 * @param {HTMLElement} root the scanner
 * @param {{ undo(): void, here(): void, line(text: string): void, busy(wanted: boolean): void, done(): void }} told
 */
export function sheet(root, told) {
  /** @param {string} name @returns {any} */
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  /** @type {HTMLElement} */
  const whole = part("sheet");
  /** @type {HTMLFormElement} */
  const form = part("line");
  const text = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("line"));

  /** Hand over the line that was begun, if any: it belongs to what stands on the sheet now. */
  function handOver() {
    if (!part("words").hidden && text.value.trim()) told.line(text.value);
    text.value = "";
    told.busy(false);
  }

  part("undo").addEventListener("click", () => told.undo());
  part("here").addEventListener("click", () => told.here());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    handOver();
    whole.hidden = true;
    told.done();
  });
  // Nobody wants another card on the sheet while they type about this one.
  text.addEventListener("focus", () => told.busy(true));
  text.addEventListener("blur", () => told.busy(text.value.trim() !== ""));

  return {
    /** Put what was read on the sheet, in place of the sentence under the picture. @param {Said} said */
    show(said) {
      handOver();
      this.say(said);
      part("state").textContent = "";
      whole.hidden = false;
    },
    /** Say more about the same. @param {Said} said */
    say({ title, note = "", go, here = false, undo = false, line = "" }) {
      part("title").textContent = title;
      part("note").textContent = note;
      part("here").hidden = !here;
      part("done").hidden = here;
      part("undo").hidden = !undo;
      part("words").hidden = !line;
      part("label").textContent = line;
      part("go").hidden = !go;
      if (go) Object.assign(part("go"), { href: go.href, textContent: go.words });
    },
  };
}
