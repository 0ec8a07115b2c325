// Messages to the server, kept until they have arrived: over failures, a reload, a day without a net.
// Each has its own entry in the browser's storage, so that two tabs do not lose each other's.

import { words } from "mushra/words";

const FIRST = 1000; // milliseconds before the second attempt, twice as many before each further one
const LONGEST = 30_000;
const PATIENCE = 20_000; // milliseconds without an answer

export class Outbox {
  /** url: where messages go; null = nowhere. test: its name. changed: told of every change. */
  constructor(url, test) {
    Object.assign(this, { url, prefix: `mushra-outbox:${test}:`, failure: null, changed: () => {} });
    this.memory = new Map(); // where the browser keeps nothing
    this.delay = FIRST;
    addEventListener("online", () => this.send());
    this.send();
  }

  /** Whether messages of a session have not arrived. */
  waits(session) {
    return this.#names().some((name) => name.startsWith(`${this.prefix}${session}:`));
  }

  /** Keep a message, and send it when that can be done. */
  add(message) {
    if (this.url) {
      this.#keep(this.#name(message), JSON.stringify(message));
      this.send();
    }
  }

  /** The answer to a message, or null after `milliseconds`; the message arrives in any case. */
  async ask(message, milliseconds) {
    try {
      const answer = await post(this.url, JSON.stringify(message), milliseconds);
      return await answer.json();
    } catch {
      this.add(message);
      return null;
    }
  }

  /** Send all that waits. */
  async send() {
    if (!this.url || this.sending) {
      return;
    }
    this.sending = true;
    clearTimeout(this.timer);
    this.failure = null;
    for (let name; !this.failure && (name = this.#names()[0]); ) {
      await this.#pass();
    }
    this.sending = false;
    if (this.failure) {
      this.timer = setTimeout(() => this.send(), this.delay);
      this.delay = Math.min(2 * this.delay, LONGEST);
    } else {
      this.delay = FIRST;
    }
    this.changed();
  }

  /** Every message once: one that the server refuses does not hold up the others. */
  async #pass() {
    for (const name of this.#names()) {
      try {
        await post(this.url, this.#kept(name), PATIENCE);
        this.#drop(name);
      } catch (error) {
        this.failure = error;
      }
    }
  }

  #name({ session, kind, clip }) {
    return `${this.prefix}${session}:${kind}${clip ? `:${clip}` : ""}`;
  }

  #names() {
    const stored = Array.from({ length: localStorage.length }, (_, i) => localStorage.key(i));
    return [...stored, ...this.memory.keys()].filter((name) => name.startsWith(this.prefix));
  }

  #keep(name, text) {
    try {
      localStorage.setItem(name, text);
    } catch {
      this.memory.set(name, text);
    }
  }

  #kept(name) {
    return this.memory.get(name) ?? localStorage.getItem(name);
  }

  #drop(name) {
    this.memory.delete(name);
    localStorage.removeItem(name);
  }
}

/** Plain text needs no preflight, so the simplest server will do. */
async function post(url, text, milliseconds) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "text/plain;charset=utf-8" },
    body: text,
    signal: AbortSignal.timeout(milliseconds),
  });
  if (!answer.ok) {
    throw new Error(words.answered(answer.status));
  }
  return answer;
}
