// The camera's torch and its zoom, where it has them: a button, a slider, and two fingers on the picture.

/** @typedef {MediaTrackCapabilities & { torch?: boolean, zoom?: { min: number, max: number, step?: number } }} Abilities */

/** @param {HTMLElement} view @param {HTMLButtonElement} torch @param {HTMLInputElement} zoom */
export function lights(view, torch, zoom) {
  /** @type {MediaStreamTrack | null} */
  let track = null;
  const slider = /** @type {HTMLElement} */ (zoom.closest("[data-part]"));

  /** @param {Record<string, unknown>} wish */
  const ask = (wish) => track?.applyConstraints(/** @type {any} */ ({ advanced: [wish] })).catch(() => {});

  torch.addEventListener("click", () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    torch.setAttribute("aria-pressed", String(on));
    ask({ torch: on });
  });
  zoom.addEventListener("input", () => ask({ zoom: Number(zoom.value) }));
  pinch(view, (times) => {
    if (slider.hidden) return;
    zoom.value = String(Number(zoom.value) * times);
    ask({ zoom: Number(zoom.value) });
  });

  /** Offer what this camera has. @param {MediaStreamTrack} given */
  return function offer(given) {
    track = given;
    /** @type {Abilities} */
    const has = given.getCapabilities?.() ?? {};
    torch.hidden = !has.torch;
    torch.setAttribute("aria-pressed", "false");
    slider.hidden = !has.zoom || has.zoom.max <= has.zoom.min;
    if (has.zoom) Object.assign(zoom, { min: has.zoom.min, max: has.zoom.max, step: has.zoom.step || "any", value: has.zoom.min });
  };
}

/** @param {HTMLElement} view @param {(times: number) => void} told by how much two fingers went apart */
function pinch(view, told) {
  /** @type {Map<number, PointerEvent>} */
  const fingers = new Map();
  const apart = () => {
    const [one, other] = [...fingers.values()];
    return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  };
  view.addEventListener("pointerdown", (event) => fingers.set(event.pointerId, event));
  view.addEventListener("pointermove", (event) => {
    if (fingers.size !== 2 || !fingers.has(event.pointerId)) return;
    const before = apart();
    fingers.set(event.pointerId, event);
    if (before) told(apart() / before);
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "pointerleave"])) {
    view.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
}
