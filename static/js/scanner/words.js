// What the page can say, as it was translated: every sentence stands in a <template> under its name.
// Where two have one of the same name, the later one counts.

/** @param {ParentNode} root */
export function words(root) {
  const all = /** @type {HTMLTemplateElement[]} */ ([...root.querySelectorAll("template[data-words]")]).reverse();

  /**
   * Return a sentence by its name, with what stands in {braces} filled in.
   * @param {string} name @param {Record<string, string>} [given]
   */
  return function say(name, given = {}) {
    const found = all.map(({ content }) => content.querySelector(`[data-word="${name}"]`)).find(Boolean);
    const sentence = found?.textContent ?? "";
    return sentence.replace(/\{(\w+)\}/g, (whole, part) => given[part] ?? whole);
  };
}
