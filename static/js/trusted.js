// The addresses of scripts that a page may start, beside its own modules: the policy lets nothing else through.

const OURS = [/^\/sw\.js$/, /^\/static\/v\/[0-9a-f]+\/js\/scanner\/decoder\.js$/];

/** @type {{ createScriptURL(address: string): string }} */
const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("marmalade-worker", { createScriptURL: ours })
  ?? { createScriptURL: ours };

/** @param {string} address a path of ours */
function ours(address) {
  if (!OURS.some((path) => path.test(address))) throw new TypeError(`No script of ours: ${address}`);
  return address;
}

/** Return an address as one that the browser may start as a script. @param {string} address @returns {string} */
export function trusted(address) {
  return policy.createScriptURL(address);
}
