// Fetches the large decoder before it is needed, when nothing else is to do and the line costs nothing.

/** @typedef {{ saveData?: boolean, type?: string }} Line */

/** Say whether this line may be used for what is perhaps never needed. @param {Line | undefined} line */
export const isFree = (line) => !line?.saveData && line?.type !== "cellular";

/** @param {string} address */
export function ahead(address) {
  const line = /** @type {{ connection?: Line }} */ (navigator).connection;
  const fetchIt = async () => {
    if (await globalThis.caches?.match(address)) return; // kept already: nothing to read through again
    await fetch(address, /** @type {RequestInit} */ ({ priority: "low" }));
  };
  if (isFree(line)) (globalThis.requestIdleCallback ?? setTimeout)(() => fetchIt().catch(() => {})); // then it comes when it is needed
}
