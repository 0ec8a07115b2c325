// What one participant has done so far, kept over a reload.

import { hash, uuid } from "mushra/random";

export class Session {
  /** The kept session of this test, or a new one. */
  constructor(test) {
    this.test = test;
    this.key = `mushra:${test.test}:${test.digest}`;
    this.state = this.#kept() ?? this.#fresh();
    this.save();
  }

  save() {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.state));
    } catch {
      // storage is full or forbidden: the test goes on, a reload would begin anew
    }
  }

  forget() {
    this.state = this.#fresh();
    this.save();
  }

  /** What is known of a page with sounds: ratings and seconds heard by sound, time, a comment. */
  page({ kind, clip }) {
    const name = `${kind}:${clip.clip}`;
    this.state.pages[name] ??= { ratings: {}, heard: {}, milliseconds: 0, comment: "" };
    return this.state.pages[name];
  }

  #kept() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  /** The seed comes from the test's and the session's identity, or from ?seed= in the address. */
  #fresh() {
    const identity = uuid();
    const asked = new URLSearchParams(location.search).get("seed");
    const seed = /^\d+$/.test(asked ?? "") ? Number(asked) : hash(`${this.test.seed}:${identity}`);
    return { uuid: identity, seed, fields: {}, stage: 0, volume: 75, pages: {}, saved: false };
  }
}
