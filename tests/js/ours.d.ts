// What the browser's scripts find beside what every browser has.

/** What the server writes above the worker: what may be kept, and which of it the shell needs. */
declare const MARMALADE: { version: string; frame: string; shell: string[]; files: string[]; push: { key: string; words: { title: string; body: string; kept: string } } };

interface DocumentEventMap {
  "outbox-changed": CustomEvent<{ waiting: number; attention: number }>;
  "outbox-answered": CustomEvent<{ answers: import("../../static/js/offline/receipts.js").Answer[] }>;
  "outbox-heard": CustomEvent<{ what: string }>;
  "not-kept": CustomEvent<null>;
  "new-version": CustomEvent<null>;
}
