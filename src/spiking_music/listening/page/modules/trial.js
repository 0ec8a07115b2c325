// A page of sounds to compare with the reference and, unless it is for training, to be rated.

import { announce, element, isText } from "mushra/dom";
import { BANDS, Rating } from "mushra/rating";
import { Transport } from "mushra/transport";
import { words } from "mushra/words";

const SAVE_EVERY = 1000; // milliseconds
const LONGEST = 1000; // milliseconds between two looks at the clock, unless the page was out of sight

export class TrialPage {
  /** app: test, session, player. stage: kind, clip and order. The player holds the clip's sounds. */
  constructor(app, stage, { heading, next }) {
    Object.assign(this, { app, stage, page: app.session.page(stage) });
    this.training = stage.kind === "training";
    this.chosen = null; // null = the open reference, else a place in the order
    this.saved = this.last = performance.now();
    this.transport = new Transport(app.player, stage.clip.reference, {
      shortest: app.test.loopSeconds,
      toggle: () => this.#toggle(),
      select: () => this.#choose(null),
    });
    this.ratings = stage.order.map((sound, place) => this.#rating(sound, place));
    this.next = element("button", { type: "button", class: "main", onclick: () => next() }, words.next);
    this.left = element("p", { class: "left", id: "left" });
    this.next.setAttribute("aria-describedby", "left");
    this.element = element(
      "article",
      { class: "page" },
      element("h1", { tabindex: "-1" }, heading),
      element("p", { class: "task" }, this.#task()),
      this.transport.element,
      this.#board(),
      ...(this.training ? [] : [this.#comment()]),
      element("footer", {}, element("div", { class: "state" }, this.left, shortcuts()), this.next),
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
    return this.training ? words.trainingTask : words.trialTask;
  }

  #rating(sound, place) {
    return new Rating(place + 1, {
      score: this.page.ratings[sound],
      heard: this.page.heard[sound] ?? 0,
      heardSeconds: this.app.test.heardSeconds,
      play: () => this.#choose(place),
      rated: (score) => {
        this.page.ratings[sound] = score;
        this.app.session.save();
        this.#ready();
      },
    });
  }

  #board() {
    const scale = [...BANDS].reverse().map((name, i) =>
      element("li", {}, element("span", {}, name), element("small", {}, `${80 - 20 * i}–${100 - 20 * i}`)),
    );
    return element(
      "section",
      { class: "board", "aria-label": words.ratings },
      element("ol", { class: "scale", "aria-hidden": "true" }, ...scale),
      element("ol", { class: "sounds" }, ...this.ratings.map((rating) => rating.element)),
    );
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

  #choose(place) {
    const { player } = this.app;
    this.#count(performance.now());
    this.chosen = place;
    player.select(place === null ? this.stage.clip.reference : this.stage.order[place]);
    announce(place === null ? words.reference : words.sound(place + 1));
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
    const place = "123456789".indexOf(event.key);
    const action = {
      r: () => this.#choose(null),
      "[": () => this.transport.mark(0),
      "]": () => this.transport.mark(1),
      Escape: () => this.transport.clear(),
      " ": () => this.#toggle(),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const ownKey = event.key === " " && event.target.matches("button, summary");
    if (place >= 0 && place < this.ratings.length) {
      this.#choose(place);
      const { slider, button } = this.ratings[place];
      (slider.disabled ? button : slider).focus();
    } else if (action && !ownKey) {
      event.preventDefault();
      action();
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
    this.ratings.forEach((rating, place) => rating.setPlaying(playing, place === this.chosen));
    this.transport.show(this.chosen === null);
    this.frame = requestAnimationFrame(() => this.#tick());
  }

  /** Add the time since the last call to the page's, and to that of the sound that is played. */
  #count(now) {
    const milliseconds = Math.min(now - this.last, LONGEST);
    this.last = now;
    this.page.milliseconds += milliseconds;
    if (!this.app.player.playing || this.chosen === null) {
      return;
    }
    const sound = this.stage.order[this.chosen];
    this.page.heard[sound] = (this.page.heard[sound] ?? 0) + milliseconds / 1000;
    const rating = this.ratings[this.chosen];
    if (!rating.unlocked) {
      rating.hear(this.page.heard[sound]);
      if (rating.unlocked) {
        this.#unlocked(rating);
      }
    }
  }

  #unlocked(rating) {
    announce(words.unlocked(rating.number));
    if (document.activeElement === rating.button) {
      rating.slider.focus();
    }
    this.#ready();
  }

  /** What is still to be done before the next page. */
  #ready() {
    const done = (rating) => (this.training ? rating.unlocked : rating.isRated);
    const open = this.ratings.filter((rating) => !done(rating)).map(({ number }) => number);
    const still = this.training ? words.stillToHear : words.stillToRate;
    this.left.textContent = open.length ? still(open.join(", ")) : words.allDone;
    this.next.disabled = open.length > 0;
  }
}

function shortcuts() {
  const keys = [
    ["1 … 9", words.keys.number],
    ["R", words.keys.r],
    [words.space, words.keys.space],
    ["↑ ↓", words.keys.arrows],
    ["[ ]", words.keys.brackets],
    [words.escape, words.keys.escape],
  ];
  const rows = keys.map(([key, does]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, does)]);
  return element(
    "details",
    { class: "keys" },
    element("summary", {}, words.keyboard),
    element("dl", {}, ...rows.flat()),
  );
}
