// Whose code this is, without asking anybody: from the locked rosters on this phone.

import { plateOf } from "../offline/locked-roster.js";
import { mine } from "../offline/rosters.js";

/**
 * Return whose card or badge has this token, as far as this phone can know, else null.
 * @param {string} token @returns {Promise<import("../offline/locked-roster.js").Plate | null>}
 */
export async function nameOf(token) {
  for (const roster of await mine().catch(() => [])) {
    const plate = await plateOf(roster, token);
    if (plate) return plate;
  }
  return null;
}
