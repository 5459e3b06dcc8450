// Codes that lead to a morning: a breakfast's poster, and a call to help at its door. Neither is opened by itself.

import { flush } from "../offline/flush.js";
import { keep } from "../offline/outbox.js";

/** @typedef {import("./notes.js").Say} Say */
/** @typedef {import("./notes.js").Subject} Subject */

/** @param {string} event its code @param {Say} say @param {(subject: Subject) => void} again @returns {Subject} */
export function poster(event, say, again) {
  const go = { href: `/e/${event}`, words: say("open-event") };
  let isSaid = false;
  /** @type {Subject} */
  const subject = {
    id: "",
    words() {
      const { answer } = subject, title = say("poster");
      if (answer?.result === "refused") return { title, note: answer.message ?? "", go };
      if (answer) return { title, note: say("here-done"), go };
      return { title, note: isSaid ? say("here-kept") : "", here: !isSaid, go };
    },
    async here() {
      const item = await keep("arrive", { event });
      subject.id = item.id;
      isSaid = true;
      again(subject);
      flush();
    },
  };
  return subject;
}

/** @param {string} token @param {Say} say @returns {Subject} */
export function help(token, say) {
  return { id: "", words: () => ({ title: say("help"), go: { href: `/h/${token}`, words: say("open-help") } }) };
}
