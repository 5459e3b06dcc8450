// What a message looks like on the screen. Pure: whatever came in, there is something to show.

/** @typedef {{ title: string, body: string }} Words */
/** @typedef {{ title: string, options: any, badge: number | null }} Shown */

/**
 * Read a message; where it can't be read, or is for somebody else than whose phone this is now, say no more than that
 * something waits: nobody's name stands on the screen of whoever has signed out.
 * @param {string} text @param {string | null} me whose phone this is, as far as it knows @param {Words} words
 * @returns {Shown}
 */
export function shown(text, me, words) {
  const said = read(text), data = said?.data ?? {};
  if (!said || !me || data.me !== me) {
    const options = { body: words.body, tag: said?.tag ?? "waits", data: { navigate: "/today" } };
    return { title: words.title, options, badge: null };
  }
  const { title, body, lang, dir, tag, navigate, badge } = said;
  const actions = ["done", "later"].filter((name) => data[name]).map((action) => ({ action, title: data[action] }));
  return { title, options: { body, lang, dir, tag, actions, data: { ...data, navigate } }, badge };
}

/** @param {string} text */
function read(text) {
  try {
    const message = JSON.parse(text), { notification } = message;
    if (message.web_push !== 8030 || typeof notification.title !== "string") return null;
    const data = Object(notification.data) === notification.data ? notification.data : {};
    const badge = Number.isInteger(message.app_badge) ? message.app_badge : null;
    return { ...notification, navigate: ours(notification.navigate), data, badge };
  } catch {
    return null;
  }
}

/** A message leads to a page of ours, or to Today. @param {unknown} written @returns {string} */
export function ours(written) {
  try {
    const address = new URL(String(written), globalThis.location?.origin ?? "https://here.invalid");
    return globalThis.location && address.origin !== globalThis.location.origin ? "/today" : address.pathname + address.search;
  } catch {
    return "/today";
  }
}
