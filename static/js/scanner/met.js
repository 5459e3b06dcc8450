// A card that was read: kept at once, named as soon as anybody can say whose it is, the locked roster or the server.

import { flush } from "../offline/flush.js";
import { keep } from "../offline/outbox.js";
import { nameOf } from "./whose.js";

/** @typedef {import("./notes.js").Say} Say */
/** @typedef {import("./notes.js").Subject} Subject */

/**
 * Keep a scan and put it on the sheet; where the phone can't, the way to the card itself.
 * @param {{ token?: string, code?: string }} whom @param {string | null} event @param {Say} say
 * @param {(subject: Subject) => void} put @param {(subject: Subject) => void} again
 */
export async function met(whom, event, say, put, again) {
  const scan = await keep("scan", { ...whom, event }).catch(() => null);
  if (!scan) return put({ id: "", words: () => lost(whom.token, say) });
  let name = "", isGone = false;
  const { id } = scan;
  /** @type {Subject} */
  const subject = {
    id,
    words: () => (isGone ? { title: say("taken-back") } : words(subject, name, say)),
    async undo() {
      await send("void", { of: id });
      isGone = true;
      again(subject);
    },
    line: (text) => send("line", { of: id, text }),
  };
  put(subject);
  flush();
  const plate = whom.token ? await nameOf(whom.token).catch(() => null) : null;
  name = plate?.name ?? "";
  if (name) again(subject);
}

/** @param {string} kind @param {Record<string, unknown>} fields */
async function send(kind, fields) {
  const item = await keep(kind, fields);
  flush();
  return item;
}

/** @param {string | undefined} token @param {Say} say */
function lost(token, say) {
  const go = { href: token ? `/c/${token}` : "/scan", words: say("open-card") };
  return { title: say("refused"), note: say("not-kept"), go };
}

/** @param {Subject} subject @param {string} known by the roster @param {Say} say @returns {import("./sheet.js").Said} */
function words({ answer }, known, say) {
  if (answer?.result === "refused") return { title: say("refused"), note: answer.message ?? "" };
  const name = answer?.first_name ?? (answer?.name ?? known).split(" ")[0];
  return {
    title: name ? say("have", { name }) : say("kept"),
    note: answer ? say(far(answer)) : [say("on-phone"), name ? "" : say("name-later")].join(" ").trim(),
    go: answer?.sheet && name ? { href: answer.sheet, words: say("see", { name }) } : undefined,
    undo: true,
    line: name ? say("line-for", { name }) : say("line-for-them"),
  };
}

/** @param {import("./notes.js").Answer} answer */
function far({ flags = [] }) {
  if (flags.includes("unknown_token")) return "unknown";
  return flags.includes("waits") ? "waits" : "sent";
}
