// Why there is no picture: a name for each reason, and the sentence for it stands on the page.

/** @typedef {"denied" | "denied-for-good" | "no-camera" | "busy" | "insecure" | "in-app" | "broken"} Trouble */

/** @type {Record<string, Trouble>} */
const REASONS = {
  NotFoundError: "no-camera", OverconstrainedError: "no-camera", DevicesNotFoundError: "no-camera",
  NotReadableError: "busy", TrackStartError: "busy", AbortError: "busy",
  SecurityError: "insecure",
};

/**
 * Say why the camera did not start. `permission` is what the browser keeps for this site, where it says so.
 * @param {{ name?: string }} fault @param {string} permission @returns {Trouble}
 */
export function trouble(fault, permission) {
  if (fault.name === "NotAllowedError") return permission === "denied" ? "denied-for-good" : "denied";
  return REASONS[fault.name ?? ""] ?? "broken";
}

/**
 * Say what keeps this browser from having a camera at all, or null: an address without https, another app's own window.
 * @param {{ isSecureContext: boolean, navigator: { mediaDevices?: { getUserMedia?: unknown } } }} window @returns {Trouble | null}
 */
export function barred({ isSecureContext, navigator }) {
  if (!isSecureContext) return "insecure";
  return navigator.mediaDevices?.getUserMedia ? null : "in-app";
}
