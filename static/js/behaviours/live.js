// Keeps the organiser's room in step with the door: asks every few seconds while somebody looks, less often when
// nobody answers, and not at all when nobody looks.

import { CHANGED, rowsOf, show } from "../room.js";

const WHILE_ON = 3_000, OTHERWISE = 15_000, AT_MOST = 60_000;
const STALE_AFTER = 15_000, PATIENCE = 10_000, HERD = 1_000;

const jittered = (ms) => ms * (0.9 + Math.random() * 0.2);

export default function live(room) {
  const list = document.getElementById("attendees");
  const fault = room.querySelector("[data-fault]");
  const asOf = room.querySelector("[data-as-of]");
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: room.dataset.zone, timeStyle: "medium" });
  const pace = room.dataset.phase === "on" ? WHILE_ON : OTHERWISE;
  let seen = { tag: room.dataset.tag, version: room.dataset.version };
  let wait = pace, turn = 0, heard = Date.now(), ended = false, next;

  function look() {
    const lost = Date.now() - heard > STALE_AFTER;
    room.classList.toggle("stale", lost || ended);
    fault.hidden = !lost && !ended;
    fault.querySelector("p").textContent = ended ? fault.dataset.ended : fault.dataset.lost;
  }

  function hear(answer) {
    const sent = new Date(answer.headers.get("Date") ?? Number.NaN);
    asOf.textContent = clock.format(Number.isNaN(sent.valueOf()) ? new Date() : sent).replace(/^0/, "");
    heard = Date.now();
    wait = pace;
    look();
  }

  function take(news) {
    const theirs = news.tag.split("-"), ours = room.dataset.tag.split("-");
    // Another version of ourselves, another phase of the morning, or the first name: the page itself is another.
    if (theirs[0] !== ours[0] || theirs[2] !== ours[2] || !list) return location.reload();
    show(list, news);
    const whole = rowsOf(list).length === news.places;
    seen = whole ? news : { tag: "", version: 0 };
    return whole || ask();
  }

  // Says whether that was an answer. Out of reach, too slow, out of order, a hotel's own page: none of them is.
  async function read(answer) {
    if (answer?.type === "opaqueredirect" || [401, 403, 404].includes(answer?.status)) {
      ended = true;
      look();
    } else if (answer?.status === 304) {
      hear(answer);
    } else {
      const isOurs = answer?.ok && answer.headers.get("Content-Type")?.startsWith("application/json");
      const news = isOurs && await answer.json().catch(() => null);
      if (!news) return false;
      hear(answer);
      take(news);
    }
    return true;
  }

  async function ask() {
    clearTimeout(next);
    if (ended || document.hidden) return;
    const mine = ++turn;
    const answer = await fetch(`${room.dataset.url}?since=${seen.version}`, {
      cache: "no-store", redirect: "manual", signal: AbortSignal.timeout?.(PATIENCE),
      headers: { Accept: "application/json", "If-None-Match": `"${seen.tag}"` },
    }).catch(() => null);
    try {
      if (mine === turn && !await read(answer)) wait = Math.min(wait * 2, AT_MOST);
    } finally {
      if (mine === turn && !ended) next = setTimeout(ask, jittered(wait));
    }
  }

  document.addEventListener(CHANGED, ask);
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("pageshow", (event) => event.persisted && ask());
  // When the wifi is back, a whole room of screens comes back with it.
  window.addEventListener("online", () => setTimeout(ask, Math.random() * HERD));
  setInterval(look, 1_000);
  next = setTimeout(ask, jittered(wait));
}
