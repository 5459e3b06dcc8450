// Tells every page of ours on this phone what happened, whether it happened in a page or in the worker.

const channel = globalThis.BroadcastChannel ? new BroadcastChannel("marmalade") : null;

channel?.addEventListener("message", (event) => say(event.data.name, event.data.detail));

/** @param {string} name @param {unknown} detail */
function say(name, detail) {
  globalThis.document?.dispatchEvent(new CustomEvent(name, { detail }));
}

/** Dispatch an event on this document, and on that of every other page of ours. @param {string} name @param {unknown} detail */
export function tell(name, detail) {
  say(name, detail);
  channel?.postMessage({ name, detail });
}
