// What the worker keeps: the shell and our own files, by the list that the server made of their content. Nothing else.

const SHELF = `marmalade-${MARMALADE.version}`;
const KEPT = new Set(MARMALADE.files);

/** Fetch all that the shell needs, as nobody in particular; one missing, and this worker is not installed. */
export async function fill() {
  const shelf = await caches.open(SHELF);
  await Promise.all(MARMALADE.shell.map(async (path) => {
    const answer = await fetch(path, { credentials: "omit", redirect: "error", cache: "no-cache" });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    await shelf.put(path, answer);
  }));
}

/** Throw away what earlier versions kept. */
export async function sweep() {
  const old = (await caches.keys()).filter((name) => name.startsWith("marmalade-") && name !== SHELF);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** Say whether an address is one of our files, of this version. @param {URL} address */
export function isOurs(address) {
  return address.origin === location.origin && !address.search && KEPT.has(address.pathname);
}

/** Return one of our files: the kept one, else the server's, which is kept from now on. @param {Request} request */
export async function file(request) {
  const kept = await caches.match(request.url, { cacheName: SHELF, ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    const shelf = await caches.open(SHELF);
    await shelf.put(request.url, answer.clone()).catch(() => {}); // a full phone shows the page all the same
  }
  return answer;
}

/** Return the shell, which draws from what is on the phone. @returns {Promise<Response | undefined>} */
export function shell() {
  return caches.match(MARMALADE.frame, { cacheName: SHELF, ignoreVary: true });
}
