// A page of sounds that is answered, unless it is for training.

import { announce, element, isText } from "mushra/dom";
import { board, hasReference, help, inWords } from "mushra/methods";
import { Transport } from "mushra/transport";
import { words } from "mushra/words";

const SAVE_EVERY = 1000; // milliseconds
const LONGEST = 1000; // milliseconds between two looks at the clock, unless the page was out of sight

export class TrialPage {
  /** app: test, session, player. stage: see `plan`. The player holds the sounds of the stage. */
  constructor(app, stage, { heading, next }) {
    Object.assign(this, { app, stage, page: app.session.page(stage) });
    this.training = stage.kind === "training";
    this.open = hasReference(app.test);
    this.chosen = this.open ? null : 0; // null = the open reference, else a place on the board
    app.player.select(this.#sound());
    this.saved = this.last = performance.now();
    this.transport = new Transport(app.player, stage.clip.reference, {
      shortest: app.test.loopSeconds,
      open: this.open,
      toggle: () => this.#toggle(),
      select: () => this.#choose(null),
    });
    this.board = board(app.test, {
      ...{ stage, page: this.page, heardSeconds: app.test.heardSeconds },
      play: (place) => this.#choose(place),
      answered: () => {
        app.session.save();
        this.#ready();
      },
    });
    this.next = element("button", { type: "button", class: "main", onclick: () => next() }, words.next);
    this.left = element("p", { class: "left", id: "left" });
    this.next.setAttribute("aria-describedby", "left");
    this.element = element(
      "article",
      { class: "page" },
      element("h1", { tabindex: "-1" }, heading),
      element("p", { class: "task" }, this.#task()),
      this.transport.element,
      this.board.element,
      ...(stage.kind === "trial" ? [this.#comment()] : []),
      element("footer", {}, element("div", { class: "state" }, this.left, shortcuts(app.test)), this.next),
    );
    this.keys = (event) => this.#key(event);
    document.addEventListener("keydown", this.keys);
    this.#ready();
    this.#tick();
  }

  /** End the page: nothing of it goes on. */
  leave() {
    document.removeEventListener("keydown", this.keys);
    cancelAnimationFrame(this.frame);
    this.#count(performance.now());
    this.app.player.pause();
    this.app.session.save();
  }

  #task() {
    const { test } = this.app;
    if (this.stage.kind === "attention") {
      return words.attentionTask(inWords(test, this.stage.asked));
    }
    if (test.method === "mushra") {
      return this.training ? words.trainingTask : words.trialTask;
    }
    const { task } = words.methods[test.method];
    return this.training ? `${task} ${words.practice}` : task;
  }

  #comment() {
    const text = element("textarea", {
      ...{ rows: "1", maxlength: "1000" },
      oninput: () => {
        this.page.comment = text.value;
        this.app.session.save();
      },
    });
    text.value = this.page.comment;
    return element("label", { class: "comment" }, words.comment, text);
  }

  /** The sound that was chosen; X is one of the two before it. */
  #sound() {
    const { clip, order, x } = this.stage;
    return this.chosen === null ? clip.reference : (order[this.chosen] ?? order[x]);
  }

  #choose(place) {
    const { player } = this.app;
    this.#count(performance.now());
    this.chosen = place;
    player.select(this.#sound());
    announce(place === null ? words.reference : this.board.called(place));
    return player.play();
  }

  #toggle() {
    const { player } = this.app;
    return player.playing ? player.pause() : player.play();
  }

  #key(event) {
    if (isText(event.target) || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const place = this.board.shortcuts[key];
    const action = {
      ...(this.open ? { r: () => this.#choose(null) } : {}),
      "[": () => this.transport.mark(0),
      "]": () => this.transport.mark(1),
      Escape: () => this.transport.clear(),
      " ": () => this.#toggle(),
    }[key];
    const ownKey = key === " " && event.target.matches("button, summary, [type=radio]");
    if (place !== undefined) {
      this.#choose(place);
      this.board.target(place).focus();
    } else if (action && !ownKey) {
      event.preventDefault();
      action();
    } else if (/^[1-9]$/.test(key)) {
      this.board.answer?.(Number(key));
    }
  }

  #tick() {
    const now = performance.now();
    this.#count(now);
    if (now - this.saved > SAVE_EVERY) {
      this.app.session.save();
      this.saved = now;
    }
    const { playing } = this.app.player;
    this.board.sounds.forEach((sound, place) => sound.setPlaying(playing, place === this.chosen));
    this.transport.show(this.chosen === null);
    this.frame = requestAnimationFrame(() => this.#tick());
  }

  /** Add the time since the last call to the page's, and to that of the sound that is played. */
  #count(now) {
    const milliseconds = Math.min(now - this.last, LONGEST);
    this.last = now;
    this.page.milliseconds += milliseconds;
    if (!this.app.player.playing) {
      return;
    }
    const { heard } = this.page;
    const name = this.chosen === null ? "reference" : this.board.keys[this.chosen];
    heard[name] = (heard[name] ?? 0) + milliseconds / 1000;
    const sound = this.board.sounds[this.chosen];
    if (sound && !sound.unlocked) {
      sound.hear(heard[name]);
      if (sound.unlocked) {
        this.#unlocked(this.chosen);
      }
    } else if (!sound) {
      this.#ready();
    }
  }

  #unlocked(place) {
    const said = this.board.heard(place);
    if (said) {
      announce(said);
    }
    if (document.activeElement === this.board.sounds[place].button) {
      this.board.target(place).focus();
    }
    this.#ready();
  }

  /** What is still to be done before the next page. */
  #ready() {
    const left = this.board.left();
    const told = left || words.allDone;
    if (this.left.textContent !== told) {
      this.left.textContent = told;
    }
    this.next.disabled = left !== "";
  }
}

function shortcuts(test) {
  const rows = help(test).map(([key, does]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, does)]);
  return element(
    "details",
    { class: "keys" },
    element("summary", {}, words.keyboard),
    element("dl", {}, ...rows.flat()),
  );
}
