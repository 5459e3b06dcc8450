// Opens what one scanned code opens in a locked roster, and nothing else: docs/locked-roster.md.

/** @typedef {{v: number, event: string, version: string, plates: string, ways: string}} Roster */
/** @typedef {{name: string, firm: string, id: string}} Plate */

const FORMAT = 1, FIND = 6, KEY = 16, TAG_BITS = 96, ID = 5;
const TOKEN = /^[a-z2-7]{26}$/;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const utf8 = new TextEncoder();

/** @param {string} packed */
function bytes(packed) {
  const text = atob(packed), all = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) all[at] = text.charCodeAt(at);
  return all;
}

/** @param {Uint8Array} one @param {Uint8Array} other */
const same = (one, other) => one.every((byte, place) => byte === other[place]);

/** @param {Roster} roster @param {string} token */
async function opening(roster, token) {
  const secret = await crypto.subtle.importKey("raw", utf8.encode(token), "HKDF", false, ["deriveBits"]);
  const how = {
    name: "HKDF", hash: "SHA-256",
    salt: utf8.encode("marmalade locked roster 1"), info: utf8.encode(`${roster.event}|${roster.version}`),
  };
  const made = new Uint8Array(await crypto.subtle.deriveBits(how, secret, (FIND + KEY) * 8));
  return { find: made.slice(0, FIND), key: made.slice(FIND) };
}

// Every plate as it lies there: where it is found, and what is sealed.
/** @param {string} packed */
function plates(packed) {
  const all = bytes(packed), found = [];
  for (let at = 0; at < all.length;) {
    const length = all[at + FIND] * 256 + all[at + FIND + 1], from = at + FIND + 2;
    found.push({ find: all.subarray(at, at + FIND), sealed: all.subarray(from, from + length) });
    at = from + length;
  }
  return found;
}

/** @param {Uint8Array<ArrayBuffer>} key @param {Uint8Array<ArrayBuffer>} sealed @returns {Promise<Plate|null>} */
async function unseal(key, sealed) {
  const lock = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  const how = { name: "AES-GCM", iv: new Uint8Array(12), tagLength: TAG_BITS };
  const open = await crypto.subtle.decrypt(how, lock, sealed).catch(() => null);
  if (!open) return null;
  const text = new Uint8Array(open), words = new TextDecoder().decode(text.slice(ID));
  const [name, firm = ""] = words.split("\n");
  return { name, firm, id: base32(text.slice(0, ID)) };
}

/** @param {Uint8Array} id */
function base32(id) {
  const bits = [...id].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five, 2)]).join("");
}

// The name behind a card's or a badge's token, in any case; null where the roster has none, or is newer than this app.
/** @param {Roster} roster @param {string} token @returns {Promise<Plate|null>} */
export async function plateOf(roster, token) {
  const typed = token.toLowerCase();
  if (roster?.v !== FORMAT || !TOKEN.test(typed)) return null;
  const own = await opening(roster, typed), all = plates(roster.plates), ways = bytes(roster.ways);
  for (const plate of all.filter((one) => same(own.find, one.find))) {
    const opened = await unseal(own.key, plate.sealed);
    if (opened) return opened;
  }
  for (let at = 0; at < ways.length; at += FIND + KEY + 2) {
    if (!same(own.find, ways.subarray(at, at + FIND))) continue;
    const key = own.key.map((byte, place) => byte ^ ways[at + FIND + place]);
    const number = ways[at + FIND + KEY] * 256 + ways[at + FIND + KEY + 1];
    const opened = all[number] && await unseal(key, all[number].sealed);
    if (opened) return opened;
  }
  return null;
}
