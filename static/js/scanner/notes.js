// What comes of a code that was read: it stands on the sheet, what is done about it is kept on this phone at once and
// sent from there, and the sheet tells how far it has come. Nothing here waits for the network.

import { met } from "./met.js";
import { help, poster } from "./posters.js";
import { sheet } from "./sheet.js";

/** @typedef {(name: string, given?: Record<string, string>) => string} Say */
/** @typedef {import("../offline/receipts.js").Answer & { name: string | null, first_name: string | null, sheet: string | null, flags?: string[] }} Answer */
/**
 * What stands on the sheet: its words by now, and what its buttons do. `id` is what the server will answer by.
 * @typedef {object} Subject
 * @property {string} id
 * @property {() => import("./sheet.js").Said} words
 * @property {Answer} [answer]
 * @property {() => Promise<void>} [undo]
 * @property {() => Promise<void>} [here]
 * @property {(text: string) => Promise<unknown>} [line]
 */

/** @param {HTMLElement} root @param {Say} say @param {{ busy(wanted: boolean): void, done(): void }} told */
export function notes(root, say, told) {
  /** @type {Subject | null} */
  let current = null;
  const shown = sheet(root, {
    ...told,
    undo: () => current?.undo?.().catch(() => {}), // the strip across the page says when a phone keeps nothing
    here: () => current?.here?.().catch(() => {}),
    line: (text) => current?.line?.(text).catch(() => {}),
  });

  /** Say what is known by now, if this still stands there. @param {Subject} subject */
  function again(subject) {
    if (subject === current) shown.say(subject.words());
  }

  /** @param {Subject} subject */
  function put(subject) {
    shown.show(subject.words());
    current = subject;
  }

  document.addEventListener("outbox-answered", ({ detail: { answers } }) => {
    const answer = answers.find(({ id }) => id === current?.id);
    if (!current || !answer) return;
    current.answer = /** @type {Answer} */ (answer);
    again(current);
  });

  return {
    /** @param {{ token?: string, code?: string }} whom @param {string | null} event */
    card: (whom, event) => met(whom, event, say, put, again),
    /** @param {string} event its code */
    poster: (event) => put(poster(event, say, again)),
    /** @param {string} token */
    help: (token) => put(help(token, say)),
  };
}
