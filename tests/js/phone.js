// A phone without a screen: the shipped modules, each phone in a world of its own, on a store that only lives in memory.

import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";
import vm from "node:vm";

import { IDBFactory, IDBKeyRange } from "fake-indexeddb";

const ROOT = new URL("../../static/js/", import.meta.url);
const sources = new Map();

function source(/** @type {string} */ path) {
  if (!sources.has(path)) sources.set(path, readFileSync(new URL(path, ROOT), "utf8"));
  return sources.get(path);
}

/** One lock at a time, as navigator.locks has it with ifAvailable. */
class Locks {
  held = new Set();

  async request(name, options, work) {
    if (this.held.has(name)) return work(null);
    this.held.add(name);
    try {
      return await work({ name });
    } finally {
      this.held.delete(name);
    }
  }
}

export class Phone {
  /** @param {{ me?: string, fetch?: typeof fetch, indexedDB?: IDBFactory, skew?: number }} given `skew`: milliseconds its clock is wrong */
  constructor({ me = "me-ada", fetch, indexedDB = new IDBFactory(), skew = 0 } = {}) {
    this.document = Object.assign(new EventTarget(), { hidden: false, body: { dataset: { me } } });
    this.indexedDB = indexedDB;
    const world = {
      console, crypto: webcrypto, TextEncoder, TextDecoder, atob, indexedDB, IDBKeyRange, AbortController, CustomEvent, Event, Response, fetch, setTimeout, clearTimeout,
      addEventListener: () => {}, setInterval: () => {}, document: this.document, navigator: { locks: new Locks(), onLine: true },
    };
    this.context = vm.createContext(world);
    vm.runInContext(`Date = class extends Date {
      constructor(...given) { super(...(given.length ? given : [Date.now()])); }
      static now() { return super.now() + ${skew}; }
    }`, this.context);
    this.modules = new Map();
  }

  /** Load a module below static/js/, and return what it exports. @param {string} path */
  async load(path) {
    const module = this.linked(path);
    if (module.status === "unlinked") await module.link((named, from) => this.linked(new URL(named, `file:///${from.identifier}`).pathname.slice(1)));
    if (module.status === "linked") await module.evaluate();
    return /** @type {any} */ (module.namespace);
  }

  linked(path) {
    if (!this.modules.has(path)) {
      this.modules.set(path, new vm.SourceTextModule(source(path), { identifier: path, context: this.context }));
    }
    return this.modules.get(path);
  }
}
