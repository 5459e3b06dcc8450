// What comes of a code that was read: a card is kept on this phone at once and sent from there, and the sheet tells
// how far it has come. Nothing here waits for the network.

import { flush } from "../offline/flush.js";
import { keep } from "../offline/outbox.js";
import { sheet } from "./sheet.js";
import { nameOf } from "./whose.js";

/** @typedef {import("../offline/receipts.js").Answer & { name: string | null, first_name: string | null, sheet: string | null, flags?: string[] }} Answer */

/** @param {HTMLElement} root @param {(name: string, given?: Record<string, string>) => string} say @param {{ busy(wanted: boolean): void, done(): void }} told */
export function notes(root, say, told) {
  /** @type {{ id: string, name: string, answer?: Answer, gone?: boolean } | null} */
  let current = null;
  const shown = sheet(root, {
    ...told,
    undo: () => current && takeBack(current),
    here: () => current && arrive(current.name),
    line: (text) => current && send("line", { of: current.id, text }).catch(() => {}),
  });

  /** @param {string} kind @param {Record<string, unknown>} fields */
  async function send(kind, fields) {
    const item = await keep(kind, fields);
    flush();
    return item;
  }

  /** Put on the sheet what is known by now. */
  function tell() {
    if (!current) return;
    const { name, answer, gone } = current;
    if (gone) return shown.say({ title: say("taken-back") });
    if (answer?.result === "refused") return shown.say({ title: say("refused"), note: answer.message ?? "" });
    shown.say({
      title: name ? say("have", { name }) : say("kept"),
      note: far(name, answer),
      go: answer?.sheet ? { href: answer.sheet, words: say("see", { name }) } : undefined,
      undo: true,
      line: name ? say("line-for", { name }) : say("line-for-them"),
    });
  }

  /** @param {string} name @param {Answer} [answer] */
  function far(name, answer) {
    if (!answer) return name ? say("on-phone") : `${say("on-phone")} ${say("name-later")}`;
    return answer.flags?.includes("waits") ? say("waits") : say("sent");
  }

  /** @param {{ id: string, gone?: boolean }} scan */
  async function takeBack(scan) {
    await send("void", { of: scan.id });
    scan.gone = true;
    tell();
  }

  /** @param {string} event */
  async function arrive(event) {
    await send("arrive", { event });
    shown.say({ title: say("poster"), note: say("here-kept"), go: { href: `/e/${event}`, words: say("open-event") } });
  }

  document.addEventListener("outbox-answered", (event) => {
    const mine = /** @type {Answer | undefined} */ (event.detail.answers.find((answer) => answer.id === current?.id));
    if (!mine || !current) return;
    Object.assign(current, { answer: mine, name: mine.first_name ?? mine.name?.split(" ")[0] ?? current.name });
    tell();
  });

  return {
    /** Keep a scan. @param {{ token?: string, code?: string, place?: number }} whom @param {string | null} event */
    async card(whom, event) {
      const href = whom.token ? `/c/${whom.token}` : "/scan";
      const scan = await send("scan", { ...whom, event }).catch(() => null);
      if (!scan) return shown.show({ title: say("refused"), note: say("not-kept"), go: { href, words: say("open-card") } });
      const mine = current = { id: scan.id, name: "" };
      shown.show({ title: say("kept") });
      tell();
      const plate = whom.token ? await nameOf(whom.token) : null;
      if (!plate || mine.name) return; // whoever the server has named meanwhile, it knows better
      mine.name = plate.name.split(" ")[0];
      if (mine === current) tell();
    },
    /** @param {string} event its code */
    poster(event) {
      current = { id: "", name: event };
      shown.show({ title: say("poster"), here: true, go: { href: `/e/${event}`, words: say("open-event") } });
    },
    /** @param {string} token */
    help(token) {
      current = null;
      shown.show({ title: say("help"), go: { href: `/h/${token}`, words: say("open-help") } });
    },
  };
}
