// What the page can say, as it was translated: every sentence stands in a <template> under its name.

/** @param {ParentNode} root */
export function words(root) {
  const all = /** @type {HTMLTemplateElement} */ (root.querySelector("template[data-words]")).content;

  /**
   * Return a sentence by its name, with what stands in {braces} filled in.
   * @param {string} name @param {Record<string, string>} [given]
   */
  return function say(name, given = {}) {
    const sentence = all.querySelector(`[data-word="${name}"]`)?.textContent ?? "";
    return sentence.replace(/\{(\w+)\}/g, (whole, part) => given[part] ?? whole);
  };
}
