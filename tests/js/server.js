// A server that answers as it is told to: one answer after the other, and then as Marmalade does.

/** An answer with a JSON body. */
export function json(body, status = 200, headers = {}) {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
}

export class Server {
  me = "me-ada";
  /** What it was asked to keep, request by request. @type {any[]} */
  batches = [];
  /** What it has stored, by id. */
  stored = new Map();
  /** Answers that come before its own: a Response, or a function of the batch. @type {any[]} */
  next = [];
  /** How it answers one item. */
  answer = (item) => ({ id: item.id, result: "stored", reason: null, message: null });

  fetch = async (path, init = {}) => {
    if (path === "/api/v1/me") return json({ svc: "marmalade", me: this.me, csrf: `csrf-${this.me}` });
    const batch = JSON.parse(String(init.body));
    this.batches.push(batch);
    const told = this.next.shift();
    const answer = typeof told === "function" ? told(batch) : told;
    if (answer) return answer;
    return json(this.take(batch));
  };

  take(batch) {
    for (const item of batch.items) this.stored.set(item.id, item);
    return { svc: "marmalade", v: 1, answers: batch.items.map(this.answer) };
  }
}
