// One sound of a page: the button that plays it and the slider that rates it.

import { element } from "mushra/dom";
import { words } from "mushra/words";

export const BANDS = words.bands; // of 20 points each

export function band(score) {
  return BANDS[Math.min(Math.floor(score / 20), BANDS.length - 1)];
}

export class Rating {
  /** number: from 1. heard: seconds so far. play and rated are told of clicks and of scores. */
  constructor(number, { score, heard, heardSeconds, play, rated }) {
    this.number = number;
    this.heardSeconds = heardSeconds;
    this.rated = rated;
    this.button = element(
      "button",
      { type: "button", class: "sound-play", "aria-pressed": "false", onclick: play },
      element("span", { class: "unseen" }, `${words.playSound} `),
      String(number),
    );
    if (number < 10) {
      this.button.setAttribute("aria-keyshortcuts", String(number));
    }
    this.slider = element("input", {
      ...{ type: "range", min: "0", max: "100", step: "1", value: score ?? 50 },
      "aria-label": words.ratingOf(number),
      oninput: () => this.#rate(),
      onpointerup: () => this.#rate(), // also where the thumb has been all the time
      onkeydown: (event) => event.key === "Enter" && this.#rate(),
    });
    this.score = element("output", { class: "score", "aria-hidden": "true" });
    const track = element("div", { class: "track" }, this.slider);
    this.element = element("li", { class: "sound" }, this.score, track, this.button);
    this.isRated = score !== undefined;
    this.hear(heard);
  }

  /** Tell how many seconds have been heard in all; enough of them unlock the slider. */
  hear(seconds) {
    this.unlocked = seconds >= this.heardSeconds;
    const share = Math.min(seconds / this.heardSeconds, 1);
    this.element.style.setProperty("--heard", share.toFixed(3));
    this.slider.disabled = !this.unlocked;
    this.#show();
  }

  setPlaying(playing, selected) {
    this.button.setAttribute("aria-pressed", String(playing && selected));
    this.element.classList.toggle("selected", selected);
    this.element.classList.toggle("playing", playing && selected);
  }

  #rate() {
    if (!this.unlocked) {
      return;
    }
    this.isRated = true;
    this.#show();
    this.rated(Number(this.slider.value));
  }

  #show() {
    const score = Number(this.slider.value);
    const value = this.isRated ? `${score}, ${band(score)}` : words.notRated;
    this.slider.setAttribute("aria-valuetext", this.unlocked ? value : words.locked);
    this.score.textContent = this.isRated ? String(score) : "–";
    this.element.classList.toggle("locked", !this.unlocked);
    this.element.classList.toggle("rated", this.isRated);
  }
}
