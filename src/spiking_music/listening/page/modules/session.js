// What one participant has done so far, kept over a reload.

import { hash, uuid } from "mushra/random";

export class Session {
  /** The kept session of this test, or a new one. */
  constructor(test) {
    this.test = test;
    this.#identify();
    this.state = this.#kept() ?? this.#fresh();
    this.save();
  }

  /** Whether a field was in the page's address. */
  given(field) {
    return field in this.identity;
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

  /** What is known of a page with sounds: ratings and seconds heard by sound, a choice, time, a comment. */
  page({ kind, trial }) {
    const name = `${kind}:${trial}`;
    this.state.pages[name] ??= { ratings: {}, choice: null, heard: {}, milliseconds: 0, comment: "" };
    return this.state.pages[name];
  }

  /** Fields that the address holds, as a crowd's platform adds them: who has others is another. */
  #identify() {
    const { test } = this;
    const parameters = new URLSearchParams(location.search);
    const pairs = Object.entries(test.fieldsFromAddress).map(([field, name]) => [field, parameters.get(name)?.trim()]);
    this.identity = Object.fromEntries(pairs.filter(([, value]) => value).map(([field, value]) => [field, value.slice(0, 200)]));
    const who = Object.keys(this.identity).length ? `:${JSON.stringify(this.identity)}` : "";
    this.key = `mushra:${test.test}:${test.digest}${who}`;
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
    return {
      ...{ uuid: identity, seed, number: null, stage: 0, volume: 75, pages: {}, saved: false, screenedOut: false, tones: [] },
      ...{ fields: { ...this.identity }, answers: {} },
    };
  }
}
